"""One GET from a camera whose answer never ends.  What the answer holds is for `mjpeg`."""

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import h11
import httpx

from doorstep.core.errors import CredentialsRefused, SourceError, SourceLost, SourceRefused
from doorstep.ports import Clock
from doorstep.sources.redaction import redacted
from doorstep.sources.wire import Wire

_MOST_HEAD_BYTES = 32 * 2**10
_MOST_REDIRECTIONS = 3
_MOST_WAITING_BYTES = 8 * 2**20
_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Head:
    """How the camera answered: `content_type` in lower case without parameters."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]

    def all(self, name: bytes) -> list[str]:
        """The values of a header, by its name in lower case."""
        return [value.decode("latin-1") for each, value in self.headers if each == name]

    @property
    def content_type(self) -> str:
        """Such as multipart/x-mixed-replace; empty where it is not told."""
        return next(iter(self.all(b"content-type")), "").partition(";")[0].strip().lower()


class CameraHttp:
    """Opens an address and reads its body.  One thread; raises SourceLost, SourceRefused, and wire.Stopped."""

    def __init__(self, url: str, stop: threading.Event, clock: Clock) -> None:
        """`url` may hold a user and a password, which go to its own host only, by digest where it is asked for."""
        self._shown = redacted(url)
        try:
            self._url = httpx.URL(url)
        except (httpx.InvalidURL, UnicodeError):
            msg = f"{self._shown} is not an address that can be used."
            raise SourceRefused(msg) from None
        self._stop = stop
        self._clock = clock
        self._wire = Wire(stop, clock)
        self._talk = h11.Connection(h11.CLIENT)

    def open(self) -> Head:
        """The head of the answer that has the stream.  Follows redirections of the same host, and no other."""
        try:
            return self._opened()
        except SourceError:
            raise
        except (h11.RemoteProtocolError, h11.LocalProtocolError, httpx.ProtocolError) as error:
            msg = f"What answers at {self._shown} does not speak HTTP; check address and port."
            raise SourceRefused(msg) from error
        except UnicodeError as error:  # the resolver's word for a name that cannot be one
            msg = f"{self._shown} is not an address that can be used."
            raise SourceRefused(msg) from error
        except OSError as error:
            raise self._trouble(error) from error

    def body(self) -> Iterator[list[bytes]]:
        """Pieces of the body, each time all that have come already (8 MiB at most), until its end."""
        try:
            pieces = self._pieces(None)  # what came together with the head
            while True:
                size = sum(map(len, pieces))
                while size < _MOST_WAITING_BYTES and (more := self._wire.waiting()):
                    pieces += self._pieces(more)
                    size += len(more)
                yield pieces
                if self._talk.their_state is not h11.SEND_BODY:
                    return
                pieces = self._pieces(self._wire.receive())
        except (h11.RemoteProtocolError, OSError) as error:
            msg = f"{self._shown} broke off; it will be opened again."
            raise SourceLost(msg) from error

    def close(self) -> None:
        """Idempotent."""
        self._wire.close()

    def _opened(self) -> Head:
        user, url = self._url.username, self._url.copy_with(username="", password="")
        authorization: str | None = None
        redirections = 0
        while True:
            head = self._ask(url, authorization)
            if head.status == 401 and user and authorization is None:
                authorization = self._authorization(url, head)
            elif head.status in _REDIRECTIONS:
                url, authorization = self._redirected(url, head), None
                redirections += 1
                if redirections > _MOST_REDIRECTIONS:
                    msg = f"{self._shown} sends Doorstep in circles; name the address of the stream itself."
                    raise SourceRefused(msg)
            else:
                self._check(head, with_user=bool(user))
                return head

    def _ask(self, url: httpx.URL, authorization: str | None) -> Head:
        self._wire.close()
        self._wire = Wire(self._stop, self._clock)
        tls = ssl.create_default_context() if url.scheme == "https" else None
        self._wire.connect(url.host, url.port or (443 if tls else 80), tls)
        self._talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD_BYTES)
        headers = [("Host", url.netloc.decode("ascii")), ("User-Agent", "Doorstep"), ("Accept", "*/*")]
        headers += [("Connection", "close")] + ([("Authorization", authorization)] if authorization else [])
        request = h11.Request(method="GET", target=url.raw_path, headers=headers)
        self._wire.send(self._talk.send(request) or b"")
        self._talk.send(h11.EndOfMessage())
        while True:
            event = self._talk.next_event()
            if event is h11.NEED_DATA:
                self._talk.receive_data(self._wire.receive())
            elif isinstance(event, h11.Response):
                return Head(event.status_code, tuple(event.headers))
            elif not isinstance(event, h11.InformationalResponse):
                msg = "the connection was closed"
                raise ConnectionResetError(msg)

    def _pieces(self, received: bytes | None) -> list[bytes]:
        """What of the received bytes is body; no bytes are the end, None asks for what is there already."""
        if received is not None:
            self._talk.receive_data(received)
        pieces = []
        while isinstance(event := self._talk.next_event(), h11.Data):
            pieces.append(bytes(event.data))
        return pieces

    def _authorization(self, url: httpx.URL, head: Head) -> str:
        """The answer to a challenge: digest (RFC 7616) where it is offered, else basic (RFC 7617)."""
        user, password = self._url.username, self._url.password
        request = httpx.Request("GET", url)
        challenges = head.all(b"www-authenticate")
        digests = [challenge for challenge in challenges if challenge.lower().startswith("digest")]
        auth = httpx.DigestAuth(user, password) if digests else httpx.BasicAuth(user, password)
        flow = auth.sync_auth_flow(request)
        asked = next(flow)
        if not digests:
            return asked.headers["Authorization"]
        try:
            answer = [(b"www-authenticate", digests[0].encode("latin-1"))]
            return flow.send(httpx.Response(401, headers=answer, request=request)).headers["Authorization"]
        except (httpx.ProtocolError, ValueError, LookupError, NotImplementedError, StopIteration):
            # The cause is left out: it quotes what the camera said.
            msg = f"{self._shown} asks for the password in a way that is not understood; try basic authentication."
            raise SourceRefused(msg) from None

    def _redirected(self, url: httpx.URL, head: Head) -> httpx.URL:
        try:
            target = url.join(next(iter(head.all(b"location")), ""))
        except (httpx.InvalidURL, UnicodeError):
            target = httpx.URL("")
        if target.host != url.host or target.scheme not in {url.scheme, "https"}:
            msg = f"{self._shown} sends Doorstep to another place; name the address of the stream itself."
            raise SourceRefused(msg)
        return target.copy_with(username="", password="")

    def _check(self, head: Head, *, with_user: bool) -> None:
        match head.status:
            case 200:
                return
            case 401 | 403 if with_user:
                msg = f"{self._shown} does not accept this user and password; mend them in the camera's address."
                raise CredentialsRefused(msg)
            case 401 | 403:
                msg = f"{self._shown} asks for a password; write http://USER:PASSWORD@HOST in the camera's address."
                raise CredentialsRefused(msg)
            case 404 | 410:
                msg = f"{self._shown}: the camera has no stream there (it answers {head.status}); check the address."
            case status if status >= 500:
                msg = f"{self._shown}: the camera is in trouble (it answers {status}); it will be asked again."
                raise SourceLost(msg)
            case status:
                msg = f"{self._shown}: the camera answers {status} instead of a stream; check the address."
        raise SourceRefused(msg)

    def _trouble(self, error: OSError) -> SourceError:
        match error:
            case socket.gaierror():
                return SourceLost(f"{self._shown}: nobody knows this host; check its name and the network.")
            case ssl.SSLCertVerificationError():
                return SourceRefused(f"{self._shown} shows a certificate that is not trusted; install it, or use http.")
            case ssl.SSLError():
                return SourceRefused(f"What answers at {self._shown} does not speak TLS; try http or another port.")
            case ConnectionRefusedError():
                return SourceLost(f"{self._shown}: nothing listens at this port; check it, and that the camera is on.")
            case TimeoutError():
                return SourceLost(f"{self._shown} does not answer; check that the camera is on and reachable.")
            case _:
                return SourceLost(f"{self._shown} cannot be reached; check that the camera is on and reachable.")
