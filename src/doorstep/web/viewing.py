"""Live viewing by HTTP or WebSocket: counted and limited from its begin to its end, and over with its login."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
from starlette.requests import HTTPConnection

from doorstep.core.access import Grant, Scope
from doorstep.core.camera import CameraId
from doorstep.core.errors import TooManyViewers
from doorstep.core.live_session import LiveSession, LiveWay, Viewer
from doorstep.web.gate import grant_of, parts_of
from doorstep.web.problems import Refusal


@dataclass(frozen=True, slots=True)
class Viewing:
    """One viewer's session, which `scope` ends."""

    session: LiveSession
    scope: anyio.CancelScope

    @property
    def session_over(self) -> bool:
        """Whether it was ended from outside; holds behind the block too."""
        return self.scope.cancel_called


def begin_viewing(
    connection: HTTPConnection,
    camera: CameraId,
    way: LiveWay,
    on_end: Callable[[], None],
    may_watch: Callable[[], Awaitable[bool]] | None = None,
) -> LiveSession:
    """Count one more viewer; whoever begins it ends it by `parts.live_sessions.end`.  Raises a Refusal (429).

    The gate has let the connection in: its grant stands in `connection.state.grant`.  `on_end` is called on the event
    loop when the session is over from outside, and must not block or raise.  `may_watch` is for who got in without a
    cookie or token; it may raise CatalogUnavailable, which is no answer.
    """
    grant: Grant = connection.state.grant
    address = connection.client.host if connection.client else ""
    who = grant.account or grant.name
    viewer = Viewer(camera, way, login=grant.id, who=who, address=address, person=grant.person)

    async def still_may() -> bool:
        now = await grant_of(connection)
        return now is not None and now.allows(Scope.LIVE_READ, camera)

    try:
        return parts_of(connection).live_sessions.begin(viewer, may_watch or still_may, on_end)
    except TooManyViewers as error:
        raise Refusal(429, "too-many-viewers", str(error), {"Retry-After": "10"}) from error


@asynccontextmanager
async def viewing(connection: HTTPConnection, camera: CameraId, way: LiveWay) -> AsyncGenerator[Viewing]:
    """A block that is a live session; it is cancelled when that is over, and then ends as if by itself.

    Enter it before the answer begins.  Raises a Refusal (429).
    """
    with anyio.CancelScope() as scope:
        session = begin_viewing(connection, camera, way, scope.cancel)
        try:
            yield Viewing(session, scope)
        finally:
            parts_of(connection).live_sessions.end(session.id)
