"""Browsers that are told by Web Push, and what people want to be told, in an SQL database."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, delete, select

from doorstep.catalog.engine import reading, writing
from doorstep.catalog.tables import PreferencesRow, SubscriptionRow
from doorstep.core.alert_preferences import AlertPreferences
from doorstep.core.preferences_json import BROKEN, preferences_of, preferences_text
from doorstep.core.push_subscription import PushSubscription


class SqlRecipientRecords:
    """Keeps rows in the same database as SqlCatalog.  Thread-safe; implements `ports.RecipientRecords`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def subscriptions(self) -> Sequence[PushSubscription]:
        """As the port says."""
        with reading(self._engine) as session:
            rows = session.scalars(select(SubscriptionRow).order_by(SubscriptionRow.created_at, SubscriptionRow.id))
            return [_subscription(row) for row in rows]

    def save_subscription(self, subscription: PushSubscription) -> None:
        """As the port says."""
        with writing(self._engine) as session:
            same = SubscriptionRow.endpoint == subscription.endpoint
            session.execute(delete(SubscriptionRow).where(same, SubscriptionRow.id != subscription.id))
            session.merge(_row(subscription))

    def remove_subscription(self, subscription_id: str) -> bool:
        """As the port says."""
        with writing(self._engine) as session:
            row = session.get(SubscriptionRow, session.own(subscription_id))
            if row is not None:
                session.delete(row)
            return row is not None

    def preferences(self) -> Mapping[str, AlertPreferences]:
        """As the port says."""
        with reading(self._engine) as session:
            return {row.person: _preferences(row.body) for row in session.scalars(select(PreferencesRow))}

    def save_preferences(self, person: str, preferences: AlertPreferences) -> None:
        """As the port says."""
        with writing(self._engine) as session:
            session.merge(PreferencesRow(person=person, body=preferences_text(preferences)))


def _row(subscription: PushSubscription) -> SubscriptionRow:
    own = subscription.preferences
    return SubscriptionRow(
        id=subscription.id,
        person=subscription.person,
        grant=subscription.grant,
        name=subscription.name,
        endpoint=subscription.endpoint,
        p256dh=subscription.p256dh,
        auth=subscription.auth,
        created_at=subscription.created_at,
        preferences=preferences_text(own) if own else None,
        accepted_at=subscription.accepted_at,
        acknowledged_at=subscription.acknowledged_at,
        unshown_since=subscription.unshown_since,
    )


def _subscription(row: SubscriptionRow) -> PushSubscription:
    return PushSubscription(
        id=row.id,
        person=row.person,
        grant=row.grant,
        name=row.name,
        endpoint=row.endpoint,
        p256dh=row.p256dh,
        auth=row.auth,
        created_at=row.created_at,
        preferences=_preferences(row.preferences) if row.preferences else None,
        accepted_at=row.accepted_at,
        acknowledged_at=row.acknowledged_at,
        unshown_since=row.unshown_since,
    )


def _preferences(text: str) -> AlertPreferences:
    """What nobody can read any more means that everything is told."""
    try:
        return preferences_of(text)
    except BROKEN:
        return AlertPreferences()
