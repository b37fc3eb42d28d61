"""PINs of links: what is kept of one, how many wrong ones a link takes, and the pass of who knew it.  In memory."""

import hmac
import secrets
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Lock

from doorstep.core.share import PinVerdict, Share, is_pin, rest_after
from doorstep.ports import Clock

PASS_LASTS = timedelta(hours=1)

_MOST_RESTING = 1024
_LONGEST_PASS = 128


def pin_hash_of(secret: str, pin: str) -> str:
    """What is kept of a PIN: HMAC-SHA-256 under the link's own secret, of which only the hash is kept (RFC 2104).

    Whoever reads the rows alone cannot try the ten thousand: they lack 256 bits of the key.
    """
    return hmac.new(secret.encode(), b"pin " + pin.encode(), sha256).hexdigest()


class SharePins:
    """Thread-safe and in bounded space; nothing blocks.  A restart ends every rest and every pass."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = Lock()

    def try_pin(self, share: Share, secret: str, pin: str) -> PinVerdict:
        """Whether it is this share's; what cannot be one costs no try.  While a link rests the right one is none."""
        if share.pin_hash is None:
            return PinVerdict(right=True)
        now = self._clock.monotonic()
        with self._lock:
            wrong, until = self._wrong.get(share.id, (0, 0.0))
            if now < until:
                return PinVerdict(right=False, rests_for=timedelta(seconds=until - now))
            if not is_pin(pin):
                return PinVerdict(right=False)
            if hmac.compare_digest(pin_hash_of(secret, pin), share.pin_hash):
                return PinVerdict(right=True)
            rest = rest_after(wrong + 1)
            self._note(share.id, wrong + 1, now + rest.total_seconds())
            return PinVerdict(right=False, rests_for=rest)

    def new_pass(self, share: Share) -> str:
        """What who knew the PIN shows from now on, for an hour: the moment that it ends at, signed."""
        until = str(int((self._clock.now() + PASS_LASTS).timestamp()))
        return f"{until}.{self._signature(share, until)}"

    def admits(self, share: Share, given: str) -> bool:
        """Whether this is a pass of this share that still holds."""
        until, _, signature = given[:_LONGEST_PASS].partition(".")
        if not (until.isascii() and until.isdigit() and len(until) <= len("9999999999") and signature.isascii()):
            return False
        is_ours = hmac.compare_digest(signature, self._signature(share, until))
        return is_ours and self._clock.now() < datetime.fromtimestamp(int(until), UTC)

    def _signature(self, share: Share, until: str) -> str:
        return hmac.new(self._key, f"{share.id} {until}".encode(), sha256).hexdigest()

    def _note(self, share_id: str, wrong: int, until: float) -> None:
        # Right ones forget nothing: whoever shares the link with a stranger would wipe his tries with each look.
        self._wrong[share_id] = wrong, until
        self._wrong.move_to_end(share_id)
        if len(self._wrong) > _MOST_RESTING:
            self._wrong.popitem(last=False)
