"""Which settings are worth a try beside the present ones, one at a time, and the lines that say them.  Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from doorstep.core.detection import PERSON, Thresholds
from doorstep.core.relevance import LEAST_HEIGHT, Relevance
from doorstep.core.replay import ReplayRules


@dataclass(frozen=True, slots=True)
class Change:
    """One setting and its value, in words, and how to say so: the table of the config and its lines.

    `place` is empty where no key says it.  `by_time` alone it keeps quiet, whoever comes: no rule for whom to tell of.
    """

    words: str
    place: str = ""
    lines: tuple[str, ...] = ()
    by_time: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """Rules, and how they differ from the present ones; no changes: they are the present ones."""

    rules: ReplayRules
    changes: tuple[Change, ...] = ()

    @property
    def words(self) -> str:
        """As one line of a table."""
        return ", ".join(change.words for change in self.changes) or "now"

    @property
    def can_be_set(self) -> bool:
        """Whether the config can say all of it."""
        return all(change.place for change in self.changes)

    @property
    def by_time(self) -> bool:
        """Whether it keeps quiet by time alone."""
        return all(change.by_time for change in self.changes)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to try, all of it at once; None leaves it as it is.  Scores 0..1, seconds, parts of the picture's height."""

    open: float | None = None
    keep: float | None = None
    close_after: float | None = None
    alert_cooldown: float | None = None
    least_height: float | None = None
    no_zones: bool = False


def tried_with(present: ReplayRules, asked: Asked) -> Tried:
    """The present rules with all that is asked for."""
    tried = Tried(present)
    for value, change in (
        (asked.open, _with_open),
        (asked.keep, _with_keep),
        (asked.close_after, _with_close_after),
        (asked.alert_cooldown, _with_cooldown),
        (asked.least_height, _with_least_height),
    ):
        if value is not None:
            tried = _and(tried, change(tried.rules, value))
    return _and(tried, _without_zones(tried.rules)) if asked.no_zones else tried


def around(present: ReplayRules) -> Iterator[Tried]:
    """The settings around the present ones, each with one difference; none that would change nothing."""
    steps = [change(present, value) for change, values in _GRID.items() for value in values]
    for tried in (*steps, _without_zones(present)):
        if tried.rules != present:
            yield tried


def _and(before: Tried, more: Tried) -> Tried:
    return Tried(more.rules, (*before.changes, *more.changes))


def _with_open(rules: ReplayRules, score: float) -> Tried:
    """To keep an event never needs a higher score than to open it."""
    thresholds = Thresholds(score, min(rules.thresholds.keep, score))
    return Tried(replace(rules, thresholds=thresholds), (Change(f"open {score:.2f}"),))


def _with_keep(rules: ReplayRules, score: float) -> Tried:
    thresholds = Thresholds(max(rules.thresholds.open, score), score)
    return Tried(replace(rules, thresholds=thresholds), (Change(f"keep {score:.2f}"),))


def _with_close_after(rules: ReplayRules, seconds: float) -> Tried:
    """The config allows no longer post_roll."""
    events = replace(rules.events, close_after=seconds, post_roll=min(rules.events.post_roll, seconds))
    lines = [f"close_after = {seconds:g}"]
    if events.post_roll != rules.events.post_roll:
        lines.append(f"post_roll = {events.post_roll:g}")
    return Tried(replace(rules, events=events), (_of_events(f"close_after {seconds:g} s", *lines),))


def _with_cooldown(rules: ReplayRules, seconds: float) -> Tried:
    events = replace(rules.events, alert_cooldown=seconds)
    change = _of_events(f"alert_cooldown {seconds:g} s", f"alert_cooldown = {seconds:g}")
    return Tried(replace(rules, events=events), (change,))


def _of_events(words: str, *lines: str) -> Change:
    return Change(words, "[events]", lines, by_time=True)


def _with_least_height(rules: ReplayRules, height: float) -> Tried:
    """Of persons; what a zone says of its own goes first, as ever."""
    if dict(rules.relevance.least_heights).get(PERSON, LEAST_HEIGHT) == height:
        return Tried(rules)
    others = tuple(one for one in rules.relevance.least_heights if one[0] != PERSON)
    relevance = replace(rules.relevance, least_heights=(*others, (PERSON, height)))
    heights = ", ".join(f"{label} = {least:g}" for label, least in relevance.least_heights)
    change = Change(f"least height {height:.2f}", "[[camera]]", (f"least_heights = {{ {heights} }}",))
    return Tried(replace(rules, relevance=relevance), (change,))


def _without_zones(rules: ReplayRules) -> Tried:
    relevance = Relevance((), rules.relevance.least_heights)
    return Tried(replace(rules, relevance=relevance), (Change("no zones", "[[camera]]", ("zones = []",)),))


_GRID: dict[Callable[[ReplayRules, float], Tried], tuple[float, ...]] = {
    _with_open: (0.25, 0.3, 0.4, 0.45, 0.5, 0.6),
    _with_keep: (0.15, 0.3),
    _with_least_height: (0.04, 0.08, 0.12, 0.2),
    _with_close_after: (5.0, 10.0, 20.0, 30.0, 60.0),
    _with_cooldown: (0.0, 60.0, 120.0, 300.0, 900.0),
}
