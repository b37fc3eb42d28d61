"""Browsers that are told by Web Push, and what people want to be told, in memory, for tests."""

from collections.abc import Mapping, Sequence
from threading import Lock

from doorstep.core.alert_preferences import AlertPreferences
from doorstep.core.push_subscription import PushSubscription


class MemoryRecipientRecords:
    """Keeps rows until the process ends.  Thread-safe; implements `ports.RecipientRecords`."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, PushSubscription] = {}
        self._preferences: dict[str, AlertPreferences] = {}
        self._lock = Lock()

    def subscriptions(self) -> Sequence[PushSubscription]:
        """As the port says."""
        with self._lock:
            return sorted(self._subscriptions.values(), key=lambda one: (one.created_at, one.id))

    def save_subscription(self, subscription: PushSubscription) -> None:
        """As the port says."""
        with self._lock:
            others = self._subscriptions.values()
            for gone in [one.id for one in others if one.endpoint == subscription.endpoint]:
                del self._subscriptions[gone]
            self._subscriptions[subscription.id] = subscription

    def remove_subscription(self, subscription_id: str) -> bool:
        """As the port says."""
        with self._lock:
            return self._subscriptions.pop(subscription_id, None) is not None

    def preferences(self) -> Mapping[str, AlertPreferences]:
        """As the port says."""
        with self._lock:
            return dict(self._preferences)

    def save_preferences(self, person: str, preferences: AlertPreferences) -> None:
        """As the port says."""
        with self._lock:
            self._preferences[person] = preferences
