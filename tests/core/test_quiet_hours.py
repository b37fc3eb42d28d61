"""When it is quiet: weekdays, midnight, summer time, and clocks that jump."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.alert_preferences import QuietHours
from doorstep.core.quiet_hours import is_quiet, time_of_day

VIENNA = ZoneInfo("Europe/Vienna")
EVERY_DAY = frozenset(range(7))
NIGHT = QuietHours(EVERY_DAY, time(22), time(7))
FRIDAY = 4


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIENNA).astimezone(UTC)


def quiet(hours: QuietHours, text: str) -> bool:
    return is_quiet((hours,), local(text), VIENNA)


@given(st.times().map(lambda at: at.replace(second=0, microsecond=0)))
def test_a_time_of_day_is_read_as_it_is_written(at: time) -> None:
    assert time_of_day(f"{at:%H:%M}") == at


@pytest.mark.parametrize(
    "text", ["2200Z", "T2230", "22:00Z", "22:00+01:00", "24:00", "7:00", "22:00\n", "\u0662\u0662:00", ""]
)
def test_what_is_no_plain_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time of day"):
        time_of_day(text)


@pytest.mark.parametrize(
    ("at", "is_it"),
    [
        ("21:59:59", False),
        ("22:00", True),
        ("23:59:59.999999", True),
        ("00:00", True),
        ("06:59", True),
        ("07:00", False),
    ],
)
def test_a_night_goes_over_midnight(at: str, is_it: bool) -> None:
    assert quiet(NIGHT, f"2026-11-21T{at}") is is_it


def test_the_weekday_is_that_on_which_it_begins() -> None:
    nights = QuietHours(frozenset({FRIDAY}), time(22), time(9))
    assert not quiet(nights, "2026-11-20T08:00")
    assert quiet(nights, "2026-11-20T22:00")
    assert quiet(nights, "2026-11-21T08:59")
    assert not quiet(nights, "2026-11-21T22:00")
    siesta = QuietHours(frozenset({FRIDAY}), time(13), time(15))
    assert quiet(siesta, "2026-11-20T13:00")
    assert not quiet(siesta, "2026-11-21T13:00")


def test_the_night_of_sunday_goes_into_monday() -> None:
    sunday = QuietHours(frozenset({6}), time(22), time(7))
    assert quiet(sunday, "2026-11-23T06:00")
    assert not quiet(sunday, "2026-11-22T06:00")


def test_hours_that_end_when_they_begin_are_a_whole_day() -> None:
    day = QuietHours(frozenset({FRIDAY}), time(8), time(8))
    assert not quiet(day, "2026-11-20T07:59")
    assert quiet(day, "2026-11-20T08:00")
    assert quiet(day, "2026-11-21T07:59")
    assert not quiet(day, "2026-11-21T08:00")


def test_the_zone_is_the_owners() -> None:
    at = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)  # 22:30 in Vienna, 16:30 in New York
    assert is_quiet((NIGHT,), at, VIENNA)
    assert not is_quiet((NIGHT,), at, ZoneInfo("America/New_York"))


def test_summer_time_moves_no_end() -> None:
    assert quiet(NIGHT, "2026-03-29T06:59")
    assert not quiet(NIGHT, "2026-03-29T07:00")
    assert quiet(NIGHT, "2026-10-25T06:59")
    assert not quiet(NIGHT, "2026-10-25T07:00")


def test_what_begins_in_the_hour_that_spring_leaves_out_begins_right_after_it() -> None:
    early = QuietHours(EVERY_DAY, time(2, 30), time(5))
    before = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)  # 01:59; a minute later it is 03:00
    assert not is_quiet((early,), before, VIENNA)
    assert is_quiet((early,), before + timedelta(minutes=1), VIENNA)


def test_the_hour_that_comes_twice_is_quiet_twice() -> None:
    early = QuietHours(EVERY_DAY, time(1), time(2, 30))
    first = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)  # 02:15 for the first time
    assert is_quiet((early,), first, VIENNA)
    assert is_quiet((early,), first + timedelta(hours=1), VIENNA)
    assert not is_quiet((early,), first + timedelta(hours=1, minutes=15), VIENNA)


@given(
    st.builds(QuietHours, st.frozensets(st.integers(0, 6)), st.times(), st.times()),
    st.integers(0, 366 * 86400).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
    st.sampled_from(["UTC", "Europe/Vienna", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe"]),
)
def test_every_moment_is_within_its_span_or_not_quiet(hours: QuietHours, now: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    wall = now.astimezone(zone).replace(tzinfo=None)
    spans = []
    for ago in (0, 1):
        day = wall.date() - timedelta(days=ago)
        begins = datetime.combine(day, hours.begins)
        longer = timedelta(days=1) if hours.ends <= hours.begins else timedelta()
        if day.weekday() in hours.weekdays:
            spans.append((begins, datetime.combine(day, hours.ends) + longer))
    assert is_quiet((hours,), now, zone) is any(begins <= wall < ends for begins, ends in spans)


@given(st.datetimes(timezones=st.just(UTC)))
def test_without_hours_it_is_never_quiet(now: datetime) -> None:
    assert not is_quiet((), now, UTC)
    assert not is_quiet((QuietHours(frozenset(), time(0), time(0)),), now, UTC)
