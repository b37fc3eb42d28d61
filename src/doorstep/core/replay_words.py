"""A step of a replay in plain words: who is there, what opened or closed, and why.  Pure; what happened: `replay`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from doorstep.core.event import CloseEvent, Event, OpenEvent, RaiseAlert
from doorstep.core.observation import Interrupted, Moved, Observation, Sighting
from doorstep.core.replay import Replay, ReplayRules, Step
from doorstep.core.track import HITS, LOOKS, SURE_SCORE

NOBODY = "nobody counts"
"""The state while nobody is there, whatever was found."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event opened or closed, or an alert was told or kept quiet, and the reason."""

    what: Literal["opened", "closed", "told", "kept quiet"]
    event: Event
    why: str


def state_words(step: Step, replay: Replay) -> str:
    """Who is there, right after this step of the replay."""
    if isinstance(step.observation, Sighting):
        sighting = step.observation
        words = [f"visit {sighting.visit}"]
        words += [f"in {sighting.zone}"] if sighting.zone else []
        words += [sighting.direction.value] if sighting.direction is not None else []
        words += ["lingering"] if sighting.loitering else []
        return ", ".join(words)
    if isinstance(step.observation, Interrupted):
        return "over"
    if not replay.presence.somebody:
        return NOBODY
    return "looked for, not seen" if replay.running is not None else "perhaps somebody: one more look decides"


def happenings(step: Step, rules: ReplayRules) -> Iterator[Happening]:
    """What changed at this step, in its order; an event that only goes on is nothing new."""
    for decision in step.decisions:
        match decision:
            case OpenEvent(event):
                yield Happening("opened", event, _why_opened(event, step.observation, rules))
            case CloseEvent(event):
                yield Happening("closed", event, _why_closed(event, step, rules))
            case RaiseAlert(event, cause) if decision in step.told:
                yield Happening("told", event, cause.value)
            case RaiseAlert(event, cause):
                cooldown = rules.events.alert_cooldown
                yield Happening("kept quiet", event, f"{cause.value}, less than {cooldown:g} s after the last")
            case _:
                continue


def _why_opened(event: Event, observation: Observation, rules: ReplayRules) -> str:
    match observation:
        case Sighting(first_at=first_at) if first_at < event.started_at:
            return "the visit goes on, in an event of its own"
        case Sighting(score=score) if score >= SURE_SCORE:
            return f"seen with {score:.2f}; from {SURE_SCORE:.2f} on one look is enough"
        case Sighting(first_at=first_at, at=at):
            least = rules.thresholds.open
            return (
                f"{HITS} of at most {LOOKS} looks with {least:.2f} or more, the first {_seconds(first_at, at)} before"
            )
        case Moved(score=score):
            return f"{100 * score:.1f} % of the picture moved"
        case _:
            return ", ".join(cause.value for cause in event.causes)


def _why_closed(event: Event, step: Step, rules: ReplayRules) -> str:
    at, settings = step.moment.at, rules.events
    if (at - event.last_seen_at).total_seconds() >= settings.close_after:
        return f"nothing for {_seconds(event.last_seen_at, at)}; events.close_after is {settings.close_after:g} s"
    if isinstance(step.observation, Interrupted):
        return "the video ends"
    if (at - event.started_at).total_seconds() >= settings.longest:
        return f"it is {settings.longest:g} s long, events.longest"
    return "who was there was seen to leave, and another visit begins"


def _seconds(start: datetime, end: datetime) -> str:
    return f"{(end - start).total_seconds():.2f} s"
