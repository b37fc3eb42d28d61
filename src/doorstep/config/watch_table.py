"""What the config file may say about who watches over Doorstep itself, and what it means.  Other tables: `schema`."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from doorstep.config.address_rules import is_metadata, parts_of
from doorstep.config.table import Table, Text, rule_broken
from doorstep.core.camera import CameraId
from doorstep.core.notify_settings import WatchSettings
from doorstep.core.quiet_hours import time_of_day


def _web_address(value: str) -> str:
    found = parts_of(value)
    if found is None or found.scheme not in {"http", "https"} or not found.hostname or " " in value:
        msg = "must be a web address: https://HOST/PATH"
        raise ValueError(msg)
    if is_metadata(found):
        msg = "is an address where clouds keep credentials"
        raise ValueError(msg)
    return value


def _time_of_day(value: str) -> str:
    time_of_day(value)
    return value


class Watch(Table):
    """Who watches over Doorstep."""

    ping: Annotated[str, AfterValidator(_web_address)] | None = Field(
        None, repr=False, max_length=4096, description="An address that is asked while all is well; nobody, without it."
    )
    ping_file: Text | None = Field(None, description="A file that holds that address, instead of `ping`.")
    ping_every: float = Field(60, ge=10, le=86400, description="Seconds between.")
    test_at: Annotated[str, AfterValidator(_time_of_day)] | None = Field(
        None, description='When the doorstep is tested each night, such as "03:30"; never, without it.'
    )
    test_camera: Text | None = Field(None, description="The camera that is tested then.")

    @model_validator(mode="after")
    def _a_test_has_a_camera(self) -> Self:
        if (self.test_at is None) is not (self.test_camera is None):
            words = "does not go without the other: a test each night needs test_at and test_camera"
            raise rule_broken(words, "test_camera" if self.test_camera is None else "test_at")
        return self


def watch_settings(watch: Watch) -> WatchSettings:
    """The same for the rest of Doorstep."""
    minutes = None
    if watch.test_at is not None:
        at = time_of_day(watch.test_at)
        minutes = 60 * at.hour + at.minute
    camera = None if watch.test_camera is None else CameraId(watch.test_camera)
    return WatchSettings(watch.ping or "", watch.ping_every, minutes, camera)
