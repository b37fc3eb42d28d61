"""Which problems people are told of, when one starts and when it ends.  Words: `health_words`; sending: `pipeline`."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf

from doorstep.core.camera import CameraId
from doorstep.core.health import Problem
from doorstep.core.standing import Standing

MOST_TOLD, WITHIN_SECONDS = 3, 3600.0
"""A problem that comes and goes is told so often in so long; then once more, that it does."""

QUIET_SECONDS = 900.0
"""So long must one that came and went be gone for good, or be as bad as it is, before that is told."""

CHANGE_SECONDS = 5.0
"""So long at least must one be better or worse before that is told: a disk may stall for a moment."""

CAMERA = "camera"
OF_A_CAMERA = (CAMERA, "test", "press-storm", "buffer-short")
"""What the keys of problems begin with that name a camera next."""

OWNERS_RULES = frozenset({"token", "person"})
"""What they find names tokens or people, which are the owner's business alone."""

NOTIFIER, PUSH = "notifier", "push"
"""What the key of a channel's own trouble begins with; the channel is next."""

MOST_AT_ONCE = 3
"""More words than that at one moment have one reason, and make one alert."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a problem must last before it is told, and be gone; `minor` ones are told only where it says so."""

    lasts: float = 60.0
    gone: float = 10.0
    minor: bool = False


NEVER = Patience(inf)
RULES: dict[str, Patience] = {
    "packets": Patience(30.0, 5.0),
    "black": Patience(0.0, 0.0),
    "covered": Patience(0.0, 0.0),
    "frozen": Patience(0.0, 0.0),
    "blurred": Patience(0.0, 0.0),
    "turned": Patience(0.0, 0.0),
    "drift": Patience(0.0, 0.0, minor=True),
    "buffer": Patience(),
    "record": Patience(),
    "detect": NEVER,
    "detection": NEVER,
    "test": Patience(0.0, 0.0),
    "press-storm": Patience(0.0, 0.0, minor=True),
    "chime": Patience(),
    "button": Patience(),
    "clock": Patience(900.0, 60.0, minor=True),
    "disk": Patience(0.0, 2.0, minor=True),
    "store": Patience(5.0, 5.0),
    "catalog": Patience(10.0, 10.0),
    "outbox": Patience(0.0, 0.0),
    NOTIFIER: Patience(30.0, 0.0),
    "push": Patience(3600.0, 0.0, minor=True),
    "push-key": Patience(),
    "nobody-told": Patience(30.0, 0.0),
    "certificate": Patience(0.0, 0.0, minor=True),
    "hub": Patience(0.0, 10.0, minor=True),
    "hub-certificate": Patience(0.0, 0.0, minor=True),
    "hub-clock": Patience(900.0, 60.0, minor=True),
    "hub-files": Patience(0.0, 0.0, minor=True),
    "hub-rival": Patience(0.0, 0.0, minor=True),
    "hub-trying": NEVER,
    "restarted": Patience(0.0, 0.0, minor=True),
    "detector": Patience(60.0, 30.0),
    "remote-detector": Patience(60.0, 30.0),
    "model": Patience(60.0, 0.0),
    "off-site": Patience(600.0, 30.0, minor=True),
    "off-site-lost": Patience(0.0, 0.0, minor=True),
    "off-site-deleting": Patience(3600.0, 30.0, minor=True),
    "off-site-elsewhere": NEVER,
    "motion-queue": Patience(600.0, 30.0, minor=True),
    "motion-queue-late": NEVER,
    "cap": Patience(0.0, 0.0, minor=True),
    "task": Patience(),
    "reload": NEVER,
    "restart": NEVER,
    "token": NEVER,
    "person": NEVER,
    "mqtt": NEVER,
    "ping": NEVER,
    "audit": NEVER,
    "preferences": NEVER,
    "detection-switch": NEVER,
    "set-aside": NEVER,
    "buffer-short": NEVER,
    "buffer-wear": NEVER,
}
"""By the rule that found them; `packets` is that none come from a camera.  NEVER: it is only shown."""

CAMERA_RULES = (
    *("packets", "black", "covered", "frozen", "blurred", "turned", "drift"),
    *("buffer", "record", "detect", "detection", "test", "press-storm", "buffer-short"),
)
HOUSE_RULES = tuple(rule for rule in RULES if rule not in CAMERA_RULES)


def rule_of(key: str) -> str:
    """The rule behind the key of a problem: "camera:front-door" is "packets", "camera:front-door:black" is "black"."""
    first, _, rest = key.partition(":")
    if first != CAMERA:
        return first
    _, _, rule = rest.partition(":")
    return rule or "packets"


def is_told(problem: Problem) -> bool:
    """Whether people are told of it at all, once it lasts."""
    patience = RULES.get(rule_of(problem.key), Patience())
    return patience.lasts < inf and (patience.minor or not problem.minor)


