"""From a press by HTTP to the mail server's "250" and the push service's "201": the disk well, full, read-only, slow.

    python -m benchmarks.press_on_a_sick_disk [--presses 5] [--quick]

Goal: 95 of 100 within one second, whatever the disk does.  Catalog and recordings lie on a small disk of their own
(ext4 on a loop device, which root alone can have) that is filled, or frozen for five seconds at a time, so that each
sync waits so long; what is told is when both ends took the alert, by the clock of this machine.  The kernel makes
no disk read-only on which files are open, so the catalog's files are made immutable (chattr) instead.
"""

import argparse
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import httpx
from benchmarks.figures import Figure, percentile, tell
from benchmarks.house import config_of, folder_of_our_own
from benchmarks.told_house import ToldHouse, told_house

from fakes.loop_disk import LoopDisk, loop_disk
from fakes.server_process import wait_for

GOAL_SECONDS = 1.0
DISK_BYTES = 96 << 20
STALL_SECONDS = 5.0
APART_SECONDS = 11.0  # what is pressed again sooner is the same ring


@contextmanager
def full(disk: LoopDisk) -> Iterator[None]:
    """To the last block."""
    filler = disk.fill(0)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def write_protected(disk: LoopDisk) -> Iterator[None]:
    """Nothing that is there may be written."""
    # Not SQLite's index in shared memory: a write into a mapped file that has become immutable kills the process.
    files = [str(path) for path in disk.folder.rglob("*") if not path.name.endswith("-shm")]
    subprocess.run(["chattr", "+i", *files], check=False, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["chattr", "-R", "-i", str(disk.folder)], check=False, capture_output=True)


@contextmanager
def stalling(disk: LoopDisk) -> Iterator[None]:
    """Five seconds of every six."""
    over = threading.Event()

    def stall() -> None:
        while not over.is_set():
            with disk.frozen():
                over.wait(STALL_SECONDS)
            over.wait(1.0)

    thread = threading.Thread(target=stall)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


TROUBLES: dict[str, Callable[[LoopDisk], AbstractContextManager[None]]] = {
    "well": lambda _disk: nullcontext(),
    "full": full,
    "read-only": write_protected,
    "each sync stalled": stalling,
}


def press(
    client: httpx.Client, house: ToldHouse, camera: str = "camera-0", apart: float = APART_SECONDS
) -> dict[str, float]:
    """Seconds from the request to each channel's end."""
    time.sleep(apart)
    before, began = {name: len(taken) for name, taken in house.rings().items()}, time.time()
    client.post(f"/cameras/{camera}/press").raise_for_status()

    def told() -> dict[str, float] | None:
        rings = house.rings()
        new = {name: taken[before[name]] - began for name, taken in rings.items() if len(taken) > before[name]}
        return new if len(new) == len(rings) else None

    return wait_for(told, 30, "the press by both channels")


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--presses", type=int, default=5)
    options.add_argument("--quick", action="store_true", help="one press each")
    chosen = options.parse_args()
    presses = 1 if chosen.quick else chosen.presses
    config = config_of(["demo://"])
    with (
        folder_of_our_own() as folder,
        loop_disk(folder / "disk", DISK_BYTES) as disk,
        told_house(folder, disk.folder, config) as house,
        house.server.client() as client,
    ):
        wait_for(lambda: house.server.cameras()[0]["state"] == "live", 30, "the camera")
        for name, trouble in TROUBLES.items():
            with trouble(disk):
                seconds = [press(client, house) for _ in range(presses)]
            for channel in seconds[0]:
                tell_all(f"{channel}, disk {name}", [one[channel] for one in seconds])


def tell_all(name: str, seconds: list[float]) -> None:
    """As the other figures."""
    low, high = min(seconds), max(seconds)
    for share, word in ((0.5, "p50"), (0.95, "p95")):
        value = percentile(seconds, share)
        tell(Figure(f"press to accepted by {name}, {word}", value, low, high, "s", len(seconds), GOAL_SECONDS))


if __name__ == "__main__":
    main()
