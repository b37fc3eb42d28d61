"""Names that are looked up for ever: they keep neither the process from ending nor anybody else from being told."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from doorstep.core.alert import Alert, AlertId
from doorstep.core.errors import NotifierUnavailable
from doorstep.core.notify_settings import WebhookSettings
from doorstep.notifiers.blocking_calls import MOST_RUNNING, BlockingCalls
from doorstep.notifiers.webhook import WebhookNotifier
from fakes.clock import FakeClock

ALERT = Alert(AlertId("a1"), None, None, None, datetime(2026, 11, 21, 14, 0, tzinfo=UTC), "Title", "Text.", "/")


class Hanging:
    """A resolver that answers nobody until `over`."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.asked_in: list[threading.Thread] = []

    def addresses(self, _host: str, _port: int) -> Sequence[str]:
        self.asked_in.append(threading.current_thread())
        self.over.wait(60)
        return ["127.0.0.1"]


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.over.set()


def hook(hanging: Hanging) -> WebhookNotifier:
    settings = WebhookSettings("home", "https://hooks.example/door", "a secret of some length")
    return WebhookNotifier(settings, FakeClock(), seconds=0.1, addresses_of=hanging.addresses)


def test_a_lookup_that_hangs_does_not_outlive_the_process(hanging: Hanging) -> None:
    with pytest.raises(NotifierUnavailable, match=r"home did not answer within 0\.1 seconds"):
        asyncio.run(hook(hanging).send(ALERT))
    assert [thread.daemon for thread in hanging.asked_in] == [True]


def test_a_name_that_hangs_is_not_looked_up_again_beside_that(hanging: Hanging) -> None:
    async def often() -> None:
        sender = hook(hanging)
        for _ in range(3 * MOST_RUNNING):
            with pytest.raises(NotifierUnavailable, match="did not answer"):
                await sender.send(ALERT)

    asyncio.run(often())
    assert len(hanging.asked_in) == 1


def test_who_hangs_too_often_is_said_to_be_left_alone(hanging: Hanging) -> None:
    async def often() -> None:
        calls = BlockingCalls("Amazon SES", 0.05)
        for number in range(MOST_RUNNING):
            with pytest.raises(NotifierUnavailable, match=r"Amazon SES did not answer within 0\.05 seconds"):
                await calls.make(f"a{number}", lambda: hanging.addresses("", 0))
        with pytest.raises(NotifierUnavailable, match="Amazon SES has not answered several times"):
            await calls.make("another", list)

    asyncio.run(often())


def test_a_call_that_gives_up_by_itself_is_made_anew() -> None:
    async def twice() -> None:
        calls = BlockingCalls("Amazon SES", 20.0)

        def gives_up() -> None:
            raise TimeoutError

        with pytest.raises(NotifierUnavailable, match="did not answer"):
            await calls.make("a1", gives_up)
        assert await calls.make("a1", lambda: "taken") == "taken"

    asyncio.run(twice())


def test_what_failed_after_its_time_is_asked_anew() -> None:
    over = threading.Event()

    def fails() -> object:
        over.wait(60)
        msg = "no such name"
        raise OSError(msg)

    async def act() -> object:
        calls = BlockingCalls("The hook", 0.5)
        with pytest.raises(NotifierUnavailable):
            await calls.make("name", fails)
        over.set()
        for thread in [one for one in threading.enumerate() if one.name == "The hook"]:
            await asyncio.to_thread(thread.join, 60)
        return await calls.make("name", lambda: "found")

    assert asyncio.run(act()) == "found"


def test_who_hung_while_another_loop_ran_is_not_counted_for_ever() -> None:
    calls, over = BlockingCalls("The hook", 0.05), threading.Event()
    for key in range(MOST_RUNNING):
        with pytest.raises(NotifierUnavailable, match="did not answer"):
            asyncio.run(calls.make(str(key), lambda: over.wait(60)))
    over.set()
    for thread in [one for one in threading.enumerate() if one.name == "The hook"]:
        thread.join(60)
    assert asyncio.run(calls.make("another", lambda: "found")) == "found"
