"""A stream that an RTMP server plays, such as nginx with its rtmp module.  Cameras that push to us: `rtmp_listen`."""

import threading
from collections.abc import AsyncGenerator, Generator
from functools import partial
from urllib.parse import urlsplit

from doorstep.core.media import StreamItem
from doorstep.media.audio import open_audio
from doorstep.media.container import USUAL_PATIENCE, Patience, open_rtmp
from doorstep.media.demux import Live
from doorstep.ports import Clock, FrameTap
from doorstep.sources.address import RtmpPullAddress
from doorstep.sources.network_stream import NetworkStream
from doorstep.sources.threaded import threaded

_PORTS = {"rtmp": 1935, "rtmps": 443}


class RtmpPullSource:
    """A `ports.Source` over `rtmp://` and `rtmps://`."""

    def __init__(
        self, address: RtmpPullAddress, *, audio: bool, clock: Clock, patience: Patience = USUAL_PATIENCE
    ) -> None:
        """The server sends its sound in any case; without `audio` it is dropped."""
        self._clock = clock
        self._stream = NetworkStream(
            url=address.url,
            port=urlsplit(address.url).port or _PORTS[urlsplit(address.url).scheme],
            patience=patience,
            open=partial(open_rtmp, address.url, patience=patience),
            live=Live.WITH_DECODE_TIMES,
            open_audio=open_audio if audio else None,
        )

    def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        """As the port says; never ends by itself but by SourceLost or SourceRefused."""
        return threaded(lambda stop: self.read(tap, stop), "rtmp")

    def read(self, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        """As `NetworkStream.read`."""
        return self._stream.read(self._clock, tap, stop)
