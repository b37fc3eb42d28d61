"""A camera that sends JPEG pictures over HTTP.  HTTP is in `camera_http`, finding pictures in `jpeg_splitter`."""

import threading
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import closing

import av

from doorstep.core.errors import MediaInvalid, SourceLost, SourceRefused
from doorstep.core.media import StreamItem
from doorstep.media.jpeg_decoder import JpegDecoder
from doorstep.media.mask import Masks, Planes
from doorstep.ports import Clock, FrameTap
from doorstep.sources.address import MjpegAddress
from doorstep.sources.camera_http import CameraHttp, Head
from doorstep.sources.jpeg_splitter import JpegSplitter
from doorstep.sources.own_frames import OwnFrames
from doorstep.sources.redaction import redacted
from doorstep.sources.threaded import threaded
from doorstep.sources.wire import Stopped

_ASSUMED_RATE = 15
_MOST_WAITING = 3  # pictures that came while one was encoded; older ones are left out
_MOST_DAMAGED = 50  # in a row


class MjpegSource:
    """A `ports.Source` over `http(s)://`; each picture is decoded, masked and encoded once."""

    def __init__(self, address: MjpegAddress, *, masks: Masks = (), rotation: int = 0, clock: Clock) -> None:
        self._url = address.url
        self._shown = redacted(address.url)
        self._masks = masks
        self._rotation = rotation
        self._clock = clock

    def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        """As the port says; times are those of arrival.  SourceLost where the camera ends or breaks off."""
        return threaded(lambda stop: self.read(tap, stop), "mjpeg")

    def read(self, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        """The same, blocking, until `stop` is set."""
        frames = OwnFrames(tap, masks=self._masks, rotation=self._rotation, rate=_ASSUMED_RATE)
        with closing(CameraHttp(self._url, stop, self._clock)) as http:
            try:
                self._check_type(http.open())
                for planes in self._pictures(http, stop):
                    yield from frames.take(planes, self._clock.monotonic())
            except Stopped:
                return
            except MediaInvalid as error:
                msg = f"{self._shown} sends no pictures that can be used ({error}); name its MJPEG stream."
                raise SourceRefused(msg) from error
        if not stop.is_set():
            msg = f"{self._shown} ended its stream; it will be opened again."
            raise SourceLost(msg)

    def _pictures(self, http: CameraHttp, stop: threading.Event) -> Iterator[Planes]:
        splitter, decoder = JpegSplitter(), JpegDecoder()
        damaged = 0
        for pieces in http.body():
            pictures = [picture for piece in pieces for picture in splitter.feed(piece)]
            for jpeg in pictures[-_MOST_WAITING:]:
                if stop.is_set():
                    return
                try:
                    yield decoder.decode(jpeg)
                    damaged = 0
                except (av.FFmpegError, ValueError) as error:
                    damaged += 1
                    if damaged > _MOST_DAMAGED:
                        msg = "all of them are damaged"
                        raise MediaInvalid(msg) from error

    def _check_type(self, head: Head) -> None:
        kind = head.content_type
        if kind in {"text/html", "application/xhtml+xml"}:
            msg = f"A web page answers at {self._shown}; name the address of the camera's MJPEG stream itself."
        elif kind == "image/jpeg":
            msg = f"{self._shown} gives a single picture; name the address of the camera's MJPEG stream."
        elif kind.startswith(("text/", "application/json", "video/")):
            msg = f"{self._shown} answers with {kind[:40]}, not with a stream of pictures; check the address."
        else:
            return
        raise SourceRefused(msg)
