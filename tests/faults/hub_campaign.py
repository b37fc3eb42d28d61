"""Figures of the way through a hub: how fast it is, what goes wrong with it for rounds, and when that is healed.

python tests/faults/hub_campaign.py [--rounds 5] [--only speed restart forgets gone killed portal disk certificate clock
slow]

Root, in network namespaces of its own; every figure is one line of JSON, and the exit code says whether all goals hold.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from doorstep.core.hub_link import STEADY_SECONDS
from fakes.hub_home import CAMERA
from fakes.hub_places import why_not
from fakes.hub_rig import SSH, Away, hub_world, joined
from fakes.server_process import wait_for
from fakes.small_disk import disk_in_memory
from faults.hub_troubles import Healed, behind_a_portal, forgetting, full_disk, gone, killed, restart, until, well

Told = dict[str, object]
FIRST_PICTURE_GOAL = 3.0
SLOW_LINKS = ((2000, 40), (1000, 60), (500, 100))
"""Kilobits a second, milliseconds one way."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=CAMPAIGNS, default=list(CAMPAIGNS))
    chosen = parser.parse_args()
    if absent := why_not("caddy", "turnserver"):
        sys.exit(absent)
    met = True
    with tempfile.TemporaryDirectory() as folder, away(Path(folder)) as made:
        for name in chosen.only:
            for figure in CAMPAIGNS[name](made, chosen.rounds):
                print(json.dumps(figure), flush=True)
                met = met and bool(figure.get("met", True))
    sys.exit(0 if met else 1)


@contextmanager
def away(folder: Path) -> Iterator[Away]:
    """A hub on a small disk, a box with a live camera, and a phone."""
    with (
        disk_in_memory(folder / "world" / "hub", "48m"),
        hub_world(folder / "world") as hub,
        joined(hub, folder / "data") as made,
    ):
        wait_for(lambda: made.home.cameras()[0]["state"] == "live" or None, 60, "a live camera")
        yield made


def speed(made: Away, rounds: int) -> Iterator[Told]:
    """First pictures by both ways, the tunnel's round trip, and a plain request."""
    token = made.home.token()
    yield worst(
        "first picture by MSE", [made.phone.first_picture(CAMERA, token) for _ in range(rounds)], FIRST_PICTURE_GOAL
    )
    made.hub.world.no_udp(off=True)
    try:
        relayed = [made.phone.relayed(CAMERA, token, pictures=1) for _ in range(rounds)]
    finally:
        made.hub.world.no_udp(off=False)
    yield worst("first picture by TURN over TCP, UDP blocked", relayed, None)
    yield worst("a request through the hub", [seconds_of(made.reached) for _ in range(4 * rounds)], None)
    yield {"hub figure": "round trip of the tunnel, as the page shows it", "ms": made.home.hub()["round_trip_ms"]}


def of_trouble(trouble: Callable[[Away], Healed]) -> Callable[[Away, int], Iterator[Told]]:
    """Rounds of it, each begun when all is well."""

    def told(made: Away, rounds: int) -> Iterator[Told]:
        for _ in range(rounds):
            until(lambda: well(made), time.monotonic())
            time.sleep(STEADY_SECONDS)  # a box that loses it at once again waits longer, by intent
            yield trouble(made).told

    return told


def disk(made: Away, rounds: int) -> Iterator[Told]:
    """Full: a new code is refused and nothing is lost, traffic goes on, also behind a restart."""
    del rounds
    boxes = made.hub.verb("boxes").stdout
    with full_disk(made):
        refused = made.hub.verb("pair", "garage", check=False)
        kept = made.hub.verb("boxes").stdout == boxes
        through = made.reached()
        healed = restart(made)
    well = bool(refused.returncode) and kept and through
    yield {
        "hub trouble": "disk full",
        "refused": refused.stderr.strip()[-200:],
        "kept": kept,
        "through": through,
        "met": well,
    }
    yield {**healed.told, "hub trouble": "hub restart with a full disk"}


def certificate(made: Away, rounds: int) -> Iterator[Told]:
    """Over, and not renewed: the page at home says so; a renewed one heals it."""
    del rounds
    now = datetime.now(UTC)
    with made.hub.certificate(now - timedelta(days=2), now - timedelta(hours=1)):
        began = time.monotonic()
        noticed = until(lambda: any("certificate is over" in one for one in made.home.problems()), began)
        words = next(one for one in made.home.problems() if "certificate is over" in one)
        shut = not made.reached()
    began = time.monotonic()
    healed = until(lambda: made.reached() and not any("certificate" in one for one in made.home.problems()), began)
    yield {
        "hub trouble": "certificate expired",
        "noticed_seconds": round(noticed, 1),
        "healed_seconds": round(healed, 1),
        "refused_by_the_phone": shut,
        "words": words,
    }


def clock(made: Away, rounds: int) -> Iterator[Told]:
    """The hub's is wrong by hours: said at home, and the way stays open."""
    del rounds

    def told() -> str:
        return next((one for one in made.home.problems() if "hub's clock" in one), "")

    for wrong in ("+3h", "-3h"):
        with made.hub.clock(wrong):
            made.hub.place.run("systemctl", "restart", SSH)
            began = time.monotonic()
            noticed = until(lambda: bool(told()), began)
            words = told()
            through = made.reached()
        made.hub.place.run("systemctl", "restart", SSH)
        until(lambda: made.reached() and not told(), time.monotonic())
        yield {
            "hub trouble": f"clock {wrong}",
            "noticed_seconds": round(noticed, 1),
            "through": through,
            "words": words,
            "met": through,
        }


def slow(made: Away, rounds: int) -> Iterator[Told]:
    """First picture and longest wait between fragments, on links that are slower than the video's rate or not."""
    token = made.home.token()
    for kilobits, delay in SLOW_LINKS:
        delays = made.hub.world.slow_phone(kilobits, delay)
        try:
            first = [made.phone.first_picture(CAMERA, token) for _ in range(max(1, rounds // 2))]
            came = made.phone.watch(CAMERA, 20.0, token)
        finally:
            made.hub.world.slow_phone(0)
        waits = [later - earlier for earlier, later in pairwise(came)]
        yield {
            "hub figure": f"phone at {kilobits} kbit/s",
            "delay_ms": delay if delays else 0,
            "first_picture_seconds": [round(one, 2) for one in first],
            "fragments_in_20_s": len(came),
            "longest_wait_seconds": round(max(waits, default=20.0), 2),
        }


def worst(what: str, seconds: Sequence[float], goal: float | None) -> Told:
    """Of several tries."""
    return {
        "hub figure": what,
        "median_seconds": round(median(seconds), 3),
        "worst_seconds": round(max(seconds), 3),
        "goal_seconds": goal,
        "met": goal is None or max(seconds) <= goal,
    }


def seconds_of(act: Callable[[], object]) -> float:
    began = time.monotonic()
    assert act()
    return time.monotonic() - began


CAMPAIGNS: dict[str, Callable[[Away, int], Iterator[Told]]] = {
    "speed": speed,
    "restart": of_trouble(restart),
    "forgets": of_trouble(forgetting),
    "gone": of_trouble(gone),
    "killed": of_trouble(killed),
    "portal": of_trouble(behind_a_portal),
    "disk": disk,
    "certificate": certificate,
    "clock": clock,
    "slow": slow,
}

if __name__ == "__main__":
    main()
