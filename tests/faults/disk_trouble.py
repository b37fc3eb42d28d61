"""Fills, stalls and write-protects the disk of a recording server, many times, and looks at what goes on meanwhile.

Catalog and recordings lie on a small disk of their own, the buffer in memory; a write-protected disk holds recordings
alone, for a kernel protects no disk on which a file is open for writing.  Root alone can run it.

python tests/faults/disk_trouble.py --trouble full --times 20       (or read-only, or stall)
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx

from fakes.loop_disk import LoopDisk, loop_disk
from fakes.server_process import ServerProcess, running, wait_for
from faults.agreement import Agreement, agreement
from faults.bad_files import make_still

TROUBLES = ("full", "read-only", "stall")
CAMERAS = 2
SIZE = 96 << 20
CONFIG = "[events]\nclose_after = 3\npost_roll = 1\npre_roll = 2\n"
CAMERA = '[[camera]]\nid = "cam-{number}"\nname = "Camera {number}"\nsource = "file://{path}?loop"\n'
TOLD = ("cannot be written", "is full", "read-only", "does not answer")
PATIENCE = 60.0
PATIENT_SECONDS = 2.0


@dataclass
class Meanwhile:
    """What somebody saw who asked all the time: seconds that the answers of the process itself took, and those to a
    user, whose rows lie on the disk; `failed` are those that came not at all within PATIENT_SECONDS.
    """

    alive: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault: `told` is when the owner could read of it (None where it was not said), `resumed` how long recording
    took to go on afterwards, `kept` how much of the time of the fault the buffer has; all in seconds.
    """

    lasted: float
    kept: float
    told: float | None
    resumed: float
    meanwhile: Meanwhile


@dataclass(frozen=True, slots=True)
class Campaign:
    """All of them, and whether store and catalog agree in the end."""

    troubles: list[Trouble]
    agreement: Agreement
    unfinished: int


def campaign(folder: Path, kind: str, times: int, seed: int, seconds: tuple[float, float] = (4.0, 7.0)) -> Campaign:
    """So many faults of one kind, of random length, each while all cameras record."""
    chance = Random(seed)
    film = make_still(folder / "film.mp4")
    config = CONFIG + "".join(CAMERA.format(number=number, path=film) for number in range(CAMERAS))
    place = folder / "data" / "recordings" if kind == "read-only" else folder / "data"
    with loop_disk(place, SIZE) as disk:
        with running(folder / "data", config, {"RUNTIME_DIRECTORY": str(folder / "run")}) as server:
            wait_for(lambda: all(camera["state"] == "live" for camera in server.cameras()), PATIENCE, "live cameras")
            troubles = [_one(server, disk, kind, chance.uniform(*seconds)) for _ in range(times)]
            wait_for(lambda: _finished(server), PATIENCE, "the end of the events")
            unfinished = sum(event["clip"] is None for event in server.events())
        return Campaign(troubles, agreement(folder / "data"), unfinished)


def _one(server: ServerProcess, disk: LoopDisk, kind: str, lasts: float) -> Trouble:
    if kind != "read-only":
        _begin_events(server)
        wait_for(lambda: _growing(disk), PATIENCE, "recordings that grow")
    told: float | None = None
    with _asking(server) as meanwhile:
        with _trouble(disk, kind):
            began = time.monotonic()
            if kind == "read-only":
                _begin_events(server)
            while time.monotonic() - began < lasts:
                if kind == "full":
                    disk.fill(0)  # what a recording that ended gave back
                if told is None and _told(server):
                    told = time.monotonic() - began
                time.sleep(0.2)
        over, before = time.monotonic(), sum(_lengths(disk).values())
        _begin_events(server)  # goes on with the one that runs, if any does
        wait_for(lambda: sum(_lengths(disk).values()) > before and not _told(server), PATIENCE, "recording again")
        resumed = time.monotonic() - over
    return Trouble(over - began, _kept(server, over - began, resumed), told, resumed, meanwhile)


def _begin_events(server: ServerProcess) -> None:
    with server.client() as client:
        for number in range(CAMERAS):
            client.post(f"/cameras/cam-{number}/motion").raise_for_status()


@contextmanager
def _trouble(disk: LoopDisk, kind: str) -> Iterator[None]:
    if kind == "stall":
        with disk.frozen():
            yield
    elif kind == "full":
        filler = disk.fill(0)
        try:
            yield
        finally:
            filler.unlink()
    else:
        with ExitStack() as protected:
            wait_for(lambda: _protects(protected, disk), PATIENCE, "a moment without an open recording")
            yield


