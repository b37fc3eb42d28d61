"""Players of the RTMP listener among all who watch: `sources` knows neither logins nor the book of live sessions."""

import asyncio
from collections.abc import Callable
from functools import partial

from doorstep.core.access import Scope
from doorstep.core.camera import CameraId
from doorstep.core.errors import AccessDenied
from doorstep.core.live_session import LiveWay, Viewer
from doorstep.ports import Accounts, LiveSessions


class RtmpViewers:
    """Used on the event loop."""

    def __init__(self, sessions: LiveSessions, accounts: Accounts) -> None:
        self._sessions = sessions
        self._accounts = accounts

    async def enter(self, camera: CameraId, token: str, address: str, on_end: Callable[[], None]) -> Callable[[], None]:
        """Count a player; what it returns ends its session.  Raises TooManyViewers, AccessDenied, CatalogUnavailable.

        `on_end` is called when the session is over from outside.
        """
        grant = await asyncio.to_thread(self._accounts.grant_of, token)
        if grant is None:
            msg = "This address gives no right to see the camera."
            raise AccessDenied(msg)
        viewer = Viewer(camera, LiveWay.RTMP, grant.id, grant.account or grant.name, address, grant.person)
        session = self._sessions.begin(viewer, partial(self._may_watch, camera, token), on_end)
        return partial(self._sessions.end, session.id)

    async def _may_watch(self, camera: CameraId, token: str) -> bool:
        """Raises CatalogUnavailable."""
        grant = await asyncio.to_thread(self._accounts.grant_of, token)
        return grant is not None and grant.allows(Scope.LIVE_READ, camera)
