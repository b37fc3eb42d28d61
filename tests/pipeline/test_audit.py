"""Who watched what, written behind the backs of those who watch."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from doorstep.catalog.memory_audit import MemoryAuditLog
from doorstep.core.audit import KEPT_FOR, AuditEntry
from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.live_session import LiveSession, LiveWay, Viewer
from doorstep.pipeline.audit import MOST_WAITING, RETRY_SECONDS, SWEEP_SECONDS, TOGETHER_SECONDS, Audit
from doorstep.pipeline.health import HealthBoard
from fakes.instant_loop import LoopClock, run, while_running

SOON = TOGETHER_SECONDS + 0.1
ADA = Viewer(CameraId("front-door"), LiveWay.MSE, "login-1", "ada", "192.0.2.7", "ada")


class TroubledLog(MemoryAuditLog):
    """Fails while it is told to, and counts how often it is written."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = False
        self.writes = 0

    def save_entries(self, entries: Sequence[AuditEntry]) -> None:
        if self.fails:
            msg = "The disk is full."
            raise CatalogUnavailable(msg)
        self.writes += 1
        super().save_entries(entries)

    def forget_entries(self, before: datetime, most: int) -> int:
        if self.fails:
            msg = "The disk is full."
            raise CatalogUnavailable(msg)
        return super().forget_entries(before, most)

    def all(self) -> Sequence[AuditEntry]:
        return self.entries(None, 10_000)[0]


