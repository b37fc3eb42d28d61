"""What hours of a house are judged by: visits told, seconds lost, slopes of memory, floors of what is held.

Counting only: who runs the house and what is done to it stand in `soak.py`.  Times are in seconds since 1970.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from fakes.process_tree import Holding
from faults.visited_film import Span

SLOPE_MIB_AN_HOUR = 2.0
LONG_LIFE_SECONDS = 3000.0
"""A life that is shorter has no slope worth its name: a heap that finds its size in it looks like a leak."""
SHORT_LIFE_MIB = 48.0
"""So much may be added in such a one, by the line through all samples."""
MORE_THREADS, MORE_DESCRIPTORS, MORE_PROCESSES = 2, 5, 0
SHORT_LIFE_THREADS = 8
"""In a short life the pools of threads still find their size too; each has one."""
LEAD_SECONDS, BACK_SECONDS = 1.5, 10.0
"""Around what is done to a camera: the running second, and in how many it must be back."""
EARLY_SECONDS, LATE_SECONDS = 1.0, 3.0
"""A visit's edges are known by eye, and it is decided on some looks later."""
ENOUGH_SECONDS = 8.0
"""Who is in view for so long without a disturbance must be told, whatever happened before or after."""
CHANNEL_BACK_SECONDS = 60.0
"""A channel that failed is tried later and later: what was told soon after it came back was told as late as that."""
LATEST_SECONDS = 30.0
"""Told later than that, with the channel well, is told too late for anybody: no figure, a fault."""
LEAST_SECONDS = 0.05
"""What is shorter is no span: times are told in milliseconds."""
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was done on purpose, to which cameras (none for a channel) and when; `end` is when it was taken back."""

    what: str
    cameras: frozenset[str]
    begin: float
    end: float

    @property
    def disturbs(self) -> Span:
        """When nothing is promised."""
        return self.begin - LEAD_SECONDS, self.end + BACK_SECONDS


@dataclass(frozen=True, slots=True)
class Told:
    """One alert about a person: when it was decided and when the channel took it."""

    alert: str
    camera: str
    at: float
    received: float


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server's processes held; `life` counts its starts, `buffer` is the bytes of video in memory.

    `main` is the resident size of the first process alone, in bytes; what cameras send is read by others.  `reader` is
    that of the one to whose camera nothing is done: each of the others begins anew with every outage.  0 where unknown.
    """

    at: float
    life: int
    held: Holding
    buffer: int
    main: int
    reader: int = 0


# ------------------------------------------------------------------------------------------------------------ spans


