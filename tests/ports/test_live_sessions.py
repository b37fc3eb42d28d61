"""The contract of `LiveSessions`, for its adapter, and what its watch over the right to watch does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable, TooManyViewers
from doorstep.core.live_session import LiveSession, LiveWay, Viewer, ViewerLimits
from doorstep.live.session_book import ASK_SECONDS, ASKED_AT_ONCE, SessionBook
from fakes.instant_loop import LoopClock, run, turns, while_running

ADA = Viewer(CameraId("front-door"), LiveWay.MSE, "login-1", "ada", "192.0.2.7", "ada")


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def nobody_knows() -> bool:
    msg = "The catalog does not answer. Try again later."
    raise CatalogUnavailable(msg)


async def never_answers() -> bool:
    await asyncio.Event().wait()
    return True


@dataclass(slots=True)
class Desk:
    """A book, and what it told."""

    limits: ViewerLimits = field(default_factory=ViewerLimits)
    clock: LoopClock = field(default_factory=LoopClock)
    told: list[tuple[LiveSession, datetime | None]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    book: SessionBook = field(init=False)

    def __post_init__(self) -> None:
        self.book = SessionBook(self.clock, self.limits, lambda session, until: self.told.append((session, until)))

    def begin(self, may_watch: Callable[[], Awaitable[bool]] = yes, name: str = "one") -> LiveSession:
        return self.book.begin(ADA, may_watch, lambda: self.ended.append(name))

    def watch(self, seconds: float) -> None:
        """Let the book do what it does, for so long."""
        run(self.clock, lambda: while_running(self.book.run, act=lambda: asyncio.sleep(seconds)))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_who_begins_is_listed_with_when_and_leaves_when_they_go(desk: Desk) -> None:
    first = desk.begin()
    desk.clock.advance(2)
    second = desk.begin()
    assert first.id != second.id
    assert first.viewer == ADA
    assert second.since - first.since == timedelta(seconds=2)
    assert list(desk.book.sessions()) == [first, second]
    desk.book.end(first.id)
    assert list(desk.book.sessions()) == [second]


def test_who_goes_by_themselves_is_not_told_that_they_went(desk: Desk) -> None:
    session = desk.begin()
    desk.book.end(session.id)
    desk.book.end(session.id)
    assert desk.ended == []


def test_a_session_that_is_cut_is_over_and_its_viewer_is_told_once(desk: Desk) -> None:
    session = desk.begin()
    assert desk.book.cut(session.id)
    assert not desk.book.cut(session.id)
    assert not desk.book.cut("nobody")
    desk.book.end(session.id)
    assert desk.ended == ["one"]
    assert list(desk.book.sessions()) == []


def test_a_viewer_who_ends_their_session_while_being_told_of_its_end_does_no_harm(desk: Desk) -> None:
    session = desk.book.begin(ADA, yes, lambda: desk.book.end(session.id))
    assert desk.book.cut(session.id)
    assert [until is None for _, until in desk.told] == [True, False]


def test_one_too_many_is_refused_and_leaves_nothing_behind() -> None:
    desk = Desk(ViewerLimits(all=2))
    first = desk.begin()
    desk.begin()
    with pytest.raises(TooManyViewers, match="2 viewers"):
        desk.begin()
    assert len(desk.book.sessions()) == 2
    assert len(desk.told) == 2
    desk.book.end(first.id)
    desk.begin()


def test_each_begin_and_each_end_is_told_with_its_time(desk: Desk) -> None:
    began = desk.clock.now()
    gone, cut = desk.begin(), desk.begin()
    desk.clock.advance(60)
    desk.book.end(gone.id)
    desk.book.cut(cut.id)
    over = began + timedelta(seconds=60)
    assert desk.told == [(gone, None), (cut, None), (gone, over), (cut, over)]


def test_a_session_ends_seconds_after_its_right_and_nobody_elses_does(desk: Desk) -> None:
    desk.begin(yes, "may")
    forbidden = desk.begin(no, "may not")
    desk.watch(ASK_SECONDS + 1)
    assert desk.ended == ["may not"]
    assert forbidden not in desk.book.sessions()
    assert len(desk.book.sessions()) == 1


@pytest.mark.parametrize("doubtful", [nobody_knows, never_answers])
def test_what_nobody_knows_ends_nobody_and_keeps_nobody_from_being_asked(
    desk: Desk, doubtful: Callable[[], Awaitable[bool]]
) -> None:
    for number in range(ASKED_AT_ONCE + 1):
        desk.begin(doubtful, f"doubtful {number}")
    desk.begin(no, "may not")
    desk.watch(ASK_SECONDS + 100)
    assert desk.ended == ["may not"]


def test_few_are_asked_at_once(desk: Desk) -> None:
    asked, most = 0, 0

    async def slow_yes() -> bool:
        nonlocal asked, most
        asked += 1
        most = max(most, asked)
        await turns(3)
        asked -= 1
        return True

    for _ in range(5 * ASKED_AT_ONCE):
        desk.begin(slow_yes)
    desk.watch(ASK_SECONDS + 1)
    assert most == ASKED_AT_ONCE
    assert len(desk.book.sessions()) == 5 * ASKED_AT_ONCE


def test_who_left_before_their_turn_is_not_asked(desk: Desk) -> None:
    asked = []

    async def leaves_all() -> bool:
        asked.append(1)
        for session in desk.book.sessions():
            desk.book.end(session.id)
        return False

    for _ in range(20):
        desk.begin(leaves_all)
    desk.watch(ASK_SECONDS + 1)
    assert len(asked) == 1
    assert desk.ended == []
