"""How the bytes of all rolling buffers are divided among the cameras, and how the owner is told what fits.  Pure."""

from collections.abc import Mapping
from math import ceil

from doorstep.core.camera import CameraId
from doorstep.core.rolling_buffer import WAITING_PART

SPARE = 1.05
"""A camera's need is what its last minutes weigh, and this much for what the next seconds may weigh more."""

READERS_PART = WAITING_PART + 1
"""One part in so many of a share is left to segments that fell out of the index while somebody reads them."""

_SHORT = 0.99  # of what was wanted: a second less in fifteen minutes is not worth a word
_MINUTE = 60.0


def need_of(bytes_per_second: float | None, seconds: float, budget: int) -> int:
    """Bytes that `seconds` of a camera's video take; all of `budget` while its bit rate is not known yet."""
    if bytes_per_second is None:
        return budget
    return ceil(bytes_per_second * seconds * SPARE * READERS_PART / (READERS_PART - 1))


def fair_shares(budget: int, needs: Mapping[CameraId, int]) -> dict[CameraId, int]:
    """Max-min fair: who needs less than an equal part gets its need, and what it leaves is divided among the others.

    The shares together never exceed `budget`.  Nobody's is larger than that of one whose need is not met.  Where all
    needs are met the rest is divided equally: room for a bit rate that rises, and for what is left of a camera that
    is switched off, which needs nothing.
    """
    shares: dict[CameraId, int] = {}
    left = max(0, budget)
    waiting = sorted(needs, key=lambda camera: (needs[camera], camera))
    for place, camera in enumerate(waiting):
        shares[camera] = min(max(0, needs[camera]), left // (len(waiting) - place))
        left -= shares[camera]
    if all(shares[camera] >= needs[camera] for camera in waiting):
        for camera in waiting:
            shares[camera] += left // len(waiting)
    return shares


def index_bytes(share: int) -> int:
    """What of a share the buffer's index may hold; the rest is for what is still read after it fell out."""
    return max(1, share * (READERS_PART - 1) // READERS_PART)


def kept_words(wanted_seconds: float, fitting_seconds: float | None) -> str:
    """For the owner, such as "15 min wanted, 6 kept"; "" where all that is wanted fits, or nobody knows yet."""
    if fitting_seconds is None or fitting_seconds >= wanted_seconds * _SHORT:
        return ""
    wanted, kept = _spoken(wanted_seconds), _spoken(fitting_seconds)
    return f"{wanted} wanted, {kept.removesuffix(' min') if wanted.endswith(' min') else kept} kept"


def short_words(name: str, kept: str) -> str:
    """A sentence for a camera, by name and `kept_words`; "" where its minutes fit."""
    return f"The memory holds fewer of the last minutes of {name} than wanted ({kept})." if kept else ""


def _spoken(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{int(seconds)} s"
    minutes = seconds / _MINUTE
    return f"{int(minutes)} min" if minutes >= 10 or minutes == int(minutes) else f"{int(minutes * 10) / 10:g} min"
