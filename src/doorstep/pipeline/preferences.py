"""What everybody wants to be told, in memory at once and in its rows behind: a disk that stalls delays no alert."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, tzinfo
from itertools import count

import structlog

from doorstep.core.alert_policy import LONGEST_SNOOZE, is_snoozed
from doorstep.core.alert_preferences import EVERYTHING, AlertPreferences
from doorstep.core.audit import AuditEntry, snoozed
from doorstep.core.clock_state import Dating
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.recipient import Recipient
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.written_behind import RETRY_SECONDS, WrittenBehind
from doorstep.ports import Clock, RecipientRecords

log = structlog.get_logger()

HOUSE = ""
"""Whose preferences hold for channels of nobody in particular, and whose snooze holds for everybody."""

KEY = "preferences:store"


class PreferenceBook:
    """Implements `ports.Preferences`; used on the event loop.  `run` writes.

    Whose rows could not be read at the start is told everything.
    """

    def __init__(self, records: RecipientRecords, health: HealthBoard, clock: Clock, zone: tzinfo) -> None:
        """`zone` is where quiet hours are meant."""
        self._records = records
        self._health = health
        self._clock = clock
        self._zone = zone
        self._by_person: dict[str, AlertPreferences] = {}
        what = "What people want to be told holds, and is not stored yet"
        self._behind = WrittenBehind(KEY, what, self._write, health, clock)
        self._loaded = False
        self.note: Callable[[AuditEntry], None] = lambda _entry: None
        self._numbers = count(1)

    @property
    def zone(self) -> tzinfo:
        """As the port says."""
        return self._zone

    @property
    def house(self) -> AlertPreferences:
        """Of channels of nobody in particular; its snooze holds for everybody."""
        return self.of_person(HOUSE)

    def of_person(self, person: str) -> AlertPreferences:
        """As the port says."""
        return self._by_person.get(person, EVERYTHING)

    def of(self, recipient: Recipient) -> AlertPreferences:
        """His own, else those of his person, else of the house; snoozed where any of the first two is."""
        person = self.of_person(recipient.person or HOUSE)
        own = recipient.preferences
        if own is None:
            return person
        until = max(filter(None, (own.snoozed_until, person.snoozed_until)), default=None)
        return replace(own, snoozed_until=until)

    def choose(self, person: str, preferences: AlertPreferences) -> None:
        """As the port says."""
        if preferences == self.of_person(person):
            return
        self._by_person[person] = preferences
        self._behind.due(person)

    def forget(self, person: str) -> None:
        """Somebody new gets this name: what was chosen under it before was another's."""
        self._by_person[person] = EVERYTHING
        self._behind.due(person)  # also where it is not known yet what is stored

    def snooze(self, person: str, seconds: float, who: str = "", address: str = "") -> None:
        """As the port says."""
        now = self._clock.now()
        lasts = timedelta(seconds=min(seconds, LONGEST_SNOOZE.total_seconds()))
        until = now + lasts if seconds > 0 else None
        if person == HOUSE and (until is not None or self.is_snoozed(HOUSE)):
            self.note(snoozed(f"snooze-{now:%Y%m%dT%H%M%S%f}-{next(self._numbers)}", now, who, address, until))
        log.info("snoozed", person=person or "the house", seconds=lasts.total_seconds())
        self.choose(person, replace(self.of_person(person), snoozed_until=until))

    def is_snoozed(self, person: str) -> bool:
        """As the port says."""
        return is_snoozed(self.of_person(person), self._clock.now())

    def is_stored(self, person: str) -> bool:
        """As the port says."""
        return self._behind.is_written(person)

    def redate(self, dating: Dating) -> None:
        """The clock was set for the first time: what was snoozed for an hour is."""
        for person, preferences in self._by_person.items():
            if is_snoozed(preferences, self._clock.now() - dating.correction):
                until = preferences.snoozed_until
                self._by_person[person] = replace(preferences, snoozed_until=until and dating.dated(until))
                self._behind.due(person)

    async def load(self) -> None:
        """Once, before anybody is told.  Where the rows cannot be read, `run` tries again."""
        try:
            found = await on_disk(self._health, self._records.preferences)
        except CatalogUnavailable as error:
            self._behind.tell("What people want to be told cannot be read, so they are told everything", error)
            return
        self._loaded = True
        self._health.clear(KEY)
        chosen = {person: one for person, one in self._by_person.items() if not self._behind.is_written(person)}
        self._by_person = {**found, **chosen}

    async def run(self) -> None:
        """Write what was chosen, for ever; what cannot be written is tried again."""
        while not self._loaded:
            await self.load()
            if not self._loaded:
                await self._clock.sleep(RETRY_SECONDS)
        await self._behind.run()

    async def write_all(self) -> None:
        """What is not stored yet, as far as the disk lets us."""
        await self._behind.write_all()

    async def _write(self, person: str) -> None:
        await on_disk(self._health, self._records.save_preferences, person, self.of_person(person))
