"""What is believed after a while, and over after a while."""

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.lasting import Lasting


def test_it_holds_once_it_lasted_and_is_over_once_it_was_over() -> None:
    lasting = Lasting(30.0, 5.0)
    seen = [(0, True), (29, True), (30, True), (31, False), (35.9, False), (36, False)]
    assert [lasting.observe(at, found=found) for at, found in seen] == [False, False, True, True, True, False]


def test_a_moment_without_it_begins_anew() -> None:
    lasting = Lasting(30.0, 5.0)
    assert not any(lasting.observe(at, found=at != 20) for at in range(50))
    assert lasting.observe(51, found=True)


def test_what_nobody_could_see_does_not_count() -> None:
    lasting = Lasting(30.0, 5.0)
    lasting.observe(0, found=True)
    lasting.unseen()
    assert not lasting.observe(1000, found=True)
    assert lasting.observe(1030, found=True)


@given(st.lists(st.tuples(st.floats(0.01, 20.0), st.booleans()), max_size=60))
def test_it_changes_only_after_so_many_seconds_of_the_same(looks: list[tuple[float, bool]]) -> None:
    lasting, now, same_since, last = Lasting(10.0, 3.0), 0.0, 0.0, None
    for seconds, found in looks:
        now += seconds
        if found is not last:
            same_since, last = now, found
        before = lasting.holds
        if lasting.observe(now, found=found) is not before:
            assert found is not before
            assert now - same_since >= (3.0 if before else 10.0)
