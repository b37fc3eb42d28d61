"""A pin of a Raspberry Pi that closes for a moment: a relay to the old gong, or a buzzer."""

import warnings
from typing import Any

from doorstep.core.errors import ChimeUnavailable
from doorstep.extras import how_to_add


class PinChime:
    """Implements `ports.Chime`.  Used on the event loop only; gpiozero's own thread opens the pin again."""

    def __init__(self, pin: int, seconds: float) -> None:
        self._pin = pin
        self._seconds = seconds
        self._device: Any = None  # gpiozero has no types

    @property
    def name(self) -> str:
        """By its pin."""
        return f"chime on pin {self._pin}"

    async def ring(self) -> None:
        """The pin closes before this returns; who presses again meanwhile makes it begin anew."""
        self._opened().blink(on_time=self._seconds, off_time=0, n=1)

    async def check(self) -> str:
        """Takes the pin and leaves it open."""
        self._opened()
        return f"Pin {self._pin} can be switched."

    def close(self) -> None:
        """Leave the pin to others, open."""
        if self._device is not None:
            self._device.close()
            self._device = None

    def _opened(self) -> Any:  # noqa: ANN401 - gpiozero has no types
        """Kept, because a pin that is let go may fall to any level."""
        if self._device is None:
            self._device = self._taken()
        return self._device

    def _taken(self) -> Any:  # noqa: ANN401 - as above
        try:
            # No types, and an extra that most do without.
            from gpiozero import DigitalOutputDevice, GPIOZeroError, PinFactoryFallback  # type: ignore[import-untyped]  # noqa: PLC0415
        except ImportError:
            msg = f"Chimes on pins need packages that are not installed. {how_to_add('gpio')}"
            raise ChimeUnavailable(msg) from None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", PinFactoryFallback)  # what it tried in vain is no news
                return DigitalOutputDevice(self._pin)
        except (GPIOZeroError, OSError, ValueError) as error:
            msg = f"Pin {self._pin} cannot be switched: is this a Raspberry Pi, and does nobody else use the pin?"
            raise ChimeUnavailable(msg) from error
