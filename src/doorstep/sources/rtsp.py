"""An IP camera by RTSP.  Reading and errors are those of every `network_stream`."""

import threading
from collections.abc import AsyncGenerator, Generator
from functools import partial
from urllib.parse import urlsplit

from doorstep.core.media import StreamItem
from doorstep.core.settings import Transport
from doorstep.media.audio import open_audio
from doorstep.media.container import USUAL_PATIENCE, Patience, open_rtsp
from doorstep.media.demux import Live
from doorstep.ports import Clock, FrameTap
from doorstep.sources.address import RtspAddress
from doorstep.sources.network_stream import NetworkStream
from doorstep.sources.threaded import threaded

_PORTS = {"rtsp": 554, "rtsps": 322}


class RtspSource:
    """A `ports.Source` over `rtsp://` and `rtsps://`."""

    def __init__(
        self,
        address: RtspAddress,
        *,
        transport: Transport,
        audio: bool,
        clock: Clock,
        patience: Patience = USUAL_PATIENCE,
    ) -> None:
        """Without `audio` the camera is not even asked for its sound."""
        udp = transport is Transport.UDP
        self._clock = clock
        self._stream = NetworkStream(
            url=address.url,
            port=urlsplit(address.url).port or _PORTS[urlsplit(address.url).scheme],
            patience=patience,
            open=partial(open_rtsp, address.url, udp=udp, audio=audio, patience=patience),
            live=Live.SHOWN_ONLY,
            open_audio=open_audio if audio else None,
        )

    def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        """As the port says; never ends by itself but by SourceLost or SourceRefused."""
        return threaded(lambda stop: self.read(tap, stop), "rtsp")

    def read(self, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        """As `NetworkStream.read`."""
        return self._stream.read(self._clock, tap, stop)
