"""RTMP players among all who watch: counted, and gone with the right to watch."""

import asyncio
from datetime import timedelta

import pytest

from doorstep.accounts.account_book import AccountBook
from doorstep.app.rtmp_viewers import RtmpViewers
from doorstep.catalog.memory_accounts import MemoryAccountRecords
from doorstep.core.access import Scope
from doorstep.core.camera import CameraId
from doorstep.core.errors import AccessDenied, TooManyViewers
from doorstep.core.live_session import LiveWay, ViewerLimits
from doorstep.live.session_book import SessionBook
from fakes.clock import FakeClock

DOOR = CameraId("door")


class Stand:
    """Who watches, and a token that opens the door's camera."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.accounts = AccountBook(MemoryAccountRecords(), self.clock)
        self.token = self.accounts.create_token("vlc", frozenset({Scope.LIVE_READ}), frozenset({DOOR}), None)
        self.book = SessionBook(self.clock, ViewerLimits(all=1))
        self.viewers = RtmpViewers(self.book, self.accounts)
        self.ended = 0

    async def enter(self, token: str | None = None) -> None:
        self.leave = await self.viewers.enter(DOOR, token or self.token, "192.0.2.7", self._end)

    def _end(self) -> None:
        self.ended += 1


def test_a_player_is_listed_by_its_token_until_it_goes() -> None:
    async def act() -> None:
        stand = Stand()
        await stand.enter()
        [session] = stand.book.sessions()
        assert (session.viewer.way, session.viewer.who, session.viewer.camera) == (LiveWay.RTMP, "vlc", DOOR)
        with pytest.raises(TooManyViewers):
            await stand.enter()
        await stand.book.ask_all()
        stand.leave()
        assert stand.book.sessions() == []
        assert stand.ended == 0

    asyncio.run(act())


def test_a_player_whose_token_is_revoked_is_sent_away() -> None:
    async def act() -> None:
        stand = Stand()
        await stand.enter()
        [grant] = stand.accounts.tokens()
        stand.accounts.revoke(grant.id)
        await stand.book.ask_all()
        assert stand.ended == 1
        assert stand.book.sessions() == []

    asyncio.run(act())


def test_a_player_whose_key_runs_out_is_sent_away() -> None:
    async def act() -> None:
        stand = Stand()
        until = stand.clock.now() + timedelta(hours=1)
        key = stand.accounts.create_token("key", frozenset({Scope.LIVE_READ}), frozenset({DOOR}), until)
        await stand.enter(key)
        await stand.book.ask_all()
        assert stand.ended == 0
        stand.clock.advance(3601)
        await stand.book.ask_all()
        assert stand.ended == 1

    asyncio.run(act())


def test_a_token_that_nobody_gave_out_lets_nobody_in() -> None:
    async def act() -> None:
        stand = Stand()
        with pytest.raises(AccessDenied):
            await stand.enter("guessed")
        assert stand.book.sessions() == []

    asyncio.run(act())
