"""Times of live streams: rising whatever a camera claims, believed where they can be."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.stream_times import DEEPEST_REORDER, StreamTimes, Times

RATE = 90_000
STEP = 3600


def times(depth: int = 0, usual: int = STEP) -> StreamTimes:
    return StreamTimes(RATE, usual, depth)


def placed(rule: StreamTimes, shown: list[int | None], *, backward: bool = False) -> list[Times]:
    found = [rule.place(pts, backward=backward) for pts in shown]
    assert all(found)
    return [each for each in found if each is not None]


def dts_of(found: list[Times]) -> list[int]:
    return [each.dts for each in found]


def test_without_reordering_pictures_are_decoded_when_they_are_shown() -> None:
    found = placed(times(), [500 + STEP * number for number in range(20)])
    assert found == [Times(500 + STEP * number, 500 + STEP * number, STEP) for number in range(20)]


def in_decoding_order(gops: int, b_frames: int) -> list[int]:
    """I P B B P B B: presentation times."""
    shown = [0]
    for first in range(1, gops * (b_frames + 1), b_frames + 1):
        shown += [first + b_frames, *range(first, first + b_frames)]
    return [STEP * number for number in shown]


@pytest.mark.parametrize("b_frames", [1, 2, 3])
def test_decode_times_of_b_frames_are_even_and_never_behind_showing(b_frames: int) -> None:
    shown = in_decoding_order(8, b_frames)
    found = placed(times(depth=2), list(shown), backward=True)
    assert [each.pts for each in found] == shown
    assert all(each.pts >= each.dts for each in found)
    assert {two - one for one, two in pairwise(dts_of(found))} == {STEP}


def test_a_depth_that_nobody_told_is_learnt() -> None:
    shown = in_decoding_order(20, 2)
    found = placed(rule := times(), list(shown), backward=True)
    assert rule.depth == 1
    assert [each.pts for each in found] == shown
    assert all(two > one for one, two in pairwise(dts_of(found)))
    late = found[20:]
    assert all(each.pts >= each.dts for each in late)
    assert {two - one for one, two in pairwise(dts_of(late))} == {STEP}


@given(st.permutations(range(40)), st.booleans())
def test_no_order_of_pictures_makes_decode_times_stand(order: list[int], backward: bool) -> None:
    rule = times()
    before: Times | None = None
    for number in order:
        found = rule.place(number * STEP, backward=backward)
        assert rule.depth <= DEEPEST_REORDER
        if found is None:
            rule, before = times(rule.depth), None
            continue
        assert found.duration >= 1
        assert before is None or found.dts > before.dts
        before = found


@given(st.lists(st.integers(-(2**34), 2**34) | st.integers(0, 20 * STEP) | st.none(), max_size=60), st.integers(0, 20))
def test_whatever_a_camera_claims_times_rise_until_the_connection_ends(claims: list[int | None], depth: int) -> None:
    rule = times(depth)
    before: Times | None = None
    for number, claim in enumerate(claims):
        found = rule.place(claim, backward=number % 3 == 0)
        if found is None:
            break
        assert before is None or 0 < found.dts - before.dts <= 22 * RATE
        assert found.duration >= 1
        before = found


@given(
    st.lists(st.tuples(st.integers(-(2**34), 2**34) | st.integers(0, 20 * STEP), st.integers(-9000, 9000)), max_size=60)
)
def test_given_decode_times_rise_until_the_connection_ends(claims: list[tuple[int, int]]) -> None:
    rule = times()
    before: Times | None = None
    for dts, offset in claims:
        found = rule.place(dts + offset, dts)
        if found is None:
            break
        assert before is None or found.dts > before.dts
        assert offset < 0 or found.pts >= found.dts
        before = found


def test_times_that_repeat_are_spread() -> None:
    pairs: list[int | None] = [STEP * (number - number % 2) for number in range(40)]
    found = placed(times(), pairs)
    assert all(two - one >= STEP // 2 for one, two in pairwise(dts_of(found)))
    assert found[-2].dts == pairs[-2]


@pytest.mark.parametrize("back", [0.1, 0.3, 0.45])
def test_a_small_step_back_is_made_up_for_without_a_new_connection(back: float) -> None:
    shown = [STEP * number for number in range(50)] + [STEP * number - round(back * RATE) for number in range(50, 120)]
    found = placed(times(), list(shown))
    assert all(two > one for one, two in pairwise(dts_of(found)))
    assert found[-1].dts == shown[-1]


@pytest.mark.parametrize("jump", [-0.8, -3600.0, 11.0, 86_400.0])
def test_a_clock_that_was_set_ends_the_connection(jump: float) -> None:
    rule = times()
    placed(rule, [STEP * number for number in range(50)])
    assert rule.place(50 * STEP + round(jump * RATE)) is None


def test_a_pause_of_some_seconds_does_not() -> None:
    rule = times()
    placed(rule, [STEP * number for number in range(50)])
    found = rule.place(50 * STEP + 4 * RATE)
    assert found is not None
    assert found.dts == 50 * STEP + 4 * RATE
    assert found.duration == STEP


def test_times_that_stand_still_end_the_connection() -> None:
    rule = times()
    found = [rule.place(700) for _ in range(40)]
    assert found.index(None) <= 30
    assert rule.count == 1


@pytest.mark.parametrize("bits", [31, 32, 33])
@pytest.mark.parametrize("given_dts", [False, True])
def test_a_counter_that_wraps_goes_on(bits: int, given_dts: bool) -> None:
    rule = times()
    begin = 2**bits - 10 * STEP
    for number in range(40):
        raw = (begin + number * STEP) % 2**bits
        found = rule.place(raw, raw if given_dts else None)
        assert found is not None
        assert found.dts == begin + number * STEP


def test_the_first_picture_without_a_time_is_where_counting_begins() -> None:
    found = placed(times(), [None, STEP, 2 * STEP, None, 4 * STEP])
    assert dts_of(found) == [STEP * number for number in range(5)]


@pytest.mark.parametrize("seconds", [0.1, 1.0, 5.0])
def test_durations_of_slow_cameras_are_learnt(seconds: float) -> None:
    step = round(seconds * RATE)
    found = placed(times(usual=STEP), [number * step for number in range(6)])
    assert [each.duration for each in found] == [STEP] + [step] * 5


def test_given_decode_times_are_kept() -> None:
    rule = times()
    found = [rule.place(number * STEP + 2 * STEP, number * STEP) for number in range(10)]
    assert found == [Times(number * STEP + 2 * STEP, number * STEP, STEP) for number in range(10)]
