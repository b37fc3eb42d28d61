"""Kills a server with four recording cameras at random moments and looks at what is left, picture by picture.

python tests/faults/kills.py --kills 500
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.rtsp_camera import MODULUS, CameraOptions, RtspCamera, indices_of
from fakes.server_process import ServerProcess, wait_for
from faults.agreement import Agreement, agreement
from faults.power_cuts import GROWING_SECONDS, quiet, recorded_ends, recovered

CAMERAS = 4
FILM = CameraOptions(bitrate=300)
CAMERA = '[[camera]]\nid = "cam-{number}"\nname = "Camera {number}"\nsource = "{source}"\n'
CONFIG = '[events]\nclose_after = 3\npost_roll = 2\npre_roll = 3\n[retention]\nmax_bytes = "200 MB"\n'
AGAIN = 0.2
"""How often the next start is killed too, in its recovery or just behind it."""


@dataclass(frozen=True, slots=True)
class Kill:
    """What one kill cost; all in seconds.

    `lost` is, by the numbers in the pictures, how long before the kill each camera's newest picture was taken that the
    next start still shows; `behind` the same of the recordings that grew, by their own index.
    """

    ran: float
    live_again: float
    buffered: float
    lost: tuple[float, ...]
    behind: tuple[float, ...]
    agreement: Agreement

    @property
    def is_well(self) -> bool:
        return self.agreement.is_whole


def campaign(data: Path, kills: int, longest: float, seed: int) -> Generator[Kill]:
    """Start, let it run for a random while, kill, start again; each time everything must agree."""
    chance = Random(seed)
    with ExitStack() as running:
        sources = [running.enter_context(RtspCamera(FILM)) for _ in range(CAMERAS)]
        cameras = "".join(CAMERA.format(number=number, source=one.url) for number, one in enumerate(sources))
        server = ServerProcess(data, CONFIG + cameras)
        server.start()
        running.callback(server.kill)
        _all_live(server)
        for _ in range(kills):
            yield _one_kill(server, chance, longest)
        server.stop()


def _one_kill(server: ServerProcess, chance: Random, longest: float) -> Kill:
    _begin_events(server)
    began = time.monotonic()
    time.sleep(chance.uniform(1.5, longest))
    ran = time.monotonic() - began
    killed_at = time.time()
    server.kill()
    found, behind = _left(server.data, killed_at)
    restarted = time.monotonic()
    server.start()
    if chance.random() < AGAIN:
        time.sleep(chance.uniform(0.0, 0.5))
        server.kill()
        server.start()
    folder = server.data.parent
    lost = tuple(_lost(server, f"cam-{number}", killed_at, ran, folder) for number in range(CAMERAS))
    buffered = _buffered(server)
    _all_live(server)
    return Kill(ran, time.monotonic() - restarted, buffered, lost, behind, found)


def _all_live(server: ServerProcess) -> None:
    wait_for(lambda: all(camera["state"] == "live" for camera in server.cameras()), 60, "all cameras live")


def _begin_events(server: ServerProcess) -> None:
    """An event at each camera, so that all of them record."""
    with server.client() as client:
        for number in range(CAMERAS):
            client.post(f"/cameras/cam-{number}/motion").raise_for_status()


def _left(data: Path, killed_at: float) -> tuple[Agreement, tuple[float, ...]]:
    """What a start finds in a copy of the folder, and how long before the kill each recording ends that grew then."""
    copy = data.with_name("copy")
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.sock", "lock"))
    asyncio.run(recovered(copy))
    found, ends = agreement(copy), recorded_ends(copy)
    shutil.rmtree(copy)
    return found, tuple(killed_at - one.until for one in ends.values() if killed_at - one.until < GROWING_SECONDS)


def _lost(server: ServerProcess, camera: str, killed_at: float, ran: float, folder: Path) -> float:
    """From the newest picture that is still shown to the kill: picture n was taken n / fps seconds after 1970."""
    query = {"start": _instant(killed_at - min(4.0, ran)), "end": _instant(killed_at)}
    with server.client() as client:
        answer = client.get(f"/cameras/{camera}/clip", params=query)
    if not answer.is_success:
        return min(4.0, ran)
    path = folder / "last.mp4"
    path.write_bytes(answer.content)
    taken = int(killed_at * FILM.fps) % MODULUS
    return ((taken - indices_of(path)[-1]) % MODULUS) / FILM.fps


def _buffered(server: ServerProcess) -> float:
    """How much of the last fifteen minutes there is in front of the first camera's newest gap."""
    with server.client() as client:
        answer = client.head("/cameras/cam-0/clip", params={"duration": "900"})
    if not answer.is_success:
        return 0.0
    starts_at, ends_at = (datetime.fromisoformat(answer.headers[f"doorstep-{end}-at"]) for end in ("starts", "ends"))
    return (ends_at - starts_at).total_seconds()


def _instant(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def figures_of(kills: Sequence[Kill]) -> dict[str, object]:
    """For the report."""
    lost = sorted(each for kill in kills for each in kill.lost)
    behind = sorted(each for kill in kills for each in kill.behind)
    return {
        "kills": len(kills),
        "not_well": sum(not kill.is_well for kill in kills),
        "lost_s": _spread(lost),
        "recording_behind_s": _spread(behind),
        "live_again_s": _spread(sorted(kill.live_again for kill in kills)),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    return {
        "count": len(values),
        "median": round(values[len(values) // 2], 2),
        "p99": round(values[len(values) * 99 // 100], 2),
        "max": round(values[-1], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--longest", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    quiet()
    kills: list[Kill] = []
    with tempfile.TemporaryDirectory() as folder:
        for kill in campaign(Path(folder) / "data", chosen.kills, chosen.longest, chosen.seed):
            kills.append(kill)
            line = {"kill": len(kills), "ran": round(kill.ran, 1), "lost": [round(each, 2) for each in kill.lost]}
            print(json.dumps(line | {"faults": kill.agreement.faults}), flush=True)
    print(json.dumps(figures_of(kills), indent=1))
    sys.exit(any(not kill.is_well for kill in kills))


if __name__ == "__main__":
    main()
