"""What the config file may say about doorbell buttons and chimes, and what it means.  Other tables: `schema`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from doorstep.config.table import Table, Text
from doorstep.core.camera import CameraId
from doorstep.core.notify_settings import ButtonSettings, ChimeSettings

OWN_SOUND = "own"

Pin = Annotated[int, Field(ge=0, le=27)]  # the GPIOs of a Raspberry Pi's 40 pins, by Broadcom's numbers


class Button(Table):
    """A doorbell button on a pin of a Raspberry Pi."""

    camera: Text = Field(description="The id of the camera at the same door.")
    pin: Pin = Field(description='The pin, by its GPIO number: 17 is "GPIO17", not the seventeenth.')
    pulls_up: bool = Field(True, description="Whether it connects the pin to ground; false: to 3.3 V.")
    debounce: float = Field(0.05, ge=0.01, le=1, description="Seconds that it must be open between two presses.")


class Chime(Table):
    """What sounds at home when somebody rings."""

    sound: Text | None = Field(None, description='What is played here: "own", or the path of a WAV file.')
    device: str = Field("", max_length=200, description="ALSA's name of the sound device; empty: the default.")
    pin: Pin | None = Field(None, description="A pin (GPIO number) that closes for a moment, for a relay.")
    pin_seconds: float = Field(0.5, ge=0.05, le=10, description="For how long.")


def button_settings(button: Button) -> ButtonSettings:
    """The same for the rest of Doorstep."""
    return ButtonSettings(CameraId(button.camera), button.pin, button.pulls_up, button.debounce)


def chime_settings(chime: Chime, folder: Path) -> ChimeSettings:
    """The same for the rest of Doorstep; a relative path is seen from `folder`."""
    own = chime.sound in {None, OWN_SOUND}
    return ChimeSettings(
        sound_on=chime.sound is not None,
        sound=None if own or chime.sound is None else folder / chime.sound,
        device=chime.device,
        pin=chime.pin,
        pin_seconds=chime.pin_seconds,
    )


def doorbell_fault(buttons: list[Button], chime: Chime, cameras: set[str]) -> tuple[str, str] | None:
    """What does not go together: where, and in which words."""
    taken = set() if chime.pin is None else {chime.pin}
    for number, button in enumerate(buttons):
        if button.camera not in cameras:
            return f"button.{number}.camera", "must be the id of a camera of this file"
        if button.pin in taken:
            return f"button.{number}.pin", "is taken already, by another button or the chime"
        taken.add(button.pin)
    if chime.device and chime.sound is None:
        return "chime.device", 'means nothing without sound; write sound = "own" too'
    return None
