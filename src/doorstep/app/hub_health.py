"""Pins what is wrong with the way from outside to the board.  The rules: `core/hub_rules.py`, `core/hub_rivals.py`."""

from collections.abc import Callable, Iterator

import structlog

from doorstep.app.hub_place import HubPlace
from doorstep.core.health_rules import Trouble
from doorstep.core.hub_link import HubLink
from doorstep.core.hub_rivals import HubRivals
from doorstep.core.hub_rules import HUB, HUB_CERTIFICATE, HUB_CLOCK, hub_troubles, is_reached_again
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock

log = structlog.get_logger()

EVERY_SECONDS = 2.0
HUB_TRYING, HUB_FILES, HUB_RIVAL = "hub-trying", "hub-files", "hub-rival"

_FILES_REMEDY = (
    "Leave the hub in Settings > From anywhere, and join it with a new code: `sudo doorstep-hub pair` there."
)


class HubHealth:
    """One for a server; on the event loop.

    All of it is `minor` on the board: Doorstep sees everything.  What is worth a word is told all the same, which
    `health_telling` knows by the key: a way that is gone for a moment has one of its own, and is only shown.
    """

    def __init__(
        self, place: HubPlace, link: Callable[[], HubLink | None], rivals: HubRivals, board: HealthBoard, clock: Clock
    ) -> None:
        """`link` is the one of now, None where no hub is used."""
        self._place = place
        self._link = link
        self._rivals = rivals
        self._board = board
        self._clock = clock
        self._lost: Trouble | None = None

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self.look()
            await self._clock.sleep(EVERY_SECONDS)

    def look(self) -> None:
        """Once."""
        found = self._until_reached(dict(self._troubles()))
        self._pin("hub", found.get(HUB))
        self._pin("hub-certificate", found.get(HUB_CERTIFICATE))
        self._pin("hub-clock", found.get(HUB_CLOCK))
        self._pin(HUB_TRYING, found.get(HUB_TRYING))
        self._pin(HUB_FILES, found.get(HUB_FILES))
        self._pin(HUB_RIVAL, found.get(HUB_RIVAL))

    def _pin(self, key: str, trouble: Trouble | None) -> None:
        if trouble is None:
            if self._board.clear(key, moot=self._place.used is None):
                log.info("a problem is over", problem=key)
        elif self._board.report(key, trouble.what, trouble.remedy, minor=True):
            log.warning("a problem began", problem=key, reason=trouble.what)

    def _until_reached(self, found: dict[str, Trouble]) -> dict[str, Trouble]:
        """With the door lost until it surely is reached: a way that is there again, or another, may lead nowhere."""
        link = self._link()
        is_reached = link is not None and is_reached_again(link.view, self._clock.monotonic())
        if HUB not in found and self._lost is not None and self._place.used is not None and not is_reached:
            found[HUB] = found.pop(HUB_TRYING, self._lost)
        self._lost = found.get(HUB)
        return found

    def _troubles(self) -> Iterator[tuple[str, Trouble]]:
        link, now = self._link(), self._clock.monotonic()
        if self._place.trouble and self._place.enabled:
            yield HUB_FILES, Trouble(self._place.trouble, _FILES_REMEDY)
        if link is None:
            return
        for key, trouble in hub_troubles(link.view, now, self._clock.now().timestamp()):
            yield (HUB_TRYING if key == HUB and trouble.minor else key), trouble
        for trouble in self._rivals.trouble(now):
            yield HUB_RIVAL, trouble
