"""Plays cameras of a real server over RTMP with ffmpeg, for long, and counts pictures, holes and what will not decode.

python tests/faults/long_play.py --minutes 10
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from doorstep.rtmp.client_session import ClientSession
from doorstep.rtmp.events import ClientEvent
from fakes.free_port import free_port
from fakes.rtmp_programs import QUIET, pushing
from fakes.server_process import ServerProcess, running, wait_for

KEY = "a-key-of-the-door"
CAMERAS = ("yard", "door")
CONFIG = """
[buffer]
max_bytes = "90 MB"
[[camera]]
id = "yard"
name = "Yard"
source = "demo://"
[[camera]]
id = "door"
name = "Door"
source = "rtmp-listen://127.0.0.1:{port}/live"
stream_key = "{key}"
"""
SPARE_SECONDS = 90
ANSWER_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Played:
    """Pictures that were decoded, the seconds they span, steps in their times that are no step, what ffmpeg said."""

    frames: int
    seconds: float
    usual_step_ms: float
    gaps_ms: list[int]
    errors: list[str]


class RtmpHouse:
    """A server with a demo camera and one that pushes, both live."""

    def __init__(self, server: ServerProcess, port: int, push: list[str]) -> None:
        self.server = server
        self.port = port
        self._push = push
        self._camera: subprocess.Popen[bytes] | None = None

    def plug(self) -> None:
        """The camera that pushes begins."""
        self._camera = subprocess.Popen(self._push)

    def unplug(self) -> None:
        """It is gone without a word."""
        if self._camera is not None:
            self._camera.kill()
            self._camera.wait()
            self._camera = None

    def is_live(self, *cameras: str) -> bool:
        return all(camera["state"] == "live" for camera in self.server.cameras() if camera["id"] in cameras)

    def address(self, camera: str) -> str:
        """With a key in it, as an owner asks for it."""
        with self.server.client() as client:
            answer = client.post(f"/cameras/{camera}/live/key")
            answer.raise_for_status()
        (address,) = answer.json()["addresses"]
        return str(address)

    def asked(self, name: str, *, publish: bool) -> ClientEvent | None:
        """What the listener answers to a stranger; None where it just closes."""
        session = ClientSession(f"rtmp://127.0.0.1:{self.port}/live", "live", name, publish=publish)
        with socket.create_connection(("127.0.0.1", self.port), ANSWER_SECONDS) as peer:
            while True:
                peer.sendall(session.to_send())
                received = peer.recv(65536)
                events = session.receive(received)
                if events or not received:
                    return events[0] if events else None


@contextmanager
def house(folder: Path, seconds: float) -> Iterator[RtmpHouse]:
    port = free_port()
    publisher = pushing(f"rtmp://127.0.0.1:{port}/live/{KEY}", seconds=seconds + SPARE_SECONDS)
    with running(folder / "data", CONFIG.format(port=port, key=KEY)) as server:
        wait_for(lambda: listens(port), 30, "the listener")
        home = RtmpHouse(server, port, publisher)
        home.plug()
        try:
            wait_for(lambda: home.is_live(*CAMERAS), 60, "two live cameras")
            yield home
        finally:
            home.unplug()


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def played(home: RtmpHouse, seconds: float) -> Mapping[str, Played]:
    """Every camera at once, decoded by ffmpeg from now on."""
    with ThreadPoolExecutor(len(CAMERAS)) as threads:
        addresses = [home.address(camera) for camera in CAMERAS]
        return dict(
            zip(CAMERAS, threads.map(lambda address: played_by_ffmpeg(address, seconds), addresses), strict=True)
        )


def played_by_ffmpeg(address: str, seconds: float) -> Played:
    """Read all the time: a player that waits for its own pipe would be closed as one that hangs."""
    player = subprocess.run(playing(address, seconds), capture_output=True, timeout=3 * seconds + 300, check=False)
    return counted(player.stdout, player.stderr)


def playing(address: str, seconds: float) -> list[str]:
    """One line for each decoded picture, its time in milliseconds as it was sent."""
    times = ("-fps_mode", "passthrough", "-enc_time_base", "1:1000")
    return [*QUIET, "-i", address, "-map", "0:v", "-t", str(seconds), *times, "-f", "framecrc", "-"]


def counted(out: bytes, said: bytes) -> Played:
    lines = (line for line in out.decode().splitlines() if not line.startswith("#"))
    times = [int(line.split(",")[2]) for line in lines]
    steps = [after - before for before, after in pairwise(times)]
    usual = statistics.median(steps) if steps else 0.0
    gaps = [step for step in steps if not 0 < step <= 1.5 * usual]
    errors = said.decode("utf-8", "replace").splitlines()
    return Played(len(times), (times[-1] - times[0]) / 1000 if times else 0.0, usual, gaps, errors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    seconds = parser.parse_args().minutes * 60
    with tempfile.TemporaryDirectory() as folder, house(Path(folder), seconds) as home:
        figures = played(home, seconds)
    print(json.dumps({camera: asdict(one) for camera, one in figures.items()}, indent=2))
    sys.exit(any(one.gaps_ms or one.errors or one.seconds < seconds - 1 for one in figures.values()))


if __name__ == "__main__":
    main()