def camera_of(key: str) -> CameraId | None:
    """The camera that the problem is of, None for the house's."""
    first, _, rest = key.partition(":")
    return CameraId(rest.partition(":")[0]) if first in OF_A_CAMERA else None


class Change(StrEnum):
    """What happened to a problem that is worth a word."""

    STARTED = "started"
    CHANGED = "changed"
    FLAPS = "flaps"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Word:
    """One thing to tell: a problem as it is, or as it last was."""

    change: Change
    problem: Problem


@dataclass(slots=True)
class _Told:
    """What is known of one key."""

    problem: Problem
    since: float
    gone_since: float | None = None
    changed_since: float | None = None
    told: Problem | None = None
    flaps: bool = False
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_TOLD))


def reaches_others(word: Word, standings: Sequence[Standing]) -> bool:
    """Whether anybody can hear of it: a channel's own trouble is told to people by another one that works."""
    rule, _, channel = word.problem.key.partition(":")
    others = (one for one in standings if one.recipient.channel != channel)
    return rule != NOTIFIER or any(one.recipient.reaches_people and not one.trouble for one in others)


def is_gone(word: Word, standings: Sequence[Standing]) -> bool:
    """Whether it ended because its channel was taken away: that nothing is well again is worth no word."""
    rule, _, channel = word.problem.key.partition(":")
    name = {NOTIFIER: channel, PUSH: word.problem.key}.get(rule)
    there = {one.recipient.channel for one in standings}
    return word.change is Change.ENDED and name is not None and name not in there


def together(words: Sequence[Word], standings: Sequence[Standing]) -> Sequence[Sequence[Word]]:
    """What makes one alert; no two cameras where somebody may know of one of them only."""
    if len(words) <= MOST_AT_ONCE:
        return [[word] for word in words]
    if all(one.recipient.may_see is None for one in standings):
        return [words]
    groups: dict[CameraId | None, list[Word]] = {}
    for word in words:
        groups.setdefault(camera_of(word.problem.key), []).append(word)
    return list(groups.values())


class HealthTelling:
    """One for the house.  For each problem one word when it starts and one when it ends, and few where it flaps."""

    def __init__(self, hurry: float = 1.0) -> None:
        """`hurry` divides every patience."""
        self._hurry = hurry
        self._known: dict[str, _Told] = {}

    def observe(self, now: float, problems: Sequence[Problem]) -> list[Word]:
        """What to tell after a look at everything that is wrong at `now` (monotonic seconds)."""
        there = {problem.key: problem for problem in problems}
        words: list[Word] = []
        for key, problem in there.items():
            self._known.setdefault(key, _Told(problem, now))
            word = self._still_there(self._known[key], problem, now)
            words += [word] if word else []
        for key in [key for key in self._known if key not in there]:
            word = self._gone(key, self._known[key], now)
            words += [word] if word else []
        return words

    def _patience(self, problem: Problem) -> Patience:
        return RULES.get(rule_of(problem.key), Patience()) if is_told(problem) else NEVER

    def _still_there(self, known: _Told, problem: Problem, now: float) -> Word | None:
        if known.gone_since is not None and known.told is None:
            known.since = now
        known.gone_since, known.problem = None, problem
        if known.told is not None:
            is_news = self._is_changed(known, known.told, now)
            return _news(known, Change.CHANGED, now) if is_news else None
        if now - known.since < self._patience(problem).lasts / self._hurry:
            return None
        return _news(known, Change.STARTED, now)

    def _is_changed(self, known: _Told, told: Problem, now: float) -> bool:
        """Whether it is better or worse than was told, for long enough."""
        if known.problem.minor is told.minor:
            known.changed_since = None
            return False
        if known.changed_since is None:
            known.changed_since = now
        lasts = RULES.get(rule_of(told.key), Patience()).lasts or CHANGE_SECONDS
        return now - known.changed_since >= (QUIET_SECONDS if known.flaps else lasts) / self._hurry

    def _gone(self, key: str, known: _Told, now: float) -> Word | None:
        known.changed_since = None
        if known.gone_since is None:
            known.gone_since = now
        if known.told is None:
            if not known.starts or now - known.starts[-1] >= WITHIN_SECONDS:
                del self._known[key]
            return None
        gone = QUIET_SECONDS if known.flaps else RULES.get(rule_of(key), Patience()).gone
        if now - known.gone_since < gone / self._hurry:
            return None
        ended = Word(Change.ENDED, known.told)
        known.told, known.flaps, known.since = None, False, now
        return ended


def _news(known: _Told, change: Change, now: float) -> Word:
    """That it started or changed, or that it does so too often."""
    known.told, known.changed_since = known.problem, None
    known.flaps = len(known.starts) == MOST_TOLD and now - known.starts[0] < WITHIN_SECONDS
    if known.flaps:
        return Word(Change.FLAPS, known.problem)
    known.starts.append(now)
    return Word(change, known.problem)
