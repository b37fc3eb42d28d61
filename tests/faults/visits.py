"""Films of known visits as cameras, at several key-frame intervals: is every visit told, once, how soon, and none else?

python tests/faults/visits.py --loops 20            (every camera begins at a random place of its film)
python tests/faults/visits.py --loops 1 --cameras 1 (three minutes)
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.server_process import SHARED, ServerProcess, model_folder, running, wait_for

FILM = SHARED / "media" / "one-by-one-person-detection.mp4"
EMPTY = SHARED / "media" / "car-detection.mp4"
FILM_SECONDS = 139.4
VISITS = ((6.0, 19.6), (22.8, 44.9), (50.2, 69.9), (74.5, 86.8), (92.2, 119.9), (123.6, 136.0))
"""When somebody is in view, by eye."""

EARLY_SECONDS = 1.0  # by eye is not by the picture
MEDIAN_SECONDS, P95_SECONDS = 0.5, 1.3  # of first sightings, behind the visit's begin
SETTLING_SECONDS = 8.0  # while the detector is loaded
CLOSING_SECONDS = 15.0
CACHE = Path(tempfile.gettempdir()) / "doorstep-visits"
CAMERA = '[[camera]]\nid = "{id}"\nname = "{id}"\nsource = "file://{path}?loop"\n'
CONFIG = '[buffer]\nseconds = 60\nmax_bytes = "200 MB"\n[retention]\nmax_bytes = "2 GB"\n'


@dataclass(frozen=True, slots=True)
class Told:
    """One event: when its first sighting was and when it was decided on, in seconds since its camera began."""

    seen: float
    decided: float


@dataclass(frozen=True, slots=True)
class Playing:
    """One camera: where in the film it begins, and how far its key frames lie apart; no visits in an empty film."""

    name: str
    path: Path
    phase: float
    key_frames_every: float
    visits: tuple[tuple[float, float], ...] = VISITS

    def between(self, begin: float, end: float) -> list[tuple[float, float]]:
        """The visits that begin between two times since it began: of a whole lap, each of them once."""
        laps = range(int(end / FILM_SECONDS) + 2)
        shown = [
            (first + lap * FILM_SECONDS - self.phase, last + lap * FILM_SECONDS - self.phase)
            for lap in laps
            for first, last in self.visits
        ]
        return [(first, last) for first, last in shown if begin <= first < end]


@dataclass(frozen=True, slots=True)
class Score:
    """Of one camera: of each visit its events, first sightings against the visit's begin; and events of nobody."""

    visits: tuple[tuple[Told, ...], ...]
    false: tuple[Told, ...]

    @property
    def missed(self) -> int:
        """Visits that no event of their own tells, be it that another one went on."""
        return sum(not told for told in self.visits)


def scored(playing: Playing, told: Sequence[Told], begin: float, end: float) -> Score:
    """What was told of the visits between two times since the camera began."""
    every = playing.between(-FILM_SECONDS, max([end, *(event.seen for event in told)]) + FILM_SECONDS)
    whose = {event: _visit_of(event, every) for event in told}
    asked = playing.between(begin, end)
    visits = tuple(
        tuple(
            Told(event.seen - first, event.decided - first)
            for event in sorted(told, key=lambda event: event.seen)
            if whose[event] == (first, last)
        )
        for first, last in asked
    )
    return Score(visits, tuple(event for event in told if whose[event] is None))