def without(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """What of the spans lies in none of the others, oldest first."""
    left = sorted(spans)
    for begin, end in others:
        cut = [part for one in left for part in ((one[0], min(one[1], begin)), (max(one[0], end), one[1]))]
        left = [(first, last) for first, last in cut if first < last]
    return [(begin, end) for begin, end in left if end - begin >= LEAST_SECONDS]


def lies_in(at: float, spans: Iterable[Span]) -> bool:
    return any(begin <= at <= end for begin, end in spans)


def seconds_of(spans: Iterable[Span]) -> float:
    return sum(end - begin for begin, end in spans)


def disturbances(troubles: Iterable[Trouble], camera: str) -> list[Span]:
    """Of one camera."""
    return [trouble.disturbs for trouble in troubles if camera in trouble.cameras]


def channel_troubles(troubles: Iterable[Trouble]) -> list[Span]:
    """While nothing is promised of how soon somebody is told."""
    return [(one.begin, one.end + CHANNEL_BACK_SECONDS) for one in troubles if not one.cameras]


# ----------------------------------------------------------------------------------------------------------- visits


@dataclass(frozen=True, slots=True)
class Visits:
    """Of one camera.  `missed` and `twice` are visits that nothing disturbed, or long enough.

    `nobody` are alerts while nobody was there and nothing was done to the camera: who watches half a picture may err.
    """

    undisturbed: int
    disturbed: int
    missed: Sequence[Span]
    twice: Sequence[Span]
    nobody: Sequence[Told]
    told: Sequence[tuple[Span, Told]]
    """Each undisturbed visit, and the first alert of it that the channel took."""

    def behind(self, channel_ill: Sequence[Span]) -> list[float]:
        """Seconds from a visit's begin until it was told, of those at which the channel was well."""
        return [one.received - visit[0] for visit, one in self._at_rest(channel_ill)]

    def late(self, channel_ill: Sequence[Span]) -> Sequence[Span]:
        """Of the same those that were told too late."""
        return [visit for visit, one in self._at_rest(channel_ill) if one.received - visit[0] > LATEST_SECONDS]

    def _at_rest(self, channel_ill: Sequence[Span]) -> Sequence[tuple[Span, Told]]:
        return [(visit, one) for visit, one in self.told if without([visit], channel_ill) == [visit]]


def scored(asked: Sequence[Span], every: Sequence[Span], told: Sequence[Told], disturbed: Sequence[Span]) -> Visits:
    """What was told of the visits that are `asked`, of `every` visit that there was."""
    missed, twice, first, clean = [], [], [], 0
    for visit in asked:
        alerts = [one for one in told if _tells(one, visit)]
        is_clean = without([visit], disturbed) == [visit]
        clean += is_clean
        free = max((end - begin for begin, end in without([visit], disturbed)), default=0.0)
        if not alerts and (is_clean or free >= ENOUGH_SECONDS):
            missed.append(visit)
        if is_clean and len(alerts) > 1:
            twice.append(visit)
        if is_clean and alerts:
            first.append((visit, min(alerts, key=lambda one: one.received)))
    calm = [one for one in told if not lies_in(one.at, disturbed)]
    nobody = [one for one in calm if not any(_tells(one, visit) for visit in every)]
    return Visits(clean, len(asked) - clean, missed, twice, nobody, first)


def _tells(one: Told, visit: Span) -> bool:
    return visit[0] - EARLY_SECONDS <= one.at <= visit[1] + LATE_SECONDS


def told_again(told: Sequence[Told]) -> Sequence[str]:
    """Alerts that the channel took more than once, by their id."""
    ids = sorted(one.alert for one in told)
    return [alert for alert, same in groupby(ids) if len(list(same)) > 1]


# ------------------------------------------------------------------------------------------------- what is held


@dataclass(frozen=True, slots=True)
class Life:
    """One server process from its warm-up to its end: slopes in MiB an hour, and floors in its first and last third.

    Viewers come and go, so what is held goes up and down; what leaks raises the least that is held.
    """

    number: int
    seconds: float
    samples: int
    slopes: Mapping[str, float]
    first: Mapping[str, int]
    last: Mapping[str, int]
    rss: tuple[int, int]
    """The least and the most, in bytes."""

    @property
    def troubles(self) -> list[str]:
        """What grows and may not, in words."""
        found = [f"life {self.number}: {name} {self._growth(of)}" for of, name in _JUDGED.items() if self._leaks(of)]
        for what, more in (_MORE if self._is_long else _MORE_IN_A_SHORT_LIFE).items():
            if self.last[what] > self.first[what] + more:
                found.append(f"life {self.number}: {what} {self.first[what]} at first, {self.last[what]} at last")
        return found

    def _leaks(self, of: str) -> bool:
        return self.slopes[of] > SLOPE_MIB_AN_HOUR if self._is_long else self._added(of) > SHORT_LIFE_MIB

    @property
    def _is_long(self) -> bool:
        return self.seconds >= LONG_LIFE_SECONDS

    def _added(self, of: str) -> float:
        return self.slopes[of] * self.seconds / 3600

    def _growth(self, of: str) -> str:
        return f"grows by {self.slopes[of]:.1f} MiB an hour, {self._added(of):.1f} MiB in all"


_JUDGED = {"rss": "RSS", "main": "RSS of the server's own process", "reader": "RSS of a camera's reader"}
"""The whole alone would not do: whoever is killed gives back what he had taken, and hides what another takes."""

_HELD: Mapping[str, Callable[[Holding], int]] = {
    "processes": lambda held: held.processes,
    "threads": lambda held: held.threads,
    "descriptors": lambda held: held.descriptors,
}
_MORE = {"processes": MORE_PROCESSES, "threads": MORE_THREADS, "descriptors": MORE_DESCRIPTORS}
_MORE_IN_A_SHORT_LIFE = _MORE | {"threads": SHORT_LIFE_THREADS}
LEAST_SAMPLES = 6


def lives(samples: Sequence[Sample], warm_up: float, troubles: Iterable[Trouble]) -> list[Life]:
    """Each that was long enough to be judged: two samples in each third behind its warm-up.

    While a camera is away, so is the process that reads it: such samples do not count.
    """
    away = [trouble.disturbs for trouble in troubles if trouble.cameras]
    found = []
    for number, group in groupby(samples, key=lambda sample: sample.life):
        every = list(group)
        whole = [sample for sample in every if not any(begin <= sample.at <= end for begin, end in away)]
        warm = [sample for sample in whole if sample.at >= every[0].at + warm_up]
        if len(warm) >= LEAST_SAMPLES:
            found.append(_life(number, warm))
    return found


def _life(number: int, warm: Sequence[Sample]) -> Life:
    third = len(warm) // 3
    rss = [sample.held.rss for sample in warm]
    return Life(
        number,
        warm[-1].at - warm[0].at,
        len(warm),
        {
            "rss": slope_mib_an_hour([(sample.at, sample.held.rss) for sample in warm]),
            "pss": slope_mib_an_hour([(sample.at, sample.held.pss) for sample in warm]),
            "anonymous": slope_mib_an_hour([(sample.at, sample.held.anonymous) for sample in warm]),
            "main": slope_mib_an_hour([(sample.at, sample.main) for sample in warm]),
            "reader": slope_mib_an_hour([(sample.at, sample.reader) for sample in warm if sample.reader]),
        },
        {what: min(of(sample.held) for sample in warm[:third]) for what, of in _HELD.items()},
        {what: min(of(sample.held) for sample in warm[-third:]) for what, of in _HELD.items()},
        (min(rss), max(rss)),
    )


def slope_mib_an_hour(points: Sequence[tuple[float, float]]) -> float:
    """By least squares through (seconds, bytes); 0 for a single point, or none."""
    if len(points) < 2:
        return 0.0
    middle, mean = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((at - middle) ** 2 for at, _ in points)
    rise = sum((at - middle) * (value - mean) for at, value in points)
    return rise / spread * 3600 / MIB if spread else 0.0


# ----------------------------------------------------------------------------------------------------- lateness


def quantile_of(counts: Mapping[float, float], part: float) -> float:
    """The bound of the bucket in which it lies; `counts` are cumulative by bound, 0 where nothing was counted."""
    total = max(counts.values(), default=0.0)
    return min((bound for bound, count in counts.items() if count >= part * total), default=0.0) if total else 0.0
