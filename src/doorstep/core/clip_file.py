"""A clip as it will be sent, and how far another one is that must be converted first.  Sending lives in `web`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from doorstep.core.media import Codec


def _nothing_to_hold() -> Callable[[], None]:
    return _nothing_to_release


def _nothing_to_release() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Clip:
    """A video, or a ZIP of videos, as it will be sent: known size, bytes on demand.

    `read` yields the bytes of [offset, offset + length) in order, in pieces of any size; it blocks, and raises
    BlobMissing or StoreUnavailable when what it reads goes away.  `hold` keeps all that it reads from being
    overwritten until what it returns is called, once; both are called on the event loop and never block.

    `starts_at` and `ends_at` are the wall times shown; `missing_seconds` of the asked span lie between or beside them
    and are not shown.  The span had `parts` gapless parts: an MP4 shows the longest, a ZIP all of them.  `codec` is
    that of the picture.  `cpu_seconds` is what a conversion of this clip took, None where there was none.  With
    `in_memory` reading waits for no disk, so that the event loop may do it; with `off_site` it asks somebody outside.
    """

    name: str
    size: int
    starts_at: datetime
    ends_at: datetime
    read: Callable[[int, int], Iterator[bytes]]
    media_type: str = "video/mp4"
    codec: Codec = Codec.H264
    parts: int = 1
    missing_seconds: float = 0.0
    hold: Callable[[], Callable[[], None]] = _nothing_to_hold
    cpu_seconds: float | None = None
    camera: str = ""
    in_memory: bool = False
    off_site: bool = False

    @property
    def identity(self) -> str:
        """The same for the same bytes of the same camera only."""
        shown = f"{self.starts_at.isoformat()}|{self.ends_at.isoformat()}"
        return f"{self.camera}|{self.name}|{self.size}|{shown}|{self.codec}|{self.parts}"


@dataclass(frozen=True, slots=True)
class Conversion:
    """A clip that is being converted: which part is done (0 to 1), what that took, and why it ended, if it failed.

    `ahead` is how many others it waits for.  `failed` is one plain sentence for the owner.
    """

    progress: float = 0.0
    cpu_seconds: float = 0.0
    ahead: int = 0
    failed: str | None = None
