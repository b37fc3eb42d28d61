"""Who watches now, in memory: counted, limited, and asked again every few seconds.  Implements `ports.LiveSessions`."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from doorstep.core.errors import CatalogUnavailable, TooManyViewers
from doorstep.core.live_session import LiveSession, Viewer, ViewerLimits, too_many
from doorstep.ports import Clock

log = structlog.get_logger()

ASK_SECONDS = 5.0
ANSWER_SECONDS = 8.0
ASKED_AT_ONCE = 8

Told = Callable[[LiveSession, datetime | None], None]
"""Hears of each session when it begins, without a time, and when it is over, with that; must not block or raise."""


@dataclass(frozen=True, slots=True)
class _Running:
    session: LiveSession
    may_watch: Callable[[], Awaitable[bool]]
    on_end: Callable[[], None]


class SessionBook:
    """All sessions of one server; used on the event loop only."""

    def __init__(
        self, clock: Clock, limits: ViewerLimits | None = None, told: Told = lambda _session, _until: None
    ) -> None:
        self._clock = clock
        self._limits = limits or ViewerLimits()
        self._told = told
        self._running: dict[str, _Running] = {}

    def begin(
        self, viewer: Viewer, may_watch: Callable[[], Awaitable[bool]], on_end: Callable[[], None]
    ) -> LiveSession:
        """As the port says.  Raises TooManyViewers."""
        reason = too_many(self.sessions(), viewer, self._limits)
        if reason:
            raise TooManyViewers(reason)
        session = LiveSession(secrets.token_urlsafe(12), viewer, self._clock.now())
        self._running[session.id] = _Running(session, may_watch, on_end)
        self._told(session, None)
        return session

    def end(self, session_id: str) -> None:
        """As the port says."""
        running = self._running.pop(session_id, None)
        if running is not None:
            self._told(running.session, self._clock.now())

    def cut(self, session_id: str) -> bool:
        """As the port says."""
        running = self._running.get(session_id)
        if running is None:
            return False
        self.end(session_id)
        running.on_end()
        return True

    def sessions(self) -> Sequence[LiveSession]:
        """As the port says."""
        return [running.session for running in self._running.values()]

    async def run(self) -> None:
        """For ever: ask of each session whether it may go on, and end those that may not."""
        while True:
            await self._clock.sleep(ASK_SECONDS)
            await self.ask_all()

    async def ask_all(self) -> None:
        """Once."""
        waiting = iter(list(self._running.values()))
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(ASKED_AT_ONCE, len(self._running))):
                tasks.create_task(self._ask_each(waiting))

    async def _ask_each(self, waiting: Iterator[_Running]) -> None:
        for running in waiting:
            if running.session.id in self._running and await _is_forbidden(running):
                viewer = running.session.viewer
                log.info("a viewer has gone, or may watch no longer", camera=viewer.camera, way=viewer.way.value)
                self.cut(running.session.id)


async def _is_forbidden(running: _Running) -> bool:
    """A certain no.  While the catalog is busy nobody knows: who watches goes on until somebody does."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return not await running.may_watch()
    except (TimeoutError, CatalogUnavailable):
        return False
