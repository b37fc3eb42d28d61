"""What is counted of deliveries: each step once, however often it is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.alert import Alert, AlertId
from doorstep.core.cause import Cause
from doorstep.core.delivery import (
    Delivery,
    DeliveryState,
    after_acknowledged,
    after_choice,
    after_failure,
    after_success,
)
from doorstep.core.telling_tally import BOUNDS, MOST_REMEMBERED, Spread, TellingTally

AT = datetime(2026, 11, 21, 14, 2, 3, tzinfo=UTC)
ALERT = Alert(AlertId("a1"), None, None, Cause.PRESS, AT, "t", "x", "l")


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def delivery(channel: str = "email", number: int = 1) -> Delivery:
    return Delivery(replace(ALERT, id=AlertId(f"a{number}")), channel, DeliveryState.DUE, 0, AT)


def test_seconds_count_from_the_press_to_when_the_channel_took_it() -> None:
    tally = TellingTally()
    tally.note(delivery())
    done = after_success(delivery(), later(0.8))
    tally.note(done)
    tally.note(done)
    email = tally.channels()["email"]
    assert (email.accepted, email.failed, email.to_accepted.total) == (1, 0, 0.8)
    assert dict(email.to_accepted.cumulative())[0.5] == 0
    assert dict(email.to_accepted.cumulative())[1.0] == 1


def test_what_was_shown_and_opened_counts_once_each() -> None:
    tally = TellingTally()
    done = after_success(delivery("push:0123"), later(0.5))
    shown = after_acknowledged(done, later(2), opened=False)
    for one in (delivery("push:0123"), done, shown, shown, after_acknowledged(shown, later(9), opened=True)):
        tally.note(one)
    push = tally.channels()["push"]
    assert (push.accepted, push.acknowledged, push.opened) == (1, 1, 1)
    assert push.to_acknowledged.total == 2.0


def test_what_waits_is_counted_with_its_age_until_it_is_over() -> None:
    tally = TellingTally()
    waiting = after_failure(delivery(), later(1), 0.5, "it is away")
    other = delivery(number=2)
    for one in (delivery(), waiting, other):
        tally.note(one)
    assert tally.waiting() == {"email": 2}
    assert tally.oldest(later(60)) == 60
    assert tally.oldest(AT - timedelta(days=1)) == 0  # a clock that was set back
    tally.note(after_failure(waiting, later(2), 0.5, "no", final=True))
    tally.note(after_choice(other, "quiet hours"))
    assert (tally.waiting(), tally.oldest(later(60))) == ({}, 0)
    assert tally.channels()["email"].failed == 1


def test_tests_are_not_counted() -> None:
    tally = TellingTally()
    tally.note(replace(delivery(), alert=replace(ALERT, is_test=True)))
    assert (dict(tally.channels()), tally.waiting()) == ({}, {})


def test_a_channel_is_there_before_its_first_alert() -> None:
    tally = TellingTally()
    tally.note(after_success(delivery("mqtt"), later(1)))
    found = tally.channels(["email", "push:0123", "push:4567"])
    assert list(found) == ["email", "push", "mqtt"]
    assert found["email"].accepted == 0


def test_what_a_former_run_sent_and_is_shown_now_was_not_accepted_now() -> None:
    tally = TellingTally()
    sent = after_success(delivery("push:0123"), later(1))
    tally.note(after_acknowledged(sent, later(3600), opened=True))
    push = tally.channels()["push"]
    assert (push.accepted, push.to_accepted.total, push.acknowledged, push.opened) == (0, 0, 1, 1)


def test_all_phones_are_one_channel_and_memory_does_not_grow() -> None:
    tally = TellingTally()
    for number in range(MOST_REMEMBERED + 10):
        tally.note(after_success(delivery(f"push:{number}", number), AT))
    assert list(tally.channels()) == ["push"]
    assert len(tally._known) == MOST_REMEMBERED


@given(st.lists(st.floats(-10, 1e6)))
def test_each_observation_is_in_every_bucket_from_its_own_on(seconds: list[float]) -> None:
    spread = Spread()
    for one in seconds:
        spread.observe(one)
    for bound, count in spread.cumulative():
        assert count == sum(max(0.0, one) <= bound for one in seconds)
    assert [bound for bound, _ in spread.cumulative()] == [*BOUNDS, inf]