def _protects(protected: ExitStack, disk: LoopDisk) -> bool:
    try:
        protected.enter_context(disk.read_only())
    except OSError:
        return False
    return True


def _growing(disk: LoopDisk) -> bool:
    """Whether any recording got longer within a second and a half."""
    before = _lengths(disk)
    time.sleep(1.5)
    return any(size > before.get(path, 0) for path, size in _lengths(disk).items())


def _lengths(disk: LoopDisk) -> dict[Path, int]:
    found = {}
    for path in disk.folder.rglob("*.mp4"):
        with suppress(FileNotFoundError):
            found[path] = path.stat().st_size
    return found


def _told(server: ServerProcess) -> bool:
    """Whether the owner can read of it now."""
    headers = {"Authorization": f"Bearer {server.token()}"}
    try:
        answer = httpx.get(f"{server.url}/readyz", headers=headers, timeout=PATIENT_SECONDS)
    except httpx.TimeoutException:
        return False
    return answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and any(words in answer.text for words in TOLD)


def _kept(server: ServerProcess, lasted: float, ago: float) -> float:
    """Seconds of the fault that a clip of the buffer shows."""
    end = datetime.now(UTC) - timedelta(seconds=ago)
    query = {"start": (end - timedelta(seconds=lasted)).isoformat(), "end": end.isoformat()}
    with server.client() as client:
        answer = client.head("/cameras/cam-0/clip", params=query)
    if not answer.is_success:
        return 0.0
    starts_at, ends_at = (datetime.fromisoformat(answer.headers[f"doorstep-{each}-at"]) for each in ("starts", "ends"))
    return (ends_at - starts_at).total_seconds()


def _finished(server: ServerProcess) -> bool:
    return all(event["ended_at"] for event in server.events()) and not _told(server)


@contextmanager
def _asking(server: ServerProcess) -> Iterator[Meanwhile]:
    """Ask whether it lives, and for the cameras, again and again, each from a thread of its own."""
    meanwhile, over = Meanwhile(), threading.Event()
    token = {"Authorization": f"Bearer {server.token()}"}
    asking = [
        threading.Thread(target=_ask, args=(f"{server.url}/healthz", {}, meanwhile.alive, meanwhile.failed, over)),
        threading.Thread(
            target=_ask, args=(f"{server.url}/api/v1/cameras", token, meanwhile.answers, meanwhile.failed, over)
        ),
    ]
    for one in asking:
        one.start()
    try:
        yield meanwhile
    finally:
        over.set()
        for one in asking:
            one.join()


def _ask(url: str, headers: dict[str, str], took: list[float], failed: list[str], over: threading.Event) -> None:
    with httpx.Client(headers=headers, timeout=PATIENT_SECONDS) as client:
        while not over.wait(0.25):
            began = time.monotonic()
            try:
                client.get(url).raise_for_status()
            except httpx.HTTPError as error:
                failed.append(f"{url}: {error!r}")
            else:
                took.append(time.monotonic() - began)


def figures_of(found: Campaign) -> dict[str, object]:
    """For the report."""
    told = [one.told for one in found.troubles if one.told is not None]
    return {
        "times": len(found.troubles),
        "lasted_s": _spread([one.lasted for one in found.troubles]),
        "told": len(told),
        "told_after_s": _spread(told),
        "resumed_after_s": _spread([one.resumed for one in found.troubles]),
        "answer_s": _spread([each for one in found.troubles for each in one.meanwhile.answers]),
        "alive_s": _spread([each for one in found.troubles for each in one.meanwhile.alive]),
        "failed": sum(len(one.meanwhile.failed) for one in found.troubles),
        "kept_less_than_lasted_s": _spread([one.lasted - one.kept for one in found.troubles]),
        "whole": found.agreement.is_whole,
        "events": found.agreement.events,
        "events_without_video": found.unfinished,
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"median": round(ordered[len(ordered) // 2], 3), "max": round(ordered[-1], 3)} if ordered else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trouble", choices=TROUBLES, default="full")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = campaign(Path(folder), chosen.trouble, chosen.times, chosen.seed)
    print(json.dumps({"trouble": chosen.trouble} | figures_of(found), indent=1))
    sys.exit(not found.agreement.is_whole or found.unfinished)


if __name__ == "__main__":
    main()
