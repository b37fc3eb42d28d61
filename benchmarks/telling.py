"""From a person in the picture to the mail server's "250": a real server, demo cameras, a real SMTP server on loopback.

    python -m benchmarks.telling [--cameras 3] [--visits 2]

Goal: 95 of 100 within two seconds.  Told from three moments: when the visitor's edge entered the picture (by the rule
that draws them, counted from the server's first line, so rather too long than too short), the first frame in which they
were sighted, and the frame that made the decision (the event's own ledger).  All cameras are visited at the same
instant, so each visit is a burst of as many alerts.
"""

import argparse
import smtplib
import time
from datetime import UTC, datetime
from email import policy
from typing import Any

from benchmarks.figures import Figure, of_rounds, percentile, tell
from benchmarks.house import config_of, folder_of_our_own, server_of

from doorstep.sources.porch import PICTURE_HEIGHT, WIDTH
from doorstep.sources.visitor import EVERY_SECONDS, FIRST_VISIT_SECONDS, pose_at
from fakes.mail_server import Mailbox, mail_server
from fakes.server_process import ServerProcess, wait_for

GOAL_SECONDS = 2.0
PATIENCE_SECONDS = 30.0
CONFIG = """
[events]
alert_cooldown = 0
close_after = 6

[notify.email]
smtp = "smtp://127.0.0.1:{port}"
from = "doorstep@example.org"
to = ["me@example.org"]
"""


def told_events(server: ServerProcess, count: int) -> list[dict[str, Any]]:
    """Those whose mail was accepted, once there are as many; the ledger is written a little after the mail."""

    def told() -> list[dict[str, Any]] | None:
        found = [event for event in server.events() if "accepted" in stages(event)]
        return found if len(found) >= count else None

    return wait_for(told, 10, "the ledgers of all events")


def stages(event: dict[str, Any]) -> dict[str, float]:
    """Seconds since the captured frame by stage."""
    return {entry["stage"]: entry["ms"] / 1000 for entry in event["ledger"]}


def since_first_sighting(event: dict[str, Any]) -> float:
    accepted = next(entry["at"] for entry in event["ledger"] if entry["stage"] == "accepted")
    return (datetime.fromisoformat(accepted) - datetime.fromisoformat(event["started_at"])).total_seconds()


def since_in_the_picture(event: dict[str, Any], listening_at: datetime) -> float:
    accepted = next(entry["at"] for entry in event["ledger"] if entry["stage"] == "accepted")
    since_first_visit = (datetime.fromisoformat(accepted) - listening_at).total_seconds() - FIRST_VISIT_SECONDS
    return since_first_visit % EVERY_SECONDS - edge_in_after()


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


def report(name: str, seconds: list[float], floor: float) -> None:
    low, high = min(seconds), max(seconds)
    half, most = percentile(seconds, 0.5), percentile(seconds, 0.95)
    beside = {"x_bare_smtp_delivery": half / floor}
    tell(Figure(f"telling, {name}, p50", half, low, high, "s", len(seconds), GOAL_SECONDS, beside))
    tell(Figure(f"telling, {name}, p95", most, low, high, "s", len(seconds), GOAL_SECONDS))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--cameras", type=int, default=3)
    options.add_argument("--visits", type=int, default=2)
    chosen = options.parse_args()
    wanted = chosen.cameras * chosen.visits
    with folder_of_our_own() as folder, mail_server() as mailbox:
        server = server_of(folder, config_of(["demo://"] * chosen.cameras, more=CONFIG.format(port=mailbox.port)))
        server.start()
        listening_at = datetime.now(UTC)
        try:
            patience = PATIENCE_SECONDS + EVERY_SECONDS * (chosen.visits - 1)
            wait_for(lambda: len(mailbox.messages) >= wanted, patience, f"{wanted} mails")
            events = told_events(server, wanted)
        finally:
            server.stop()
        floor = of_rounds("telling, bare SMTP delivery of the same mail", bare_deliveries(mailbox), "s")
    seconds = [since_in_the_picture(event, listening_at) for event in events]
    report("edge in the picture to accepted", seconds, floor.value)
    report("deciding frame to accepted", [stages(event)["accepted"] for event in events], floor.value)
    report("first sighting to accepted", [since_first_sighting(event) for event in events], floor.value)
    for stage in ("seen", "decided", "sent"):
        tell(of_rounds(f"telling, deciding frame to {stage}", [stages(event)[stage] for event in events], "s"))
    tell(floor)


if __name__ == "__main__":
    main()
