"""A simulated day of eight cameras, and the days around it: after every sweep both bounds hold, and nothing more goes.

Minutes and events are rows and small blobs; time is the test's.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.camera import CameraId
from doorstep.core.event import Cause, Event, EventId, Recording
from doorstep.core.gap import Gap
from doorstep.core.recorded_span import RecordedSpan, holds
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.core.settings import RetentionSettings
from doorstep.pipeline.sweeper import Sweeper
from doorstep.stores.memory import MemoryStore
from fakes.clock import FakeClock

CAMERAS = [CameraId(f"camera-{number}") for number in range(8)]
STEP = timedelta(minutes=15)
"""Stands for a minute: a file of so long, so that a day is 96 rounds of eight files."""


@dataclass
class Day:
    """Eight cameras, of which the even ones are always recorded."""

    days: float
    minutes_days: float
    max_bytes: int
    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    catalog: MemoryCatalog = field(default_factory=MemoryCatalog)
    trusted: bool = True

    def __post_init__(self) -> None:
        self.sweeper = Sweeper(
            self.store,
            self.catalog,
            RetentionSettings(self.days, max_bytes=self.max_bytes, always_days=self.minutes_days),
            self.clock,
            may_expire_by_age=lambda: self.trusted,
        )

    def passes(self, sizes: list[int], visits: list[int]) -> None:
        """One step of all cameras: `sizes` of what is recorded, `visits` the cameras where somebody came."""
        begin, end = self.clock.now(), self.clock.now() + STEP
        self.clock.advance(STEP.total_seconds())
        for number, camera in enumerate(CAMERAS):
            size = sizes[number % len(sizes)]
            always = number % 2 == 0
            if always:
                key = f"continuous/{camera}/{begin:%Y/%m/%d/%H%M}.mp4"
                self.store.put(key, bytes(size))
                self.catalog.save_span(RecordedSpan(key, camera, begin, end, size))
            if number in visits:
                self._visit(camera, size // 4 + 1, in_minutes=always)
        self.catalog.add_gap(Gap(CAMERAS[1], begin, begin + STEP / 10, "it was away"))

    def _visit(self, camera: CameraId, size: int, *, in_minutes: bool) -> None:
        begin, end = self.clock.now() - STEP / 2, self.clock.now() - STEP / 4
        key = f"{camera}/{begin:%Y/%m/%d/%H%M}.mp4"
        if not in_minutes:
            self.store.put(key, bytes(size))
        for picture in (still_key(key), thumbnail_key(key)):
            self.store.put(picture, b"p")
        recording = Recording(key, begin, end, size, in_minutes)
        event = Event(EventId(f"{camera}-{begin:%d%H%M}"), camera, begin, begin, end, (Cause.PERSON,))
        self.catalog.save_event(
            Event(event.id, camera, begin, begin, end, (Cause.PERSON,), recording=recording, has_still=True)
        )

    def state(self) -> tuple[list[RecordedSpan], list[Event]]:
        """What is there."""
        return list(self.catalog._minutes()), list(self.catalog._oldest_first())

    def sweep(self) -> None:
        asyncio.run(self.sweeper.sweep())

    def agrees(self) -> bool:
        """Store and catalog name the same files, and no picture is left behind."""
        keys = set(self.store.keys())
        named = set(self.catalog.recording_keys())
        pictures = {name(key) for key in self.catalog.pictured_keys() for name in (still_key, thumbnail_key)}
        return keys == named | pictures


def check_bounds(day: Day, before: tuple[list[RecordedSpan], list[Event]]) -> None:
    """Both bounds hold, and what went had to go."""
    minutes, events = day.state()
    now, slack = day.clock.now(), timedelta(seconds=1)
    used = day.catalog.recorded_bytes()
    assert used <= day.max_bytes or (minutes == [] and not any(event.recording for event in events))
    assert all(now - event.started_at <= timedelta(days=day.days) + slack for event in events)
    for span in minutes:
        is_held = any(holds(span, event) for event in events)
        assert is_held or now - span.ends_at <= timedelta(days=day.minutes_days) + slack
    gone_minutes = [span for span in before[0] if span not in minutes]
    gone_events = [event for event in before[1] if event not in events]
    young = [event for event in gone_events if now - event.started_at <= timedelta(days=day.days)]
    # An event goes before its time only where not one loose minute is left to go in its place.
    assert not young or all(
        any(holds(span, event) for event in events) for span in minutes if span.ends_at < now - STEP
    )
    for span in gone_minutes:
        assert not any(holds(span, event) for event in events), "a minute that shows somebody stays with the event"
    freed = [span.size for span in gone_minutes if now - span.ends_at <= timedelta(days=day.minutes_days)]
    if freed and not gone_events:
        assert used + freed[-1] > day.max_bytes, "not one minute goes in vain"


@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_a_day_of_eight_cameras_keeps_both_bounds_at_every_step(data: st.DataObject) -> None:
    days = data.draw(st.sampled_from([0.25, 0.5, 2.0]))
    day = Day(days, days * data.draw(st.sampled_from([0.25, 1.0])), data.draw(st.integers(0, 30_000)))
    sizes = data.draw(st.lists(st.integers(1, 400), min_size=1, max_size=5))
    visits = data.draw(st.lists(st.lists(st.integers(0, 7), max_size=3), min_size=1, max_size=9))
    day.sweep()
    for step in range(96):
        day.passes(sizes, visits[step % len(visits)])
        before = day.state()
        day.sweep()
        check_bounds(day, before)
        assert day.agrees()


def test_events_outlive_the_minutes_around_them() -> None:
    day = Day(days=1.0, minutes_days=0.25, max_bytes=10**9)
    for step in range(60):
        day.passes([10], [0] if step == 3 else [])
        day.sweep()
    minutes, events = day.state()
    assert len(events) == 1
    held = [span for span in minutes if holds(span, events[0])]
    assert [span.camera for span in held] == [CAMERAS[0]]
    assert len(minutes) == 4 * 24 + 1 + 4  # a quarter of a day, what the event holds, and what ends right at the bound


def test_after_its_days_an_event_goes_and_takes_its_minutes_along() -> None:
    day = Day(days=0.5, minutes_days=0.25, max_bytes=10**9)
    for step in range(60):
        day.passes([10], [0, 1] if step == 3 else [])
        day.sweep()
    minutes, events = day.state()
    assert events == []
    assert all(day.clock.now() - span.ends_at <= timedelta(days=0.25) for span in minutes)
    assert day.agrees()


def test_old_gaps_go_with_the_events() -> None:
    day = Day(days=0.25, minutes_days=0.25, max_bytes=10**9)
    for _ in range(60):
        day.passes([1], [])
        day.sweep()
    gaps = day.catalog.gaps(CAMERAS[1], day.clock.now() - timedelta(days=9), day.clock.now())
    assert 22 <= len(gaps) <= 25


def test_a_clock_that_jumps_a_month_ahead_costs_a_day_an_hour_at_most() -> None:
    day = Day(days=10.0, minutes_days=10.0, max_bytes=10**9)
    for _ in range(96 * 2):
        day.passes([1], [1])
        day.sweep()
    day.clock.set_wall(30 * 86_400.0)
    left = len(day.state()[0])
    for _ in range(4):
        day.clock.advance(900.0)
        day.sweep()
    gone = left - len(day.state()[0])
    assert gone <= 4 * (96 + 4)


def test_while_the_clock_is_not_trusted_nothing_goes_by_age_and_the_bytes_hold() -> None:
    day = Day(days=0.1, minutes_days=0.1, max_bytes=400, trusted=False)
    for _ in range(40):
        day.passes([5], [])
        day.sweep()
        assert day.catalog.recorded_bytes() <= 400
    assert len(day.state()[0]) == 80
    assert len(day.catalog.gaps(CAMERAS[1], day.clock.now() - timedelta(days=9), day.clock.now())) == 40
