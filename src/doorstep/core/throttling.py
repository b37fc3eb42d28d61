"""What a Raspberry Pi's firmware says of its power and heat.  Asking it is `app/machine_programs.py`."""

import re
from collections.abc import Sequence

BITS: tuple[tuple[int, str], ...] = (
    (0, "under-voltage now"),
    (1, "processor frequency capped now"),
    (2, "throttled now"),
    (3, "at the soft temperature limit now"),
    (16, "under-voltage has happened"),
    (17, "the processor's frequency was capped"),
    (18, "it was throttled"),
    (19, "the soft temperature limit was reached"),
)
"""Source: the Raspberry Pi documentation, "vcgencmd", get_throttled.  The upper half counts since the start."""

_WORD = re.compile(r"\s*(?:throttled=)?(?:0x)?([0-9a-fA-F]{1,8})\s*")
_UNDER_VOLTAGE = 1 << 0 | 1 << 16
_TOO_WARM = 1 << 3 | 1 << 19


def throttled_word(printed: str) -> int | None:
    """The bits of `throttled=0x50000`, or of the bare figure that the kernel's file holds; None for anything else."""
    found = _WORD.fullmatch(printed)
    return int(found[1], 16) if found else None


def throttling_words(word: int) -> Sequence[str]:
    """What each set bit means; one that is not known by its number; "none" where all is well."""
    known = [words for bit, words in BITS if word >> bit & 1]
    rest = word & ~sum(1 << bit for bit, _ in BITS)
    return [*known, *([f"unknown bits 0x{rest:x}"] if rest else [])] or ["none"]


def throttling_remedy(word: int) -> str:
    """What to do about it, "" where nothing is to be done."""
    remedies = []
    if word & _UNDER_VOLTAGE:
        remedies.append("Use the Pi's own power supply and a short cable; take off USB devices that it cannot feed.")
    if word & _TOO_WARM:
        remedies.append("Give it a heat sink or a fan, and air around it.")
    return " ".join(remedies)
