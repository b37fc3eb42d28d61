"""Whose turn it is to be told: another channel where one fails, or nobody reacts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.alert import Alert, AlertId
from doorstep.core.cause import Cause
from doorstep.core.delivery import LONGEST_DELAY_SECONDS, Delivery, DeliveryState
from doorstep.core.escalation import first_try_at, is_his_turn
from doorstep.core.recipient import Recipient, Turn

AT = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)
ALERT = Alert(AlertId("a"), None, None, Cause.PRESS, AT, "t", "x", "l")
ANNAS, BOBS = Recipient("push:anna", "Anna's phone", "Anna"), Recipient("push:bob", "Bob's phone", "Bob")
BROKER = Recipient("mqtt", "Broker", reaches_people=False)
SMS = Recipient("sms", "Anna's SMS", "Anna", turn=Turn.UNDELIVERED, after_seconds=60.0)
SIREN = Recipient("siren", "Siren", turn=Turn.UNDELIVERED, after_seconds=60.0)
CALL = Recipient("call", "Anna is called", "Anna", turn=Turn.UNANSWERED, after_seconds=60.0)
HOUSE = (ANNAS, BOBS, BROKER, SMS, SIREN, CALL)
DUE, ACCEPTED, FAILED, SPARED = DeliveryState.DUE, DeliveryState.ACCEPTED, DeliveryState.FAILED, DeliveryState.SPARED


def turn(recipient: Recipient, stand: dict[Recipient, DeliveryState], *, over: bool) -> bool:
    deliveries = [Delivery(ALERT, one.channel, state, 1, AT) for one, state in stand.items()]
    own = Delivery(ALERT, recipient.channel, DUE, 0, AT)
    return is_his_turn(recipient, ALERT, (*stand, recipient), (*deliveries, own), over=over)


def test_the_first_are_told_at_once_and_the_others_after_their_wait() -> None:
    assert first_try_at(ANNAS, ALERT, AT) == AT
    assert first_try_at(SMS, ALERT, AT) == AT + timedelta(seconds=60)
    forever = replace(SMS, after_seconds=1e9)
    assert first_try_at(forever, ALERT, AT) == AT + timedelta(seconds=LONGEST_DELAY_SECONDS)
    assert is_his_turn(ANNAS, ALERT, HOUSE, [Delivery(ALERT, "push:bob", ACCEPTED, 1, AT)], over=False)


@pytest.mark.parametrize("recipient", [SMS, CALL])
def test_a_test_waits_for_nobody(recipient: Recipient) -> None:
    test = replace(ALERT, is_test=True)
    assert first_try_at(recipient, test, AT) == AT
    assert is_his_turn(recipient, test, HOUSE, [Delivery(test, "push:anna", ACCEPTED, 1, AT)], over=False)


@pytest.mark.parametrize(
    ("anna", "before_it_is_over", "after"),
    [(DUE, False, True), (ACCEPTED, False, False), (FAILED, True, True)],
)
def test_undelivered_stands_in_for_the_channels_of_its_person(
    anna: DeliveryState, before_it_is_over: bool, after: bool
) -> None:
    stand = {ANNAS: anna, BOBS: ACCEPTED}
    assert turn(SMS, stand, over=False) is before_it_is_over
    assert turn(SMS, stand, over=True) is after


def test_of_two_phones_both_must_give_up_or_the_wait_be_over() -> None:
    tablet = Recipient("push:tablet", "Anna's tablet", "Anna")
    assert not turn(SMS, {ANNAS: FAILED, tablet: DUE}, over=False)
    assert turn(SMS, {ANNAS: FAILED, tablet: DUE}, over=True)
    assert turn(SMS, {ANNAS: FAILED, tablet: FAILED}, over=False)
    assert not turn(SMS, {ANNAS: FAILED, tablet: ACCEPTED}, over=True)


def test_who_was_spared_it_neither_has_it_nor_failed_and_no_other_answers_for_him() -> None:
    for bob in DeliveryState:
        assert not turn(SMS, {ANNAS: SPARED, BOBS: bob}, over=False)
        assert turn(SMS, {ANNAS: SPARED, BOBS: bob}, over=True)
    tablet = Recipient("push:tablet", "Anna's tablet", "Anna")
    assert turn(SMS, {ANNAS: SPARED, tablet: FAILED}, over=False)


def test_where_nobody_comes_first_nothing_failed_and_it_comes_after_its_wait() -> None:
    for recipient in (SMS, SIREN):
        assert not turn(recipient, {}, over=False)
        assert turn(recipient, {}, over=True)
    assert not turn(SIREN, {ANNAS: SPARED}, over=False)


def test_one_of_the_house_or_of_who_has_no_other_stands_in_for_everybody_but_the_broker() -> None:
    carls = replace(SMS, person="Carl")
    for recipient in (SIREN, carls):
        assert not turn(recipient, {ANNAS: FAILED, BOBS: ACCEPTED}, over=True)
        assert turn(recipient, {ANNAS: FAILED, BOBS: FAILED, BROKER: ACCEPTED}, over=False)


def test_unanswered_comes_only_after_its_wait_and_only_where_nobody_opened_it() -> None:
    shown = Delivery(ALERT, "push:bob", ACCEPTED, 1, AT, acknowledged_at=AT)
    opened = replace(shown, opened_at=AT)
    assert not is_his_turn(CALL, ALERT, HOUSE, [shown], over=False)
    assert is_his_turn(CALL, ALERT, HOUSE, [shown], over=True)
    assert not is_his_turn(CALL, ALERT, HOUSE, [opened], over=True)


@given(st.dictionaries(st.sampled_from([ANNAS, BOBS, BROKER]), st.sampled_from(DeliveryState)))
def test_before_its_wait_is_over_only_a_failure_brings_another_channel(stand: dict[Recipient, DeliveryState]) -> None:
    for recipient in (SMS, SIREN, CALL):
        if turn(recipient, stand, over=False):
            assert FAILED in stand.values()
            assert turn(recipient, stand, over=True)
