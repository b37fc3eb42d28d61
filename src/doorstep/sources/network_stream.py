"""What RTSP and pulled RTMP share: one connection to a server, read until it is lost, and plain words for why."""

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import av
from av.container import InputContainer

from doorstep.core.errors import CredentialsRefused, SourceLost, SourceRefused
from doorstep.core.media import StreamItem
from doorstep.media.container import Patience
from doorstep.media.decode import looking
from doorstep.media.demux import Live, demux
from doorstep.media.sound import OpenAudio
from doorstep.ports import Clock, FrameTap
from doorstep.sources.redaction import redacted

_LONGEST_QUESTION_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class NetworkStream:
    """How one camera's stream is opened and read.  `url` may hold a password; no error shows it."""

    url: str = field(repr=False)
    port: int
    patience: Patience
    open: Callable[[], InputContainer]
    live: Live
    open_audio: OpenAudio | None

    def read(self, clock: Clock, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        """Blocking, as `threaded.Read`; notices `stop` with the next packet, or once a read has timed out.

        FFmpeg cannot be interrupted from outside: a silent camera is left after `Patience.reading` seconds.
        """
        container = self._opened(clock)
        what = f"The camera at {redacted(self.url)}"
        with closing(container):
            for item in looking(demux(container, clock, what=what, live=self.live, open_audio=self.open_audio), tap):
                if stop.is_set():
                    return
                yield item
        msg = f"{what} ended its stream; it will be opened again."
        raise SourceLost(msg)

    def _opened(self, clock: Clock) -> InputContainer:
        host = urlsplit(self.url).hostname or ""
        try:
            socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            msg = f"No machine is known by the name {host}; check the camera's address and the network."
            raise SourceLost(msg) from None
        began = clock.monotonic()
        try:
            return self.open()
        except (av.FFmpegError, OSError, ValueError) as error:
            # The cause is left out: its text holds the password.
            raise self._why_not_opened(error, clock.monotonic() - began, host) from None

    def _why_not_opened(self, error: Exception, after: float, host: str) -> SourceLost | SourceRefused:
        shown = redacted(self.url)
        if self.live is Live.WITH_DECODE_TIMES and isinstance(error, PermissionError):  # any "no" of an RTMP server
            return SourceLost(f"Nobody sends video to {shown} now, or its key is wrong; check what should send it.")
        if not isinstance(error, av.InvalidDataError):
            return _why_refused(shown, error)
        if after >= self.patience.opening:  # an answer that never came is nothing else to FFmpeg
            return _why_refused(shown, TimeoutError())
        if _is_web_server(host, self.port):
            return SourceRefused(f"A web page answers at {shown}, no camera's stream; correct the port.")
        return SourceLost(f"What answers at {shown} is no stream that can be read; check the address and the port.")


def _is_web_server(host: str, port: int) -> bool:
    """Whether whoever listens there answers a question that every RTSP server understands with HTTP or HTML."""
    try:
        with socket.create_connection((host, port), timeout=_LONGEST_QUESTION_SECONDS) as connection:
            connection.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            return connection.recv(64).lstrip().upper().startswith((b"HTTP/", b"<"))
    except OSError:
        return False


def _why_refused(shown: str, error: Exception) -> SourceLost | SourceRefused:
    match error:
        case av.HTTPUnauthorizedError() | av.HTTPForbiddenError() | PermissionError():
            return CredentialsRefused(f"The camera at {shown} refused the user name or password; correct its address.")
        case av.HTTPNotFoundError():
            return SourceRefused(f"The camera at {shown} has no stream of this name; correct its address.")
        case av.HTTPError():
            return SourceLost(f"The camera at {shown} answered with an error; restart it if that lasts.")
        case ConnectionRefusedError():
            return SourceLost(f"Nothing listens at {shown}; switch the camera on, and check the port.")
        case TimeoutError() | av.ExitError():
            return SourceLost(f"The camera at {shown} does not answer; check that it is on and its address right.")
        case _:
            return SourceLost(f"The camera at {shown} could not be opened; check that it is on and its address right.")
