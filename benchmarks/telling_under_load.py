"""Presses and visitors while the house is busy: four cameras in motion, three viewers, a download of fifteen minutes.

    python -m benchmarks.telling_under_load [--seconds 180] [--quick]

Goal: 99 of 100 presses are accepted by mail and by the push service within 5 s, and so is who comes into the picture.
The buffer of a fifth camera, 1080p at 4 Mbit/s, is filled before the server starts (it finds it as after a crash); its
last fifteen minutes are downloaded again and again.  Visitors are those of the four, where nobody rings meanwhile.
Recordings are not uploaded anywhere yet, so no upload runs.
"""

import argparse
import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import httpx
from benchmarks.camera_files import CAMERA_1080P
from benchmarks.clip import BUFFER_SECONDS, Download, fill, span_of
from benchmarks.figures import Figure, percentile, tell
from benchmarks.house import config_of, folder_of_our_own, memory_folder
from benchmarks.press_on_a_sick_disk import press
from benchmarks.telling import CONFIG, in_the_picture_at, since
from benchmarks.told_house import MAIL, PHONE, ToldHouse, told_house

from fakes.mse_viewer import MseViewer
from fakes.server_process import wait_for

GOAL_SECONDS = 5.0
FULL_CAMERA = "camera-0"
IN_MOTION = ("camera-1", "camera-2", "camera-3", "camera-4")
VIEWERS = 3
DOORS = (FULL_CAMERA, *IN_MOTION[:2])
APART_SECONDS = 4.0  # of presses, at another door each time: sooner at the same is the same ring
DOWNLOAD_SECONDS = 900


class Busy:
    """What else the house does."""

    def __init__(self, house: ToldHouse, ends_at: datetime) -> None:
        self._house = house
        self._over = threading.Event()
        port = int(house.server.url.rsplit(":", 1)[1])
        target = f"/api/v1/cameras/{FULL_CAMERA}/clip?{span_of(ends_at - timedelta(seconds=5), DOWNLOAD_SECONDS)}"
        self._download = Download(port, target, house.server.token())
        self.downloads = 0
        self.viewers = [
            MseViewer(house.server.url, house.server.token(), camera)
            for camera in (FULL_CAMERA, *IN_MOTION[: VIEWERS - 1])
        ]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Until the block ends."""
        threads = [threading.Thread(target=self._fetch), threading.Thread(target=lambda: asyncio.run(self._watch()))]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    @property
    def bytes_each(self) -> int:
        """Of one download."""
        return self._download.size

    def _fetch(self) -> None:
        while not self._over.is_set():
            self._download()
            self.downloads += 1

    async def _watch(self) -> None:
        while not self._over.is_set():
            async with asyncio.TaskGroup() as tasks:
                for viewer in self.viewers:
                    tasks.create_task(viewer.watch(5.0))


def presses(house: ToldHouse, client: httpx.Client, seconds: float) -> list[dict[str, float]]:
    """One door after the other, for so long."""
    found, end, doors = [], time.monotonic() + seconds, cycle(DOORS)
    while time.monotonic() < end:
        found.append(press(client, house, next(doors), apart=APART_SECONDS))
    return found


def report(name: str, seconds: list[float], beside: dict[str, float | str]) -> None:
    for part, word in ((0.5, "p50"), (0.99, "p99")):
        value = percentile(seconds, part)
        name_all = f"telling under load, {name}, {word}"
        tell(Figure(name_all, value, min(seconds), max(seconds), "s", len(seconds), GOAL_SECONDS, beside))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--seconds", type=float, default=180.0)
    options.add_argument("--quick", action="store_true", help="twenty seconds")
    chosen = options.parse_args()
    seconds = 20.0 if chosen.quick else chosen.seconds
    sources = [f"file://{CAMERA_1080P.path()}?loop", *["demo://"] * len(IN_MOTION)]
    with memory_folder() as memory, folder_of_our_own() as folder:
        buffer = memory / "buffer"
        ends_at = fill(buffer)
        roomy = f'[buffer]\ndirectory = "{buffer}"\nseconds = {2 * BUFFER_SECONDS}\n'
        config = config_of(sources, more=CONFIG + roomy)
        with told_house(folder, folder / "data", config) as house, house.server.client() as client:
            wait_for(lambda: all(one["state"] == "live" for one in house.server.cameras()), 60, "the cameras")
            busy = Busy(house, ends_at)
            with busy.running():
                pressed = presses(house, client, seconds)
            events = house.accepted(1, 30)
    alone = [one for one in events if one["camera"] in IN_MOTION and "press" not in one["causes"]]
    tell_all(pressed, alone, busy, house.listening_at)


def tell_all(pressed: list[dict[str, float]], visits: list[dict[str, Any]], busy: Busy, began: datetime) -> None:
    """By channel."""
    beside: dict[str, float | str] = {
        "downloads": busy.downloads,
        "megabytes_each": busy.bytes_each / 1e6,
        "pictures_watched": sum(len(viewer.decode_times) for viewer in busy.viewers),
    }
    for channel in (MAIL, PHONE):
        report(f"press to accepted by {channel}", [one[channel] for one in pressed], beside)
        told = [
            in_the_picture_at(event, began) + since(event, channel, datetime.fromisoformat(event["started_at"]))
            for event in visits
        ]
        if told:
            report(f"edge in the picture to accepted by {channel}", told, beside)


if __name__ == "__main__":
    main()
