"""Which problems people are told of, when one starts and when it ends, and in which words.  Sending: `pipeline`."""

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
    "restarted": Patience(0.0, 0.0, minor=True),
    "detector": Patience(60.0, 30.0),
    "remote-detector": Patience(60.0, 30.0),
    "model": Patience(60.0, 0.0),
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


TITLES = {
    "packets": ("A camera is not seen", "The camera is seen again"),
    "black": ("A camera shows only black", "The camera shows a picture again"),
    "covered": ("A camera may be covered", "The camera shows a picture again"),
    "frozen": ("A camera is frozen", "The camera moves again"),
    "blurred": ("A camera is blurred", "The camera is sharp again"),
    "turned": ("A camera looks elsewhere", "The camera looks where it did"),
    "drift": ("A camera's clock runs wrong", "The camera's clock runs well again"),
    "clock": ("The clock may be wrong", "The clock is right again"),
    "buffer": ("The last minutes are not kept", "The last minutes are kept again"),
    "record": ("A camera is not recorded as you want", "The camera is recorded as you want again"),
    "test": ("The test of the doorstep failed", "The test of the doorstep passed"),
    "press-storm": ("Somebody rings again and again", "The bell rings as usual again"),
    "chime": ("The bell does not sound", "The bell sounds again"),
    "button": ("Nobody hears a button", "The button is heard again"),
    "store": ("Recordings cannot be kept", "Recordings are kept again"),
    "catalog": ("What happens cannot be written down", "The catalog is written again"),
    "outbox": ("Alerts wait", "Alerts no longer wait"),
    NOTIFIER: ("Alerts do not arrive by one channel", "The channel takes alerts again"),
    "push-key": ("Phones are not told", "Phones are told again"),
    "push": ("A device shows no alerts", "The device shows alerts again"),
    "nobody-told": ("Nobody will be told", "You will be told"),
    "certificate": ("The certificate needs renewing", "The certificate is renewed"),
    "restarted": ("Doorstep was restarted", "Doorstep runs steadily again"),
    "detector": ("Nobody can be recognised", "People are recognised again"),
    "remote-detector": ("Nobody can be recognised", "People are recognised again"),
    "model": ("Nobody can be recognised", "People are recognised again"),
    "task": ("A part of Doorstep broke off", "That part of Doorstep runs again"),
}
_DISK = {True: "Storage is nearly full", False: "Recording has stopped"}


def words_of(word: Word) -> tuple[str, str]:
    """Title and text of an alert, in plain words."""
    problem, rule = word.problem, rule_of(word.problem.key)
    started, ended = TITLES.get(rule, ("Something is wrong", "Something is well again"))
    if rule == "disk":
        started = _DISK[problem.minor]
        ended = "Storage has room again" if problem.minor else "Recording goes on"
    match word.change:
        case Change.STARTED:
            return started, f"{problem.what} {problem.remedy}"
        case Change.CHANGED:
            title = started
            if problem.minor:  # less bad than it was: the disk is less full, or this machine looks meanwhile
                title = "Recording goes on" if rule == "disk" else ended
            return title, f"{problem.what} {problem.remedy}"
        case Change.FLAPS:
            again = f"It comes and goes: you hear of it again once it was well for {QUIET_SECONDS / 60:.0f} minutes."
            return started, f"{problem.what} {again} {problem.remedy}"
        case Change.ENDED:
            return ended, f"That is over: {problem.what}"
