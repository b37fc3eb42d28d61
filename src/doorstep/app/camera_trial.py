"""Opens one address as a camera would be opened, until there is a picture.  Which addresses may be tried: elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from doorstep.app.camera_place import Whereabouts
from doorstep.core.camera import CameraId
from doorstep.core.camera_patterns import with_credentials
from doorstep.core.camera_probe import ProbedStream
from doorstep.core.errors import SourceLost
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.core.settings import CameraSettings
from doorstep.ports import Frame, Source

OpenSource = Callable[[CameraSettings, str], Source]

PICTURE_SECONDS = 15.0  # some send a key frame every ten seconds
_RATE_SECONDS = 1.0
_MOST_PACKETS = 400
_WIDTH, _HEIGHT, _QUALITY = 960, 720, 80
_TRIED = CameraId("wizard")


async def tried(open_source: OpenSource, place: Whereabouts, user: str, password: str) -> tuple[ProbedStream, bytes]:
    """The stream and a picture of it as JPEG.  Raises SourceError and TimeoutError; the reader ends either way."""
    address = with_credentials(place.dialled, user, password)
    camera = CameraSettings(id=_TRIED, name="", source=address, audio=place.dialled.lower().startswith("rts"))
    picture = _OnePicture()
    async with (
        asyncio.timeout(PICTURE_SECONDS),
        aclosing(open_source(camera, address).stream(picture)) as items,
    ):
        fmt, rate = await _watched(items, picture)
    stream = ProbedStream(place.address, fmt.codec.value, fmt.width, fmt.height, rate, fmt.audio is not None)
    return stream, picture.jpeg


async def _watched(items: AsyncIterator[StreamItem], picture: "_OnePicture") -> tuple[VideoFormat, float]:
    """Until the picture is there and a second of the stream went by, which tells its rate."""
    fmt: VideoFormat | None = None
    times: list[int] = []
    async for item in items:
        if isinstance(item, VideoFormat):
            fmt, times = item, []
        elif isinstance(item, Packet) and fmt is not None:
            times.append(item.pts)
            seconds = (max(times) - min(times)) / fmt.timescale
            if picture.jpeg and (seconds >= _RATE_SECONDS or len(times) >= _MOST_PACKETS):
                return fmt, round((len(times) - 1) / seconds, 1) if seconds > 0 else 0.0
            del times[:-_MOST_PACKETS]
    msg = "The camera ended its stream before a picture came; try again."
    raise SourceLost(msg)


class _OnePicture:
    """A `ports.FrameTap` that wants the first picture, in the source's thread."""

    def __init__(self) -> None:
        self.jpeg = b""

    def wants(self, at: float) -> bool:
        del at
        return not self.jpeg

    def put(self, frame: Frame) -> None:
        self.jpeg = frame.jpeg(_WIDTH, _HEIGHT, _QUALITY)
