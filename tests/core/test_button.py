"""k bounces are one press; a stuck button is told once; a storm rings once."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.button import (
    HELD_SECONDS,
    MOST_PRESSES,
    SAME_PRESS_SECONDS,
    STORM_SECONDS,
    STUCK_SECONDS,
    ButtonFreed,
    ButtonPress,
    ButtonStuck,
    ButtonWord,
    Debounce,
    Ring,
    Rings,
)

SETTLE = 0.05
Edge = tuple[float, bool]

bounces = st.lists(
    st.tuples(st.floats(0.0, 0.03), st.floats(0.0, SETTLE * 0.99)), max_size=40
)  # closed for, then open for


def words_of(edges: Sequence[Edge], until: float, *, patient: bool = True) -> list[ButtonWord]:
    """As the shell does it: at each edge, and when it is due."""
    debounce, words = Debounce(SETTLE), list[ButtonWord]()
    closed = False
    words += debounce.observe(closed=False, at=0.0)
    for at, level in [*edges, (until, None)]:
        while patient and debounce.due is not None and debounce.due < at:
            words += debounce.observe(closed=closed, at=debounce.due)
        closed = closed if level is None else level
        words += debounce.observe(closed=closed, at=at)
    return words


def press(starts_at: float, shape: Sequence[tuple[float, float]], held: float) -> list[Edge]:
    """Bounces, then closed for a while, then open."""
    edges, at = list[Edge](), starts_at
    for closed_for, open_for in shape:
        edges += [(at, True), (at + closed_for, False)]
        at += closed_for + open_for
    return [*edges, (at, True), (at + held, False)]


@given(shape=bounces, held=st.floats(HELD_SECONDS * 1.01, 5.0), patient=st.booleans())
def test_k_bounces_are_one_press_that_began_with_them(
    shape: list[tuple[float, float]], held: float, patient: bool
) -> None:
    edges = press(1.0, shape, held)
    words = words_of(edges, edges[-1][0] + 1.0, patient=patient)
    assert [type(word) for word in words] == [ButtonPress]
    assert isinstance(words[0], ButtonPress)
    assert 1.0 <= words[0].began_at <= edges[-1][0]


@given(shapes=st.lists(st.tuples(bounces, st.floats(0.011, 3.0), st.floats(SETTLE * 1.01, 60.0)), max_size=6))
def test_presses_with_a_pause_between_them_are_as_many(
    shapes: list[tuple[list[tuple[float, float]], float, float]],
) -> None:
    edges, at = list[Edge](), 1.0
    for shape, held, pause in shapes:
        edges += press(at, shape, held)
        at = edges[-1][0] + pause
    assert len(words_of(edges, at)) == len(shapes)


@given(spikes=st.lists(st.tuples(st.floats(0.0, HELD_SECONDS * 0.9), st.floats(0.0, 1.0)), max_size=40))
def test_spikes_on_a_long_wire_are_no_press(spikes: list[tuple[float, float]]) -> None:
    edges, at = list[Edge](), 1.0
    for closed_for, open_for in spikes:
        edges += [(at, True), (at + closed_for, False)]
        at += closed_for + open_for
    assert words_of(edges, at + 1.0) == []


@given(edges=st.lists(st.tuples(st.floats(0.0, 300.0), st.booleans()), max_size=60))
def test_whatever_comes_presses_lie_apart_and_stuck_and_free_take_turns(edges: list[Edge]) -> None:
    words = words_of(sorted(edges), 400.0)
    presses = [word.began_at for word in words if isinstance(word, ButtonPress)]
    assert all(later - earlier >= SETTLE for earlier, later in pairwise(presses))
    turns = [type(word) for word in words if not isinstance(word, ButtonPress)]
    assert turns == [ButtonStuck, ButtonFreed] * (len(turns) // 2) + [ButtonStuck] * (len(turns) % 2)


def test_a_press_is_told_while_it_is_held() -> None:
    assert words_of([(1.0, True)], 1.02) == [ButtonPress(1.0)]


def test_a_button_that_stays_down_is_one_press_and_then_stuck() -> None:
    words = words_of([(1.0, True), (3000.0, False)], 3001.0)
    assert words == [ButtonPress(1.0), ButtonStuck(1.0), ButtonFreed()]


def test_a_contact_that_is_closed_from_the_start_is_no_press_but_told_when_it_stays_so() -> None:
    debounce = Debounce(SETTLE)
    assert debounce.observe(closed=True, at=5.0) == ()
    due = debounce.due
    assert due == 5.0 + STUCK_SECONDS
    assert debounce.observe(closed=True, at=due) == (ButtonStuck(5.0),)
    assert debounce.observe(closed=False, at=50.0) == (ButtonFreed(),)
    assert debounce.observe(closed=True, at=51.0) == ()
    assert debounce.observe(closed=True, at=51.1) == (ButtonPress(51.0),)


def test_at_rest_nobody_need_look() -> None:
    debounce = Debounce(SETTLE)
    debounce.observe(closed=False, at=0.0)
    assert debounce.due is None


# ------------------------------------------------------------------------------------------------- which presses ring


def rung(times: Sequence[float]) -> list[Ring]:
    rings = Rings()
    return [rings.pressed(at) for at in times]


def test_a_storm_of_a_hundred_a_second_rings_once_and_is_told_once() -> None:
    told = rung([number / 100 for number in range(100 * 600)])
    assert told.count(Ring.RINGS) == 1
    assert told.count(Ring.STORM) == 1


def test_a_visitor_who_rings_again_after_a_second_is_heard_again() -> None:
    assert rung([0.0, 1.0, 4.0, 30.0]) == [Ring.RINGS] * 4


def test_one_press_that_comes_twice_rings_once() -> None:
    assert rung([0.0, SAME_PRESS_SECONDS * 0.9]) == [Ring.RINGS, Ring.SAME]


def test_after_the_silence_that_ends_a_storm_it_rings_again() -> None:
    storm = [number / 100 for number in range(500)]
    assert rung([*storm, storm[-1] + STORM_SECONDS])[-1] is Ring.RINGS
    assert rung([*storm, storm[-1] + STORM_SECONDS * 0.9])[-1] is Ring.IN_STORM


@given(gaps=st.lists(st.floats(0.0, 15.0), max_size=200))
def test_however_they_come_the_memory_is_bounded_and_few_ring(gaps: list[float]) -> None:
    rings, at, rang = Rings(), 0.0, list[float]()
    for gap in gaps:
        at += gap
        if rings.pressed(at) is Ring.RINGS:
            rang.append(at)
    assert len(rings._presses) <= MOST_PRESSES
    for first in rang:
        assert len([one for one in rang if first <= one < first + STORM_SECONDS]) <= MOST_PRESSES
