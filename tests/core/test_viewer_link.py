"""What is under way to a viewer, how far behind they are, and what their link carries."""

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.viewer_link import FIRST_WINDOW, LEAST_WINDOW, MEASURED_SECONDS, WAITING_SECONDS, ViewerLink

KB = 1 << 10

steps = st.lists(
    st.tuples(st.floats(0.0, 2.0), st.sampled_from(["sent", "got"]), st.integers(-(10**7), 10**7)), max_size=200
)


def test_who_has_it_all_is_not_behind() -> None:
    link = ViewerLink()
    assert (link.behind(5.0), link.under_way, link.throughput(5.0)) == (0.0, 0, 0.0)
    link.sent(10.0, 100, owed_since=9.5)
    assert link.behind(10.5) == 1.0
    link.got(10.5, 100)
    assert (link.behind(20.0), link.under_way) == (0.0, 0)


def test_the_delay_counts_from_when_the_oldest_that_did_not_come_was_owed() -> None:
    link = ViewerLink()
    for number in range(10):
        link.sent(5.0, 100, owed_since=float(number))
    link.got(10.0, 399)  # the fourth is not whole
    assert link.behind(10.0) == 7.0
    link.got(10.0, 400)
    assert link.behind(10.0) == 6.0


def test_the_throughput_is_that_of_the_last_seconds() -> None:
    link = ViewerLink()
    link.sent(0.0, 10_000 * KB, owed_since=0.0)
    for second in range(1, 11):
        link.got(float(second), 100 * KB * second)
    assert link.throughput(10.0) == 100 * KB
    for second in range(11, 16):
        link.got(float(second), 1000 * KB + 10 * KB * (second - 10))
    assert link.throughput(15.0) == 10 * KB


def fill(link: ViewerLink, at: float) -> int:
    """What is under way once there is room for no more."""
    while link.has_room(at):
        link.sent(at, 32 * KB, owed_since=at)
    return link.under_way


def test_a_pause_of_the_camera_is_no_slow_link() -> None:
    link = ViewerLink()
    link.sent(0.0, 100 * KB, owed_since=0.0)
    link.got(1.0, 100 * KB)
    assert fill(link, 600.0) == FIRST_WINDOW
    link.got(601.0, 200 * KB)
    assert link.throughput(601.0) == 100 * KB


def test_at_first_a_quarter_of_a_megabyte_may_go_out_then_what_comes_in_a_second_and_what_is_on_its_way() -> None:
    link = ViewerLink()
    assert fill(link, 0.0) == FIRST_WINDOW
    link.got(1.0, 64 * KB)  # 64 kB a second
    assert fill(link, 1.0) == FIRST_WINDOW - 64 * KB  # that is more already: nothing was added
    link.got(3.0, 192 * KB)
    assert fill(link, 3.0) == (WAITING_SECONDS + 1.0) * 64 * KB


def test_a_link_that_stands_still_keeps_a_little_room_so_that_its_recovery_is_seen() -> None:
    link = ViewerLink()
    link.sent(0.0, 20 * KB, owed_since=0.0)
    link.got(1.0, 10 * KB)
    assert LEAST_WINDOW <= fill(link, 3600.0) < LEAST_WINDOW + 32 * KB


@given(steps)
def test_a_viewers_word_is_taken_for_no_more_than_was_sent(drawn: list[tuple[float, str, int]]) -> None:
    link, at, sent = ViewerLink(), 0.0, 0
    for passed, what, number in drawn:
        at += passed
        if what == "sent":
            link.sent(at, abs(number), owed_since=at)
            sent += abs(number)
        else:
            link.got(at, number)
            assert all(at - said < MEASURED_SECONDS for said, _ in list(link._words)[1:])
        assert 0 <= link.under_way <= sent
        assert 0 <= link.behind(at) <= at
        assert link.throughput(at) >= 0
