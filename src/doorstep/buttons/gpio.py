"""A button on a pin of a Raspberry Pi, read with gpiozero.  Which changes are a press is decided in `core/button`."""

import asyncio
import warnings
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import Any

from doorstep.core.button import ButtonWord, Debounce
from doorstep.core.errors import ButtonUnavailable
from doorstep.core.notify_settings import ButtonSettings
from doorstep.extras import how_to_add
from doorstep.ports import Clock

MOST_EDGES = 64
"""What waits to be looked at.  A wire in a storm makes thousands of edges a second; the oldest are dropped, and the
newest says how the contact is now.
"""


class GpioButton:
    """Implements `ports.Button`.  One listener at a time; gpiozero's own thread hands over what changed."""

    def __init__(self, settings: ButtonSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    @property
    def name(self) -> str:
        """By its pin."""
        return f"button on pin {self._settings.pin}"

    async def words(self) -> AsyncGenerator[ButtonWord]:
        """Until closed.  Raises ButtonUnavailable at its beginning."""
        debounce = Debounce(self._settings.debounce)
        edges = _Edges(asyncio.get_running_loop(), self._clock)
        with self._opened() as device:
            device.when_activated = lambda: edges.put(closed=True)
            device.when_deactivated = lambda: edges.put(closed=False)
            while True:
                edges.changed.clear()
                for closed, at in edges.taken():
                    for word in debounce.observe(closed=closed, at=at):
                        yield word
                for word in debounce.observe(closed=bool(device.is_active), at=self._clock.monotonic()):
                    yield word
                await self._wait(edges.changed, debounce.due)

    def check(self) -> str:
        """Opens the pin and reads it once."""
        with self._opened() as device:
            state = "pressed just now, or stuck" if device.is_active else "not pressed"
        return f"Pin {self._settings.pin} can be read; it is {state}."

    async def _wait(self, changed: asyncio.Event, due: float | None) -> None:
        seconds = None if due is None else max(0.0, due - self._clock.monotonic())
        try:
            async with asyncio.timeout(seconds):
                await changed.wait()
        except TimeoutError:
            return

    @contextmanager
    def _opened(self) -> Iterator[Any]:  # Any: gpiozero has no types
        """Raises ButtonUnavailable."""
        device = self._device()
        try:
            yield device
        finally:
            device.close()

    def _device(self) -> Any:  # noqa: ANN401 - gpiozero has no types
        try:
            # No types, and an extra that most do without.
            from gpiozero import DigitalInputDevice, GPIOZeroError, PinFactoryFallback  # type: ignore[import-untyped]  # noqa: PLC0415
        except ImportError:
            msg = f"Buttons on pins need packages that are not installed. {how_to_add('gpio')}"
            raise ButtonUnavailable(msg) from None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", PinFactoryFallback)  # what it tried in vain is no news
                return DigitalInputDevice(self._settings.pin, pull_up=self._settings.pulls_up)
        except (GPIOZeroError, OSError, ValueError) as error:
            msg = f"Pin {self._settings.pin} cannot be read: is this a Raspberry Pi, and does nobody else use the pin?"
            raise ButtonUnavailable(msg) from error


class _Edges:
    """What changed, from gpiozero's thread to the loop: bounded, and one wake-up however many there are."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        self.changed = asyncio.Event()
        self._loop = loop
        self._clock = clock
        self._edges: deque[tuple[bool, float]] = deque(maxlen=MOST_EDGES)
        self._woken = False

    def put(self, *, closed: bool) -> None:
        """From any thread."""
        self._edges.append((closed, self._clock.monotonic()))
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self.changed.set)

    def taken(self) -> list[tuple[bool, float]]:
        """All of them, oldest first."""
        self._woken = False  # before the emptying: what comes meanwhile wakes again
        return [self._edges.popleft() for _ in range(len(self._edges))]
