"""The box's own motion route, called from AWS: signed, with a token, tried again while there is time."""

import http.client
import random
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from doorstep.core.backoff import delay_after
from doorstep.core.errors import ConfigInvalid
from doorstep.core.motion_word import MotionWord
from doorstep.core.signed_motion import HEADER, MotionSecret
from doorstep.ports import Clock

ATTEMPT_SECONDS = 4.0
SHORTEST_SECONDS = 0.5
MOST_ANSWER_BYTES = 4096
_AGAIN = frozenset({408, 425, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class BoxAnswer:
    """What it said at last; `status` 0 where nobody answered."""

    status: int
    body: bytes = b""
    retry_after: str = ""


class BoxDoor:
    """One box, by its address.  Blocks for bounded time."""

    def __init__(self, address: str, clock: Clock, wait: Callable[[float], object] | None = None) -> None:
        """Raises ConfigInvalid for what is no https:// address: a token goes there."""
        parts = urlsplit(address)
        if parts.scheme != "https" or not parts.hostname or parts.username:
            msg = "DOORSTEP_BOX_URL must be an address such as https://door.example.org."
            raise ConfigInvalid(msg)
        self._host, self._port, self._base = parts.hostname, parts.port, parts.path.rstrip("/")
        self._clock = clock
        self._wait = wait or threading.Event().wait

    def tell(self, word: MotionWord, secret: MotionSecret, token: str, seconds: float) -> BoxAnswer:
        """The last answer of all tries within so many seconds, each with the same key, nonce and signature.

        So a try whose answer was lost is not acted on again.
        """
        body = word.body()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "doorstep-motion",
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": word.key or word.nonce,
            HEADER: secret.sign(self._clock.now(), body),
        }
        path = f"{self._base}/api/v1/cameras/{word.camera}/motion"
        return self._try(path, body, headers, self._clock.monotonic() + seconds)

    def _try(self, path: str, body: bytes, headers: Mapping[str, str], until: float) -> BoxAnswer:
        failures, said = 0, BoxAnswer(0)
        while (left := until - self._clock.monotonic()) > SHORTEST_SECONDS:
            said = self._once(path, body, headers, min(left, ATTEMPT_SECONDS))
            if said.status and said.status not in _AGAIN:
                return said
            failures += 1
            jitter = random.random()  # noqa: S311 - jitter, not a secret
            delay = delay_after(failures, jitter, first=0.3, factor=2.0, longest=2.0)
            self._wait(max(0.0, min(delay, until - self._clock.monotonic())))
        return said

    def _once(self, path: str, body: bytes, headers: Mapping[str, str], seconds: float) -> BoxAnswer:
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=seconds, context=context)
        try:
            connection.request("POST", path, body, dict(headers))
            answer = connection.getresponse()
            return BoxAnswer(answer.status, answer.read(MOST_ANSWER_BYTES), answer.getheader("Retry-After", ""))
        except (OSError, http.client.HTTPException):
            return BoxAnswer(0)
        finally:
            connection.close()
