"""One HTTP/1.1 connection to a remote detector that can be cut at any moment.  What is said over it: `remote`."""

import socket
from collections.abc import Mapping
from contextlib import suppress

import httpx

from doorstep.vision.remote_answer import MOST_ANSWER_BYTES

DNS_SECONDS = 60.0


class Line:
    """A client that keeps one connection alive.  Used by one thread at a time; `cut` comes from another.

    httpx's time limits are for each read: who sends a byte now and then would never meet them.  So the caller counts
    the time of the whole call, and cuts the line when it is over.
    """

    def __init__(self, silence_seconds: float, auth: httpx.Auth | None, transport: httpx.BaseTransport | None) -> None:
        self._client = httpx.Client(
            http2=False,
            timeout=silence_seconds,
            auth=auth,
            transport=transport,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=30.0),
            follow_redirects=False,
            trust_env=False,  # neither a proxy nor the passwords of a .netrc
        )
        self._socket: socket.socket | None = None
        self.addresses: list[str] = []
        self.looked_up_at = -DNS_SECONDS

    def post(self, url: httpx.URL, content: bytes, headers: Mapping[str, str]) -> tuple[int, httpx.Headers, bytes]:
        """Status, headers and body of the answer, whatever it is; connects to the first of `addresses`, all checked.

        Raises httpx.HTTPError, and ValueError for a body beyond the bound.
        """
        # Nothing packed: a few bytes could unpack to more than the memory holds before anybody could count them.
        named = {"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity", **headers}
        extensions = {"trace": self._trace, "sni_hostname": url.host}
        target = url.copy_with(host=self.addresses[0])
        with self._client.stream("POST", target, content=content, headers=named, extensions=extensions) as response:
            taken = bytearray()
            for piece in response.iter_raw():
                taken += piece
                if len(taken) > MOST_ANSWER_BYTES:
                    msg = "the answer is too long"
                    raise ValueError(msg)
            return response.status_code, response.headers, bytes(taken)

    def cut(self) -> None:
        """Whoever reads from it is woken by an error at once."""
        if self._socket is not None:
            with suppress(OSError):
                # The plain call: the one of a TLS socket changes what its reader is using.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Idempotent."""
        self.cut()
        self._client.close()

    def _trace(self, event: str, told: Mapping[str, object]) -> None:
        """Told by the transport: keeps the newest socket, which is the one under TLS at last."""
        stream = told.get("return_value")
        if event.endswith(("connect_tcp.complete", "start_tls.complete")) and stream is not None:
            self._socket = stream.get_extra_info("socket")  # type: ignore[attr-defined]  # httpcore's NetworkStream
