"""The channels of a config, from the settings to a person: wired, tried, warmed, and standing in for each other."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from doorstep.app.channels import channel_findings, put_channels, warm
from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.alert import Alert, AlertId
from doorstep.core.alert_preferences import AlertPreferences
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.notify_settings import AppriseSettings, EmailSettings, NotifySettings, WebhookSettings
from doorstep.core.recipient import Turn
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.ports import Clock
from fakes.clock import FakeClock
from fakes.free_port import free_port
from fakes.http_channel import HttpChannel, http_channel

SECRET = "a secret of some length"


@pytest.fixture
def there() -> Iterator[HttpChannel]:
    with http_channel() as made:
        yield made


def settings(there: HttpChannel, turn: Turn = Turn.UNANSWERED) -> NotifySettings:
    return NotifySettings(
        apprise=(AppriseSettings("phone", f"ntfy://{there.host}/door", "anna"),),
        webhooks=(WebhookSettings("bell", f"http://{there.host}/bell", SECRET, person="anna", turn=turn),),
    )


def press(clock: Clock) -> Alert:
    return Alert(AlertId("a1"), None, None, Cause.PRESS, clock.now(), "Doorbell rang", "Rung.", "http://d/alerts/1")


async def told(outbox: Outbox, alert: Alert, *channels: str) -> list[DeliveryState]:
    """How the deliveries end."""
    over = asyncio.Event()

    def states() -> list[DeliveryState | None]:
        found = [outbox.delivery(f"{alert.id}:{channel}") for channel in channels]
        return [one.state if one else None for one in found]

    outbox.on_change.append(lambda _delivery: over.set() if DeliveryState.DUE not in states() else None)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(outbox.run())
        await asyncio.sleep(0)
        outbox.dispatch(alert)
        await over.wait()
        running.cancel()
    return [state for state in states() if state]


def outbox_of(chosen: NotifySettings, clock: Clock) -> Outbox:
    book, catalog, health = RecipientBook(), MemoryCatalog(), HealthBoard(clock)
    put_channels(chosen, book, clock)
    return Outbox(book, EventRows(catalog, health, clock), health, clock)


def test_each_channel_becomes_a_recipient_with_what_was_chosen_for_it(there: HttpChannel) -> None:
    book = RecipientBook()
    wanted = AlertPreferences(causes=frozenset({Cause.PRESS}))
    chosen = NotifySettings(
        email=EmailSettings("smtp://127.0.0.1:1", "d@example.org", ("a@example.org",), person="anna"),
        apprise=(replace(settings(there).apprise[0], preferences=wanted),),
        webhooks=(replace(settings(there).webhooks[0], after_seconds=20.0),),
    )
    cold = put_channels(chosen, book, FakeClock())
    email, phone, bell = book.recipients()
    assert (email.channel, email.name, email.person) == ("email", "email", "anna")
    assert (phone.channel, phone.name, phone.person) == ("apprise:phone", "phone", "anna")
    assert phone.preferences == wanted
    assert (bell.channel, bell.turn, bell.after_seconds) == ("webhook:bell", Turn.UNANSWERED, 20)
    assert [one.channel for one in cold] == ["apprise:phone"]


def test_mail_by_ses_is_the_same_channel() -> None:
    book = RecipientBook()
    put_channels(NotifySettings(email=EmailSettings("", "d@x.org", ("a@x.org",), "eu-central-1")), book, FakeClock())
    assert [one.channel for one in book.recipients()] == ["email"]


def test_a_channel_that_accepts_and_loses_is_made_up_for_by_a_louder_one(there: HttpChannel) -> None:
    clock = FakeClock()
    outbox = outbox_of(settings(there), clock)
    states = asyncio.run(told(outbox, press(clock), "apprise:phone", "webhook:bell"))
    assert states == [DeliveryState.ACCEPTED, DeliveryState.ACCEPTED]
    assert [one.path for one in there.asked if one.path == "/bell"] == ["/bell"]


def test_a_channel_that_refuses_is_made_up_for_at_once_and_nothing_is_told_twice(there: HttpChannel) -> None:
    there.answer = lambda asked: 200 if asked.path == "/bell" else 403
    clock = FakeClock()
    chosen = settings(there, Turn.UNDELIVERED)
    chosen = replace(chosen, webhooks=(replace(chosen.webhooks[0], after_seconds=600.0),))
    states = asyncio.run(told(outbox_of(chosen, clock), press(clock), "apprise:phone", "webhook:bell"))
    assert states == [DeliveryState.FAILED, DeliveryState.ACCEPTED]
    assert len(there.asked) == 2
    assert json.loads(there.asked[1].body)["urgent"] is True


def test_a_channel_that_asks_to_wait_is_tried_again_when_it_wants_and_told_once(there: HttpChannel) -> None:
    answers = iter([429, 503])
    there.answer = lambda _asked: (next(answers, 200), {"Retry-After": "400"})
    clock = FakeClock()
    chosen = NotifySettings(webhooks=settings(there, Turn.FIRST).webhooks)
    outbox = outbox_of(chosen, clock)
    moments = []

    def hurry(delivery: Delivery) -> None:
        """Whoever waits is due at once: the clock goes on by just what is left."""
        if "later" in delivery.outcome or "trouble" in delivery.outcome:
            moments.append((delivery.next_at - clock.now()).total_seconds())
            clock.advance(moments[-1])

    outbox.on_change.append(hurry)
    assert asyncio.run(told(outbox, press(clock), "webhook:bell")) == [DeliveryState.ACCEPTED]
    assert moments == [400, 400]
    assert len({one.headers["idempotency-key"] for one in there.asked}) == 1


def test_checking_tries_every_channel_and_tells_nobody(there: HttpChannel) -> None:
    chosen = replace(
        settings(there),
        email=EmailSettings(f"smtp://127.0.0.1:{free_port()}", "d@example.org", ("a@example.org",)),
    )

    async def all_findings() -> dict[str, bool]:
        return {one.what: one.ok async for one in channel_findings(chosen, FakeClock())}

    assert asyncio.run(all_findings()) == {"email": False, "apprise:phone": True, "webhook:bell": True}
    assert there.asked == []


def test_warming_goes_on_where_an_address_means_nothing() -> None:
    book = RecipientBook()
    cold = put_channels(NotifySettings(apprise=(AppriseSettings("x", "nope://x"),)), book, FakeClock())

    async def warmed() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await warm(cold)

    asyncio.run(warmed())
