"""How the config file writes sizes and addresses to listen on.  Which key holds one is `schema`'s business."""

import re
from fractions import Fraction

_UNITS = {
    "b": 1,
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgt", start=1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", start=1)},
}
_SIZE = re.compile(r"(\d{1,19}(?:\.\d{1,9})?) ?([A-Za-z]{1,3})", re.ASCII)
_MOST = 2**63 - 1


def size_in_bytes(text: str) -> int:
    """The number of bytes that "50 GB", "1.5 TB" or "256 MiB" mean (GB is 1000³, GiB 1024³).  Raises ValueError."""
    found = _SIZE.fullmatch(text.strip())
    unit = _UNITS.get(found[2].lower()) if found else None
    if found is None or unit is None:
        msg = 'must be a size such as "50 GB" or "256 MiB", or a number of bytes'
        raise ValueError(msg)
    size = int(Fraction(found[1]) * unit)
    if not 0 < size <= _MOST:
        msg = "must be more than nothing and less than 8 EiB"
        raise ValueError(msg)
    return size


def host_and_port(text: str) -> tuple[str, int]:
    """The two halves of HOST:PORT, an IPv6 host in brackets.  Raises ValueError."""
    found = re.fullmatch(
        r"(?:\[([0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?)\]|([A-Za-z0-9._-]+)):(\d{1,5})", text.strip(), re.ASCII
    )
    if found is None or int(found[3]) > 65535:
        msg = 'must be HOST:PORT such as "0.0.0.0:8080" or "[::]:8080"'
        raise ValueError(msg)
    return found[1] or found[2], int(found[3])
