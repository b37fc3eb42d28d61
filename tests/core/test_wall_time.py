"""Media time meets wall time: drift is followed, jitter is not, a clock that was set begins anew."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.wall_time import FASTEST, SLOWEST, WallTime

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY_SECONDS = 86_400


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_first_packet_is_the_anchor() -> None:
    wall = WallTime()
    assert wall.observe(5000.0, NOON) == NOON
    assert not wall.reanchored


def test_late_packets_do_not_move_the_time() -> None:
    wall = WallTime()
    wall.observe(0.0, NOON)
    assert wall.observe(1.0, after(1.8)) == pytest.approx(after(1.0), abs=timedelta(milliseconds=1))
    assert wall.observe(2.0, after(2.0)) == pytest.approx(after(2.0), abs=timedelta(milliseconds=1))


def test_stall_that_is_made_up_for_is_no_new_beginning() -> None:
    wall = WallTime()
    for second in range(20):
        wall.observe(float(second), after(second))
    for second in range(20, 28):
        told = wall.observe(float(second), after(28.5))
        assert not wall.reanchored
        assert told == pytest.approx(after(second), abs=timedelta(milliseconds=10))


def test_first_packet_that_came_late_is_made_up_for_within_seconds() -> None:
    wall = WallTime()
    wall.observe(0.0, after(1.0))
    told = [wall.observe(float(second), after(second)) for second in range(1, 1001)]
    assert told[2] == pytest.approx(after(3.0), abs=timedelta(milliseconds=2))
    assert told[-1] == pytest.approx(after(1000.0), abs=timedelta(milliseconds=2))
    assert not wall.reanchored


@pytest.mark.parametrize("kept", [1.0, 4.0, 10.0])
def test_pictures_that_the_camera_had_kept_are_late_only_for_the_first_seconds(kept: float) -> None:
    wall = WallTime()
    for second in range(60):
        told = wall.observe(float(second), after(max(0.1, second - kept)))
        if second >= 2 * kept + 1:
            assert told == pytest.approx(after(second - kept), abs=timedelta(seconds=0.5))


def test_packets_that_come_much_too_early_begin_anew_at_once() -> None:
    wall = WallTime()
    wall.observe(0.0, NOON)
    assert wall.observe(10.0, after(7.9)) == after(7.9)
    assert wall.reanchored


def test_lasting_lateness_begins_anew_within_the_window() -> None:
    wall = WallTime()
    for second in range(30):
        wall.observe(float(second), after(second))
    beginnings = []
    for second in range(30, 60):
        told = wall.observe(float(second), after(second + 3600))
        if wall.reanchored:
            beginnings.append(second)
            assert told == after(second + 3600)
    assert beginnings == [40]


def test_new_beginning_is_told_once() -> None:
    wall = WallTime()
    wall.observe(0.0, NOON)
    wall.observe(10.0, NOON)
    assert wall.reanchored
    wall.observe(11.0, after(1.0))
    assert not wall.reanchored


def test_media_time_that_steps_back_begins_anew() -> None:
    wall = WallTime()
    wall.observe(100.0, NOON)
    assert wall.observe(0.0, after(1.0)) == after(1.0)
    assert wall.reanchored
    assert wall.observe(1.0, after(2.0)) == after(2.0)


def test_bound_of_the_disagreement_can_be_chosen() -> None:
    wall = WallTime(reanchor_seconds=0.5)
    wall.observe(0.0, NOON)
    wall.observe(1.0, after(0.4))
    assert wall.reanchored


@settings(max_examples=20, deadline=None)
@given(
    ppm=st.floats(-500.0, 500.0),
    jitter=st.floats(0.0, 0.45),
    step=st.floats(10.0, 60.0),
    random_source=st.randoms(use_true_random=False),
)
def test_drifting_camera_stays_within_half_a_second_for_a_day(
    ppm: float, jitter: float, step: float, random_source: random.Random
) -> None:
    wall, told = WallTime(), []
    steps = int(DAY_SECONDS / step)
    late = [random_source.random() * jitter for _ in range(64)]
    for index in range(steps):
        true = index * step
        told.append(wall.observe(true * (1.0 + ppm / 1e6), after(true + late[index * 7 % 64])))
        assert abs((told[-1] - after(true)).total_seconds()) <= 0.5
        assert not wall.reanchored
    assert all(earlier <= later for earlier, later in pairwise(told))


def jittery(seconds: int, seed: int) -> Iterator[tuple[float, float]]:
    """When pictures are taken and how late they come: up to 0.3 s, and now and then a stall that is made up for.

    Every second of the first two hours and of the last one; between them every twentieth, and none stalled: a window
    would hold no other.
    """
    random_source = random.Random(seed)
    at = 0
    while at < seconds:
        dense = at < 7200 or at > seconds - 3600
        stalled = max(0.0, at % 607 - 600.0) if dense else 0.0
        yield float(at), (7.0 - stalled if stalled else random_source.random() * 0.3)
        at += 1 if dense else 20


@pytest.mark.parametrize("rate", [1.0005, 0.9995, 24 / 25, 26 / 25, 25 / 30, 30 / 25])
def test_a_week_of_a_camera_with_a_wrong_rate_is_dated_within_half_a_second(rate: float) -> None:
    wall, before, worst = WallTime(), NOON, 0.0
    for at, late in jittery(7 * DAY_SECONDS, seed=round(rate * 1000)):
        told = wall.observe(at * rate, after(at + late))
        assert not wall.reanchored
        assert told >= before
        before = told
        worst = max(worst, abs((told - NOON).total_seconds() - at))
    assert worst <= 0.5


@settings(max_examples=30, deadline=None)
@given(rate=st.floats(0.8, 1.25), seed=st.integers(0, 2**32))
def test_an_hour_of_any_wrong_rate_is_dated_within_half_a_second(rate: float, seed: int) -> None:
    wall = WallTime()
    for at, late in jittery(3600, seed):
        if at > 30 or late < 0.3:
            told = wall.observe(at * rate, after(at + late))
            assert abs((told - NOON).total_seconds() - at) <= 0.5


OBSERVATIONS = st.lists(st.tuples(st.floats(0.0, 5.0) | st.just(0.0), st.floats(-3.0, 20.0)))


@settings(deadline=None)
@given(OBSERVATIONS)
def test_time_never_runs_back_or_leaps_unless_it_begins_anew(observations: list[tuple[float, float]]) -> None:
    wall, media = WallTime(), 0.0
    told = wall.observe(media, NOON)
    for step, late in observations:
        media += step
        before, told = told, wall.observe(media, after(media + late))
        if not wall.reanchored:
            passed = (told - before).total_seconds()
            assert 0.2 * SLOWEST * step - 3e-6 <= passed <= 1.8 * FASTEST * step + 3e-6


@settings(deadline=None)
@given(OBSERVATIONS)
def test_a_connection_of_an_hour_is_steady(observations: list[tuple[float, float]]) -> None:
    wall, media = WallTime(), 0.0
    for second in range(3600):
        media = float(second)
        told = wall.observe(media, after(media))
    for step, late in observations:
        media += step
        before, told = told, wall.observe(media, after(media + late))
        if wall.reanchored:
            break
        assert (told - before).total_seconds() == pytest.approx(step, abs=step * 0.02 + 3e-6)


@settings(deadline=None)
@given(OBSERVATIONS)
def test_told_time_is_never_further_off_than_the_bound(observations: list[tuple[float, float]]) -> None:
    wall, media = WallTime(), 0.0
    wall.observe(media, NOON)
    for step, late in observations:
        media += step
        arrived = after(media + late)
        # A packet cannot have been captured more than the bound after it arrived.
        assert (wall.observe(media, arrived) - arrived).total_seconds() <= 2.0 + 1e-5
