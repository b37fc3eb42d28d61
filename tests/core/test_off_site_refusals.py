"""What a refusal says of everything else."""

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.event import EventId
from doorstep.core.off_site_line import REFUSED_SECONDS, REFUSED_URGENT_SECONDS
from doorstep.core.off_site_refusals import (
    FIRST_REST_SECONDS,
    LONGEST_REST_SECONDS,
    MOST_KEPT,
    TOLD_SECONDS,
    OffSiteRefusals,
    Sent,
)

A, B, C = (("clip", EventId(name)) for name in "abc")
PART_A, PART_B = (("part", EventId(name)) for name in "ab")
DAY = 86_400.0


def test_one_refusal_is_of_one_and_two_of_different_things_are_of_everything() -> None:
    refusals = OffSiteRefusals()
    assert not refusals.refused(A, "too large", 0.0)
    assert not refusals.refused(A, "too large", 1.0)
    assert refusals.refused(B, "wrong keys", 2.0)
    assert refusals.refused(A, "wrong keys", 3.0)


def test_what_was_refused_while_others_were_taken_says_nothing_of_them_again() -> None:
    refusals = OffSiteRefusals()
    refusals.refused(A, "too large", 0.0)
    refusals.taken(B)
    assert not refusals.refused(C, "too large", 1.0)
    assert not refusals.refused(A, "too large", 2.0)
    assert refusals.events == {"a", "c"}
    refusals.taken(A)
    assert refusals.events == {"c"}


def test_parts_rest_for_a_minute_and_name_no_clip() -> None:
    refusals = OffSiteRefusals()
    part = ("part", EventId("a"))
    assert not refusals.rests(part, 0.0)
    refusals.refused(part, "forbidden", 0.0)
    assert refusals.rests(part, REFUSED_URGENT_SECONDS - 1)
    assert not refusals.rests(part, REFUSED_URGENT_SECONDS)
    assert refusals.events == frozenset()


def test_the_owner_is_told_how_many_and_why_until_they_are_taken_or_gone() -> None:
    refusals = OffSiteRefusals()
    assert refusals.trouble(0.0) is None
    refusals.refused(A, "It is too large.", 0.0)
    told = refusals.trouble(0.0)
    assert told is not None
    assert told.what == "The clip of one event does not go off-site: It is too large."
    refusals.refused(B, "It is too large.", 1.0)
    told = refusals.trouble(1.0)
    assert told is not None
    assert told.what.startswith("The clips of 2 events do not")
    assert refusals.trouble(1.0 + FIRST_REST_SECONDS + TOLD_SECONDS) is None
    refusals.taken(A)
    refusals.taken(B)
    assert refusals.trouble(2.0) is None


def rest_of(refusals: OffSiteRefusals, sent: Sent, now: float) -> float:
    """How long it rests from now on, to the second."""
    _, event = sent
    return next(float(wait) for wait in range(7 * 3600) if event not in refusals.resting(now + wait))


def test_what_is_refused_by_itself_rests_twice_as_long_each_time_up_to_hours() -> None:
    refusals = OffSiteRefusals()
    refusals.refused(A, "too large", 0.0)
    refusals.taken(B)
    rests = [rest_of(refusals, A, 0.0)]
    for now in range(1, 10):
        assert not refusals.refused(A, "too large", float(now))
        rests.append(rest_of(refusals, A, float(now)))
    assert rests == [min(FIRST_REST_SECONDS * 2**number, LONGEST_REST_SECONDS) for number in range(10)]
    assert rests[-1] == LONGEST_REST_SECONDS == 6 * 3600
    refusals.taken(A)
    assert refusals.resting(9.0) == frozenset()


def test_a_clip_that_is_never_taken_is_tried_few_times_a_day_and_told_of_all_the_time() -> None:
    refusals, now, tries = OffSiteRefusals(), 0.0, 0
    while now < 2 * DAY:
        if A[1] not in refusals.resting(now):
            refusals.refused(A, "too large", now)
            tries += 1
        refusals.taken(B)
        assert refusals.trouble(now) is not None
        now += 60.0
    assert 8 <= tries <= 16


def test_nothing_rests_long_because_everything_was_refused() -> None:
    refusals = OffSiteRefusals()
    for now in range(100):
        refusals.refused((A, B, C)[now % 3], "wrong keys", float(now))
    assert refusals.resting(99.0 + REFUSED_SECONDS) == frozenset()


def test_what_was_refused_while_nothing_was_taken_is_tried_soon_once_something_is() -> None:
    refusals = OffSiteRefusals()
    for now in range(10):
        refusals.refused(A, "wrong keys", float(now))
    assert refusals.resting(9.0 + REFUSED_SECONDS) == {"a"}
    refusals.taken(B)
    assert refusals.resting(9.0 + REFUSED_SECONDS) == frozenset()


def test_a_part_is_told_as_a_part_and_never_as_a_clip() -> None:
    refusals = OffSiteRefusals()
    refusals.refused(PART_A, "It is forbidden.", 0.0)
    told = refusals.trouble(0.0)
    assert told is not None
    assert told.what == "The parts of one event do not go off-site while it runs: It is forbidden."
    assert told.remedy == "Mend that; each clip goes off-site by itself once its event is over."
    refusals.refused(PART_B, "It is forbidden.", 1.0)
    told = refusals.trouble(1.0)
    assert told is not None
    assert told.what == "The parts of 2 events do not go off-site while they run: It is forbidden."
    assert refusals.resting(1.0) == frozenset()
    assert refusals.trouble(1.0 + TOLD_SECONDS) is None


def test_a_part_and_a_clip_are_told_each_in_their_own_words() -> None:
    refusals = OffSiteRefusals()
    refusals.refused(A, "It is too large.", 0.0)
    refusals.refused(PART_A, "It is forbidden.", 1.0)
    told = refusals.trouble(1.0)
    assert told is not None
    assert told.what == (
        "The clip of one event does not go off-site: It is too large."
        " The parts of one event do not go off-site while it runs: It is forbidden."
    )
    assert "six hours" in told.remedy


SENT = st.tuples(st.sampled_from(["part", "picture", "clip"]), st.sampled_from(list(map(EventId, "abcd"))))


@given(st.lists(st.tuples(SENT, st.booleans())))
def test_everything_is_refused_only_if_two_were_since_something_was_taken(steps: list[tuple[Sent, bool]]) -> None:
    refusals, since = OffSiteRefusals(), set[Sent]()
    for sent, is_taken in steps:
        if is_taken:
            refusals.taken(sent)
            since.clear()
        else:
            since.add(sent)
            assert not refusals.refused(sent, "no", 0.0) or len(since) > 1


def test_however_many_are_refused_few_are_kept() -> None:
    refusals = OffSiteRefusals()
    for number in range(3 * MOST_KEPT):
        refusals.refused(("clip", EventId(str(number))), "no", 0.0)
    assert len(refusals.events) == MOST_KEPT
    refusals.taken(A)
    for number in range(3 * MOST_KEPT):
        refusals.refused(("clip", EventId(f"x{number}")), "no", 0.0)
        refusals.taken(A)
    assert len(refusals.events) == MOST_KEPT
