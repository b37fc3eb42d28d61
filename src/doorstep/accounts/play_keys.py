"""Short-lived keys for players that can send neither cookie nor header: made, checked, and cleared away.  How a key
gets into an address is the web's business, what is played with it RTMP's.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from threading import Lock

from doorstep.accounts.secret import hash_of
from doorstep.core.access import Grant, Scope
from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable
from doorstep.ports import Accounts, Clock

KEY_LASTS = timedelta(hours=1)
MOST_KEYS_EACH = 8
"""Of one asker for one camera; one more ends the oldest."""

YES_LASTS_SECONDS = 2.0
NO_LASTS_SECONDS = 10.0
MOST_REMEMBERED = 512
LOOKUPS_AT_ONCE = 2
MOST_WAITING = 64
_LONGEST_TOKEN = 256
_NAME = "play "


class PlayKeys:
    """A key is a token of the account book: scope live:read, one camera, an hour at most; listed and revocable there.

    `make` blocks and is for any thread; `may_play` is for the event loop.
    """

    def __init__(self, accounts: Accounts, clock: Clock, is_camera: Callable[[CameraId], bool]) -> None:
        """`is_camera` says whether there is such a camera now; called on the event loop."""
        self._accounts = accounts
        self._clock = clock
        self._is_camera = is_camera
        self._making = Lock()
        self._remembered: OrderedDict[tuple[CameraId, str], tuple[bool, float]] = OrderedDict()
        self._lookups = asyncio.Semaphore(LOOKUPS_AT_ONCE)
        self._waiting = 0

    def make(self, camera: CameraId, asker: Grant) -> tuple[str, datetime]:
        """The secret and when it ends: in an hour, but never after the asker's own grant.  Raises CatalogUnavailable.

        So a key cannot prolong itself by asking for another, and what it asks for counts as its asker's own.  It ends
        with the login that made it.
        """
        now = self._clock.now()
        until = min(now + KEY_LASTS, asker.expires_at or now + KEY_LASTS)
        name = asker.name if _is_play_key(asker) else f"{_NAME}{camera} ({asker.account or asker.name})"
        with self._making:
            self._clear_away(self._accounts.tokens(), name, now)
            scopes, cameras = frozenset({Scope.LIVE_READ}), frozenset({camera})
            secret = self._accounts.create_token(name, scopes, cameras, until, _maker(asker))
        return secret, until

    async def may_play(self, name: str, token: str) -> bool:
        """Whether `name` is a camera whose live picture this token opens now; False also where that cannot be learned.

        An answer is remembered for seconds and lookups are few at once, so that a storm of tries costs little.
        """
        camera = CameraId(name)
        if not (0 < len(token) <= _LONGEST_TOKEN and self._is_camera(camera)):
            return False
        key, now = (camera, hash_of(token)), self._clock.monotonic()
        known = self._remembered.get(key)
        if known is not None and now < known[1]:
            return known[0]
        if self._waiting >= MOST_WAITING:
            return False
        self._waiting += 1
        try:
            async with self._lookups:
                grant = await asyncio.to_thread(self._accounts.grant_of, token)
        except CatalogUnavailable:
            return False
        finally:
            self._waiting -= 1
        return self._remember(key, allowed=grant is not None and grant.allows(Scope.LIVE_READ, camera))

    def _remember(self, key: tuple[CameraId, str], *, allowed: bool) -> bool:
        until = self._clock.monotonic() + (YES_LASTS_SECONDS if allowed else NO_LASTS_SECONDS)
        self._remembered[key] = allowed, until
        self._remembered.move_to_end(key)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return allowed

    def _clear_away(self, tokens: Iterable[Grant], name: str, now: datetime) -> None:
        """Keys that are over, and of those with this name the oldest beyond the bound."""
        keys = [token for token in tokens if _is_play_key(token)]
        over = [key for key in keys if key.expires_at is not None and key.expires_at <= now]
        alike = sorted((key for key in keys if key.name == name and key not in over), key=lambda key: key.created_at)
        for key in (*over, *alike[: max(0, len(alike) - MOST_KEYS_EACH + 1)]):
            self._accounts.revoke(key.id)


def _maker(asker: Grant) -> str | None:
    """With whose end a key ends; None where this machine itself asks, which has no login."""
    return asker.made_by if _is_play_key(asker) or not asker.secret_hash else asker.id


def _is_play_key(token: Grant) -> bool:
    """The name alone would not do: the owner may call a token what he likes."""
    return (
        token.name.startswith(_NAME)
        and token.scopes == {Scope.LIVE_READ}
        and token.cameras is not None
        and len(token.cameras) == 1
        and token.expires_at is not None
        and token.expires_at - token.created_at <= KEY_LASTS
    )
