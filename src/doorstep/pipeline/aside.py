"""Who goes along with a camera's recorder, and who does where nobody does.  One who does: `off_site_parts`."""

from datetime import datetime
from typing import Protocol

from doorstep.core.clock_state import Dating
from doorstep.core.event import Event, EventId


class Aside(Protocol):
    """Told what the recorder of a camera is told, on the event loop; never raises or blocks."""

    def begin(self, event: Event, record_from: datetime, until: datetime) -> None:
        """As `Recorder.begin`."""
        ...

    def extend(self, event_id: EventId, until: datetime) -> None:
        """As `Recorder.extend`."""
        ...

    def finish(self, event_id: EventId, until: datetime) -> None:
        """As `Recorder.finish`."""
        ...

    def redate(self, dating: Dating) -> None:
        """As `Recorder.redate`."""
        ...

    def segment_added(self) -> None:
        """As `Recorder.segment_added`."""
        ...


class _Nobody:
    def begin(self, event: Event, record_from: datetime, until: datetime) -> None:
        pass

    def extend(self, event_id: EventId, until: datetime) -> None:
        pass

    def finish(self, event_id: EventId, until: datetime) -> None:
        pass

    def redate(self, dating: Dating) -> None:
        pass

    def segment_added(self) -> None:
        pass


NOBODY_BESIDE: Aside = _Nobody()
"""Of a camera of which nothing goes off-site."""
