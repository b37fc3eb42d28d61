"""What people want to be told, over rows that may not answer."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, time
from typing import Any, TypeVar

from doorstep.catalog.memory_recipients import MemoryRecipientRecords
from doorstep.core.alert import Alert, AlertId
from doorstep.core.alert_preferences import AlertPreferences, QuietHours
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.recipient import Recipient
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.preferences import PreferenceBook
from doorstep.pipeline.silences import Silences
from fakes.instant_loop import LoopClock, run, while_running

T = TypeVar("T")

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FRONT, GARDEN = CameraId("front-door"), CameraId("garden")
PHONE = Recipient("push:1", "Anna's phone", "anna")
TABLET = Recipient("push:2", "Anna's tablet", "anna", AlertPreferences(causes=frozenset({Cause.PRESS})))
MAIL = Recipient("mail", "Mail")
PERSONS = AlertPreferences(causes=frozenset({Cause.PERSON}))
NIGHT = AlertPreferences(quiet_hours=(QuietHours(frozenset(range(7)), time(0), time(0)),))


class Rows(MemoryRecipientRecords):
    """Does not answer while `broken`."""

    broken = False
    meanwhile: Callable[[], None] | None = None

    def preferences(self) -> Mapping[str, AlertPreferences]:
        self._fail()
        return super().preferences()

    def save_preferences(self, person: str, preferences: AlertPreferences) -> None:
        self._fail()
        super().save_preferences(person, preferences)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()

    def _fail(self) -> None:
        if self.broken:
            msg = "The catalog does not answer."
            raise CatalogUnavailable(msg)


class Desk:
    """A book over its rows."""

    def __init__(self, clock: LoopClock, rows: Rows | None = None) -> None:
        self.clock = clock
        self.rows = rows or Rows()
        self.health = HealthBoard(clock)
        self.book = PreferenceBook(self.rows, self.health, clock, UTC)
        self.silences = Silences(self.book, clock)

    def problems(self) -> list[str]:
        return [problem.key for problem in self.health.problems()]

    def alert(self, cause: Cause | None = Cause.PERSON, camera: CameraId = FRONT) -> Alert:
        return Alert(AlertId("a"), None, camera, cause, self.clock.now(), "Person", "Seen.", "link")


def at_desk(act: Callable[[Desk], Coroutine[Any, Any, T]], rows: Rows | None = None) -> T:
    clock = LoopClock(NOON)

    async def main() -> T:
        desk = Desk(clock, rows)
        return await while_running(desk.book.run, act=lambda: act(desk))

    return run(clock, main)
