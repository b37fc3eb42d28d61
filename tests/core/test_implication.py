"""Three crashes within ten minutes are no accident."""

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.implication import MOST_IMPLICATIONS, WINDOW_SECONDS, Implications

PAUSES = st.lists(st.floats(0.0, 2 * WINDOW_SECONDS), min_size=1, max_size=30)


@given(PAUSES)
def test_a_camera_is_faulted_from_the_first_three_crashes_within_ten_minutes_on(pauses: list[float]) -> None:
    implications = Implications()
    times = [sum(pauses[: place + 1]) for place in range(len(pauses))]
    was_faulted = False
    for place, at in enumerate(times):
        within = [one for one in times[: place + 1] if at - one <= WINDOW_SECONDS]
        was_faulted = was_faulted or len(within) >= MOST_IMPLICATIONS
        assert implications.implicated(at) == was_faulted


@given(st.floats(0.0, WINDOW_SECONDS, exclude_max=True))
def test_it_stays_faulted_until_it_was_read_well_for_ten_minutes(seconds: float) -> None:
    implications = Implications()
    assert [implications.implicated(at) for at in (0.0, 1.0, 2.0)] == [False, False, True]
    implications.read_well(seconds)
    assert implications.implicated(10_000.0)
    implications.read_well(WINDOW_SECONDS)
    assert not implications.implicated(20_000.0)
