"""What is expired by age and by bytes, and what never is."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.retention import days_left, expired
from doorstep.core.settings import RetentionSettings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(age_days: float, size: int | None = 100, *, running: bool = False) -> Event:
    started_at = NOW - timedelta(days=age_days)
    recording = None if size is None else Recording(f"{age_days}.mp4", started_at, started_at, size)
    ended_at = None if running else started_at
    return Event(EventId(f"{age_days}"), CameraId("front-door"), started_at, started_at, ended_at, recording=recording)


def ages(events: tuple[Event, ...]) -> list[str]:
    return [str(gone.id) for gone in events]


def test_event_goes_after_its_days() -> None:
    events = [event(31), event(30.5), event(30), event(1)]
    assert ages(expired(events, NOW, 400, RetentionSettings(30.0, max_bytes=10_000))) == ["31", "30.5"]


def test_oldest_go_until_the_rest_fits() -> None:
    events = [event(4), event(3), event(2), event(1)]
    assert ages(expired(events, NOW, 400, RetentionSettings(30.0, max_bytes=250))) == ["4", "3"]


def test_what_goes_by_age_makes_room() -> None:
    events = [event(40, 200), event(3), event(2)]
    assert ages(expired(events, NOW, 400, RetentionSettings(30.0, max_bytes=200))) == ["40"]


def test_running_event_stays_whatever_it_takes() -> None:
    events = [event(40, running=True), event(1)]
    assert ages(expired(events, NOW, 10_000, RetentionSettings(30.0, max_bytes=0))) == ["1"]


def test_event_without_video_goes_by_age_alone() -> None:
    events = [event(40, None), event(2, None), event(1)]
    assert ages(expired(events, NOW, 100, RetentionSettings(30.0, max_bytes=50))) == ["40", "1"]


def test_nothing_goes_while_there_is_room() -> None:
    assert expired([event(2), event(1)], NOW, 200, RetentionSettings(30.0, max_bytes=200)) == ()


def test_days_beyond_the_calendar_are_no_trouble() -> None:
    assert expired([event(400)], NOW, 100, RetentionSettings(1e9, max_bytes=200)) == ()


@given(
    st.lists(st.tuples(st.floats(0.0, 90.0), st.none() | st.integers(0, 1000), st.booleans())),
    st.integers(0, 20_000),
    st.floats(0.0, 60.0),
)
def test_bounds_hold_for_any_house(drawn: list[tuple[float, int | None, bool]], max_bytes: int, days: float) -> None:
    events = [event(age, size, running=running) for age, size, running in sorted(drawn, key=lambda row: -row[0])]
    sizes = {id(kept): kept.recording.size if kept.recording else 0 for kept in events}
    gone = expired(events, NOW, sum(sizes.values()), RetentionSettings(days, max_bytes=max_bytes))

    longest_age = days * 86_400
    young = [one for one in gone if (NOW - one.started_at).total_seconds() <= longest_age]
    chosen = {id(one) for one in gone}
    stays = [one for one in events if id(one) not in chosen]
    assert all(one.ended_at is not None for one in gone)
    assert all(one.ended_at is None or (NOW - one.started_at).total_seconds() <= longest_age for one in stays)
    left = sum(sizes[id(one)] for one in stays)
    assert left <= max_bytes or all(one.ended_at is None or sizes[id(one)] == 0 for one in stays)
    assert [id(one) for one in events if id(one) in chosen] == [id(one) for one in gone]
    # Nothing goes in vain: with the youngest that went for its bytes, the rest would not fit.
    assert not young or left + sizes[id(young[-1])] > max_bytes


def test_days_left_at_this_rate() -> None:
    assert days_left(20, 100, 8.0) == 10.0


def test_full_store_has_no_days_left() -> None:
    assert days_left(120, 100, 8.0) == 0.0


def test_days_left_cannot_be_told_where_nothing_is_recorded() -> None:
    assert days_left(20, 100, 0.0) is None


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.floats(-1.0, 1e12))
def test_days_left_are_never_negative(used: int, limit: int, rate: float) -> None:
    left = days_left(used, limit, rate)
    assert (left is None) == (rate <= 0.0)
    assert left is None or left >= 0.0
