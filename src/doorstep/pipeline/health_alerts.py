"""Tells people what is wrong with the house, from memory: one alert when a problem starts and one when it ends.

Who finds a problem pins it to the health board; which are told, and how often, is decided in `core/health_telling`.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import count

import structlog

from doorstep.core.alert import Alert, AlertId, word_about_doorstep
from doorstep.core.camera import CameraId
from doorstep.core.health_telling import (
    Change,
    HealthTelling,
    Word,
    camera_of,
    is_gone,
    reaches_others,
    rule_of,
    together,
)
from doorstep.core.health_words import words_of
from doorstep.core.standing import Standing
from doorstep.ports import Clock, Health

log = structlog.get_logger()

EVERY_SECONDS = 1.0
MOST_REMEMBERED = 500


class HealthAlerts:
    """One task; used on the event loop.  Nothing of it needs the disk."""

    def __init__(
        self,
        health: Health,
        dispatch: Callable[[Alert], None],
        clock: Clock,
        link: str,
        standings: Callable[[], Sequence[Standing]],
        hurry: float = 1.0,
    ) -> None:
        """`dispatch` never blocks; `link` is the address of the page that shows what is wrong.

        `standings` are who could be told, and how that goes.
        """
        self._health = health
        self._dispatch = dispatch
        self._clock = clock
        self._link = link
        self._standings = standings
        self._telling = HealthTelling(hurry)
        self._numbers = count(1)
        self._told: OrderedDict[AlertId, Sequence[Word]] = OrderedDict()

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self.look()
            await self._clock.sleep(EVERY_SECONDS)

    def look(self) -> None:
        """Once."""
        standings = self._standings()
        told = self._telling.observe(self._clock.monotonic(), self._health.problems())
        words = [word for word in told if reaches_others(word, standings) and not self._is_moot(word, standings)]
        for word in words:
            log.info("a problem is told", problem=word.problem.key, change=word.change.value)
        for group in together(words, standings):
            alert = self._alert(group[0]) if len(group) == 1 else self._alert_of_all(group)
            self._told[alert.id] = group
            self._dispatch(alert)
        while len(self._told) > MOST_REMEMBERED:
            self._told.popitem(last=False)

    def words_in(self, alert: AlertId) -> Sequence[Word]:
        """What one of the newest alerts told."""
        return self._told.get(alert, ())

    def _is_moot(self, word: Word, standings: Sequence[Standing]) -> bool:
        return is_gone(word, standings) or (word.change is Change.ENDED and self._health.is_moot(word.problem.key))

    def _alert(self, word: Word) -> Alert:
        return self._said(rule_of(word.problem.key), words_of(word), camera_of(word.problem.key))

    def _alert_of_all(self, words: Sequence[Word]) -> Alert:
        cameras = {camera_of(word.problem.key) for word in words}
        title, text = f"{len(words)} things changed at once", " ".join(": ".join(words_of(word)) for word in words)
        return self._said("several", (title, text), cameras.pop() if len(cameras) == 1 else None)

    def _said(self, rule: str, words: tuple[str, str], camera: CameraId | None) -> Alert:
        at = self._clock.now()
        alert_id = f"health:{rule}:{at:%Y%m%d%H%M%S}:{next(self._numbers)}"
        return word_about_doorstep(alert_id, at, words, self._link, camera)
