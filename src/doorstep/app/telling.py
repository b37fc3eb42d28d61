"""Makes what tells people: the recipients of the config, their outbox, and what the web may know of both."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from doorstep.app.buffer_folder import buffer_folder
from doorstep.app.channels import put_channels, warm
from doorstep.app.event_still import event_still
from doorstep.app.ground import Ground
from doorstep.app.reserve import Reserve
from doorstep.app.taking_up import take_up
from doorstep.core.delivery import Delivery
from doorstep.core.errors import ConfigInvalid
from doorstep.core.event import Event, EventId
from doorstep.core.settings import BufferSettings, Settings
from doorstep.core.telling_tally import TellingTally
from doorstep.pipeline.alert_pictures import AlertPictures
from doorstep.pipeline.channel_test import ChannelTests
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.supervisor import Endless, Tasks
from doorstep.ports import Catalog, Payments
from doorstep.stores.alert_journal import AlertJournal
from doorstep.web.parts import TellingParts


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told, and by what: others put their recipients into the `book`."""

    book: RecipientBook
    outbox: Outbox
    tests: ChannelTests
    latest: Callable[[EventId], Event | None]
    had_row: Callable[[EventId], bool]
    journal: AlertJournal
    keep: Callable[[Delivery], None]
    reserve: Reserve
    warm: Endless
    tally: TellingTally
    pictures: AlertPictures

    def endless(self) -> Tasks:
        """What is to run, by name."""
        return {"outbox": self.outbox.run, "reserve": self.reserve.run, "channels": self.warm}

    def web(self) -> TellingParts:
        """What the web may use of it."""
        return TellingParts(
            standings=self.outbox.standings,
            deliveries_of=self.outbox.deliveries_of,
            unstored=self._unstored,
            acknowledge=lambda delivery, person, opened: self.outbox.acknowledge(delivery, person, opened=opened),
            test=self.tests.test,
            forget_pictures=self.pictures.forget,
        )

    async def restore(self, catalog: Catalog) -> None:
        """What a former run could not deliver, and when each channel worked last, once all recipients are in the book.

        Raises CatalogUnavailable.
        """
        await take_up(self.outbox, self.journal, self.keep, catalog)

    def _unstored(self, event_id: EventId) -> Event | None:
        return None if self.had_row(event_id) else self.latest(event_id)


def make_telling(ground: Ground, payments: Payments | None = None) -> Telling:
    """Nothing runs yet.  Raises NotifierRefused for a channel's wrong address."""
    settings, catalog, rows, health, clock = ground.settings, ground.catalog, ground.rows, ground.health, ground.clock
    book, journal = RecipientBook(), AlertJournal(alerts_folder(settings))
    cold = put_channels(settings.notify, book, clock, payments)
    pictures = AlertPictures(health, partial(event_still, catalog, ground.storage.store))
    outbox = Outbox(book, rows, health, clock, catalog.delivery, pictures)
    tally = TellingTally()
    outbox.on_change += [journal.note, tally.note]
    ground.clock_watch.on_dated.append(journal.redate)
    tests = ChannelTests(outbox, clock, f"{ground.address}/")
    reserve = Reserve(settings.server.data, health, clock)
    warming = partial(warm, cold)
    return Telling(
        book, outbox, tests, rows.latest, rows.had_row, journal, rows.delivery, reserve, warming, tally, pictures
    )


def alerts_folder(settings: Settings) -> Path | None:
    """In memory, also where the last minutes lie on a disk: a disk that stalls must delay no alert."""
    try:
        folder = buffer_folder(BufferSettings(), settings.server.data)
    except ConfigInvalid:  # there is none: then the rows are all there is
        return None
    return folder.with_name(f"{folder.name}-alerts")
