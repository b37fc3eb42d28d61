"""When a delivery is tried again, and when it is given up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.event import EventId
from doorstep.core.outbox import Delivery, DeliveryState, after_failure, after_success, is_due

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
