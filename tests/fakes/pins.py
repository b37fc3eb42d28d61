"""The pins of a Raspberry Pi that is not there: gpiozero's own mock."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gpiozero import Device, DigitalOutputDevice  # type: ignore[import-untyped]  # it has no types
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]  # as above


class MockPins:
    """What is wired to them."""

    def __init__(self, factory: Any) -> None:
        self._factory = factory

    def close_contact(self, pin: int) -> None:
        """To ground."""
        self._factory.pin(pin).drive_low()

    def open_contact(self, pin: int) -> None:
        """The pull-up wins."""
        self._factory.pin(pin).drive_high()

    def is_listened_to(self, pin: int) -> bool:
        """Whether somebody waits for its changes."""
        return self._factory.pin(pin).when_changed is not None

    def states(self, pin: int) -> list[bool]:
        """Every level that it has had."""
        return [bool(state.state) for state in self._factory.pin(pin).states]

    @contextmanager
    def taken(self, pin: int) -> Iterator[None]:
        """By another program, as far as one can tell."""
        other = DigitalOutputDevice(pin)
        try:
            yield
        finally:
            other.close()


@contextmanager
def mock_pins() -> Iterator[MockPins]:
    """In place of the machine's own, until its end."""
    before = Device.pin_factory
    Device.pin_factory = factory = MockFactory()
    try:
        yield MockPins(factory)
    finally:
        factory.reset()
        Device.pin_factory = before
