"""What was told by a guess, once it is known: whole values, the rules' memory, and the segments of a recording."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.clock_state import NOTICED_STEP, Dating
from doorstep.core.event import Decision, EventId, Moved, Pressed, RecordUntil, Tick, Triggered
from doorstep.core.event_tracker import EventTracker
from doorstep.core.redating import dated_observation, on_one_line
from doorstep.core.segment import Segment
from doorstep.core.settings import EventSettings
from fakes.footage import bare_segment

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NAMELESS = EventId("")
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def tracker() -> EventTracker:
    return EventTracker(CameraId("front-door"), EventSettings())


observed = st.lists(
    st.tuples(st.floats(0.1, 400), st.sampled_from(["press", "trigger", "tick", "motion"])), min_size=1, max_size=25
)


@given(before=observed, after=observed, by=st.integers(-(10**9), 10**9))
def test_the_rules_decide_as_if_the_clock_had_always_been_right(
    before: list[tuple[float, str]], after: list[tuple[float, str]], by: int
) -> None:
    step, at = timedelta(seconds=by), NOON
    right, dated = tracker(), tracker()

    def observation(kind: str, when: datetime) -> Pressed | Triggered | Tick | Moved:
        match kind:
            case "motion":
                return Moved(when, 0.5, no_detector=True)
            case "tick":
                return Tick(when)
            case "press":
                return Pressed(when, "")
            case _:
                return Triggered(when, "")

    for passed, kind in before:
        at += timedelta(seconds=passed)
        right.observe(observation(kind, at))
        dated.observe(observation(kind, at - step))
    dated.redate(Dating(step))
    for passed, kind in after:
        at += timedelta(seconds=passed)
        expected = right.observe(observation(kind, at))
        assert list(map(nameless, dated.observe(observation(kind, at)))) == list(map(nameless, expected))


def nameless(decision: Decision) -> Decision:
    """Without the id, which keeps what it was told by."""
    if isinstance(decision, RecordUntil):
        return replace(decision, event_id=NAMELESS)
    return replace(decision, event=replace(decision.event, id=NAMELESS))


@pytest.mark.parametrize("seen", [Moved(NOON, 0.5), Tick(NOON)])
def test_what_was_seen_is_dated(seen: Moved | Tick) -> None:
    assert dated_observation(seen, Dating(timedelta(hours=1))) == replace(seen, at=NOON + timedelta(hours=1))


def recording(times: list[datetime], holes: list[float]) -> list[Segment]:
    """Segments of a second with these times told, and so much missing before each by decode time."""
    found, dts = [], 0
    for number, (at, hole) in enumerate(zip(times, holes, strict=True)):
        dts += round(hole * 1000)
        found.append(replace(bare_segment(number, at=0), first_dts=dts, starts_at=at))
        dts += found[-1].duration
    return found


@given(
    holes=st.lists(st.sampled_from([0.0, 0.0, 0.0, 3.5]), min_size=1, max_size=12),
    steps=st.lists(st.tuples(st.integers(1, 11), st.sampled_from([3600, -3600, 5, -5, 10**9])), max_size=3),
)
def test_a_recording_is_read_as_its_row_dates_it_however_often_the_clock_was_set_meanwhile(
    holes: list[float], steps: list[tuple[int, int]]
) -> None:
    regular = recording([NOON] * len(holes), holes)
    line = [NOON + timedelta(milliseconds=segment.first_dts - regular[0].first_dts) for segment in regular]
    told = [at + timedelta(seconds=sum(by for since, by in steps if number >= since)) for number, at in enumerate(line)]
    read = on_one_line(recording(told, holes), NOON)
    for segment, right in zip(read, line, strict=True):
        assert abs(segment.starts_at - right) <= NOTICED_STEP
    assert [segment.first_dts for segment in read] == [segment.first_dts for segment in regular]


def test_a_guess_is_taken_off_a_recording_and_nothing_else() -> None:
    late = timedelta(milliseconds=7)  # the filter's own little corrections stay
    told = [LONG_AGO, LONG_AGO + timedelta(seconds=1) + late, LONG_AGO + timedelta(seconds=2)]
    read = on_one_line(recording(told, [0.0, 0.0, 0.0]), NOON)
    assert [segment.starts_at - NOON for segment in read] == [at - LONG_AGO for at in told]
    assert on_one_line([], NOON) == ()
