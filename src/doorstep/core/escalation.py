"""Whose turn it is to be told of an alert: another channel where one fails, or nobody reacts.  Pure; the shell asks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from doorstep.core.alert import Alert
from doorstep.core.delivery import LONGEST_DELAY_SECONDS, Delivery, DeliveryState
from doorstep.core.recipient import Recipient, Turn

NOT_NEEDED = {Turn.UNDELIVERED: "somebody before him had it", Turn.UNANSWERED: "somebody reacted"}
"""Why whose turn never came was not told."""


def first_try_at(recipient: Recipient, alert: Alert, now: datetime) -> datetime:
    """When to tell him at the latest: after his wait where others are told first.  A test waits for nobody."""
    waits = recipient.turn is not Turn.FIRST and not alert.is_test
    return now + timedelta(seconds=min(recipient.after_seconds, LONGEST_DELAY_SECONDS) if waits else 0.0)


def is_his_turn(
    recipient: Recipient,
    alert: Alert,
    recipients: Sequence[Recipient],
    deliveries: Sequence[Delivery],
    *,
    over: bool,
) -> bool:
    """Whether to tell him now; `over` says that his wait is.

    `deliveries` are the alert's to all `recipients`; who was spared it neither has it nor failed.  First come those
    whose turn it is.  UNDELIVERED comes after its wait where none of the former channels of that person took the alert
    (of the house, where he has none), and before it only where they were tried and all gave up.  UNANSWERED comes after
    its wait where nobody at all opened it.
    """
    others = [one for one in deliveries if one.channel != recipient.channel and one.state is not DeliveryState.SPARED]
    if recipient.turn is Turn.FIRST or alert.is_test:
        return True
    if recipient.turn is Turn.UNANSWERED:
        return over and not any(delivery.opened_at for delivery in others)
    channels = _before(recipient, recipients)
    states = {delivery.state for delivery in others if delivery.channel in channels}
    return DeliveryState.ACCEPTED not in states and (over or states == {DeliveryState.FAILED})


def _before(recipient: Recipient, recipients: Sequence[Recipient]) -> frozenset[str]:
    """The channels that he stands in for: those of his person that are told first, else those of everybody."""
    first = [one for one in recipients if one.turn is Turn.FIRST]
    own = frozenset(one.channel for one in first if recipient.person is not None and one.person == recipient.person)
    return own or frozenset(one.channel for one in first if one.reaches_people)
