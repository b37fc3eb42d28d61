"""One encoded picture as WebRTC sends it; where pictures come from and who gets them is not known here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

VIDEO_RATE: Final = 90_000
"""Ticks a second of every picture here (RFC 6184, 8.2.1)."""

_SQUEEZED: Final = VIDEO_RATE // 1000
"""Ticks between pictures that come late, all at once: at their own pace a player would stay behind by as much."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPicture:
    """One access unit as Annex B, with the parameter sets where it is a key frame; `pts` in ticks of 90 kHz."""

    data: bytes
    pts: int
    key: bool
    late: bool = False


def squeezed(gop: Sequence[EncodedPicture]) -> list[EncodedPicture]:
    """The same pictures, and their bytes, for who comes late: close together before the time of the last."""
    last = len(gop) - 1
    return [replace(one, pts=gop[last].pts - (last - at) * _SQUEEZED, late=True) for at, one in enumerate(gop)]
