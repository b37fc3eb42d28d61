"""Whichever way somebody rings: the chimes sound first, then there is an event, and nobody waits for anybody."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from doorstep.core.button import ButtonFreed, ButtonPress, ButtonStuck, ButtonWord
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.errors import ButtonUnavailable, ChimeUnavailable
from doorstep.core.outside_word import OutsideWord
from doorstep.pipeline.chime_lane import LONGEST_TRY_SECONDS, TRY_EVERY_SECONDS, ChimeLane
from doorstep.pipeline.doorbell import MOST_ORIGINS, Doorbell
from doorstep.pipeline.health import HealthBoard
from fakes.instant_loop import LoopClock, run, turns, while_running

FRONT, GARDEN = CameraId("front-door"), CameraId("garden")
BUTTON = "button on pin 17"


class ListeningChime:
    """Implements `ports.Chime`; writes into `told` when it begins to sound."""

    def __init__(self, name: str, told: list[str], *, hangs: bool = False) -> None:
        self.name = name
        self.told = told
        self.hangs = hangs
        self.check_hangs = False
        self.broken = ""
        self.checks = 0

    async def ring(self) -> None:
        self.told.append(self.name)
        await self._answer()

    async def check(self) -> str:
        self.checks += 1
        if self.check_hangs:
            await asyncio.Event().wait()
        await self._answer()
        return "fine"

    async def _answer(self) -> None:
        if self.broken:
            raise ChimeUnavailable(self.broken)
        if self.hangs:
            await asyncio.Event().wait()


class ScriptedButton:
    """Implements `ports.Button`: says what is put into `queue`; None ends it with ButtonUnavailable."""

    name = BUTTON

    def __init__(self) -> None:
        self.queue: asyncio.Queue[ButtonWord | None] = asyncio.Queue()
        self.broken = ""
        self.closed = 0

    async def words(self) -> AsyncGenerator[ButtonWord]:
        try:
            while (word := await self.queue.get()) is not None:
                yield word
        finally:
            self.closed += 1
        msg = "The pin went away."
        raise ButtonUnavailable(msg)

    def check(self) -> str:
        if self.broken:
            raise ButtonUnavailable(self.broken)
        return "fine"


class Porch:
    """A doorbell over fakes; `told` has what sounded and what became an event, in their order."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.clock = LoopClock()
        self.health = HealthBoard(self.clock)
        self.told: list[str] = []
        self.dated: list[datetime] = []
        self.gong, self.relay = ListeningChime("gong", self.told, hangs=hangs), ListeningChime("relay", self.told)
        self.lanes = [ChimeLane(chime, self.health, self.clock) for chime in (self.gong, self.relay)]
        self.doorbell = Doorbell(self._event, self.lanes, self.health, self.clock, {FRONT: "Front door"}.__getitem__)
        self.button = ScriptedButton()

    async def _event(self, camera: CameraId, cause: Cause, note: str, at: datetime) -> None:
        del note
        self.dated.append(at)
        self.told.append(f"{cause} at {camera}")

    async def press(self, origin: str = "one", camera: CameraId = FRONT, **more: Any) -> datetime:
        return await self.doorbell.take(OutsideWord(camera, Cause.PRESS, origin=origin, **more))

    async def listen(self) -> None:
        await self.doorbell.listen(self.button, FRONT)

    def run(self, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def settled() -> None:
            await turns()
            await act()
            await turns()

        run(self.clock, lambda: while_running(*(lane.run for lane in self.lanes), self.listen, act=settled))

    def problems(self) -> set[str]:
        return {problem.key for problem in self.health.problems()}


def test_every_chime_begins_before_there_is_an_event() -> None:
    porch = Porch()

    async def act() -> None:
        await porch.press()

    porch.run(act)
    assert porch.told == ["gong", "relay", "press at front-door"]


def test_a_chime_that_hangs_keeps_neither_the_others_nor_the_event_and_is_told() -> None:
    porch = Porch()

    async def act() -> None:
        porch.gong.hangs = True
        await porch.press()
        assert porch.told == ["gong", "relay", "press at front-door"]
        await asyncio.sleep(LONGEST_TRY_SECONDS + 1)
        assert porch.problems() == {"chime:gong"}
        porch.gong.hangs = False
        await porch.press()
        await turns()
        assert porch.told[3:] == ["gong", "relay", "press at front-door"]

    porch.run(act)
    assert porch.problems() == set()


def test_nobody_who_rings_waits_for_the_check_of_a_chime_that_hangs() -> None:
    """At its start, and in the hour's check."""
    porch = Porch()
    porch.gong.check_hangs = True

    async def act() -> None:
        for checks in (1, 2):
            assert porch.gong.checks == checks
            del porch.told[:]
            began = porch.clock.monotonic()
            await porch.press()
            await turns()
            assert "gong" in porch.told
            assert porch.clock.monotonic() - began < 0.3
            assert porch.problems() == set()
            await asyncio.sleep(TRY_EVERY_SECONDS + 1)
        await asyncio.sleep(LONGEST_TRY_SECONDS)
        assert porch.problems() == {"chime:gong"}

    porch.run(act)


def test_a_chime_that_cannot_sound_is_told_before_anybody_rings_and_until_it_can() -> None:
    porch = Porch()
    porch.gong.broken = "no device"

    async def act() -> None:
        assert porch.problems() == {"chime:gong"}
        assert "no device" in porch.health.problems()[0].what
        await asyncio.sleep(TRY_EVERY_SECONDS - 1)
        porch.gong.broken = ""
        assert porch.problems() == {"chime:gong"}
        await asyncio.sleep(2)

    porch.run(act)
    assert porch.problems() == set()
    assert porch.gong.checks == 2


def test_motion_from_outside_makes_an_event_and_no_sound() -> None:
    porch = Porch()

    async def act() -> None:
        await porch.doorbell.take(OutsideWord(FRONT, Cause.TRIGGER))

    porch.run(act)
    assert porch.told == ["trigger at front-door"]


def test_a_storm_of_a_hundred_a_second_is_one_event_and_told_once() -> None:
    porch = Porch()

    async def act() -> None:
        for _ in range(6000):
            await porch.press()
            porch.clock.advance(0.01)

    porch.run(act)
    assert porch.told == ["gong", "relay", "press at front-door"]
    assert porch.problems() == {"press-storm:front-door"}
    [problem] = porch.health.problems()
    assert problem.what.startswith("The bell of Front door was rung more than")


def test_a_storm_of_one_token_keeps_nobody_else_from_ringing() -> None:
    porch = Porch()

    async def act() -> None:
        for _ in range(500):
            await porch.press("stolen")
            porch.clock.advance(0.01)
        del porch.told[:]
        await porch.press("button")

    porch.run(act)
    assert porch.told == ["gong", "relay", "press at front-door"]


def test_one_press_that_comes_by_two_ways_rings_once_and_one_at_another_door_rings_too() -> None:
    porch = Porch()

    async def act() -> None:
        await porch.press("button")
        await porch.press("mqtt")
        assert porch.told.count("press at front-door") == 1
        await porch.press("mqtt", GARDEN)

    porch.run(act)
    assert porch.told.count("press at garden") == 1


def test_who_rings_again_after_a_second_is_heard_again() -> None:
    porch = Porch()

    async def act() -> None:
        await porch.press()
        porch.clock.advance(1)
        await porch.press()

    porch.run(act)
    assert porch.told.count("gong") == porch.told.count("press at front-door") == 2


def test_the_time_of_the_sender_dates_it_and_a_late_press_does_not_sound() -> None:
    porch = Porch()
    now = porch.clock.now()

    async def act() -> None:
        for seconds, origin in ((20, "a"), (300, "b"), (-300, "c"), (86400, "d")):
            await porch.press(origin, at=now - timedelta(seconds=seconds))
            porch.clock.advance(0.5)

    porch.run(act)
    told = [(at - now).total_seconds() for at in porch.dated]
    assert told == [-20, -300, 1.0, 1.5]
    assert porch.told.count("gong") == 3


def test_a_press_at_the_button_is_dated_with_its_first_contact() -> None:
    porch = Porch()

    async def act() -> None:
        porch.button.queue.put_nowait(ButtonPress(porch.clock.monotonic() - 0.05))
        await turns()

    before = porch.clock.now()
    porch.run(act)
    assert porch.told == ["gong", "relay", "press at front-door"]
    assert porch.dated == [before - timedelta(seconds=0.05)]


def test_a_stuck_button_is_told_until_it_is_free() -> None:
    porch = Porch()

    async def act() -> None:
        porch.button.queue.put_nowait(ButtonStuck(porch.clock.monotonic() - 30))
        await turns()
        assert porch.problems() == {f"button:{BUTTON}"}
        assert "30 s" in porch.health.problems()[0].what
        porch.button.queue.put_nowait(ButtonFreed())
        await turns()

    porch.run(act)
    assert porch.problems() == set()


def test_a_button_that_cannot_be_heard_is_told_and_tried_again() -> None:
    porch = Porch()
    porch.button.broken = "not a Pi"

    async def act() -> None:
        assert porch.problems() == {f"button:{BUTTON}"}
        porch.button.broken = ""
        await asyncio.sleep(20)
        assert porch.problems() == set()
        porch.button.queue.put_nowait(None)
        await turns()
        assert porch.problems() == {f"button:{BUTTON}"}
        await asyncio.sleep(20)

    porch.run(act)
    assert porch.problems() == set()
    assert porch.button.closed == 2


def test_a_token_that_speaks_from_two_places_is_told_and_still_heard() -> None:
    porch = Porch()

    async def act() -> None:
        for place in ("192.0.2.1", "192.0.2.2", "192.0.2.1"):
            await porch.press("t1", place=place, sender="porch button")
            porch.clock.advance(1)

    porch.run(act)
    assert porch.told.count("press at front-door") == 3
    assert porch.problems() == {"token:t1"}
    assert "porch button" in porch.health.problems()[0].what


def test_however_many_senders_there_are_the_memory_is_bounded() -> None:
    porch = Porch()

    async def act() -> None:
        for number in range(1000):
            await porch.press(str(number))
            porch.clock.advance(0.01)

    porch.run(act)
    assert len(porch.doorbell._rings) == MOST_ORIGINS
    assert porch.told.count("press at front-door") < 1000
