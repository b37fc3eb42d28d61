"""Hours of a house: four cameras with people, viewers coming and going, outages and kills; what grows, what is lost?

python tests/faults/soak.py --hours 2

A line of JSON a minute, then the figures, then what was promised and whether it was kept; ends with 1 where it was not.
"""

import argparse
import json
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx

from fakes import stamped_camera
from fakes.server_process import ServerProcess, model_folder
from faults.soak_books import (
    MIB,
    Life,
    Sample,
    Trouble,
    Visits,
    channel_troubles,
    disturbances,
    lies_in,
    lives,
    quantile_of,
    scored,
    seconds_of,
    told_again,
    without,
)
from faults.soak_house import (
    ALWAYS,
    BUFFER_MB,
    DEEDS,
    FILM,
    SERVER_KILLED,
    STOP_SECONDS,
    Deed,
    SoakHouse,
    Visitors,
    instant,
    server_killed,
    soak_house,
)
from faults.visited_film import Span, VisitedFilm

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
KILLED_UNTIL = 0.4
"""The server is killed in this part of the run only: the rest is one long life, which has a slope."""
CALM_SECONDS = 40.0
"""At the end nothing more is done, so that what was done has been got over."""
BEHIND_SECONDS = 150.0
"""What is recorded is asked for when it is so old: files of a minute are whole, and out of the buffer it is gone."""
LONGEST_VISIT = 60.0
LEAST_COUNTED_SECONDS = 2.0
"""Of what is shorter the pictures are not counted: it ends with one more or one less."""
MAY_LACK_SECONDS = 0.5
"""Of pictures, at both ends of a clip: our clock is not the camera's."""
DRAIN_SECONDS = 180.0
NOBODY_CAME = "nobody came undisturbed"
NO_LIFE = "no life was long enough to be judged"
NOBODY_WATCHED = "nobody watched"
NO_LATENESS = "how late the loop is was not told"
NOTHING_COUNTED = "no picture was counted"
EXCERPT_LINES = 60
CALM_SAMPLES = 10
_LATE = re.compile(r'doorstep_loop_lateness_seconds_bucket\{le="(.*?)"\} (\S+)')
_VIEWERS = re.compile(r"^doorstep_live_viewers\{.*?\} (\S+)", re.MULTILINE)
_BAD_LINE = re.compile(r"\[(?:error|critical)\s*\]\s*(.{0,80})|^(Traceback)|^(asyncio: .{0,80})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, and how dense; all times in seconds."""

    seconds: float
    cameras: int = 4
    viewers: int = 4
    sample_every: float = 10.0
    settle: float = 20.0
    calm: float = CALM_SECONDS
    warm_up: float = 900.0
    pauses: tuple[float, float] = (40.0, 120.0)
    first_death: float = 450.0
    deaths_apart: float = 900.0
    behind: float = BEHIND_SECONDS
    may_lack: float = MAY_LACK_SECONDS
    seed: int = 1
    film: VisitedFilm = FILM


def plan_of(hours: float, seed: int) -> Plan:
    """A short one has everything that a long one has, closer together."""
    seconds = hours * 3600
    if seconds >= 1800:
        return Plan(seconds, seed=seed)
    dense = max(4.0, seconds / 40)
    return Plan(
        seconds,
        sample_every=2.0,
        settle=min(20.0, seconds / 8),
        calm=min(CALM_SECONDS, seconds / 4),
        warm_up=min(120.0, seconds / 6),
        pauses=(dense / 2, dense),
        first_death=seconds / 6,
        deaths_apart=seconds / 3,
        seed=seed,
    )


@dataclass(slots=True)
class Found:
    """What a run came to; spans are by camera."""

    plan: Plan
    samples: list[Sample] = field(default_factory=list)
    lateness: dict[int, Mapping[float, float]] = field(default_factory=dict)
    """Of each life, as it was last asked."""
    watched: float = 0.0
    """The most that watched at once."""
    unanswered: list[float] = field(default_factory=list)
    """When the server was up and did not answer."""
    begin: float = 0.0
    end: float = 0.0
    recorded: dict[str, list[Span]] = field(default_factory=dict)
    gaps: dict[str, list[tuple[Span, str]]] = field(default_factory=dict)
    accounted: dict[str, float] = field(default_factory=dict)
    visits: dict[str, Visits] = field(default_factory=dict)
    lost: dict[str, list[Span]] = field(default_factory=dict)
    pictures: dict[str, int] = field(default_factory=dict)
    """That clips of what should be recorded showed."""
    lacking: list[str] = field(default_factory=list)
    """Clips that showed too few, in words."""
    troubles: Sequence[Trouble] = ()
    visitors: dict[str, Mapping[str, int]] = field(default_factory=dict)
    ran_into: Sequence[tuple[Span, str]] = ()
    """The visit in which somebody met what none expects, and what."""
    told_again: Sequence[str] = ()
    channel_refused: int = 0
    bad_lines: Mapping[str, int] = field(default_factory=dict)
    excerpt: str = ""
    """The log from the first of them on."""
    exit_code: int = -1
    stopped_in: float = 0.0

    @property
    def lives(self) -> list[Life]:
        return lives(self.samples, self.plan.warm_up, self.troubles)

    @property
    def faults(self) -> list[str]:
        """What was promised and not kept, in words."""
        found = [fault for life in self.lives for fault in life.troubles]
        found += [] if self.lives else [NO_LIFE]
        found += self._of_visits()
        found += [f"{name}: lost {_words(span)}" for name, spans in self.lost.items() for span in spans]
        found += [*self.lacking, *self._unasked()]
        found += [f"logged {times} x {line}" for line, times in self.bad_lines.items()]
        found += [] if self.exit_code == 0 else [f"the server ended with {self.exit_code}"]
        return found

    def _of_visits(self) -> Iterator[str]:
        ill = channel_troubles(self.troubles)
        for name, visits in self.visits.items():
            yield from (f"{name}: nobody told of {_words(visit)}" for visit in visits.missed)
            yield from (f"{name}: told more than once of {_words(visit)}" for visit in visits.twice)
            yield from (f"{name}: told too late of {_words(visit)}" for visit in visits.late(ill))
            yield from (f"{name}: an alert of nobody at {_words((one.at, one.at))}" for one in visits.nobody)
        if not any(one.undisturbed for one in self.visits.values()):
            yield NOBODY_CAME

    def _unasked(self) -> Iterator[str]:
        """What hours without it would not have shown, and what went wrong while nobody did anything to the server."""
        down = [one.disturbs for one in self.troubles if one.what == SERVER_KILLED]
        yield from (f"no answer at {_words((at, at))}" for at in self.unanswered if not lies_in(at, down))
        # Who came before a kill has the address of then: a server that is started again listens at another.
        met = ((visit, what) for visit, what in self.ran_into if without([visit], down) == [visit])
        yield from (f"a visitor: {what} at {_words(visit)}" for visit, what in met)
        broken = {status: count for status, count in self.visitors.get("clips", {}).items() if status >= "500"}
        yield from (f"{count} clips answered by {status}" for status, count in broken.items())
        most = max((sample.buffer for sample in self.samples), default=0) / MIB
        yield from [f"the buffer holds {most:.0f} MiB"] if most > BUFFER_MB else []
        for is_there, fault in (
            (self.watched, NOBODY_WATCHED),
            (any(map(any, self.lateness.values())), NO_LATENESS),
            (any(self.pictures.values()), NOTHING_COUNTED),
        ):
            yield from () if is_there else (fault,)


def _words(span: Span) -> str:
    return f"{datetime.fromtimestamp(span[0]).astimezone():%H:%M:%S}, {span[1] - span[0]:.1f} s"


# ------------------------------------------------------------------------------------------------------- the run


def campaign(folder: Path, memory: Path, plan: Plan) -> Found:
    """Ends by itself, a few minutes after the plan's seconds at the latest."""
    found = Found(plan)
    with soak_house(folder, memory, plan.cameras, plan.film) as house:
        time.sleep(plan.settle)
        found.begin = time.time()
        found.accounted = dict.fromkeys(house.cameras, found.begin)
        visitors = Visitors(house, plan.viewers, plan.seed, plan.warm_up)
        with visitors.coming():
            for _ in _turns(house, plan, found.begin):
                _watch(house, found)
        found.end = time.time() - plan.settle
        _drain(house, found)
        _settle_accounts(house, found, visitors)
        begin = time.monotonic()
        found.exit_code = house.server.stop(STOP_SECONDS)
        found.stopped_in = time.monotonic() - begin
    found.bad_lines, found.excerpt = bad_lines(house.server)
    return found


def _turns(house: SoakHouse, plan: Plan, begin: float) -> Iterator[None]:
    """About five a second until the plan's end; between them things are done to the house."""
    chance, end = Random(plan.seed), begin + plan.seconds
    deed: Deed | None = None
    due, death_due = begin + plan.pauses[0], begin + plan.first_death
    while (now := time.time()) < end or deed is not None:
        if now >= due:
            try:
                if deed is None and now < end - plan.calm:
                    may_die = now >= death_due and (house.lives == 1 or now < begin + KILLED_UNTIL * plan.seconds)
                    death_due += plan.deaths_apart if may_die else 0.0
                    deed = server_killed(house, chance) if may_die else chance.choice(DEEDS)(house, chance)
                due = now + (next(deed) if deed is not None else plan.calm)
            except StopIteration:
                deed, due = None, now + chance.uniform(*plan.pauses)
        if not house.down.is_set():
            yield
        time.sleep(0.2)


def _watch(house: SoakHouse, found: Found) -> None:
    """One sample where it is due; a line once a minute."""
    now, plan = time.time(), found.plan
    if found.samples and now < found.samples[-1].at + plan.sample_every:
        return
    try:
        _ask_metrics(house, found)
        found.samples.append(house.sample())
        if now - min(found.accounted.values()) > plan.behind + 60.0:
            _account(house, found, now - plan.behind)
    except (httpx.HTTPError, OSError):  # it was just killed, or is starting: else it is told
        found.unanswered.append(now)
        return
    if len(found.samples) > 1 and int(now / 60) != int(found.samples[-2].at / 60):
        print(json.dumps(_line(house, found, now)), flush=True)


def _line(house: SoakHouse, found: Found, now: float) -> dict[str, object]:
    held = found.samples[-1].held
    return {
        "minute": round((now - found.begin) / 60),
        "life": house.lives,
        "rss_mib": round(held.rss / 2**20, 1),
        "pss_mib": round(held.pss / 2**20, 1),
        "descriptors": held.descriptors,
        "threads": held.threads,
        "processes": held.processes,
        "main_mib": round(found.samples[-1].main / 2**20, 1),
        "buffer_mib": round(found.samples[-1].buffer / 2**20, 1),
        "told": len(house.sink.told),
        "done_to_it": len(house.troubles),
    }


def _ask_metrics(house: SoakHouse, found: Found) -> None:
    headers = {"Authorization": f"Bearer {house.server.token()}"}
    text = httpx.get(f"{house.server.url}/metrics", headers=headers, timeout=60).raise_for_status().text
    counts = {float(bound): float(count) for bound, count in _LATE.findall(text)}
    found.lateness[house.lives] = counts
    found.watched = max(found.watched, sum(map(float, _VIEWERS.findall(text))))


def _account(house: SoakHouse, found: Found, until: float) -> None:
    """What is recorded up to then, and what is not and why, before retention takes it away."""
    for name in house.cameras:
        begin = found.accounted[name]
        if until <= begin:
            continue
        query = {"from": instant(begin), "to": instant(until), "events": "brief"}
        with house.server.client() as client:
            told = client.get(f"/cameras/{name}/timeline", params=query).raise_for_status().json()
        found.recorded.setdefault(name, []).extend(_span(one) for one in told["recorded"])
        found.gaps.setdefault(name, []).extend((_span(one), one["reason"]) for one in told["gaps"])
        _count(house, found, name, (begin, until))
        found.accounted[name] = until


def _count(house: SoakHouse, found: Found, name: str, span: Span) -> None:
    """The pictures of what should be recorded, by the clips themselves: what the catalog says is its own word."""
    camera = house.cameras[name]
    for begin, end in _wanted(house, found, name, span):
        if end - begin < LEAST_COUNTED_SECONDS:
            continue
        shown = house.pictures(name, (begin, end))
        found.pictures[name] = found.pictures.get(name, 0) + shown
        if shown < (end - begin - found.plan.may_lack) * camera.fps:
            found.lacking.append(f"{name}: {shown} pictures of {_words((begin, end))}")


def _span(told: Mapping[str, str]) -> Span:
    begin, end = (datetime.fromisoformat(told[key]).timestamp() for key in ("starts_at", "ends_at"))
    return begin, end


def _drain(house: SoakHouse, found: Found) -> None:
    """Until all that should be told is told and recorded, and what befell it is some samples ago; or for so long."""
    end, calm_since = time.monotonic() + DRAIN_SECONDS, max((one.disturbs[1] for one in house.troubles), default=0.0)
    wait_until = max(time.time() + found.plan.settle, calm_since + CALM_SAMPLES * found.plan.sample_every)
    while time.monotonic() < end:
        _watch(house, found)
        waits = any(_score(house, found, name).missed for name in house.cameras)
        if time.time() >= wait_until and not waits:
            return
        time.sleep(1.0)


def _score(house: SoakHouse, found: Found, name: str) -> Visits:
    camera, told = house.cameras[name], [one for one in house.sink.told if one.camera == name]
    every = camera.visits(found.begin - 300, time.time() + 60)
    asked = [visit for visit in every if found.begin <= visit[0] and visit[1] <= found.end]
    return scored(asked, every, told, disturbances(house.troubles, name))


def _settle_accounts(house: SoakHouse, found: Found, visitors: Visitors) -> None:
    _account(house, found, found.end)
    found.lost = {name: _lost(house, found, name) for name in house.cameras}
    found.visits = {name: _score(house, found, name) for name in house.cameras}
    found.told_again = told_again(house.sink.told)
    found.troubles = house.troubles
    found.channel_refused = house.sink.refused
    found.ran_into = visitors.ran_into
    found.visitors = {
        "came": dict(visitors.came),
        "ran_into": dict(Counter(what for _, what in visitors.ran_into)),
        "clips": {str(status): count for status, count in visitors.clips.items()},
    }


def _lost(house: SoakHouse, found: Found, name: str) -> list[Span]:
    """What should be recorded and is not, outside of what was done to the camera; and every gap that has no cause."""
    disturbed = disturbances(house.troubles, name)
    gaps = [span for span, _ in found.gaps.get(name, [])]
    missing = without(_wanted(house, found, name, (found.begin, found.end)), found.recorded.get(name, []))
    return missing + without(gaps, [*disturbed, *missing])


def _wanted(house: SoakHouse, found: Found, name: str, span: Span) -> list[Span]:
    """What must be recorded of a span: all that nothing disturbed, or every such visit, as far as it lies in there."""
    disturbed = disturbances(house.troubles, name)
    if name == ALWAYS:
        return without([span], disturbed)
    visits = house.cameras[name].visits(max(found.begin, span[0] - LONGEST_VISIT), span[1])
    whole = [visit for visit in visits if without([visit], disturbed) == [visit]]
    return without([(max(one[0], span[0]), min(one[1], span[1])) for one in whole if one[1] > span[0]], [])


def bad_lines(server: ServerProcess) -> tuple[Mapping[str, int], str]:
    """Lines of the log that say error, or that nobody caught something, each with how often; and the first in full."""
    log = server.log.read_text(encoding="utf-8", errors="replace")
    matches = list(_BAD_LINE.finditer(log))
    counts = Counter(next(filter(None, match.groups()), "error").strip() for match in matches)
    excerpt = log[matches[0].start() :].splitlines()[:EXCERPT_LINES] if matches else []
    return counts, "\n".join(excerpt)


# ------------------------------------------------------------------------------------------------------ the report


def figures_of(found: Found) -> dict[str, object]:
    """For the report."""
    ill = channel_troubles(found.troubles)
    behind = [seconds for visits in found.visits.values() for seconds in visits.behind(ill)]
    behind_all = [seconds for visits in found.visits.values() for seconds in visits.behind([])]
    counts: Counter[float] = Counter()
    for life in found.lateness.values():
        counts.update(life)
    return {
        "hours": round((found.end - found.begin) / 3600, 3),
        "lives": [asdict(life) for life in found.lives],
        "lateness_s": {f"p{part:g}": quantile_of(counts, part / 100) for part in (50, 99, 99.9, 100)},
        "buffer_mib": _ends([sample.buffer / 2**20 for sample in found.samples]),
        "visits": {
            "undisturbed": sum(one.undisturbed for one in found.visits.values()),
            "disturbed": sum(one.disturbed for one in found.visits.values()),
            "missed": sum(len(one.missed) for one in found.visits.values()),
            "twice": sum(len(one.twice) for one in found.visits.values()),
            "alerts_of_nobody": sum(len(one.nobody) for one in found.visits.values()),
            "alerts_taken_twice": len(found.told_again),
        },
        "told_behind_s": _spread(behind),
        "told_behind_s_channel_ill_too": _spread(behind_all),
        "pictures_counted": dict(found.pictures),
        "lost_s": {name: round(seconds_of(spans), 2) for name, spans in found.lost.items()},
        "gaps": dict(Counter(reason for each in found.gaps.values() for _, reason in each)),
        "done_to_it": dict(Counter(one.what for one in found.troubles)),
        "channel_refused": found.channel_refused,
        "visitors": found.visitors,
        "bad_lines": dict(found.bad_lines),
        "stopped_in_s": round(found.stopped_in, 2),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    parts = {"p50": 0.5, "p95": 0.95, "worst": 1.0}
    if not ordered:
        return {}
    places = {name: ordered[min(len(ordered) - 1, int(len(ordered) * part))] for name, part in parts.items()}
    return {"visits": len(ordered), **{name: round(value, 2) for name, value in places.items()}}


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return (round(min(values), 1), round(max(values), 1)) if values else (0.0, 0.0)


def missing() -> str:
    """Why there can be no such house here; empty where there can."""
    return stamped_camera.missing() or ("" if model_folder() else "no detection model is here")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if why_not := missing():
        sys.exit(why_not)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything it began ends with it
    with (
        tempfile.TemporaryDirectory(prefix="doorstep-soak-") as folder,
        tempfile.TemporaryDirectory(prefix="doorstep-soak-", dir=SHARED_MEMORY) as memory,
    ):
        found = campaign(Path(folder), Path(memory), plan_of(chosen.hours, chosen.seed))
    print(json.dumps(figures_of(found), indent=1))
    print(found.excerpt, file=sys.stderr)
    for fault in found.faults:
        print(f"BROKEN  {fault}")
    print("every promise was kept" if not found.faults else f"{len(found.faults)} broken")
    sys.exit(1 if found.faults else 0)


if __name__ == "__main__":
    main()
