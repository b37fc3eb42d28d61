"""A camera at this machine's USB: H.264 as it comes where the camera has it, else pictures encoded once."""

import errno
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import closing

import av
from av.container import InputContainer

from doorstep.core.errors import SourceError, SourceLost, SourceRefused
from doorstep.core.media import StreamItem
from doorstep.media.container import video_stream
from doorstep.media.decode import looking
from doorstep.media.demux import Live, demux
from doorstep.media.mask import Masks
from doorstep.ports import Clock, FrameTap
from doorstep.sources.address import V4l2Address
from doorstep.sources.lateness import Lateness
from doorstep.sources.own_frames import OwnFrames, usable
from doorstep.sources.threaded import threaded

OpenCamera = Callable[[V4l2Address, str | None], InputContainer]
"""Opens the device for one of FFmpeg's input formats, None for the camera's own choice.

Raises av.FFmpegError; its kinds are also those of OSError where they are the device's.
"""

_ASSUMED_RATE = 30
_MOST_DAMAGED = 50  # pictures in a row
_GONE = frozenset({errno.ENODEV, errno.ENXIO, errno.EIO})


def open_device(address: V4l2Address, input_format: str | None) -> InputContainer:
    """By FFmpeg's video4linux2 (https://ffmpeg.org/ffmpeg-devices.html, 3.18)."""
    options = {"input_format": input_format} if input_format else {}
    if address.size is not None:
        options["video_size"] = f"{address.size[0]}x{address.size[1]}"
    if address.rate is not None:
        options["framerate"] = str(address.rate)
    return av.open(str(address.device), mode="r", format="v4l2", options=options)


class V4l2Source:
    """A `ports.Source` over `v4l2://`.  With masks or a rotation nothing of the camera is passed on as it came."""

    def __init__(
        self,
        address: V4l2Address,
        *,
        masks: Masks = (),
        rotation: int = 0,
        clock: Clock,
        open_camera: OpenCamera = open_device,
    ) -> None:
        self._address = address
        self._masks = masks
        self._rotation = rotation
        self._clock = clock
        self._open_camera = open_camera

    def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        """As the port says; pictures that are encoded here carry the times of their arrival."""
        return threaded(lambda stop: self.read(tap, stop), "v4l2")

    def read(self, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        """The same, blocking; `stop` is noticed when the next picture comes."""
        with self._opened() as container:
            items = self._passed_on(container, tap) if self._may_pass_on(container) else self._own(container, tap)
            with closing(items):
                for item in items:
                    if stop.is_set():
                        return
                    yield item
        msg = f"{self._address.device} stopped; check that the camera is plugged in."
        raise SourceLost(msg)

    def _opened(self) -> InputContainer:
        formats = ["h264"] if self._untouched else []
        last: Exception | None = None
        for input_format in (*formats, "mjpeg", None):
            try:
                return self._open_camera(self._address, input_format)
            except (av.FFmpegError, OSError) as error:
                failure = self._failure(error)
                if failure is not None:
                    raise failure from error
                last = error
        msg = f"{self._address.device} has no video of the size and rate that are asked for; leave out size and fps."
        raise SourceRefused(msg) from last

    def _failure(self, error: Exception) -> SourceError | None:
        """What no other format would mend."""
        device = self._address.device
        number = error.errno if isinstance(error, OSError) else None
        match number:
            case errno.ENOENT:
                return SourceLost(f"There is no camera at {device}; plug it in, or look with ls /dev/video*.")
            case errno.EACCES | errno.EPERM:
                return SourceRefused(f"Doorstep may not use {device}; add its user to the group video.")
            case errno.EBUSY:
                return SourceLost(f"{device} is used by another program; end that one.")
            case errno.ENOTTY:
                return SourceRefused(f"{device} is no camera; look for one with ls /dev/video*.")
            case known if known in _GONE:
                return SourceLost(f"{device} does not answer; unplug the camera and plug it in again.")
            case _:
                return None

    @property
    def _untouched(self) -> bool:
        return not self._masks and not self._rotation

    def _may_pass_on(self, container: InputContainer) -> bool:
        stream = video_stream(container)
        return self._untouched and stream is not None and stream.codec_context.name == "h264"

    def _passed_on(self, container: InputContainer, tap: FrameTap) -> Generator[StreamItem]:
        # A USB camera tells when a picture was taken; what FFmpeg makes of that as a decode time is a guess.
        what = str(self._address.device)
        yield from looking(demux(container, self._clock, what=what, live=Live.SHOWN_ONLY), tap)

    def _own(self, container: InputContainer, tap: FrameTap) -> Generator[StreamItem]:
        frames = OwnFrames(tap, masks=self._masks, rotation=self._rotation, rate=self._address.rate or _ASSUMED_RATE)
        for picture in self._pictures(container):
            yield from frames.take(usable(picture), self._clock.monotonic())

    def _pictures(self, container: InputContainer) -> Iterator[av.VideoFrame]:
        stream = video_stream(container)
        if stream is None:
            msg = f"{self._address.device} has no picture; name another of ls /dev/video*."
            raise SourceRefused(msg)
        stream.codec_context.thread_count = 1
        lateness = Lateness(self._clock)
        damaged = 0
        try:
            for packet in container.demux(stream):
                # The device holds some pictures back for a late reader; those are not worth their encoding.
                if packet.pts is not None and lateness.late(float(packet.pts * packet.time_base)):
                    continue
                try:
                    yield from packet.decode()
                    damaged = 0
                except (av.InvalidDataError, ValueError):
                    damaged += 1
                    if damaged > _MOST_DAMAGED:
                        break
        except (av.FFmpegError, OSError) as error:
            msg = f"{self._address.device} broke off; check that the camera is plugged in."
            raise SourceLost(msg) from error
