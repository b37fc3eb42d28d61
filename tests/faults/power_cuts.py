"""Pulls the plug of a server with four recording cameras at random moments, on paper, and starts on what is left.

Every write, sync and change of a name that the real process made, SQLite's included, is replayed into a fresh folder up
to the cut: all of it, only what was synced, and random states between (lost, torn, reordered).

python tests/faults/power_cuts.py --cuts 50 --seconds 60
"""

import argparse
import asyncio
import json
import logging
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import structlog

from doorstep.catalog.engine import open_engine
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.upgrade import upgrade
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.errors import MediaInvalid
from doorstep.mp4.recording import read_recording
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.recovery import Recovery
from doorstep.stores.local import LocalStore
from doorstep.stores.lost_and_found import FOLDER, LostAndFound
from fakes.server_process import wait_for
from fakes.traced_server import TracedServer
from faults.agreement import POST_ROLL, Agreement, agreement
from faults.bad_files import make_moving
from faults.disk_states import Kept, TracedDisk
from faults.disk_trace import WRITES, Call, calls_of

CAMERAS = 4
CONFIG = "[events]\nclose_after = 4\npost_roll = 2\npre_roll = 3\n[store]\ndurability = {durability}\n"
CAMERA = (
    '[[camera]]\nid = "cam-{number}"\nname = "Camera {number}"\nsource = "file://{path}?loop"\nrecord = "{record}"\n'
)
GROWING_SECONDS = 3.0
STATES = (Kept.ALL, Kept.NOTHING, Kept.A_PREFIX, Kept.A_PREFIX, Kept.SCATTERED, Kept.SCATTERED)


@dataclass(frozen=True, slots=True)
class State:
    """What one state after one cut cost, in seconds of the worst recording that grew then.

    `set_aside` counts the files that moved to the side room; `exposed` is how long before the cut the oldest byte was
    written that is gone; `behind_cut` is how long before it the recovered recording ends, of those that still grew and
    had anything.
    """

    cut: int
    kept: str
    agreement: Agreement
    set_aside: int
    missing_events: list[str]
    exposed: float
    behind_cut: float

    @property
    def is_well(self) -> bool:
        return self.agreement.is_whole and not self.missing_events


@dataclass(frozen=True, slots=True)
class History:
    """A traced run, stopped by a SIGKILL."""

    root: Path
    calls: list[Call]
    disk: TracedDisk


def recorded_history(folder: Path, seconds: float, durability: float, record: str) -> History:
    """Four cameras, each with one event after the other, from an empty data folder on."""
    film = make_moving(folder / "film.mp4")
    cameras = "".join(CAMERA.format(number=number, path=film, record=record) for number in range(CAMERAS))
    server = TracedServer(folder / "data", CONFIG.format(durability=durability) + cameras, folder / "trace")
    server.start()
    try:
        wait_for(lambda: all(camera["state"] == "live" for camera in server.cameras()), 60, "all cameras live")
        chance, end = Random(1), time.monotonic() + seconds
        with server.client() as client:
            while time.monotonic() < end:
                client.post(f"/cameras/cam-{chance.randrange(CAMERAS)}/motion").raise_for_status()
                time.sleep(chance.uniform(0.2, 2.0))
    finally:
        server.kill()
    time.sleep(1.0)  # the tracer writes its last lines
    calls = calls_of(folder / "trace", folder / "data")
    return History(folder / "data", calls, TracedDisk(folder / "data", calls))


def campaign(history: History, into: Path, cuts: int, seed: int) -> Iterator[State]:
    """Every state of STATES after each of so many random cuts."""
    chance = Random(seed)
    assert not history.disk.unknown, history.disk.unknown
    for number in range(cuts):
        call = _chosen(history, chance)
        # On a line of the trace: at the call's end, or while it is under way.
        cut = chance.choice((call.done, max(call.begun, call.done - 1)))
        for place, kept in enumerate(STATES):
            folder = into / f"{number}-{place}"
            history.disk.leave(folder, cut, kept, chance)
            yield _judged(history, folder, cut, call.at, kept)
            _remove(folder)


def _chosen(history: History, chance: Random) -> Call:
    """Any call alike, for most happen where much changes; one within `LocalStore.put`; or any moment alike."""
    kind = chance.random()
    within_put = [call for call in history.calls if any(Path(path).name.startswith(".") for path in call.paths)]
    if kind < 0.2 and within_put:
        return chance.choice(within_put)
    if kind < 0.6:
        return chance.choice(history.calls)
    at = chance.uniform(history.calls[0].at, history.calls[-1].at)
    return min(history.calls, key=lambda call: abs(call.at - at))