class Desk:
    """An audit, and everything around it."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.log = TroubledLog()
        self.health = HealthBoard(self.clock)
        self.may_expire = True
        self.audit = Audit(self.log, self.health, self.clock, lambda: self.may_expire)

    def session(self, number: int = 1) -> LiveSession:
        return LiveSession(f"s{number}", ADA, self.clock.now())

    def let_pass(self, seconds: float, *later: Callable[[], None]) -> None:
        """Run for so long, and as long again behind each of these."""

        async def act() -> None:
            await self.clock.sleep(seconds)
            for happens in later:
                happens()
                await self.clock.sleep(seconds)

        run(self.clock, lambda: while_running(self.audit.run, act=act))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_who_begins_to_watch_stands_in_the_log_soon_and_their_end_too(desk: Desk) -> None:
    session = desk.session()
    began = AuditEntry("s1", session.since, "ada", "192.0.2.7", "watched", CameraId("front-door"), "mse")
    until = session.since + timedelta(seconds=9)

    def goes() -> None:
        assert desk.log.all() == [began]
        desk.audit.watched(session, until)

    desk.audit.watched(session, None)
    assert desk.log.all() == []
    desk.let_pass(SOON, goes)
    assert desk.log.all() == [replace(began, until=until)]


def test_who_comes_and_goes_a_thousand_times_is_one_line_and_one_write(desk: Desk) -> None:
    for number in range(1000):
        desk.audit.watched(desk.session(number), None)
        desk.audit.watched(desk.session(number), desk.clock.now())
    desk.let_pass(SOON)
    assert desk.log.writes == 1
    assert [one.id for one in desk.log.all()] == ["s0"]
    assert desk.audit.lost == 0


def test_fifty_pages_that_open_and_close_again_and_again_are_fifty_lines(desk: Desk) -> None:
    sessions = [desk.session(number) for number in range(50)]
    for _ in range(20):
        for session in sessions:
            desk.audit.watched(session, None)
        for session in sessions:
            desk.audit.watched(session, desk.clock.now())
        sessions = [replace(session, id=f"again {session.id}") for session in sessions]
    desk.let_pass(SOON)
    assert {one.id for one in desk.log.all()} == {f"s{number}" for number in range(50)}


def test_who_comes_again_has_watched_from_the_first_time_to_the_last(desk: Desk) -> None:
    first, again = desk.session(1), replace(desk.session(2), since=desk.clock.now() + timedelta(seconds=30))
    until = again.since + timedelta(seconds=9)
    desk.audit.watched(first, first.since)
    desk.audit.watched(again, None)
    desk.let_pass(SOON, lambda: desk.audit.watched(again, until))
    assert [(one.id, one.at, one.until) for one in desk.log.all()] == [("s1", first.since, until)]


@pytest.mark.parametrize(
    "other",
    [
        replace(ADA, camera=CameraId("garden")),
        replace(ADA, way=LiveWay.HLS),
        replace(ADA, who="eve"),
        replace(ADA, address="192.0.2.8"),
    ],
)
def test_whoever_watches_otherwise_has_a_line_of_their_own(desk: Desk, other: Viewer) -> None:
    desk.audit.watched(desk.session(1), desk.clock.now())
    desk.audit.watched(replace(desk.session(2), viewer=other), desk.clock.now())
    desk.let_pass(SOON)
    assert {one.id for one in desk.log.all()} == {"s1", "s2"}


@pytest.mark.parametrize("later", [timedelta(seconds=61), timedelta(hours=-1)])
def test_who_comes_later_or_before_because_the_clock_was_set_begins_a_line(desk: Desk, later: timedelta) -> None:
    desk.audit.watched(desk.session(1), desk.clock.now())
    desk.audit.watched(replace(desk.session(2), since=desk.clock.now() + later), None)
    desk.let_pass(SOON)
    assert {one.id for one in desk.log.all()} == {"s1", "s2"}


def test_two_who_watch_at_once_are_two_lines(desk: Desk) -> None:
    desk.audit.watched(desk.session(1), None)
    desk.audit.watched(desk.session(2), None)
    desk.audit.watched(desk.session(1), desk.clock.now())
    desk.audit.watched(desk.session(3), None)
    desk.let_pass(SOON)
    assert {(one.id, one.until is None) for one in desk.log.all()} == {("s1", True), ("s2", True)}


def test_nothing_is_written_while_nobody_watches(desk: Desk) -> None:
    desk.let_pass(3 * SWEEP_SECONDS)
    assert desk.log.writes == 0


def test_a_catalog_that_fails_loses_nothing_and_is_tried_again(desk: Desk) -> None:
    desk.log.fails = True

    def answers_again() -> None:
        assert desk.log.writes == 0
        desk.audit.watched(desk.session(2), None)
        desk.log.fails = False

    desk.audit.watched(desk.session(1), None)
    desk.let_pass(3 * RETRY_SECONDS, answers_again)
    assert {one.id for one in desk.log.all()} == {"s1", "s2"}
    assert desk.audit.lost == 0


def test_what_waits_is_bounded_and_the_owner_is_told_what_was_lost(desk: Desk) -> None:
    desk.log.fails = True
    for number in range(MOST_WAITING + 3):
        desk.audit.watched(desk.session(number), None)
    assert desk.audit.lost == 3
    [problem] = desk.health.problems()
    assert "3 entries" in problem.what
    assert problem.minor
    desk.log.fails = False
    desk.let_pass(SOON)
    assert len(desk.log.all()) == MOST_WAITING
    assert {one.id for one in desk.log.all()}.isdisjoint({"s0", "s1", "s2"})


def test_an_end_that_is_told_while_its_begin_is_written_is_not_lost(desk: Desk) -> None:
    session = desk.session()
    until = session.since + timedelta(seconds=1)

    class Slow(TroubledLog):
        def save_entries(self, entries: Sequence[AuditEntry]) -> None:
            super().save_entries(entries)
            if self.writes == 1:
                audit.watched(session, until)

    slow = Slow()
    audit = Audit(slow, desk.health, desk.clock)
    audit.watched(session, None)
    run(desk.clock, lambda: while_running(audit.run, act=lambda: desk.clock.sleep(2 * SOON)))
    assert [one.until for one in slow.all()] == [until]


def test_what_is_older_than_three_months_goes_within_an_hour_or_two(desk: Desk) -> None:
    old = AuditEntry("old", desk.clock.now() - KEPT_FOR - timedelta(seconds=1), "ada", "", "watched")
    young = AuditEntry("young", desk.clock.now() - KEPT_FOR + timedelta(days=1), "ada", "", "watched")
    desk.log.save_entries([old, young])
    desk.let_pass(SWEEP_SECONDS + SOON)
    assert [one.id for one in desk.log.all()] == ["young"]


def test_a_clock_that_is_wrong_deletes_nothing(desk: Desk) -> None:
    desk.log.save_entries([AuditEntry("old", datetime(2000, 1, 1, tzinfo=UTC), "ada", "", "watched")])
    desk.may_expire = False
    desk.let_pass(3 * SWEEP_SECONDS)
    assert len(desk.log.all()) == 1