def _visit_of(event: Told, visits: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    return next((visit for visit in visits if visit[0] - EARLY_SECONDS <= event.seen <= visit[1] + EARLY_SECONDS), None)


# --------------------------------------------------------------------------------------------------- the real thing


def rolled(film: Path, phase: float, key_frames_every: float) -> Path:
    """The film from `phase` to its end and on from its begin, encoded as a camera does; made once."""
    path = CACHE / f"{film.stem}-{phase:.1f}-{key_frames_every:g}.mp4"
    if not path.exists():
        CACHE.mkdir(exist_ok=True)
        half_done = path.with_suffix(".part.mp4")
        rest = ["-ss", f"{phase:.1f}", "-i", str(film), "-t", f"{phase:.1f}", "-i", str(film)]
        film_at = [*rest, "-filter_complex", "[0:v][1:v]concat=n=2:v=1,fps=10"]
        encoding = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-bf", "0", "-sc_threshold", "0", "-an"]
        gop = ["-force_key_frames", f"expr:gte(t,n_forced*{key_frames_every})", "-g", "9999"]
        command = ["ffmpeg", "-v", "error", "-y", *film_at, *encoding, *gop, str(half_done)]
        subprocess.run(command, check=True, timeout=600)
        half_done.replace(path)
    return path


def cameras(intervals: Sequence[float], each: int, chance: Random) -> list[Playing]:
    """So many of each key-frame interval, and one whose film shows nobody."""
    films = [Playing("cars", EMPTY, 0.0, 0.0, visits=())]
    for interval in intervals:
        for number in range(each):
            phase = round(chance.uniform(0, FILM_SECONDS), 1)
            films.append(Playing(f"every-{interval:g}-{number}", rolled(FILM, phase, interval), phase, interval))
    return films


def campaign(data: Path, films: Sequence[Playing], loops: int, config: str) -> dict[str, Score]:
    """Run a server for so many laps of the film."""
    sections = "".join(CAMERA.format(id=film.name, path=film.path) for film in films)
    with running(data, config + sections, {"DOORSTEP_MODELS": str(model_folder())}) as server:
        wait_for(lambda: all(camera["state"] == "live" for camera in server.cameras()), 60, "all cameras live")
        began = _began(server)
        lasts = SETTLING_SECONDS + loops * FILM_SECONDS + CLOSING_SECONDS
        time.sleep(max(0.0, max(began.values()) + lasts - time.time()))
        if _began(server) != began:
            message = "a camera was lost: nobody knows where its film is"
            raise AssertionError(message)
        told = _told(server, began)
    end = SETTLING_SECONDS + loops * FILM_SECONDS
    return {film.name: scored(film, told[film.name], SETTLING_SECONDS, end) for film in films}


def _began(server: ServerProcess) -> dict[str, float]:
    return {camera["id"]: datetime.fromisoformat(camera["since"]).timestamp() for camera in server.cameras()}


def _told(server: ServerProcess, began: dict[str, float]) -> dict[str, list[Told]]:
    told: dict[str, list[Told]] = {camera: [] for camera in began}
    for event in _events(server):
        if "person" in event["causes"]:
            since = began[event["camera"]]
            decided = next(entry["at"] for entry in event["ledger"] if entry["stage"] == "decided")
            seen, decided_at = (datetime.fromisoformat(at).timestamp() for at in (event["started_at"], decided))
            told[event["camera"]].append(Told(seen - since, decided_at - since))
    return told


def _events(server: ServerProcess) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        page = server.get(f"/events?limit=200{'&cursor=' + page['next'] if page['next'] else ''}")
        events += page["events"]
    return events


def figures_of(films: Sequence[Playing], scores: dict[str, Score]) -> dict[str, object]:
    """For the report, by key-frame interval; seconds behind the visit's begin."""
    figures: dict[str, object] = {}
    for interval in sorted({film.key_frames_every for film in films if film.visits}):
        visits = [told for film in films if film.key_frames_every == interval for told in scores[film.name].visits]
        firsts = [told[0] for told in visits if told]
        figures[f"key frames every {interval:g} s"] = {
            "visits": len(visits),
            "told": len(firsts),
            "told_twice": sum(len(told) > 1 for told in visits),
            "first_sighting_s": _spread(_first_sightings(films, scores, interval)),
            "decided_s": _spread(sorted(first.decided for first in firsts)),
        }
    figures["false"] = {film.name: len(scores[film.name].false) for film in films if scores[film.name].false}
    return figures


def faults_of(films: Sequence[Playing], scores: dict[str, Score]) -> list[str]:
    """What is worse than it may be; none where every visit was told, once, soon enough, and nobody else."""
    faults: list[str] = []
    for film in films:
        score = scores[film.name]
        faults += [f"{film.name}: {score.missed} missed"] if score.missed else []
        twice = sum(len(told) > 1 for told in score.visits)
        faults += [f"{film.name}: {twice} told twice"] if twice else []
        faults += [f"{film.name}: {len(score.false)} of nobody"] if score.false else []
        faults += [f"{film.name}: it shows visits, and none was asked for"] if film.visits and not score.visits else []
    for interval in sorted({film.key_frames_every for film in films if film.visits}):
        late = _spread(_first_sightings(films, scores, interval))
        if late and (late["median"] > MEDIAN_SECONDS or late["p95"] > P95_SECONDS):
            faults.append(f"key frames every {interval:g} s: late, {late}")
    return faults


def _first_sightings(films: Sequence[Playing], scores: dict[str, Score], interval: float) -> list[float]:
    of_interval = [film for film in films if film.visits and film.key_frames_every == interval]
    return sorted(told[0].seen for film in of_interval for told in scores[film.name].visits if told)


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    places = {"median": len(values) // 2, "p95": len(values) * 95 // 100, "worst": len(values) - 1}
    return {name: round(values[place], 2) for name, place in places.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loops", type=int, default=20)
    parser.add_argument("--cameras", type=int, default=1, help="of each key-frame interval")
    parser.add_argument("--intervals", type=float, nargs="+", default=[1.0, 4.0, 10.0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--config", default="", help="more TOML, such as '[events]\\nclose_after = 3'")
    chosen = parser.parse_args()
    films = cameras(chosen.intervals, chosen.cameras, Random(chosen.seed))
    with tempfile.TemporaryDirectory() as folder:
        more = chosen.config.replace("\\n", "\n") + "\n"
        scores = campaign(Path(folder) / "data", films, chosen.loops, CONFIG + more)
    for film in films:
        late = [[round(told.seen, 2) for told in visit] for visit in scores[film.name].visits]
        print(json.dumps({"camera": film.name, "phase": film.phase, "visits": late}))
    print(json.dumps(figures_of(films, scores), indent=1))
    sys.exit("\n".join(faults_of(films, scores)) or None)


if __name__ == "__main__":
    main()
