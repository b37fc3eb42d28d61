"""By what the rows of this run are told, and whether the catalog's are still to be put right.  Values: `core`."""

from datetime import timedelta

from doorstep.core.clock_state import Dating, Guess
from doorstep.core.event import Event
from doorstep.pipeline.clock_watch import ClockWatch
from doorstep.ports import Catalog


class RowDating:
    """Kept by `EventRows`, on the event loop; without a watch the clock is trusted."""

    def __init__(self, watch: ClockWatch | None) -> None:
        self._watch = watch
        self.is_due = watch is not None
        """Whether the catalog may hold rows of this boot, also of a former run, that are told by another guess."""
        self.corrected = timedelta(0)
        """By how much the clock was set so far, while it was a guess."""

    @property
    def guess(self) -> Guess | None:
        """By what times are told now; None where they are known."""
        return self._watch.guess if self._watch is not None else None

    def holds(self, event: Event) -> bool:
        """Whether the event is told by a guess of this boot."""
        return self._watch is not None and event.guess is not None and event.guess.boot == self._watch.boot

    def told(self, dating: Dating) -> None:
        """What is in memory was put right; the catalog is next."""
        self.corrected += dating.correction
        self.is_due = True

    def since(self, corrected: timedelta) -> Dating:
        """What has to be done with something that was told when so much was corrected."""
        return Dating(self.corrected - corrected)

    def redate(self, catalog: Catalog) -> None:
        """Blocks; in a thread, while nobody else writes rows.  Raises CatalogUnavailable: then it is still due."""
        if self._watch is None:
            return
        truth, known = self._watch.best_guess, self._watch.is_dated
        catalog.redate(truth, known=known)
