"""Whether a channel works, asked of the outbox itself."""

import asyncio

import pytest

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.alert import Alert
from doorstep.core.delivery import DeliveryState
from doorstep.pipeline.channel_test import ChannelTests
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from fakes.footage import NOON
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.listening_notifier import ListeningNotifier


class SlowNotifier(ListeningNotifier):
    """Answers when it is let."""

    def __init__(self, channel: str) -> None:
        super().__init__(channel)
        self.let_go = asyncio.Event()

    async def send(self, alert: Alert) -> None:
        await self.let_go.wait()
        await super().send(alert)


def test_a_test_of_one_channel_stops_only_another_of_the_same() -> None:
    clock = LoopClock(NOON)

    async def main() -> None:
        hook = SlowNotifier("webhook:email")
        health = HealthBoard(clock)
        rows = EventRows(MemoryCatalog(), health, clock)
        outbox = Outbox(RecipientBook.of([hook, ListeningNotifier("email")]), rows, health, clock)
        tests = ChannelTests(outbox, clock, "http://d/")

        async def act() -> None:
            asking = asyncio.ensure_future(tests.test("webhook:email"))
            await turns()
            mail = await tests.test("email")
            assert mail is not None
            assert mail.state is DeliveryState.ACCEPTED
            with pytest.raises(OverflowError):
                await tests.test("webhook:email")
            hook.let_go.set()
            asked = await asking
            assert asked is not None
            assert asked.state is DeliveryState.ACCEPTED
            assert await tests.test("unknown") is None

        await while_running(outbox.run, act=act)

    run(clock, main)
