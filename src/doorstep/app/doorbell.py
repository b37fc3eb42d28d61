"""The doorbell of a server: its buttons and chimes, from the settings."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from doorstep.app.finding import Finding
from doorstep.buttons.gpio import GpioButton
from doorstep.chimes.pin import PinChime
from doorstep.chimes.sound import SoundChime
from doorstep.core.camera import CameraId
from doorstep.core.errors import DoorstepError
from doorstep.core.notify_settings import ChimeSettings
from doorstep.core.settings import Settings
from doorstep.pipeline.chime_lane import ChimeLane
from doorstep.pipeline.doorbell import Doorbell, Tell
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.supervisor import Tasks
from doorstep.ports import Chime, Clock


@dataclass(frozen=True, slots=True)
class DoorbellParts:
    """The doorbell, and what runs for it."""

    doorbell: Doorbell
    endless: Tasks


def make_doorbell(
    settings: Settings,
    tell: Tell,
    health: HealthBoard,
    clock: Clock,
    more: Sequence[Chime] = (),
    name_of: Callable[[CameraId], str] = str,
) -> DoorbellParts:
    """`tell` makes an event of a press; `more` are chimes beside those of this machine.  Nothing is opened yet.

    `name_of` is what the owner calls a camera.
    """
    lanes = [ChimeLane(chime, health, clock) for chime in (*chimes_of(settings.chime), *more)]
    doorbell = Doorbell(tell, lanes, health, clock, name_of)
    endless: Tasks = {f"chime: {lane.name}": lane.run for lane in lanes}
    for one in settings.buttons:
        button = GpioButton(one, clock)
        endless[button.name] = partial(doorbell.listen, button, one.camera)
    return DoorbellParts(doorbell, endless)


def chimes_of(settings: ChimeSettings) -> Iterator[Chime]:
    """The relay first: it is the quickest."""
    if settings.pin is not None:
        yield PinChime(settings.pin, settings.pin_seconds)
    if settings.sound_on:
        yield SoundChime(settings.sound, settings.device, os.environ)


async def doorbell_findings(settings: Settings, clock: Clock) -> Sequence[Finding]:
    """For `doorstep check`, while no server has the pins."""
    found = []
    for chime in chimes_of(settings.chime):
        try:
            found.append(Finding(chime.name, ok=True, detail=await chime.check()))
        except DoorstepError as error:
            found.append(Finding(chime.name, ok=False, detail=str(error)))
    for one in settings.buttons:
        button = GpioButton(one, clock)
        try:
            found.append(Finding(button.name, ok=True, detail=button.check()))
        except DoorstepError as error:
            found.append(Finding(button.name, ok=False, detail=str(error)))
    return found


def untried_doorbell(settings: Settings, clock: Clock, wrong: Mapping[str, str]) -> Sequence[Finding]:
    """For `doorstep check` beside a running server, who alone has the pins; `wrong` are its problems by key."""
    keys = [f"chime:{chime.name}" for chime in chimes_of(settings.chime)]
    keys += [f"button:{GpioButton(one, clock).name}" for one in settings.buttons]
    untried = "Not tried, for the running Doorstep has it and names nothing that is wrong with it."
    return [Finding(key.partition(":")[2], ok=key not in wrong, detail=wrong.get(key, untried)) for key in keys]
