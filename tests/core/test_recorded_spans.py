"""How rows become what a page draws: joined stretches, gaps cut to the span."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.event import Cause, Event, EventId, Recording
from doorstep.core.gap import Gap
from doorstep.core.recorded_span import RecordedSpan, camera_of_minute, holds, minute_key, own_file
from doorstep.core.timeline import Stretch, stretches, within
from fakes.footage import CAMERA, NOON, seconds

MINUTE = 60.0
HOUR = NOON + timedelta(hours=1)


def span(start: float, end: float) -> RecordedSpan:
    return RecordedSpan(f"{start}.mp4", CAMERA, NOON + seconds(start), NOON + seconds(end), 1000)


def an_event(start: float, end: float, *, in_minutes: bool = True, running: bool = False) -> Event:
    begin, over = NOON + seconds(start), NOON + seconds(end)
    recording = Recording("front-door/one.mp4", begin, over, 10, in_minutes=in_minutes)
    ended_at = None if running else over
    return Event(EventId("one"), CAMERA, begin, begin, ended_at, causes=(Cause.PERSON,), recording=recording)


def test_minutes_one_behind_the_other_are_one_stretch() -> None:
    minutes = [span(number * MINUTE, (number + 1) * MINUTE) for number in range(5)]
    assert stretches(minutes, NOON, HOUR) == (Stretch(NOON, NOON + seconds(300)),)


def test_a_hole_that_somebody_would_notice_parts_two() -> None:
    found = stretches([span(70, 90), span(0, 60)], NOON, HOUR)
    assert found == (Stretch(NOON, NOON + seconds(60)), Stretch(NOON + seconds(70), NOON + seconds(90)))


def test_stretches_end_where_the_span_does() -> None:
    found = stretches([span(-30, 30), span(3590, 3700), span(4000, 4100)], NOON, HOUR)
    assert found == (Stretch(NOON, NOON + seconds(30)), Stretch(NOON + seconds(3590), HOUR))


@given(st.lists(st.tuples(st.integers(-100, 4000), st.integers(0, 200)), max_size=30))
def test_stretches_hold_what_the_spans_hold_and_never_touch(drawn: list[tuple[int, int]]) -> None:
    spans = [span(start, start + length) for start, length in drawn]
    found = stretches(spans, NOON, HOUR)
    for second in range(-100, 4000, 50):
        instant = NOON + seconds(second + 0.5)
        kept = any(one.starts_at <= instant < one.ends_at for one in spans) and NOON <= instant < HOUR
        assert not kept or any(one.starts_at <= instant < one.ends_at for one in found)
    for before, after in pairwise(found):
        assert after.starts_at - before.ends_at > seconds(1.5)
    assert all(NOON <= one.starts_at < one.ends_at <= HOUR for one in found)


def test_gaps_are_cut_to_the_span_and_those_outside_left_out() -> None:
    def gap(start: float, end: float) -> Gap:
        return Gap(CAMERA, NOON + seconds(start), NOON + seconds(end), "The camera was offline.")

    assert within([gap(3500, 4000), gap(-10, 10), gap(-20, -10)], NOON, HOUR) == (gap(0, 10), gap(3500, 3600))


def test_a_minute_is_called_after_its_camera_and_second() -> None:
    taken = {"continuous/front-door/2026/11/21/20261121_120000.mp4"}
    assert minute_key(CAMERA, NOON, lambda _: False) in taken
    assert minute_key(CAMERA, NOON, taken.__contains__).endswith("20261121_120000_2.mp4")


def test_a_camera_called_continuous_has_events_and_minutes_of_its_own() -> None:
    assert camera_of_minute("continuous/front-door/2026/11/21/20261121_120000.mp4") == CAMERA
    assert camera_of_minute("continuous/2026/11/21/20261121_120000.mp4") is None
    assert camera_of_minute("front-door/2026/11/21/20261121_120000.mp4") is None
    assert camera_of_minute("continuous/front-door/2026/11/21/20261121_120000.jpg") is None


def test_an_event_holds_on_to_the_minutes_that_it_shows() -> None:
    visit = an_event(50, 70)
    assert [holds(span(start, start + 60), visit) for start in (-60, 0, 60, 120)] == [False, True, True, False]
    assert holds(span(120, 180), an_event(50, 70, running=True))
    assert not holds(span(0, 60), an_event(50, 70, in_minutes=False))


def test_an_event_in_minutes_has_no_file_of_its_own() -> None:
    assert own_file(an_event(0, 10)) is None
    kept = own_file(an_event(0, 10, in_minutes=False))
    assert kept is not None
    assert (kept.key, kept.whole, kept.size) == ("front-door/one.mp4", True, 10)
