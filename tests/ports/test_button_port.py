"""The contract of `ports.Button`, held by what reads pins; the pins are gpiozero's own mock."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from doorstep.buttons.gpio import MOST_EDGES, GpioButton
from doorstep.clock import SystemClock
from doorstep.core.button import ButtonPress, ButtonWord
from doorstep.core.camera import CameraId
from doorstep.core.errors import ButtonUnavailable
from doorstep.core.notify_settings import ButtonSettings
from doorstep.ports import Button
from fakes.pins import MockPins, mock_pins
from fakes.tries import first_well

PIN = 17
SETTLE = 0.05
PATIENCE = 20.0


@pytest.fixture
def pins() -> Iterator[MockPins]:
    with mock_pins() as made:
        yield made


def button(*, pulls_up: bool = True) -> GpioButton:
    return GpioButton(ButtonSettings(CameraId("front-door"), PIN, pulls_up, SETTLE), SystemClock())


def listening(one: Button, script: Any) -> list[ButtonWord]:
    """What it says while the script runs, which may wait for words."""
    said: list[ButtonWord] = []

    async def act() -> None:
        told = asyncio.Event()
        async with aclosing(one.words()) as words, asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
            hearing = tasks.create_task(hear(words, told))
            await asyncio.sleep(SETTLE)  # the pin is taken
            await script(said, told)
            hearing.cancel()

    async def hear(words: AsyncGenerator[ButtonWord], told: asyncio.Event) -> None:
        async for word in words:
            said.append(word)
            told.set()

    asyncio.run(act())
    return said


def bouncing(pins: MockPins, times: int) -> Any:
    async def script(said: list[ButtonWord], told: asyncio.Event) -> None:
        del said
        for _ in range(times):
            pins.close_contact(PIN)
            pins.open_contact(PIN)
        pins.close_contact(PIN)
        await told.wait()
        for _ in range(times):
            pins.open_contact(PIN)
            pins.close_contact(PIN)
        pins.open_contact(PIN)
        await asyncio.sleep(SETTLE * 3)

    return script


@pytest.mark.parametrize("times", [0, 1, 20, MOST_EDGES * 50])
def test_a_press_that_bounces_is_one_press(pins: MockPins, times: int) -> None:
    clock = SystemClock()
    before = clock.monotonic()
    # A machine that stands still in the middle makes two presses of it, as a hand would.
    said = first_well(lambda: listening(button(), bouncing(pins, times)), lambda said: len(said) == 1)
    assert len(said) == 1
    assert isinstance(said[0], ButtonPress)
    assert before < said[0].began_at < clock.monotonic()


def test_a_button_may_be_wired_the_other_way_round(pins: MockPins) -> None:
    async def script(said: list[ButtonWord], told: asyncio.Event) -> None:
        del said
        pins.open_contact(PIN)  # to 3.3 V
        await told.wait()

    assert len(listening(button(pulls_up=False), script)) == 1


def test_the_pin_is_free_again_afterwards(pins: MockPins) -> None:
    one = button()
    for _ in range(2):
        listening(one, bouncing(pins, 1))
    assert "not pressed" in one.check()
    pins.close_contact(PIN)
    assert "pressed" in one.check()


def test_a_pin_that_somebody_else_has_is_unavailable_in_plain_words(pins: MockPins) -> None:
    with pins.taken(PIN):
        with pytest.raises(ButtonUnavailable, match=f"Pin {PIN} cannot be read"):
            button().check()
        with pytest.raises(ButtonUnavailable):
            asyncio.run(first_of(button()))


async def first_of(one: Button) -> ButtonWord:
    async with aclosing(one.words()) as words:
        return await anext(words)
