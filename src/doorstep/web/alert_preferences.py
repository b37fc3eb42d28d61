"""What a person wants to be told, and snoozing.  What follows from it: `core/alert_policy`."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from doorstep.core.access import Grant, Scope
from doorstep.core.cause import Cause
from doorstep.core.quiet_hours import is_quiet
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.instants import rfc3339
from doorstep.web.parts import WebParts
from doorstep.web.preference_shapes import ChoiceShape, choice_shape, given_choice, sees_camera
from doorstep.web.problems import Refusal

router = resource("alerts")

HOUSE = ""
LONGEST_SNOOZE_SECONDS = 24 * 3600


class SnoozeShape(BaseModel):
    """Until when nothing but presses is told: to the asker, to everybody; null where no snooze runs.

    `stored` says whether it would survive a restart.
    """

    snoozed_until: str | None
    house_until: str | None
    stored: bool


class PreferencesShape(ChoiceShape, SnoozeShape):
    """All of it.  `alerted` are the causes that the config alerts on; `timezone` is where quiet hours are meant."""

    alerted: list[Cause]
    timezone: str
    quiet_now: bool


class WantedSnooze(BaseModel):
    """For how long, in seconds."""

    model_config = ConfigDict(extra="forbid")

    seconds: int = Field(ge=1, le=LONGEST_SNOOZE_SECONDS)


# A coroutine though it awaits nothing: FastAPI runs a plain function in a thread.
async def _whose(asker: Asker, of: Annotated[Literal["me", "house"], Query()] = "me") -> str:
    """The asker, or the house where its owner asks for that; who is nobody speaks for the house if he may."""
    if of == "me" and asker.account is not None:
        return asker.account
    if asker.allows(Scope.ADMIN) and asker.cameras is None:
        return HOUSE
    if of == "house":
        raise Refusal(403, "not-allowed", "Only who may do everything at every camera may choose for the house.")
    raise Refusal(409, "nobody", "This token belongs to nobody who could be told. Sign in as a person.")


Whose = Annotated[str, Depends(_whose)]


@router.get("/alerts/preferences")
async def get_preferences(whose: Whose, asker: Asker, parts: Parts) -> PreferencesShape:
    """The asker's own, or with `of=house` those of channels that are nobody's in particular."""
    return _preferences_shape(whose, asker, parts)


@router.put("/alerts/preferences")
async def put_preferences(body: ChoiceShape, whose: Whose, asker: Asker, parts: Parts) -> PreferencesShape:
    """They hold at once, also while the disk does not answer; a snooze goes on."""
    chosen = given_choice(parts, asker, body)
    chosen = replace(chosen, snoozed_until=parts.preferences.of_person(whose).snoozed_until)
    parts.preferences.choose(whose, chosen)
    return _preferences_shape(whose, asker, parts)


@router.get("/snooze")
async def get_snooze(whose: Whose, parts: Parts) -> SnoozeShape:
    """Whether one runs."""
    return _snooze_shape(whose, parts)


@router.post("/snooze")
async def snooze(body: WantedSnooze, whose: Whose, parts: Parts, asker: Asker, request: Request) -> SnoozeShape:
    """Nothing but presses from now on for so long; another one takes the place of one that runs.

    Who snoozed the whole house stands in the audit log.
    """
    parts.preferences.snooze(whose, body.seconds, *_who(asker, request))
    return _snooze_shape(whose, parts)


@router.delete("/snooze")
async def end_snooze(whose: Whose, parts: Parts, asker: Asker, request: Request) -> SnoozeShape:
    """Tell everything again."""
    parts.preferences.snooze(whose, 0.0, *_who(asker, request))
    return _snooze_shape(whose, parts)


def _who(asker: Grant, request: Request) -> tuple[str, str]:
    """As the audit log names them, and the address that it came from."""
    return asker.account or asker.name, request.client.host if request.client else ""


def _snooze_shape(whose: str, parts: WebParts) -> SnoozeShape:
    return SnoozeShape(
        snoozed_until=_snoozed_until(whose, parts),
        house_until=_snoozed_until(HOUSE, parts),
        stored=parts.preferences.is_stored(whose),
    )


def _snoozed_until(whose: str, parts: WebParts) -> str | None:
    until = parts.preferences.of_person(whose).snoozed_until
    return rfc3339(until) if until is not None and parts.preferences.is_snoozed(whose) else None


def _preferences_shape(whose: str, asker: Grant, parts: WebParts) -> PreferencesShape:
    """Without cameras that are gone meanwhile, or not for him any more."""
    own, zone = parts.preferences.of_person(whose), parts.preferences.zone
    if own.cameras is not None:
        own = replace(own, cameras=frozenset(one for one in own.cameras if sees_camera(parts, asker, one)))
    return PreferencesShape(
        **choice_shape(own).model_dump(),
        **_snooze_shape(whose, parts).model_dump(),
        alerted=sorted(parts.alerted()),
        timezone=str(zone),
        quiet_now=is_quiet(own.quiet_hours, parts.clock.now(), zone),
    )
