"""What is remembered of the newest alerts: how each delivery stands.  Bounded; never on disk."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from doorstep.core.alert import Alert, AlertId
from doorstep.core.clock_state import Dating
from doorstep.core.delivery import Delivery
from doorstep.core.event import EventId
from doorstep.core.redating import dated_delivery

MOST_ALERTS = 200
MOST_TESTS = 50
"""Apart from alerts: whoever may ask for tests without end must push none out."""


@dataclass(slots=True)
class _Told:
    alert: Alert
    deliveries: dict[str, Delivery] = field(default_factory=dict)


class ToldAlerts:
    """Used on the event loop by the outbox alone.  The oldest go; the catalog has them."""

    def __init__(self) -> None:
        self._told: OrderedDict[AlertId, _Told] = OrderedDict()

    def begin(self, alert: Alert) -> None:
        """A new alert, or one of a former run."""
        self._told.setdefault(alert.id, _Told(alert))
        alike = [known for known, one in self._told.items() if one.alert.is_test is alert.is_test]
        for oldest in alike[: -(MOST_TESTS if alert.is_test else MOST_ALERTS)]:
            del self._told[oldest]

    def __contains__(self, alert_id: AlertId) -> bool:
        return alert_id in self._told

    def keep(self, delivery: Delivery) -> None:
        """How a delivery stands now; nothing where its alert is forgotten."""
        told = self._told.get(delivery.alert.id)
        if told is not None:
            told.deliveries[delivery.id] = delivery

    def deliveries(self, alert_id: AlertId) -> Sequence[Delivery]:
        """Of one alert, in the order in which they were made."""
        told = self._told.get(alert_id)
        return tuple(told.deliveries.values()) if told else ()

    def deliveries_of(self, event: EventId) -> Sequence[Delivery]:
        """Of all alerts of one event."""
        told = (one for one in self._told.values() if one.alert.event == event)
        return tuple(delivery for one in told for delivery in one.deliveries.values())

    def delivery(self, delivery_id: str) -> Delivery | None:
        """One of them."""
        found = (told.deliveries.get(delivery_id) for told in self._told.values())
        return next((delivery for delivery in found if delivery is not None), None)

    def redate(self, dating: Dating) -> None:
        """The clock was set for the first time."""
        for told in self._told.values():
            told.deliveries = {key: dated_delivery(one, dating) for key, one in told.deliveries.items()}
