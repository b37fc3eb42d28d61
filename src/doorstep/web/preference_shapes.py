"""What a person, or one device, wants to be told, as JSON, to its value and back.  The routes: `alert_preferences`."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from doorstep.core.access import Grant
from doorstep.core.alert_preferences import AlertPreferences, QuietHours
from doorstep.core.camera import CameraId
from doorstep.core.cause import TOLD, Cause
from doorstep.core.quiet_hours import time_of_day
from doorstep.web.parts import WebParts
from doorstep.web.problems import Refusal


def _time(value: str) -> str:
    time_of_day(value)
    return value


TimeOfDay = Annotated[str, AfterValidator(_time), Field(examples=["22:00"])]
Weekday = Annotated[int, Field(ge=0, le=6)]


class QuietHoursShape(BaseModel):
    """From `begins` to `ends`, into the next day where that is earlier or the same; weekdays are those of `begins`.

    0 is Monday.
    """

    model_config = ConfigDict(extra="forbid")

    weekdays: list[Weekday] = Field(min_length=1, max_length=7)
    begins: TimeOfDay
    ends: TimeOfDay


class ChoiceShape(BaseModel):
    """What is wanted: causes, cameras (null for all that one may see), quiet hours, and words about Doorstep itself."""

    model_config = ConfigDict(extra="forbid")

    causes: list[Cause] = Field(max_length=len(Cause))
    cameras: list[str] | None = Field(default=None, max_length=100)
    quiet_hours: list[QuietHoursShape] = Field(default=[], max_length=28)
    troubles: bool = True


def choice_shape(preferences: AlertPreferences) -> ChoiceShape:
    """As the API shows it."""
    return ChoiceShape(
        causes=sorted(preferences.causes),
        cameras=None if preferences.cameras is None else sorted(preferences.cameras),
        quiet_hours=[
            QuietHoursShape(weekdays=sorted(one.weekdays), begins=f"{one.begins:%H:%M}", ends=f"{one.ends:%H:%M}")
            for one in preferences.quiet_hours
        ],
        troubles=preferences.troubles,
    )


def given_choice(parts: WebParts, asker: Grant, given: ChoiceShape) -> AlertPreferences:
    """As it is kept, without a snooze.  Raises Refusal for a camera that the asker does not see, or that is none."""
    cameras = None if given.cameras is None else frozenset(map(CameraId, given.cameras))
    if not all(sees_camera(parts, asker, camera) for camera in cameras or ()):
        raise Refusal(400, "unknown-camera", "One of these cameras does not exist.")
    return AlertPreferences(
        causes=TOLD & frozenset(given.causes),
        cameras=cameras,
        quiet_hours=tuple(
            QuietHours(frozenset(one.weekdays), time_of_day(one.begins), time_of_day(one.ends))
            for one in given.quiet_hours
        ),
        troubles=given.troubles,
    )


def sees_camera(parts: WebParts, asker: Grant, camera: CameraId) -> bool:
    """Whether there is such a camera as far as the asker may know."""
    return asker.sees(camera) and parts.cameras.camera(camera) is not None
