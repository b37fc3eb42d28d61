"""Looks whether the machine's clock is right, and tells when times become known.  The rules live in `core`."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.clock_state import ClockReading, ClockState, Dating, Guess, clock_words, first_state, next_state
from doorstep.core.clock_state import may_expire_by_age as may_expire
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Catalog, Clock

log = structlog.get_logger()

EVERY_SECONDS = 10.0
WHILE_UNDATED_SECONDS = 1.0
KEY = "clock"


ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def newest_row_of(catalog: Catalog, cameras: Iterable[CameraId]) -> datetime | None:
    """The newest moment of any of these cameras' video; None where there is none.  Blocks; CatalogUnavailable."""
    spans = [span for camera in cameras for span in catalog.timeline(camera, *ALWAYS, most=1).spans]
    return max((span.ends_at for span in spans), default=None)


def _nobody(_booted_at: datetime | None) -> None:
    """Who keeps time by itself."""


class ClockWatch:
    """One task; used on the event loop.  `read` takes microseconds (`clock.SystemClock.reading`).

    `on_dated` are told, in their order, when times that were told by a guess become known: whoever keeps such times
    puts them right.  `boot` names this start of the machine; `keep_to` is that of the `SteadyClock` by which the house
    lives, and steps at the same moment.
    """

    def __init__(
        self,
        read: Callable[[], ClockReading],
        health: HealthBoard,
        clock: Clock,
        boot: str = "",
        keep_to: Callable[[datetime | None], None] = _nobody,
        newest_row: datetime | None = None,
    ) -> None:
        """`newest_row` is when anything was recorded last, see `newest_row_of`."""
        self._read = read
        self._health = health
        self._clock = clock
        self._keep_to = keep_to
        self.boot = boot
        self.state: ClockState = first_state(read(), newest_row)
        self.on_dated: list[Callable[[Dating], None]] = []
        keep_to(self.state.guessed_boot)

    @property
    def is_dated(self) -> bool:
        """Whether times that are told now are right; otherwise they are a guess that is corrected later."""
        return self.state.guessed_boot is None

    @property
    def guess(self) -> Guess | None:
        """By what times are told now; None where they are right."""
        booted_at = self.state.guessed_boot
        return None if booted_at is None else Guess(self.boot, booted_at)

    @property
    def best_guess(self) -> Guess:
        """When this boot began, as well as it is known."""
        return self.guess or Guess(self.boot, self.state.newest.booted_at)

    def may_expire_by_age(self) -> bool:
        """Whether retention by age may delete now; from any thread."""
        return may_expire(self.state)

    async def run(self) -> None:
        """Look for ever; more often while the clock waits to be set."""
        while True:
            self.look()
            await self._clock.sleep(EVERY_SECONDS if self.is_dated else WHILE_UNDATED_SECONDS)

    def look(self) -> None:
        """Once."""
        self.state, dating = next_state(self.state, self._read())
        if dating is not None:
            log.info("the clock was set", correction_seconds=round(dating.correction.total_seconds(), 3))
            self._keep_to(self.state.guessed_boot)
            for told in self.on_dated:
                told(dating)
        what, remedy = clock_words(self.state)
        if what:
            self._health.report(KEY, what, remedy, minor=True)
        else:
            self._health.clear(KEY)
