"""A channel that does with each alert what the test says, and keeps a list."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from doorstep.core.alert import Alert
from doorstep.core.errors import NotifierRefused, NotifierUnavailable


class ListeningNotifier:
    """Implements `ports.Notifier`; `answers` gives "ok", "later", "no", "hang", "deaf" (told to end, it says "ok") or
    "bug" for each try.
    """

    def __init__(self, channel: str = "mail", answers: Callable[[], str] = lambda: "ok") -> None:
        self._channel = channel
        self.answers = answers
        self.tried: list[Alert] = []
        self.accepted: list[Alert] = []

    @property
    def channel(self) -> str:
        return self._channel

    async def send(self, alert: Alert) -> None:
        self.tried.append(alert)
        await asyncio.sleep(0)
        match self.answers():
            case "ok":
                self.accepted.append(alert)
            case "later":
                msg = "The mail server asks to try again later."
                raise NotifierUnavailable(msg)
            case "no":
                msg = "The mail server refuses the mail."
                raise NotifierRefused(msg)
            case "hang":
                await asyncio.sleep(1e6)
            case "deaf":
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(1e6)
                self.accepted.append(alert)
            case _:
                raise ZeroDivisionError

    async def check(self) -> str:
        return "Reached."
