"""What the config file may say about who is told by a channel, of what, and when.  The channels: `notify_table`."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from doorstep.config.table import Table, rule_broken
from doorstep.core.alert_preferences import EVERYTHING, AlertPreferences, QuietHours
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.quiet_hours import time_of_day
from doorstep.core.recipient import Turn

CauseWord = Literal["person", "press", "trigger", "motion", "loitering"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_WAIT_SECONDS = 900.0
USUAL_WAIT_SECONDS = 30.0


def _clock_time(value: str) -> str:
    time_of_day(value)
    return value


ClockTime = Annotated[str, AfterValidator(_clock_time)]


class Quiet(Table):
    """Hours in which nothing is told but presses."""

    begins: ClockTime = Field(description="When they begin, by the clock of server.timezone.")
    ends: ClockTime = Field(description="When they end; on the next day, if that is not later.")
    weekdays: list[Weekday] = Field(list(WEEKDAYS), min_length=1, max_length=7, description="On which they begin.")


class Told(Table):
    """What every channel of the config may say of who is told by it, and when."""

    person: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        None, description="Whose channel it is, by the name of an account; it stands for the house, if that is missing."
    )
    causes: list[CauseWord] | None = Field(None, description="What is told; all but mere motion, if it is missing.")
    cameras: list[str] | None = Field(None, max_length=64, description="Of which cameras; all, if it is missing.")
    troubles: bool | None = Field(None, description="Whether words about Doorstep itself are told.")
    quiet_hours: list[Quiet] | None = Field(None, max_length=20, description="When only presses are told.")
    turn: Literal["first", "undelivered", "unanswered"] = Field(
        "first", description="Told at once, or where the first channels did not get through, or nobody reacted."
    )
    after_seconds: float | None = Field(
        None, ge=0, le=LONGEST_WAIT_SECONDS, description="How long it waits for that; 30, if it is missing."
    )

    @model_validator(mode="after")
    def _only_who_waits_has_a_wait(self) -> Self:
        if self.turn == "first" and self.after_seconds:
            words = 'means nothing with turn = "first": say "undelivered" or "unanswered"'
            raise rule_broken(words, "after_seconds")
        return self

    def preferences(self) -> AlertPreferences | None:
        """None where it says nothing of its own: then those of the person, or the house, hold."""
        if self.causes is None and self.cameras is None and self.troubles is None and self.quiet_hours is None:
            return None
        return AlertPreferences(
            causes=EVERYTHING.causes if self.causes is None else frozenset(map(Cause, self.causes)),
            cameras=None if self.cameras is None else frozenset(map(CameraId, self.cameras)),
            quiet_hours=tuple(map(_quiet_hours, self.quiet_hours or [])),
            troubles=EVERYTHING.troubles if self.troubles is None else self.troubles,
        )

    def whose_turn(self) -> Turn:
        """As the rest of Doorstep names it."""
        return Turn(self.turn)

    def wait(self) -> float:
        """Seconds."""
        if self.turn == "first":
            return 0.0
        return USUAL_WAIT_SECONDS if self.after_seconds is None else self.after_seconds


def _quiet_hours(quiet: Quiet) -> QuietHours:
    weekdays = frozenset(map(WEEKDAYS.index, quiet.weekdays))
    return QuietHours(weekdays, time_of_day(quiet.begins), time_of_day(quiet.ends))
