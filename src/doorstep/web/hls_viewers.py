"""Who watches HLS: requests that come again and again, counted as one live session until they stop coming."""

from dataclasses import dataclass

from fastapi import Request

from doorstep.core.access import Grant, Scope
from doorstep.core.camera import CameraId
from doorstep.core.live_session import LiveSession, LiveWay
from doorstep.ports import Clock
from doorstep.web.gate import grant_of
from doorstep.web.problems import Refusal
from doorstep.web.viewing import begin_viewing

IDLE_SECONDS = 30.0
ENDED_SECONDS = 60.0
"""How long a player whose session was ended is told so; who opens the first address again begins a new one."""

MOST_ENDED = 256

_Who = tuple[str, str, CameraId]


@dataclass(slots=True)
class _Watching:
    session: LiveSession
    asked_at: float
    listed: int | None = None
    """The newest segment that it was told of without asking for one."""


class HlsViewers:
    """One viewer is a login, an address and a camera.  On the event loop alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._watching: dict[_Who, _Watching] = {}
        self._ended: dict[_Who, float] = {}

    def asked(self, request: Request, camera: CameraId, *, opens: bool) -> None:
        """Count the request; `opens` is the first address of a player.

        Raises a Refusal: 429 where too many watch, 403 for a player whose session was ended from outside.
        """
        who = _who(request, camera)
        now = self._clock.monotonic()
        if opens:
            self._ended.pop(who, None)
        elif self._ended.get(who, 0.0) > now:
            raise Refusal(403, "viewing-ended", "This viewing was ended. Open the camera again.")
        known = self._watching.get(who)
        if known is None:
            known = self._watching[who] = self._begun(request, who)
        known.asked_at = now
        if opens:
            known.listed = None

    def listed(self, request: Request, camera: CameraId) -> int | None:
        """The newest segment in the playlist that it loaded last."""
        known = self._watching.get(_who(request, camera))
        return known.listed if known is not None else None

    def lists(self, request: Request, camera: CameraId, newest: int | None) -> None:
        """Remember it."""
        known = self._watching.get(_who(request, camera))
        if known is not None:
            known.listed = newest

    def _begun(self, request: Request, who: _Who) -> _Watching:
        async def may_watch() -> bool:
            """False also for a player that has stopped asking."""
            known = self._watching.get(who)
            if known is None or self._clock.monotonic() - known.asked_at >= IDLE_SECONDS:
                return False
            grant = await grant_of(request)
            return grant is not None and grant.allows(Scope.LIVE_READ, who[2])

        session = begin_viewing(request, who[2], LiveWay.HLS, lambda: self._over(who), may_watch)
        return _Watching(session, self._clock.monotonic())

    def _over(self, who: _Who) -> None:
        now = self._clock.monotonic()
        known = self._watching.pop(who, None)
        if known is not None and now - known.asked_at < IDLE_SECONDS:
            self._ended = {one: until for one, until in self._ended.items() if until > now}
            if len(self._ended) < MOST_ENDED:
                self._ended[who] = now + ENDED_SECONDS


def _who(request: Request, camera: CameraId) -> _Who:
    grant: Grant = request.state.grant
    return grant.id, request.client.host if request.client else "", camera
