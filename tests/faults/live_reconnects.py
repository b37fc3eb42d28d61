"""Cuts a viewer's connection and switches the camera off, many times: how long until the next new picture is shown in
a real chromium?  And breaks one way after the other: does the page come to the next one?

python tests/faults/live_reconnects.py --count 10
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page

from fakes import browser, frame_meter, stamped_camera
from fakes.live_page import WAYS, LiveBrowser, first_shown, worse_than_all_before
from fakes.poor_network import TcpRoads
from fakes.server_process import ServerProcess
from fakes.stamped_camera import StampedCamera
from faults.poor_network_live import address_of, stamped_house

GOAL_SECONDS = 3.0
PATIENCE_SECONDS = 60.0
SETTLE_SECONDS = 2.0
OUTAGE_SECONDS = 6.0


def seconds_to_new_picture(page: Page, camera: StampedCamera, since: float) -> float:
    """From then until a picture that was painted later is shown."""
    end = time.time() + PATIENCE_SECONDS
    while time.time() < end:
        for one in frame_meter.shown(page, since):
            if one.at - camera.age(one.number, one.at) > since:
                return one.at - since
        page.wait_for_timeout(50)
    return PATIENCE_SECONDS


def cuts(camera: StampedCamera, server: ServerProcess, chromium: LiveBrowser, count: int) -> list[float]:
    """Seconds until the next new picture after every connection was cut."""
    found = []
    with TcpRoads(address_of(server)) as roads:
        through = f"http://{roads.address[0]}:{roads.address[1]}"
        with chromium.opened(url=through) as page:
            first_shown(page, "mse", PATIENCE_SECONDS)
            for _ in range(count):
                page.wait_for_timeout(1000 * SETTLE_SECONDS)
                roads.cut()
                found.append(seconds_to_new_picture(page, camera, roads.cuts[-1]))
    return found


def outages(camera: StampedCamera, chromium: LiveBrowser, count: int, way: str = "mse") -> list[float]:
    """Seconds until the next new picture after the camera was there again."""
    found = []
    with chromium.opened(worse_than_all_before(way)) as page:
        first_shown(page, way, PATIENCE_SECONDS)
        for _ in range(count):
            page.wait_for_timeout(1000 * SETTLE_SECONDS)
            camera.stop()
            page.wait_for_timeout(1000 * OUTAGE_SECONDS)
            camera.start()
            found.append(seconds_to_new_picture(page, camera, time.time()))
    return found


def falls(chromium: LiveBrowser) -> dict[str, str]:
    """Which way the page comes to when the first so many are broken, and shows a picture by."""
    found = {}
    for way in WAYS:
        broken = worse_than_all_before(way)
        with chromium.opened(broken) as page:
            try:
                found["+".join(broken) or "nothing"] = first_shown(page, way, PATIENCE_SECONDS).way
            except TimeoutError as error:
                found["+".join(broken) or "nothing"] = str(error)
    return found


def told(what: str, seconds: Sequence[float]) -> dict[str, object]:
    """A line of the report."""
    ordered = sorted(seconds)
    return {
        what: [round(each, 2) for each in seconds],
        "median_s": round(ordered[len(ordered) // 2], 2),
        "worst_s": round(ordered[-1], 2),
        "goal_s": GOAL_SECONDS,
        "met": ordered[-1] <= GOAL_SECONDS,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10)
    chosen = parser.parse_args()
    if why_not := browser.missing() or stamped_camera.missing():
        sys.exit(why_not)
    with tempfile.TemporaryDirectory() as folder, stamped_house(Path(folder)) as (camera, server, chromium):
        fell = falls(chromium)
        found = [
            told("reconnect after a cut", cuts(camera, server, chromium, chosen.count)),
            told("reconnect after an outage", outages(camera, chromium, chosen.count)),
            {"fall-back": fell, "met": list(fell.values()) == list(WAYS)},
        ]
    for each in found:
        print(json.dumps(each))
    sys.exit(0 if all(each["met"] for each in found) else 1)


if __name__ == "__main__":
    main()
