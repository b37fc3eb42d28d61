"""How late is the picture?  From the camera's clock to the screen of a real chromium, by each way, in one run.

    python -m benchmarks.glass_to_glass [--rounds 3] [--seconds 5] [--openings 10]

A camera of the shared tools paints its picture number into the picture and sends it at a known moment; the product's
own page, signed in, shows it; `fakes/frame_meter.js` reads the number off what is shown.  The ways take turns in each
round.  A way is reached as a viewer comes to it: by breaking all better ones.  Chromium's own HLS player takes whole
segments; what players that take parts make of the same playlist is told beside it: hls.js in the same chromium, and
`fakes/part_player.py`.
First pictures are counted from the beginning of the navigation, in a browser context without a cache.  Ends without
figures where anything is missing.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.figures import Figure, of_rounds, percentile, ratio, tell
from benchmarks.house import folder_of_our_own, server_of

from fakes import browser, frame_meter, hls_js_player, live_page, stamped_camera
from fakes.live_page import LiveBrowser, first_shown, live_browser, worse_than_all_before
from fakes.part_player import PartPlayer
from fakes.server_process import ServerProcess, wait_for
from fakes.stamped_camera import StampedCamera, stamped_film

CONFIG = '[[camera]]\nid = "door"\nname = "Door"\nsource = "{url}"\n'
PARTS = "hls by parts"
GOALS_MS = {"mse": 150.0, PARTS: 2500.0, hls_js_player.WAY: 2500.0}
WEBRTC_TO_MSE_GOAL = 0.7
FIRST_GOALS_MS = {"mse": 1500.0, "webrtc": 2500.0}
SETTLE_SECONDS = 3.0
PATIENCE_SECONDS = 30.0
LEAST_PICTURES = 0.9
"""The part of the camera's pictures that must have been decoded, or the delays are those of a slide show."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One round of one way: the age of each picture when it was shown, in ms, and how many were decoded meanwhile."""

    ages: Sequence[float]
    decoded: int
    expected: float
    freeze: float


def watched(chromium: LiveBrowser, camera: StampedCamera, way: str, seconds: float) -> Watched:
    """Once the page has come to the way and has settled."""
    is_ours = way in live_page.WAYS
    with chromium.opened(worse_than_all_before(way)) if is_ours else hls_js_player.opened(chromium) as page:
        first_shown(page, way, PATIENCE_SECONDS)
        page.wait_for_timeout(1000 * SETTLE_SECONDS)
        began, before = time.time(), frame_meter.decoded(page)
        page.wait_for_timeout(1000 * seconds)
        shown = [one for one in frame_meter.shown(page, began) if one.way == way]
        decoded = frame_meter.decoded(page) - before if way != "mjpeg" else len(shown)
        took = time.time() - began
    ages = [1000 * camera.age(one.number, one.at) for one in shown]
    pauses = [later.at - earlier.at for earlier, later in itertools.pairwise(shown)]
    return Watched(ages, decoded, took * camera.fps, 1000 * max(pauses, default=seconds))


def by_parts(server: ServerProcess, camera: StampedCamera, seconds: float) -> Watched:
    """What a player of low-latency HLS shows; all that it shows it has decoded."""
    with server.client() as client:
        player = PartPlayer(client, client.base_url.join("cameras/door/live/index.m3u8"))
        shown = player.play(seconds)
    ages = [1000 * camera.age(one.number, one.at) for one in shown]
    pauses = [later.at - earlier.at for earlier, later in itertools.pairwise(shown)]
    expected = (shown[-1].at - shown[0].at) * camera.fps if shown else seconds * camera.fps
    return Watched(ages, len(shown), expected, 1000 * max(pauses, default=seconds))


def opening(chromium: LiveBrowser, way: str) -> float:
    """Milliseconds from the navigation to the first picture by this way."""
    with chromium.opened(worse_than_all_before(way)) as page:
        return 1000 * (first_shown(page, way, PATIENCE_SECONDS).at - frame_meter.opened_at(page))


def measured(rounds: int, seconds: float, openings: int, ways: Sequence[str]) -> None:
    """Prints the figures."""
    with folder_of_our_own() as folder, StampedCamera(stamped_film()) as camera:
        server = server_of(folder, CONFIG.format(url=camera.url))
        server.start()
        try:
            wait_for(lambda: server.cameras()[0]["state"] == "live", 30, "the camera is live")
            with live_browser(server) as chromium:
                firsts = [way for way in ways if way in FIRST_GOALS_MS]
                took = {way: [opening(chromium, way)] for way in firsts}  # a first one of each, to warm up
                for _ in range(openings):
                    for way in firsts:
                        took[way].append(opening(chromium, way))
                turns = [
                    {way: watched(chromium, camera, way, seconds) for way in (*ways, hls_js_player.WAY)}
                    | {PARTS: by_parts(server, camera, seconds + SETTLE_SECONDS)}
                    for _ in range(rounds)
                ]
        finally:
            server.stop()
    for way in firsts:
        tell_first(way, took[way][1:])
    for way in (*ways, hls_js_player.WAY, PARTS):
        tell_way(way, [turn[way] for turn in turns])
    if {"mse", "webrtc"} <= set(ways):
        medians = {way: [statistics.median(turn[way].ages) for turn in turns] for way in ("mse", "webrtc")}
        tell(ratio("glass to glass, webrtc to mse", medians["webrtc"], medians["mse"], "x", WEBRTC_TO_MSE_GOAL))


def tell_first(way: str, took: Sequence[float]) -> None:
    p95 = percentile(took, 0.95)
    beside: dict[str, float | str] = {"median": statistics.median(took)}
    name = f"first picture by {way}, p95"
    tell(Figure(name, p95, min(took), max(took), "ms from the navigation", len(took), FIRST_GOALS_MS[way], beside))


def tell_way(way: str, turns: Sequence[Watched]) -> None:
    ages = [age for turn in turns for age in turn.ages]
    decoded, expected = sum(turn.decoded for turn in turns), sum(turn.expected for turn in turns)
    beside: dict[str, float | str] = {
        "p95": percentile(ages, 0.95),
        "pictures": len(ages),
        "decoded_of_sent": decoded / expected,
        "longest_pause_ms": max(turn.freeze for turn in turns),
        "whole": str(way == "mjpeg" or decoded >= LEAST_PICTURES * expected),
    }
    medians = [statistics.median(turn.ages) for turn in turns]
    tell(of_rounds(f"glass to glass, {way}, median", medians, "ms", GOALS_MS.get(way), **beside))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--openings", type=int, default=10)
    options.add_argument("--ways", nargs="+", choices=live_page.WAYS, default=live_page.WAYS)
    chosen = options.parse_args()
    if why_not := browser.missing() or stamped_camera.missing() or hls_js_player.missing():
        raise SystemExit(why_not)
    measured(chosen.rounds, chosen.seconds, chosen.openings, chosen.ways)


if __name__ == "__main__":
    main()
