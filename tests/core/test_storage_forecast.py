"""How long the room lasts: reckoned by hand, and against a disk that fills day by day."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.storage_forecast import Bound, StorageUse, forecast

GB = 10**9
ROOMY = StorageUse(used_bytes=10 * GB, most_bytes=100 * GB, days=10.0, keep_days=30.0)
USES = st.builds(
    StorageUse,
    used_bytes=st.integers(1, 10**13),
    most_bytes=st.integers(0, 10**13),
    days=st.floats(1.0, 1000.0),
    keep_days=st.floats(1.0, 1000.0),
)


def test_what_fits_is_kept_as_long_as_the_owner_wants() -> None:
    found = forecast(ROOMY)
    assert found is not None
    assert (found.bound, found.days_kept, found.days_left, found.a_day) == (Bound.AGE, 30.0, None, GB)


def test_what_does_not_fit_is_kept_as_long_as_there_is_room() -> None:
    found = forecast(replace(ROOMY, most_bytes=20 * GB))
    assert found is not None
    assert (found.bound, found.days_kept, found.days_left) == (Bound.ROOM, 20.0, 10.0)


def test_a_full_one_has_no_day_left() -> None:
    found = forecast(replace(ROOMY, most_bytes=9 * GB))
    assert found is not None
    assert (found.days_left, found.days_kept) == (0.0, 9.0)


def test_the_first_day_says_nothing() -> None:
    assert forecast(replace(ROOMY, days=0.9)) is None
    assert forecast(replace(ROOMY, used_bytes=0)) is None


@given(USES)
def test_a_forecast_is_in_bounds(use: StorageUse) -> None:
    found = forecast(use)
    assert found is not None
    assert found.a_day > 0
    assert 0 <= found.days_kept <= max(use.keep_days, use.most_bytes / found.a_day)
    assert (found.days_left is None) == (found.bound is Bound.AGE)
    if found.days_left is not None:
        assert 0 <= found.days_left <= found.days_kept + 1e-6


@given(st.integers(1, 50), st.integers(1, 200), st.integers(1, 60), st.integers(1, 40))
def test_it_comes_as_a_disk_that_fills_day_by_day_says(a_day: int, most: int, keep: int, day: int) -> None:
    """Each day `a_day` units come; what is older than `keep` days goes, then the oldest beyond `most`."""
    there: list[int] = []
    full_on = None
    for today in range(day + most + keep + 2):
        there = [born for born in there if today - born < keep] + [today]
        if len(there) * a_day > most and full_on is None:
            full_on = today
        while len(there) * a_day > most:
            there.pop(0)
        if today + 1 == day and full_on is None:
            told = forecast(StorageUse(len(there) * a_day, most, float(day), float(keep)))
    if full_on is not None and full_on < day:
        return  # full before it was asked
    assert told is not None
    assert (told.bound is Bound.AGE) == (full_on is None)
    if told.days_left is not None:
        assert full_on is not None
        assert int(told.days_left) == full_on - day


@given(USES, st.integers(0, 10**12))
def test_more_room_never_shortens_anything(use: StorageUse, more: int) -> None:
    less, roomier = forecast(use), forecast(replace(use, most_bytes=use.most_bytes + more))
    assert less is not None
    assert roomier is not None
    assert roomier.days_kept >= less.days_kept * (1 - 1e-12)
    assert less.days_left is None or roomier.days_left is None or roomier.days_left >= less.days_left
