"""Keys that open the picture of one alert for some minutes, for a phone's notification, which cannot sign in."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from hmac import compare_digest, digest

from doorstep.ports import Clock

LASTS = timedelta(minutes=15)
_LONGEST = 128


class PictureKeys:
    """Thread-safe.  The secret lives as long as the process: what was made before a restart opens nothing any more."""

    def __init__(self, clock: Clock, secret: Callable[[], bytes] = lambda: secrets.token_bytes(32)) -> None:
        self._clock = clock
        self._secret = secret()

    def make(self, alert_id: str, event_id: str = "") -> str:
        """A key for the picture of this alert, and of the event that it is about, LASTS from now on."""
        until = f"{int((self._clock.now() + LASTS).timestamp()):x}"
        return f"{until}.{self._signature(alert_id, event_id, until)}"

    def opens(self, alert_id: str, event_id: str, key: str) -> bool:
        """Whether it was made for both and is not over; how far off it is, the time tells nobody."""
        until, _, signature = key.partition(".")
        if len(key) > _LONGEST or not key.isascii():
            return False
        if not compare_digest(signature, self._signature(alert_id, event_id, until)):
            return False
        return self._clock.now() < datetime.fromtimestamp(int(until, 16), tz=self._clock.now().tzinfo)

    def _signature(self, *parts: str) -> str:
        """HMAC-SHA256 (RFC 2104) over all, told apart by their lengths, as base64url."""
        signed = "".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "replace")
        return urlsafe_b64encode(digest(self._secret, signed, "sha256")).rstrip(b"=").decode()
