"""That a login ends soon is told once, also by a process that starts again, and wakes nobody."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, time

from doorstep.app.push import warning
from doorstep.catalog.memory_recipients import MemoryRecipientRecords
from doorstep.core.alert import Alert
from doorstep.core.alert_preferences import AlertPreferences, QuietHours
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.push_subscription import PushSubscription
from doorstep.core.recipient import Recipient
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.preferences import PreferenceBook
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.silences import Silences
from fakes.clock import FakeClock
from fakes.listening_notifier import ListeningNotifier

MIDNIGHT = datetime(2026, 11, 21, 0, tzinfo=UTC)
NIGHT = AlertPreferences(quiet_hours=(QuietHours(frozenset(range(7)), time(22), time(7)),))
PHONE = PushSubscription("1", "anna", "g1", "Phone", "https://push.example.org/1", "key", "auth", MIDNIGHT)


class House:
    """Anna sleeps until seven."""

    def __init__(self) -> None:
        self.clock = FakeClock(MIDNIGHT)
        preferences = PreferenceBook(MemoryRecipientRecords(), HealthBoard(self.clock), self.clock, UTC)
        preferences.choose("anna", NIGHT)
        self.silences = Silences(preferences, self.clock)
        self.book = RecipientBook()
        self.book.put(Recipient(PHONE.channel, "Phone", "anna"), ListeningNotifier(PHONE.channel))
        self.sent: dict[str, Delivery] = {}
        self.count = 0

    def send_to(self, channel: str, alert: Alert) -> str:
        delivery = Delivery(alert, channel, DeliveryState.ACCEPTED, 1, alert.at)
        self.sent[delivery.id] = delivery
        self.count += 1
        return delivery.id

    def warn(self) -> bool:
        """By a process of its own, that remembers only what is in the rows."""
        warn = warning(self.book, self.send_to, self.silences, self.sent.get, self.clock)
        return asyncio.run(_warned(warn(PHONE)))


async def _warned(answer: Awaitable[bool]) -> bool:
    return await answer


def test_nobody_is_woken_by_the_warning() -> None:
    house = House()
    assert not house.warn()
    assert house.count == 0
    house.clock.advance(8 * 3600.0)
    assert house.warn()
    assert house.count == 1


def test_a_process_that_starts_again_does_not_warn_again() -> None:
    house = House()
    house.clock.advance(8 * 3600.0)
    assert [house.warn(), house.warn()] == [True, True]
    assert house.count == 1
