"""Asks again and again whether a box is reached from outside, beside the loop that talks with the box."""

import threading
from collections.abc import Callable
from typing import Final

from doorstep.hub_machine.reach import Reach
from doorstep.hub_machine.said import say

EVERY_SECONDS: Final = 30.0
AGAIN_SECONDS: Final = 5.0
"""While it is not reached, so that the box is told soon that it is again."""


class ReachWatch:
    """One thread; `latest` may be read at any time.  Ends with the program, or at the next try after `stop`."""

    def __init__(self, ask: Callable[[], Reach]) -> None:
        self._ask = ask
        self._latest = Reach()
        self._over = threading.Event()
        self._changed: Callable[[], None] = _nothing

    def start(self, changed: Callable[[], None]) -> None:
        """Begins; `changed` is called from the thread when it is reached where it was not, or the other way round."""
        self._changed = changed
        threading.Thread(target=self._run, name="reach", daemon=True).start()

    @property
    def latest(self) -> Reach:
        """What the last try found; before the first one nothing is known."""
        return self._latest

    def stop(self) -> None:
        """No try begins any more."""
        self._over.set()

    def _run(self) -> None:
        wait = 0.0
        while not self._over.wait(wait):
            before, self._latest = self._latest, self._asked()
            if before.reached != self._latest.reached and not self._over.is_set():
                self._changed()
            wait = EVERY_SECONDS if self._latest.reached else AGAIN_SECONDS

    def _asked(self) -> Reach:
        """A fault of this program's own is told, and then nothing is known: the answer of before would be a lie."""
        try:
            return self._ask()
        except Exception as fault:  # noqa: BLE001 - a thread's entry; the next try may be better
            say(f"Whether the box is reached cannot be told, by a fault of doorstep-hub: {fault!r}")
            return Reach()


def _nothing() -> None:
    """Nobody wants to know."""
