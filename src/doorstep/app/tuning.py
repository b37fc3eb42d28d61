"""Puts detector, rules and recorded hours together for `doorstep tune`."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import partial

from doorstep.app.cameras import time_zone
from doorstep.app.replay_rules import camera_of, replay_rules
from doorstep.app.tune import Hours, Progress, SeenHours, known_hours, look_at_hours
from doorstep.core.camera import CameraId
from doorstep.core.detection import PERSON, Thresholds
from doorstep.core.relevance import Relevance
from doorstep.core.remote_use import DetectionPlace
from doorstep.core.replay import ReplayedAlerts, ReplayRules
from doorstep.core.replay_comparison import Comparison, compared
from doorstep.core.replay_settings import Asked, Change, Tried, around, tried_with
from doorstep.core.settings import Settings
from doorstep.ports import Detector
from doorstep.vision.luma_difference import LumaDifference

NICENESS = 10


@dataclass(frozen=True, slots=True)
class Question:
    """Which camera and hours, and what to try; `other` is all that another config file says."""

    camera: CameraId
    since: datetime
    until: datetime
    asked: Asked
    other: Settings | None = None


@dataclass(frozen=True, slots=True)
class Tuned:
    """What was there, what was seen, and what the settings make of it.

    `remote` says that live another machine looks; `zone` is for times in words.
    """

    hours: Hours
    looked: SeenHours
    comparison: Comparison
    model: str
    looks_per_second: float
    record_always: bool
    remote: bool
    zone: tzinfo


def give_way() -> None:
    """Whatever else runs on this machine goes first, above all the server."""
    os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), NICENESS))


def tuned(
    settings: Settings, question: Question, detector: Callable[[], Detector], looking: Progress, comparing: Progress
) -> Tuned:
    """Blocks, for about as long as the detector needs for a look at each key frame at which something moves.

    `detector` is opened once it is known that there is something to look at.  Raises DoorstepError in one of its kinds.
    """
    alerts = ReplayedAlerts(settings.events.alert_cooldown, settings.events.alert_on)
    since, until = question.since, question.until
    hours = known_hours(settings.server.data, question.camera, since, until, alerts, settings.catalog)
    eye = detector()
    camera = camera_of(settings, question.camera)
    present = Tried(replay_rules(settings, camera, eye.thresholds, whole=True))
    others = _others(present.rules, question, eye.thresholds)
    scorer = partial(LumaDifference, camera.motion_masks if camera is not None else ())
    loosest = _loosest([present, *others])
    looked = look_at_hours(hours, settings.server.data, eye, scorer, loosest, looking)
    steps = iter(range(1, len(others) + 2))
    comparison = compared(
        hours.camera, present, others, looked.moments, hours.real, lambda: comparing(next(steps), len(others) + 1)
    )
    always = camera is not None and camera.record_always
    remote = settings.detection.where is DetectionPlace.REMOTE
    rate, zone = settings.detection.looks_per_second, time_zone(settings.server.timezone)
    return Tuned(hours, looked, comparison, eye.name, rate, always, remote, zone)


def _others(present: ReplayRules, question: Question, thresholds: Thresholds) -> list[Tried]:
    """What was asked for, or else the neighbours of the present setting."""
    found = []
    if question.other is not None:
        rules = replay_rules(question.other, camera_of(question.other, question.camera), thresholds, whole=True)
        found.append(Tried(rules, (Change("the other config", "the other config"),)))
    if question.asked != Asked():
        found.append(tried_with(present, question.asked))
    return found or list(around(present))


def _loosest(tried: Sequence[Tried]) -> ReplayRules:
    """Whoever counts by any of them counts by these."""
    rules = [one.rules for one in tried]
    keep = min(one.thresholds.keep for one in rules)
    thresholds = Thresholds(min(one.thresholds.open for one in rules), keep)
    close_after = max(one.events.close_after for one in rules)
    events = replace(rules[0].events, close_after=close_after)
    nothing_is_too_small = Relevance((), ((PERSON, 0.0),))
    return replace(rules[0], thresholds=thresholds, events=events, relevance=nothing_is_too_small)
