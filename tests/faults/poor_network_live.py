"""Watches live through a poor network in a real chromium: 50 ms one way, 5 Mbit/s, and for WebRTC 2 % of all datagrams
lost.  How late is the picture, and how long does it stand still?

python tests/faults/poor_network_live.py --seconds 60
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import BrowserContext

from fakes import browser, frame_meter, stamped_camera
from fakes.live_page import LiveBrowser, first_shown, live_browser, worse_than_all_before
from fakes.poor_network import POOR, TcpRoads, UdpRoads
from fakes.poor_peer import detour
from fakes.server_process import ServerProcess, model_folder, wait_for
from fakes.stamped_camera import StampedCamera, stamped_film

CONFIG = '[[camera]]\nid = "door"\nname = "Door"\nsource = "{url}"\n'
FREEZE_GOAL_MS, MSE_P95_GOAL_MS = 2000.0, 600.0
PATIENCE_SECONDS = 60.0
SETTLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Watched:
    """Ages of all pictures when they were shown, and the longest time in which no new one was; milliseconds."""

    way: str
    ages: Sequence[float]
    freeze: float
    sent: float
    datagrams: Sequence[tuple[int, int, int]]
    """Carried, lost by chance and turned away from a full queue, to the server and from it."""

    @property
    def told(self) -> dict[str, object]:
        ordered = sorted(self.ages)
        p95 = ordered[-(-len(ordered) * 95 // 100) - 1]
        goal = MSE_P95_GOAL_MS if self.way == "mse" else None
        met = self.freeze <= FREEZE_GOAL_MS and (goal is None or p95 <= goal)
        return {
            "poor network": self.way,
            "median_ms": round(ordered[len(ordered) // 2]),
            "p95_ms": round(p95),
            "p95_goal_ms": goal,
            "longest_freeze_ms": round(self.freeze),
            "freeze_goal_ms": FREEZE_GOAL_MS,
            "shown_of_sent": round(len(ordered) / self.sent, 3),
            "datagrams_carried_lost_turned_away": self.datagrams,
            "met": met,
        }


@contextmanager
def stamped_house(folder: Path, more: str = "") -> Iterator[tuple[StampedCamera, ServerProcess, LiveBrowser]]:
    """A camera of the shared tools, a server that shows it, and a chromium that is signed in."""
    with StampedCamera(stamped_film()) as camera:
        environment = {"DOORSTEP_MODELS": str(model_folder())}
        server = ServerProcess(folder / "data", more + CONFIG.format(url=camera.url), environment)
        server.start()
        try:
            wait_for(lambda: server.cameras()[0]["state"] == "live", 30, "the camera is live")
            with live_browser(server) as chromium:
                yield camera, server, chromium
        finally:
            server.stop()


def address_of(server: ServerProcess) -> tuple[str, int]:
    found = urlsplit(server.url)
    return str(found.hostname), int(found.port or 80)


def watched(camera: StampedCamera, server: ServerProcess, chromium: LiveBrowser, way: str, seconds: float) -> Watched:
    """By this way, through a network that is as poor in both directions."""
    tcp, udp = replace(POOR, loss=0.0), POOR
    with TcpRoads(address_of(server), tcp, tcp) as roads, UdpRoads(udp, udp) as datagrams:

        def prepare(context: BrowserContext) -> None:
            if way == "webrtc":
                detour(context, datagrams)

        through = f"http://{roads.address[0]}:{roads.address[1]}"
        with chromium.opened(worse_than_all_before(way), url=through, prepare=prepare) as page:
            first_shown(page, way, PATIENCE_SECONDS)
            page.wait_for_timeout(1000 * SETTLE_SECONDS)
            began = time.time()
            page.wait_for_timeout(1000 * seconds)
            ended = time.time()
            shown = [one for one in frame_meter.shown(page, began) if one.way == way]
    moments = [began, *(one.at for one in shown), ended]
    freeze = max(later - earlier for earlier, later in pairwise(moments))
    ages = [1000 * camera.age(one.number, one.at) for one in shown]
    counts = [(road.carried, road.lost, road.turned_away) for road in datagrams.roads]
    return Watched(way, ages, 1000 * freeze, (ended - began) * camera.fps, counts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--ways", nargs="+", default=["mse", "webrtc"])
    chosen = parser.parse_args()
    if why_not := browser.missing() or stamped_camera.missing():
        sys.exit(why_not)
    with tempfile.TemporaryDirectory() as folder, stamped_house(Path(folder)) as (camera, server, chromium):
        found = [watched(camera, server, chromium, way, chosen.seconds).told for way in chosen.ways]
    for each in found:
        print(json.dumps(each))
    sys.exit(0 if all(each["met"] for each in found) else 1)


if __name__ == "__main__":
    main()
