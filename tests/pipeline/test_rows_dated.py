"""Rows of a machine whose clock is set late: whatever happens meanwhile, in the end they say when it was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.alert import Alert, AlertId
from doorstep.core.cause import Cause
from doorstep.core.clock_state import ClockReading, Guess
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.gap import Gap
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.recorded_span import RecordedSpan
from doorstep.pipeline.clock_watch import ClockWatch
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.steady_clock import SteadyClock
from fakes.footage import CAMERA, seconds
from fakes.instant_loop import LoopClock, run
from fakes.recording_house import FailingCatalog, never

TRUE_BOOT = datetime(2026, 11, 21, 12, tzinfo=UTC)
A_SECOND = timedelta(seconds=1)
YEAR_1, YEAR_9999 = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class RefusingCatalog(FailingCatalog):
    """Refuses everything that is to be written."""

    def add_gap(self, gap: Gap, guess: Guess | None = None) -> None:
        self.check()
        super().add_gap(gap, guess)

    def save_span(self, span: RecordedSpan, guess: Guess | None = None) -> None:
        self.check()
        super().save_span(span, guess)

    def redate(self, truth: Guess, *, known: bool) -> None:
        self.check()
        super().redate(truth, known=known)

    def check(self) -> None:
        if self.fails():
            msg = "The disk is full."
            raise CatalogUnavailable(msg)


class Boot:
    """One start of a machine, and the runs of the program in it; what is told is told with the moment it happened."""

    def __init__(self, guess: datetime) -> None:
        self.machine = LoopClock(guess, monotonic=5.0)
        self.is_set = False
        self.catalog = RefusingCatalog()
        self.restart()

    def restart(self) -> None:
        """What is in memory is gone."""
        self.clock = SteadyClock(self.machine, self.read)
        health = HealthBoard(self.clock)
        self.watch = ClockWatch(self.read, health, self.clock, "this boot", self.clock.keep_to)
        self.rows = EventRows(self.catalog, health, self.clock, self.watch)

    def read(self) -> ClockReading:
        return ClockReading(self.machine.now(), self.machine.monotonic(), self.is_set)

    def set_clock(self, boot: datetime) -> None:
        """The wall clock of the machine is set so that this is when it booted."""
        wall = boot + seconds(self.machine.monotonic())
        self.machine.set_wall((wall - self.machine.now()).total_seconds())

    def told(self) -> list[timedelta]:
        """By how much what the catalog says of each thing differs from the moment that its name or reason tells."""
        gaps = self.catalog.gaps(CAMERA, YEAR_1, YEAR_9999)
        spans = self.catalog.recorded(CAMERA, YEAR_1, YEAR_9999)
        apart = [gap.starts_at - TRUE_BOOT - seconds(float(gap.reason)) for gap in gaps]
        apart += [span.starts_at - TRUE_BOOT - seconds(float(span.key)) for span in spans]
        for event in self.catalog.expired_events(YEAR_9999, 999):
            happened = TRUE_BOOT + seconds(float(event.id))
            apart += [event.started_at - happened, event.ledger[0].at - happened]
            apart += [delivery.alert.at - happened for delivery in self.catalog.deliveries_of(event.id)]
        return apart


def an_event(at: datetime, name: float) -> Event:
    return Event(EventId(str(name)), CAMERA, at, at, at + A_SECOND, (Cause.PRESS,))


def tell(boot: Boot, kind: str) -> None:
    """Something happens now."""
    at, name = boot.clock.now(), boot.machine.monotonic()
    if kind == "gap":
        boot.rows.gap(Gap(CAMERA, at, at + A_SECOND, str(name)))
    elif kind == "minute":
        boot.rows.span(RecordedSpan(str(name), CAMERA, at, at + A_SECOND, 9))
    else:
        event = an_event(at, name)
        boot.rows.decided(event)
        boot.rows.ledger(event.id, LedgerEntry(Stage.DECIDED, at))
        alert = Alert(AlertId(event.id), event.id, CAMERA, Cause.PRESS, at, "title", "text", "link")
        boot.rows.delivery(Delivery(alert, "mail", DeliveryState.DUE, 0, at))


steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["gap", "minute", "event", "restart", "fail", "heal"]), st.just(0)),
        st.tuples(st.just("by hand"), st.integers(-(10**9), 10**9)),
        st.tuples(st.just("write"), st.just(0)),
        st.tuples(st.sampled_from(["set", "set while down"]), st.just(0)),
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(guess=st.sampled_from([0, 10**9, 4_294_967_295]), history=steps)
def test_every_row_is_dated_whatever_happens_before_the_clock_is_set(
    guess: int, history: list[tuple[str, int]]
) -> None:
    """Booted in 1970, in 2001 or in 2106; set by hand, restarted, and the catalog fails now and then."""
    boot = Boot(datetime.fromtimestamp(guess, UTC))

    async def main() -> None:
        for kind, by in [*history, ("heal", 0), ("set", 0)]:
            boot.machine.advance(3.0)
            if kind == "restart":
                boot.restart()
            elif kind in {"fail", "heal"}:
                boot.catalog.fails = never if kind == "heal" else lambda: True
            elif kind == "write":
                await boot.rows.write_all()
            elif kind == "by hand" and not boot.is_set:
                boot.set_clock(TRUE_BOOT + seconds(by))
                boot.watch.look()
            elif kind in {"set", "set while down"}:
                boot.set_clock(TRUE_BOOT)
                boot.is_set = True
                boot.watch.look() if kind == "set" else boot.restart()
            else:
                tell(boot, kind)
        await boot.rows.write_all()

    run(boot.machine, main)
    assert max(map(abs, boot.told()), default=timedelta(0)) <= timedelta(seconds=2)


@pytest.mark.parametrize("kind", ["gap", "minute", "event"])
def test_what_is_being_written_just_when_the_clock_is_set_is_dated(kind: str) -> None:
    """The write fails, and what waits again was told by the guess."""
    boot = Boot(datetime(1970, 1, 1, tzinfo=UTC))

    def meanwhile() -> bool:
        boot.catalog.fails = never
        boot.set_clock(TRUE_BOOT)
        boot.is_set = True
        boot.watch.look()
        return True

    async def main() -> None:
        await boot.rows.write_all()
        tell(boot, kind)
        boot.catalog.fails = meanwhile
        while not await boot.rows.write_all():
            pass

    run(boot.machine, main)
    assert boot.told()
    assert set(boot.told()) == {timedelta(0)}


def test_an_event_that_runs_while_the_clock_is_set_is_of_one_time() -> None:
    boot = Boot(datetime(1970, 1, 1, tzinfo=UTC))

    async def main() -> None:
        event = an_event(boot.clock.now(), boot.machine.monotonic())
        recording = Recording("one.mp4", event.started_at - seconds(5), event.started_at + seconds(5), 9)
        boot.rows.decided(replace(event, ended_at=None))
        boot.rows.records(event.id)
        boot.rows.recorded(event.id, recording, 5.0)
        await boot.rows.write_all()
        boot.machine.advance(4.0)
        boot.set_clock(TRUE_BOOT)
        boot.is_set = True
        boot.watch.look()
        row = boot.rows.latest(event.id)
        assert row is not None
        assert row.recording is not None
        assert (row.started_at, row.recording.starts_at) == (TRUE_BOOT + seconds(5), TRUE_BOOT)
        boot.rows.decided(replace(row, ended_at=boot.clock.now()))
        boot.rows.not_recorded(event.id)
        await boot.rows.write_all()
        (kept,) = boot.catalog.expired_events(YEAR_9999, 9)
        assert (kept.started_at, kept.ended_at, kept.guess) == (TRUE_BOOT + seconds(5), TRUE_BOOT + seconds(9), None)

    run(boot.machine, main)


def test_what_an_earlier_boot_guessed_stays_its_guess_also_when_it_is_recovered() -> None:
    boot = Boot(TRUE_BOOT)

    async def main() -> None:
        tell(boot, "event")
        await boot.rows.write_all()
        (told,) = boot.catalog.expired_events(YEAR_9999, 9)
        boot.watch.boot = "the next boot"
        boot.rows = EventRows(boot.catalog, HealthBoard(boot.clock), boot.clock, boot.watch)
        boot.rows.replaced(told)
        boot.set_clock(TRUE_BOOT + timedelta(days=1))
        boot.is_set = True
        boot.watch.look()
        await boot.rows.write_all()
        assert boot.catalog.event(told.id) == told
        assert told.guess is not None
        assert told.guess.boot == "this boot"

    run(boot.machine, main)
