"""When a delivery is tried again, and when it is given up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.delivery import (
    AGAIN,
    BEING_TRIED,
    LONGEST_ID,
    TEST_GIVEN_UP_AFTER,
    TOO_LATE,
    Delivery,
    DeliveryState,
    after_acknowledged,
    after_end,
    after_failure,
    after_start,
    after_success,
    delivery_id,
    further,
    is_due,
)
from doorstep.core.event import EventId

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


def delivery(attempts: int = 0) -> Delivery:
    alert = Alert(
        id=AlertId("front-door-1:person"),
        event=EventId("front-door-1"),
        camera=CameraId("front-door"),
        cause=Cause.PERSON,
        at=NOON,
        title="Person at Front door",
        text="Seen.",
        link="",
    )
    return Delivery(alert, "email", DeliveryState.DUE, attempts, NOON)


def test_new_delivery_is_due_at_once() -> None:
    assert is_due(delivery(), NOON)


def test_one_alert_over_one_channel_has_one_id() -> None:
    assert delivery().id == "front-door-1:person:email"
    assert delivery(3).id == delivery().id


@given(st.text(max_size=5) | st.text(min_size=LONGEST_ID, max_size=2 * LONGEST_ID), st.text(max_size=20))
@example("a" * 500, "push:1")
def test_an_id_is_never_longer_than_a_device_may_send_it_back(alert_id: str, channel: str) -> None:
    made = delivery_id(AlertId(alert_id), channel)
    assert len(made) <= LONGEST_ID
    assert made != delivery_id(AlertId(f"{alert_id}x"), channel)


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 5), (1, 10), (2, 20), (7, 640), (8, 900), (90, 900)])
def test_delay_doubles_from_five_seconds_to_a_quarter_of_an_hour(attempts: int, seconds: int) -> None:
    failed = after_failure(delivery(attempts), NOON, 1.0, "no answer")
    assert failed.next_at == NOON + timedelta(seconds=seconds)
    assert failed.attempts == attempts + 1
    assert failed.outcome == "no answer"
    assert failed.state is DeliveryState.DUE


def test_failed_delivery_is_due_again_when_its_time_has_come() -> None:
    failed = after_failure(delivery(), NOON, 1.0, "no answer")
    assert not is_due(failed, NOON + timedelta(seconds=4.9))
    assert is_due(failed, NOON + timedelta(seconds=5))


@pytest.mark.parametrize(("asked", "seconds"), [(0, 5), (3, 5), (120, 120), (7200, 900), (1e9, 900)])
def test_channel_that_asks_to_wait_is_left_alone_so_long_but_no_longer_than_any_delay(
    asked: float, seconds: int
) -> None:
    failed = after_failure(delivery(), NOON, 1.0, "later", wait=asked)
    assert failed.next_at == NOON + timedelta(seconds=seconds)
    assert not is_due(failed, NOON + timedelta(seconds=seconds - 1))
    assert is_due(failed, NOON + timedelta(seconds=seconds))


def test_channel_that_says_no_is_not_asked_again() -> None:
    refused = after_failure(delivery(), NOON, 1.0, "no such address", final=True)
    assert refused.state is DeliveryState.FAILED
    assert not is_due(refused, NOON + DAY)


def test_alert_of_yesterday_is_given_up() -> None:
    assert after_failure(delivery(), NOON + DAY, 0.0, "no answer").state is DeliveryState.FAILED
    assert after_failure(delivery(), NOON + DAY - timedelta(seconds=1), 0.0, "").state is DeliveryState.DUE


def test_accepted_delivery_is_done() -> None:
    accepted = after_success(delivery(2), NOON)
    assert (accepted.state, accepted.attempts, accepted.next_at) == (DeliveryState.ACCEPTED, 3, NOON)
    assert not is_due(accepted, NOON)


def test_late_word_does_not_undo_what_was_accepted() -> None:
    accepted = after_success(delivery(), NOON)
    assert after_failure(accepted, NOON, 0.0, "no answer", final=True) == accepted
    assert after_success(accepted, NOON + DAY) == accepted


def test_clock_that_was_set_back_does_not_hold_an_alert() -> None:
    failed = after_failure(delivery(), NOON, 1.0, "no answer")
    assert is_due(failed, NOON - timedelta(hours=1))


def test_given_up_delivery_that_arrived_after_all_is_accepted() -> None:
    given_up = after_failure(delivery(), NOON, 0.0, "no answer", final=True)
    assert after_success(given_up, NOON).state is DeliveryState.ACCEPTED


class Outbox(RuleBasedStateMachine):
    """One delivery, tried whenever it is due, over a channel that fails as it likes."""

    @initialize()
    def begin(self) -> None:
        self.delivery = delivery()
        self.now = NOON
        self.failures = 0

    @rule(seconds=st.floats(0.0, 3600.0))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(jitter=st.floats(0.0, 1.0))
    def try_and_fail(self, jitter: float) -> None:
        if not is_due(self.delivery, self.now):
            return
        before, self.delivery = self.delivery, after_failure(self.delivery, self.now, jitter, "no answer")
        self.failures += 1
        too_old = self.now - NOON >= DAY
        assert self.delivery.state is (DeliveryState.FAILED if too_old else DeliveryState.DUE)
        assert self.delivery.attempts == before.attempts + 1
        if not too_old:
            wait = (self.delivery.next_at - self.now).total_seconds()
            assert 2.5 <= wait <= 900.0
            assert wait >= min(2.5 * 2 ** (self.failures - 1), 450.0) - 1e-5

    @rule()
    def try_and_succeed(self) -> None:
        if is_due(self.delivery, self.now):
            self.delivery = after_success(self.delivery, self.now)

    @invariant()
    def only_a_due_delivery_waits(self) -> None:
        over = self.delivery.state is not DeliveryState.DUE
        assert not (over and is_due(self.delivery, self.now))
        assert is_due(self.delivery, self.delivery.next_at) is not over

    @invariant()
    def it_stays_the_same_alert(self) -> None:
        assert replace(self.delivery, state=DeliveryState.DUE, attempts=0, next_at=NOON, outcome="") == delivery()


TestOutboxMachine = Outbox.TestCase


@pytest.mark.parametrize("state", [DeliveryState.DUE, DeliveryState.SPARED])
@pytest.mark.parametrize("opened", [True, False])
def test_what_was_never_tried_nobody_has_seen(state: DeliveryState, *, opened: bool) -> None:
    kept = replace(delivery(), state=state)
    assert after_acknowledged(kept, NOON, opened=opened) == kept


def test_of_two_records_the_acknowledged_one_is_further() -> None:
    taken = after_success(delivery(), NOON)
    shown = after_acknowledged(taken, NOON, opened=False)
    opened = after_acknowledged(shown, NOON, opened=True)
    for older, newer in ((taken, shown), (shown, opened), (taken, opened)):
        assert further(older, newer) == further(newer, older) == newer


@given(name=st.one_of(st.text(), st.text().map(lambda text: f"{text}{AGAIN}-{len(text)}")))
@example(name="health:push:anna:again phone:20261121:1")
@example(name=f"x{AGAIN}-{'9' * 5000}")
@example(name=f"x{AGAIN}-\N{SUPERSCRIPT TWO}")
def test_an_interrupted_alert_is_told_again_whatever_its_id_says(name: str) -> None:
    interrupted = replace(delivery(), alert=replace(delivery().alert, id=AlertId(name)))
    failed, again = after_end(interrupted, NOON)
    assert failed.state is DeliveryState.FAILED
    assert again is None or AGAIN in again.alert.id != name


def test_what_a_word_in_the_middle_of_an_id_says_counts_for_nothing() -> None:
    interrupted = replace(delivery(), alert=replace(delivery().alert, id=AlertId("a:again-7:b")))
    _, again = after_end(interrupted, NOON)
    assert again is not None
    assert again.alert.id == f"a:again-7:b{AGAIN}"


@pytest.mark.parametrize(("is_test", "life"), [(False, DAY), (True, TEST_GIVEN_UP_AFTER)])
@pytest.mark.parametrize("outcome", ["", "no answer", BEING_TRIED])
def test_a_start_takes_up_what_is_not_too_old(outcome: str, life: timedelta, *, is_test: bool) -> None:
    left = replace(delivery(), alert=replace(delivery().alert, is_test=is_test), outcome=outcome)
    over, due = after_start(left, NOON + life)
    assert due is None
    assert over is not None
    assert over.state is DeliveryState.FAILED
    assert (over.outcome == TOO_LATE) is (outcome != BEING_TRIED)
    _, due = after_start(left, NOON + life - timedelta(seconds=1))
    assert due is not None
