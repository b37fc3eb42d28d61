"""What everybody wants to be told, out of settings and database, and what they hear of when it is quiet no more."""

import asyncio
from contextlib import suppress

from sqlalchemy import Engine

from doorstep.accounts.account_book import AccountBook
from doorstep.app.cameras import Shared, time_zone
from doorstep.app.telling import Telling
from doorstep.catalog.sql_recipients import SqlRecipientRecords
from doorstep.core.settings import Settings
from doorstep.pipeline.clock_watch import ClockWatch
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.health_alerts import HealthAlerts
from doorstep.pipeline.held_troubles import HeldTroubles
from doorstep.pipeline.preferences import PreferenceBook
from doorstep.pipeline.silences import Silences
from doorstep.pipeline.supervisor import Tasks
from doorstep.ports import Clock


def make_preferences(
    settings: Settings, engine: Engine, health: HealthBoard, clock: Clock, watch: ClockWatch
) -> PreferenceBook:
    """Empty until it is loaded.  Raises ConfigInvalid for a time zone that there is not."""
    zone = time_zone(settings.server.timezone)
    book = PreferenceBook(SqlRecipientRecords(engine), health, clock, zone)
    watch.on_dated.append(book.redate)
    return book


def make_silences(book: PreferenceBook, settings: Settings, clock: Clock, telling: Telling) -> Silences:
    """The outbox asks it."""
    silences = Silences(book, clock, settings.events.alert_cooldown)
    telling.outbox.silence_of = silences.of
    return silences


def begin_anew(accounts: AccountBook, book: PreferenceBook) -> None:
    """Who is new in the house inherits nothing from whoever had that name before; called on the event loop."""
    loop = asyncio.get_running_loop()

    def forget(person: str) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is told anything any more
            loop.call_soon_threadsafe(book.forget, person)

    accounts.on_new = forget


def held_tasks(silences: Silences, telling: Telling, shared: Shared, alerts: HealthAlerts, page: str) -> Tasks:
    """What runs for those who are told later; `page` is where Doorstep's page is."""
    send_to, health = telling.outbox.send_to, shared.health
    held = HeldTroubles(silences, telling.book, send_to, health, shared.clock, page, alerts.words_in)
    return {"held troubles": held.run}
