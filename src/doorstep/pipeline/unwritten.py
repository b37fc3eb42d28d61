"""What waits to be written of one event; used by its `event_rows` alone."""

from dataclasses import dataclass, field

from doorstep.core.clock_state import Dating
from doorstep.core.delivery import Delivery
from doorstep.core.event import Event
from doorstep.core.redating import dated_delivery


@dataclass(slots=True)
class Unwritten:
    """What the catalog does not know yet of one event."""

    event: Event
    deliveries: dict[str, Delivery] = field(default_factory=dict)

    def redate(self, event: Event, dating: Dating) -> None:
        """It became known when the event was."""
        self.event = event
        self.deliveries = {key: dated_delivery(delivery, dating) for key, delivery in self.deliveries.items()}
