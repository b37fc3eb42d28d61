"""Deliveries and recipients as scripts see them, beside `shapes`: names stay, more may come."""

from collections.abc import Callable, Iterable

from pydantic import BaseModel

from doorstep.core.access import Grant, Scope
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.standing import Standing
from doorstep.web.instants import rfc3339, rfc3339_or_none


class DeliveryShape(BaseModel):
    """One alert by one channel to one recipient.

    `outcome` says in plain words how it went, or why it was not sent; `next_try_at` is null where it is not tried
    again.  `accepted_at` is when the channel took it, `shown_at` when the device showed it, `opened_at` when somebody
    reacted; null for not yet, or not known.
    """

    id: str
    recipient: str
    channel: str
    cause: Cause | None
    state: DeliveryState
    attempts: int
    outcome: str
    raised_at: str
    next_try_at: str | None
    accepted_at: str | None
    shown_at: str | None
    opened_at: str | None


class RecipientShape(BaseModel):
    """Who is told by which channel; `proven_at` null means that nothing ever arrived there, as far as is known."""

    channel: str
    name: str
    person: str | None
    turn: str
    after_seconds: float
    proven_at: str | None
    problem: str
    waiting: int


class RecipientsShape(BaseModel):
    """All of them; none at all means that nobody will be told."""

    recipients: list[RecipientShape]


def delivery_shape(delivery: Delivery) -> DeliveryShape:
    """As `GET /events/{id}` shows it."""
    due, accepted = delivery.state is DeliveryState.DUE, delivery.state is DeliveryState.ACCEPTED
    return DeliveryShape(
        id=delivery.id,
        recipient=delivery.told_to or delivery.channel,
        channel=delivery.channel,
        cause=delivery.alert.cause,
        state=delivery.state,
        attempts=delivery.attempts,
        outcome=delivery.outcome,
        raised_at=rfc3339(delivery.alert.at),
        next_try_at=rfc3339(delivery.next_at) if due else None,
        accepted_at=rfc3339(delivery.next_at) if accepted else None,
        shown_at=rfc3339_or_none(delivery.acknowledged_at),
        opened_at=rfc3339_or_none(delivery.opened_at),
    )


def recipient_shape(standing: Standing) -> RecipientShape:
    """As `GET /recipients` shows it."""
    recipient = standing.recipient
    return RecipientShape(
        channel=recipient.channel,
        name=recipient.name,
        person=recipient.person,
        turn=recipient.turn,
        after_seconds=recipient.after_seconds,
        proven_at=rfc3339_or_none(standing.proven_at),
        problem=standing.trouble,
        waiting=standing.waiting,
    )


def known_channels(asker: Grant, standings: Iterable[Standing]) -> Callable[[str], bool]:
    """Whether he may know what went by a channel: the owner always, others what goes to them or to the whole house."""
    if asker.allows(Scope.ADMIN):
        return lambda _channel: True
    people = {one.recipient.channel: one.recipient.person for one in standings}
    return {channel for channel, person in people.items() if person is None or person == asker.account}.__contains__
