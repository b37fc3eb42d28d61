"""From a person in the picture to the mail server's "250" and the push service's "201": a real server, demo cameras.

    python -m benchmarks.telling [--cameras 3] [--visits 2] [--quick]

Goal: half of them within 1.5 s, 95 of 100 within 3 s.  Told from three moments: when the visitor's edge entered the
picture (by the rule that draws them, counted from the server's first line, so rather too long than too short), the
first frame in which they were sighted, and the frame that made the decision (the event's own ledger).  All cameras are
visited at the same instant, so each visit is a burst of as many alerts by each channel.  Both ends are on loopback.
"""

import argparse
import smtplib
import time
from datetime import datetime
from email import policy
from typing import Any

from benchmarks.figures import Figure, of_rounds, percentile, tell
from benchmarks.house import config_of, folder_of_our_own
from benchmarks.told_house import MAIL, PHONE, accepted_at, told_house

from doorstep.sources.porch import PICTURE_HEIGHT, WIDTH
from doorstep.sources.visitor import EVERY_SECONDS, FIRST_VISIT_SECONDS, pose_at
from fakes.mail_server import Mailbox

HALF_GOAL_SECONDS = 1.5
GOAL_SECONDS = 3.0
PATIENCE_SECONDS = 30.0
CONFIG = """
[events]
alert_cooldown = 0
close_after = 6
"""


def stage_at(event: dict[str, Any], stage: str) -> datetime:
    """When the event reached it first."""
    return min(datetime.fromisoformat(entry["at"]) for entry in event["ledger"] if entry["stage"] == stage)


def in_the_picture_at(event: dict[str, Any], listening_at: datetime) -> float:
    """Seconds from the visitor's edge to the first sighting of the event."""
    since = (datetime.fromisoformat(event["started_at"]) - listening_at).total_seconds() - FIRST_VISIT_SECONDS
    return since % EVERY_SECONDS - edge_in_after()


def edge_in_after() -> float:
    """Seconds from the beginning of the first visit until any of the square visitor is in the picture."""
    steps = (step / 100 for step in range(1000))
    return next(
        step
        for step in steps
        if (pose := pose_at(FIRST_VISIT_SECONDS + step)) is not None
        and pose.x + pose.height / 2 * PICTURE_HEIGHT / WIDTH > 0
    )


def bare_deliveries(mailbox: Mailbox) -> list[float]:
    """The same message handed over by the standard library: what no channel by mail can do without."""
    content = mailbox.messages[0].as_bytes(policy=policy.SMTP)
    taken = []
    for _ in range(5):
        begin = time.perf_counter()
        with smtplib.SMTP("127.0.0.1", mailbox.port) as smtp:
            smtp.sendmail("doorstep@example.org", ["me@example.org"], content)
        taken.append(time.perf_counter() - begin)
    return taken


def report(name: str, seconds: list[float], floor: float | None = None) -> None:
    low, high = min(seconds), max(seconds)
    half, most = percentile(seconds, 0.5), percentile(seconds, 0.95)
    beside = {"x_bare_smtp_delivery": half / floor} if floor is not None else {}
    tell(Figure(f"telling, {name}, p50", half, low, high, "s", len(seconds), HALF_GOAL_SECONDS, beside))
    tell(Figure(f"telling, {name}, p95", most, low, high, "s", len(seconds), GOAL_SECONDS))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--cameras", type=int, default=3)
    options.add_argument("--visits", type=int, default=2)
    options.add_argument("--quick", action="store_true", help="one camera, one visit")
    chosen = options.parse_args()
    cameras, visits = (1, 1) if chosen.quick else (chosen.cameras, chosen.visits)
    with folder_of_our_own() as folder:
        config = config_of(["demo://"] * cameras, more=CONFIG)
        with told_house(folder, folder / "data", config) as house:
            events = house.accepted(cameras * visits, PATIENCE_SECONDS + EVERY_SECONDS * (visits - 1))
            floor = of_rounds("telling, bare SMTP delivery of the same mail", bare_deliveries(house.mailbox), "s")
    for channel, least in ((MAIL, floor.value), (PHONE, None)):
        sighted = [since(event, channel, datetime.fromisoformat(event["started_at"])) for event in events]
        edges = [in_the_picture_at(event, house.listening_at) for event in events]
        entered = [one + edge for one, edge in zip(sighted, edges, strict=True)]
        decided = [since(event, channel, stage_at(event, "captured")) for event in events]
        report(f"edge in the picture to accepted by {channel}", entered, least)
        report(f"deciding frame to accepted by {channel}", decided, least)
        report(f"first sighting to accepted by {channel}", sighted, least)
    for stage in ("seen", "decided", "sent"):
        took = [(stage_at(event, stage) - stage_at(event, "captured")).total_seconds() for event in events]
        tell(of_rounds(f"telling, deciding frame to {stage}", took, "s"))
    tell(floor)


def since(event: dict[str, Any], channel: str, at: datetime) -> float:
    return (accepted_at(event)[channel] - at).total_seconds()


if __name__ == "__main__":
    main()
