"""The doorbell of the house: whichever way somebody rings, the chimes sound first, then there is an event.

Which presses ring is decided in `core/button`; what an event leads to is the camera's.  What comes from outside about
motion passes here too, so that there is one way in.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

import structlog

from doorstep.core.button import (
    MOST_PRESSES,
    STORM_SECONDS,
    STUCK_SECONDS,
    ButtonFreed,
    ButtonPress,
    ButtonStuck,
    ButtonWord,
    Ring,
    Rings,
)
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.errors import ButtonUnavailable
from doorstep.core.outside_word import RINGS_FOR, OutsideWord, Places, believed
from doorstep.pipeline.chime_lane import ChimeLane
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Button, Clock

log = structlog.get_logger()

LISTEN_AGAIN_SECONDS = 15.0
STORM_SHOWN_SECONDS = 600.0
PLACES_SHOWN_SECONDS = 3600.0
MOST_ORIGINS = 256

Tell = Callable[[CameraId, Cause, str, datetime], Awaitable[None]]
"""Makes an event of it: camera, cause, note, and when it was."""


class Doorbell:
    """Used on the event loop only.  Whoever rings waits for no chime, and for nothing that blocks.

    `presses` are those that counted, since the start.
    """

    def __init__(
        self,
        tell: Tell,
        chimes: Sequence[ChimeLane],
        health: HealthBoard,
        clock: Clock,
        name_of: Callable[[CameraId], str] = str,
    ) -> None:
        """`name_of` is what the owner calls a camera."""
        self._tell = tell
        self._name_of = name_of
        self._chimes = list(chimes)
        self._health = health
        self._clock = clock
        self._rings: OrderedDict[tuple[CameraId, str], Rings] = OrderedDict()
        self._all_origins: dict[CameraId, Rings] = {}
        self._places = Places()
        self.presses: Counter[CameraId] = Counter()

    @property
    def chimes(self) -> Sequence[ChimeLane]:
        """All that sound."""
        return self._chimes

    async def take(self, word: OutsideWord) -> datetime:
        """Somebody rang, or something outside saw motion; the moment that it is dated with."""
        now = self._clock.now()
        at = believed(word.at, now)
        self._watch_places(word)
        if word.cause is Cause.PRESS:
            if not self._is_new(word):
                return at
            self.presses[word.camera] += 1
            if now - at <= RINGS_FOR:
                await self.sound()
        await self._tell(word.camera, word.cause, word.note, at)
        return at

    async def sound(self) -> None:
        """All chimes begin before this returns, as far as they can without waiting."""
        for chime in self._chimes:
            chime.ring()
        await asyncio.sleep(0)

    async def listen(self, button: Button, camera: CameraId) -> None:
        """To one button, for ever; whoever cannot be heard is told, and tried again."""
        key = f"button:{button.name}"
        while True:
            try:
                button.check()
                self._health.clear(key)
                async with aclosing(button.words()) as words:
                    async for word in words:
                        await self._heard(word, button, camera)
            except ButtonUnavailable as error:
                what = f"Nobody hears the {button.name}: {error}"
                self._health.report(key, what, "Mend the button, or take it out of the config.")
            await self._clock.sleep(LISTEN_AGAIN_SECONDS)

    async def _heard(self, word: ButtonWord, button: Button, camera: CameraId) -> None:
        key = f"button:{button.name}"
        match word:
            case ButtonPress(began_at):
                at = self._clock.now() - timedelta(seconds=self._clock.monotonic() - began_at)
                await self.take(OutsideWord(camera, Cause.PRESS, at, origin=button.name))
            case ButtonStuck():
                what = f"The {button.name} has been held down for {STUCK_SECONDS:.0f} s: nobody can ring with it."
                self._health.report(key, what, "See whether it is stuck, or its wires touch.")
                log.warning("button stuck", button=button.name, camera=camera)
            case ButtonFreed():
                self._health.clear(key)
                log.info("button free again", button=button.name, camera=camera)

    def _is_new(self, word: OutsideWord) -> bool:
        """Whether it is a press of its own: not the last one once more, by whatever way, and no storm."""
        at = self._clock.monotonic()
        ring = self._rings_of(word).pressed(at)
        if ring is Ring.STORM:
            self._tell_storm(word)
        if ring is not Ring.RINGS:
            return False
        # A storm of one origin must not silence the others, so only what rings is counted together.
        return self._all_origins.setdefault(word.camera, Rings()).pressed(at) is not Ring.SAME

    def _rings_of(self, word: OutsideWord) -> Rings:
        key = (word.camera, word.origin)
        rings = self._rings.pop(key, None) or Rings()
        self._rings[key] = rings
        if len(self._rings) > MOST_ORIGINS:
            self._rings.popitem(last=False)
        return rings

    def _tell_storm(self, word: OutsideWord) -> None:
        log.warning("press storm", camera=word.camera, origin=word.origin, by=word.sender)
        what = (
            f"The bell of {self._name_of(word.camera)} was rung more than {MOST_PRESSES} times "
            f"in {STORM_SECONDS:.0f} s: it rings again after {STORM_SECONDS:.0f} s of silence."
        )
        remedy = "If that was no visitor, look at the button and its wires, or revoke its token."
        self._health.report(f"press-storm:{word.camera}", what, remedy, STORM_SHOWN_SECONDS, minor=True)

    def _watch_places(self, word: OutsideWord) -> None:
        if not word.place or not self._places.spoke(word.origin, word.place, self._clock.monotonic()):
            return
        what = f"The token {word.sender or word.origin} is used from two places."
        remedy = "Make a token for each of them; if one is not yours, revoke this one."
        self._health.report(f"token:{word.origin}", what, remedy, PLACES_SHOWN_SECONDS, minor=True)
