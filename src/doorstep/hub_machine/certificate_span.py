"""From when until when a certificate is good, read from its DER bytes (X.690; RFC 5280, 4.1).  Pure."""

from datetime import UTC, datetime
from typing import Final

_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
_LONG_FORM: Final = 0x80


def certificate_span(der: bytes) -> tuple[int | None, int | None]:
    """`notBefore` and `notAfter` in seconds since 1970; None twice where these bytes are no certificate."""
    try:
        _, outer, _ = _element(der)
        _, inner, _ = _element(outer)
        tag, _, rest = _element(inner)
        if tag == _VERSION:
            _, _, rest = _element(rest)  # the serial number
        _, _, rest = _element(rest)  # the signature's algorithm
        _, _, rest = _element(rest)  # the issuer
        tag, validity, _ = _element(rest)
        if tag != _SEQUENCE:
            return None, None
        begin_tag, begin, rest = _element(validity)
        tag, moment, _ = _element(rest)
        return _seconds(begin_tag, begin.decode("ascii")), _seconds(tag, moment.decode("ascii"))
    except (ValueError, IndexError):
        return None, None


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """Tag and content of the first element, and what follows it (X.690, 8.1)."""
    tag, length, start = der[0], der[1], 2
    if length >= _LONG_FORM:
        start = 2 + length - _LONG_FORM
        length = int.from_bytes(der[2:start], "big")
    if start + length > len(der):
        raise ValueError
    return tag, der[start : start + length], der[start + length :]


def _seconds(tag: int, text: str) -> int | None:
    """RFC 5280, 4.1.2.5: two digits of the year until 2049, four from then on; always Z."""
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        return None
    return int(datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp())