def _judged(history: History, folder: Path, cut: int, at: float, kept: Kept) -> State:
    whole = folder.with_name("whole")
    history.disk.leave(whole, cut, Kept.ALL, Random(0))
    least = folder.with_name("least")
    history.disk.leave(least, cut, Kept.NOTHING, Random(0))
    written, certain = recorded_ends(whole), _events(least)
    _remove(whole)
    _remove(least)
    asyncio.run(recovered(folder))
    left = recorded_ends(folder)
    growing = [key for key, ends in written.items() if at - ends.until < GROWING_SECONDS and key in left]
    behind = [at - left[key].until for key in growing]
    exposed = [at - _oldest_lost(history, key, left[key].size if key in left else 0, cut, at) for key in written]
    missing = sorted(certain - _events(folder))
    return State(
        cut,
        kept.name,
        agreement(folder),
        sum(path.is_file() for path in (folder / "recordings" / FOLDER).rglob("*")),
        missing,
        max(exposed, default=0.0),
        max(behind, default=0.0),
    )


def _oldest_lost(history: History, key: str, size: int, cut: int, at: float) -> float:
    """When the first byte behind the `size` that are left was written; `at` where nothing is lost."""
    path = str(history.root / "recordings" / key)
    lost = [
        call.at
        for call in history.calls
        if call.done <= cut and call.kind in WRITES and call.paths[0] == path and call.number + call.result > size
    ]
    return min(lost, default=at)


async def recovered(data: Path) -> None:
    """What a start does before its first camera: the catalog opened and upgraded, store and catalog made to agree."""
    clock = SystemClock()
    engine = open_engine(f"sqlite:///{data / 'doorstep.sqlite'}")
    try:
        upgrade(engine)
        catalog, health = SqlCatalog(engine), HealthBoard(clock)
        rows = EventRows(catalog, health, clock)
        store, room = LocalStore(data / "recordings"), LostAndFound(data / "recordings")
        await Recovery(store, catalog, rows, POST_ROLL, room=room).run({})
        await rows.write_all()
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class FileEnd:
    """When the video of a file ends, in seconds since 1970, and how many bytes of it are whole."""

    until: float
    size: int


def recorded_ends(data: Path) -> dict[str, FileEnd]:
    """Of each recording, as far as its file alone tells."""
    found = {}
    store = LocalStore(data / "recordings")
    for key in [key for key in store.keys() if key.endswith(".mp4")]:  # noqa: SIM118 - a store is no dict
        try:
            index = read_recording(partial(store.read, key), store.size(key), CameraId(key.split("/")[0]), verify=True)
        except MediaInvalid:
            continue
        if index.segments:
            found[key] = FileEnd(index.segments[-1].segment.ends_at.timestamp(), index.whole_size)
    return found


def quiet() -> None:
    """Let the recoveries of a campaign say nothing below an error."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def _events(data: Path) -> set[str]:
    """The ids of all rows; none where there is no catalog yet."""
    try:
        with sqlite3.connect(f"file:{data / 'doorstep.sqlite'}?mode=rw", uri=True) as catalog:
            return {row[0] for row in catalog.execute("SELECT id FROM events")}
    except sqlite3.OperationalError:
        return set()


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


def figures_of(states: Sequence[State]) -> dict[str, object]:
    """For the report."""
    worst = {
        kept.name: {
            "states": sum(state.kept == kept.name for state in states),
            "exposed_s": round(max((s.exposed for s in states if s.kept == kept.name), default=0.0), 2),
            "behind_cut_s": round(max((s.behind_cut for s in states if s.kept == kept.name), default=0.0), 2),
        }
        for kept in Kept
    }
    bad = [asdict(state) for state in states if not state.is_well]
    set_aside = sum(state.set_aside for state in states)
    return {"states": len(states), "bad": bad, "files_set_aside": set_aside, "worst": worst}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--durability", type=float, default=1.0)
    parser.add_argument("--record", choices=["events", "always"], default="events")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    quiet()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        history = recorded_history(folder, chosen.seconds, chosen.durability, chosen.record)
        (folder / "states").mkdir()
        states = list(campaign(history, folder / "states", chosen.cuts, chosen.seed))
    figures = {"cuts": chosen.cuts, "calls": len(history.calls), "durability_s": chosen.durability}
    print(json.dumps(figures | figures_of(states), indent=1))
    sys.exit(any(not state.is_well for state in states))


if __name__ == "__main__":
    main()
