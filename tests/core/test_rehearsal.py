"""One test of the doorstep: what its report says, whatever happens and in whatever order."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.recipient import Recipient
from doorstep.core.rehearsal import (
    BEHIND,
    LATE_WORDS,
    NO_CHANNEL,
    NOBODY_TOLD,
    ONE_VISIT,
    WITHIN_SECONDS,
    Daily,
    Rehearsal,
    RehearsalReport,
    RehearsalState,
    Step,
    StepReport,
    StepState,
)

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DOOR = CameraId("front-door")
PHONE, MAIL = Recipient("push:1", "Anna's phone"), Recipient("email", "Mail")
PHONES = frozenset({"push:1"})
FOR_EVER = max(WITHIN_SECONDS.values())


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_test(*recipients: Recipient) -> Rehearsal:
    rehearsal = Rehearsal("1", DOOR, NOON)
    rehearsal.expect(recipients, PHONES)
    return rehearsal


def passed_until(rehearsal: Rehearsal, last: Step) -> None:
    """A visitor who comes 6 s after the beginning, and passes a step every tenth of a second."""
    for number, step in enumerate(ONE_VISIT[: ONE_VISIT.index(last) + 1]):
        rehearsal.reached(step, after(6 + number / 10))


def told(rehearsal: Rehearsal, recipient: Recipient, *steps: Step) -> None:
    for number, step in enumerate(steps):
        rehearsal.reached(step, after(7 + number / 10), recipient.channel)


def of(report: RehearsalReport, step: Step, channel: str = "") -> StepReport:
    return next(one for one in report.steps if one.step is step and one.channel == channel)


def test_a_test_passes_when_every_step_was_reached() -> None:
    rehearsal = a_test(PHONE, MAIL)
    passed_until(rehearsal, Step.STORED)
    told(rehearsal, PHONE, Step.SENT, Step.ACCEPTED, Step.ACKNOWLEDGED)
    assert rehearsal.report().state is RehearsalState.RUNNING
    told(rehearsal, MAIL, Step.SENT, Step.ACCEPTED)
    report = rehearsal.report()
    assert report.state is RehearsalState.PASSED
    assert "Anna's phone, Mail" in report.summary or "Mail, Anna's phone" in report.summary
    assert of(report, Step.CAPTURED).ms == 0
    assert of(report, Step.SEEN).ms == 300
    assert of(report, Step.ACCEPTED, "push:1").ms == 1100
    assert of(report, Step.ACKNOWLEDGED, "email").state is StepState.SKIPPED


def test_it_waits_for_the_phone_but_not_for_ever() -> None:
    rehearsal = a_test(PHONE)
    passed_until(rehearsal, Step.STORED)
    told(rehearsal, PHONE, Step.SENT, Step.ACCEPTED)
    rehearsal.tick(after(FOR_EVER - 1), {}, PHONES)
    assert not rehearsal.is_over
    rehearsal.tick(after(FOR_EVER), {}, PHONES)
    report = rehearsal.report()
    assert report.state is RehearsalState.FAILED
    assert of(report, Step.ACKNOWLEDGED, "push:1").state is StepState.FAILED
    assert "Anna's phone" in report.summary


def test_the_report_names_the_first_step_that_failed_and_tries_nothing_behind_it() -> None:
    rehearsal = a_test(MAIL)
    passed_until(rehearsal, Step.MOVED)
    rehearsal.tick(after(WITHIN_SECONDS[Step.SEEN]), {Step.SEEN: "The model is missing."}, frozenset())
    report = rehearsal.report()
    assert rehearsal.is_over
    assert report.state is RehearsalState.FAILED
    assert report.summary == "The test failed at \u201cPerson seen\u201d: The model is missing."
    for step in (Step.DECIDED, Step.RECORDED, Step.STORED):
        assert of(report, step).state is StepState.SKIPPED
    assert of(report, Step.SENT, "email").state is StepState.SKIPPED


def test_without_any_channel_the_test_fails_and_says_so() -> None:
    rehearsal = a_test()
    passed_until(rehearsal, Step.STORED)
    report = rehearsal.report()
    assert report.state is RehearsalState.FAILED
    assert NO_CHANNEL in report.summary


def test_who_sleeps_is_left_out_and_is_no_failure() -> None:
    rehearsal = a_test(PHONE, MAIL)
    passed_until(rehearsal, Step.STORED)
    told(rehearsal, MAIL, Step.SENT, Step.ACCEPTED)
    rehearsal.skipped(Step.SENT, "Anna's phone was not told: quiet hours.", "push:1")
    rehearsal.tick(after(10), {}, frozenset({"email"}))
    report = rehearsal.report()
    assert report.state is RehearsalState.PASSED
    assert of(report, Step.ACKNOWLEDGED, "push:1").state is StepState.SKIPPED


def test_where_everybody_sleeps_nobody_was_told_and_the_test_failed() -> None:
    rehearsal = a_test(PHONE)
    passed_until(rehearsal, Step.STORED)
    rehearsal.tick(after(FOR_EVER), {}, frozenset())
    assert rehearsal.report().state is RehearsalState.FAILED
    assert rehearsal.report().summary == NOBODY_TOLD


def test_a_channel_that_refuses_fails_in_its_own_words() -> None:
    rehearsal = a_test(MAIL)
    passed_until(rehearsal, Step.STORED)
    told(rehearsal, MAIL, Step.SENT)
    rehearsal.failed(Step.ACCEPTED, "The mail server refuses the mail.", "email")
    assert rehearsal.report().summary.endswith("(Mail): The mail server refuses the mail.")


def test_a_camera_that_is_dead_makes_no_passed_test() -> None:
    rehearsal = a_test(MAIL)
    rehearsal.blind(Step.CAPTURED, "Front door itself is not seen: no route.")
    passed_until(rehearsal, Step.STORED)
    told(rehearsal, MAIL, Step.SENT, Step.ACCEPTED)
    report = rehearsal.report()
    assert report.state is RehearsalState.FAILED
    assert "no route" in report.summary
    assert of(report, Step.STORED).state is StepState.REACHED  # the rest was tried all the same


def test_what_is_told_late_changes_no_report() -> None:
    rehearsal = a_test(MAIL)
    rehearsal.tick(after(FOR_EVER), {}, frozenset())
    report = rehearsal.report()
    passed_until(rehearsal, Step.STORED)
    told(rehearsal, MAIL, Step.SENT, Step.ACCEPTED)
    assert rehearsal.report() == report


WORDS = st.tuples(
    st.sampled_from(["reached", "failed", "skipped", "tick"]),
    st.sampled_from(Step),
    st.sampled_from(["", "push:1", "email", "unknown"]),
    st.floats(0, FOR_EVER * 2),
)


@given(st.lists(WORDS, max_size=40), st.sets(st.sampled_from([PHONE, MAIL])))
def test_every_test_ends_with_a_verdict_that_its_steps_bear_out(
    words: list[tuple[str, Step, str, float]], recipients: set[Recipient]
) -> None:
    rehearsal = a_test(*recipients)
    for word, step, channel, at in words:
        before = {(one.step, one.channel): one for one in rehearsal.report().steps}
        match word:
            case "reached":
                rehearsal.reached(step, after(at), channel)
            case "failed":
                rehearsal.failed(step, "It broke.", channel)
            case "skipped":
                rehearsal.skipped(step, "Not wanted.", channel)
            case _:
                rehearsal.tick(after(at), {}, frozenset({channel}))
        for one in rehearsal.report().steps:  # a step is reached or failed once
            known = before[one.step, one.channel]
            assert known == one or known.state is StepState.WAITING
    rehearsal.tick(after(FOR_EVER), {}, frozenset())
    report = rehearsal.report()
    states = [one.state for one in report.steps]
    assert rehearsal.is_over
    assert StepState.WAITING not in states
    assert all((one.ms is not None) == (one.state is StepState.REACHED) for one in report.steps)
    assert all(one.words for one in report.steps if one.state is not StepState.REACHED)
    if report.state is RehearsalState.PASSED:
        assert StepState.FAILED not in states
        assert any(one.step is Step.ACCEPTED and one.state is StepState.REACHED for one in report.steps)


def test_every_step_knows_how_long_it_may_take_and_what_it_needs() -> None:
    assert set(WITHIN_SECONDS) == set(LATE_WORDS) == set(Step)
    assert set(BEHIND) == set(Step) - {Step.CAPTURED}
    order = list(Step)
    assert all(order.index(before) < order.index(step) for step, before in BEHIND.items())
    assert all(WITHIN_SECONDS[before] <= WITHIN_SECONDS[step] for step, before in BEHIND.items())


NIGHT = datetime(2026, 11, 21, 3, 29, tzinfo=UTC)
HALF_PAST_THREE = 3 * 60 + 30


def test_the_nightly_test_comes_once_a_day_and_late_rather_than_never() -> None:
    daily = Daily(HALF_PAST_THREE, NIGHT)
    assert not daily.is_due(NIGHT)
    assert daily.is_due(NIGHT + timedelta(minutes=1))
    assert not daily.is_due(NIGHT + timedelta(minutes=2))
    assert not daily.is_due(NIGHT + timedelta(hours=20))
    assert not daily.is_due(NIGHT + timedelta(days=1))
    assert daily.is_due(NIGHT + timedelta(days=1, hours=2))


def test_a_server_that_starts_after_the_hour_tests_the_next_day() -> None:
    daily = Daily(HALF_PAST_THREE, NIGHT + timedelta(hours=1))
    assert not daily.is_due(NIGHT + timedelta(hours=2))
    assert daily.is_due(NIGHT + timedelta(days=1, minutes=1))


def test_a_clock_that_was_years_ahead_costs_no_test() -> None:
    daily = Daily(HALF_PAST_THREE, NIGHT + timedelta(days=3650, hours=1))
    assert not daily.is_due(NIGHT)
    assert daily.is_due(NIGHT + timedelta(minutes=1))


@given(st.integers(0, 24 * 60 - 1), st.lists(st.integers(1, 600), max_size=300))
def test_it_comes_on_every_day_that_passes_and_on_none_twice(minutes: int, steps: list[int]) -> None:
    daily, now, done = Daily(minutes, NIGHT), NIGHT, list[date]()
    for step in steps:
        now += timedelta(minutes=step)
        if daily.is_due(now):
            done.append(now.date())
    assert len(done) == len(set(done))
    assert all(after - before <= timedelta(days=2) for before, after in pairwise(done))
