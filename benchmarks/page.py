"""From starting `make run`'s server to the first alert on the page that its owner looks at.  Goal: 90 s.

    python -m benchmarks.page [--rounds 1]

The owner follows the printed address in a real chromium, makes an account and opens Alerts.  Most of the time is the
demo's own: its first visitor comes 8 s after the camera is live.  Ends without figures where there is no chromium, no
built app or no model.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import of_rounds, tell
from benchmarks.house import folder_of_our_own, models

from fakes.browser import launched, missing, set_up
from fakes.server_process import PASSWORD, ServerProcess

GOAL = 90.0
PRE_ROLL_GOAL = 5.0
PATIENCE_MS = 120_000


@dataclass(frozen=True, slots=True)
class Visit:
    """Seconds from the start of the server's process; `pre_roll` is video before the first sighting."""

    listening: float
    live: float
    alert: float
    playing: float
    pre_roll: float


def first_visit(folder: Path) -> Visit:
    server = ServerProcess(folder / "data", None, {"DOORSTEP_MODELS": str(models())})
    with launched() as browser:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        begin = time.perf_counter()
        server.start()
        listening = time.perf_counter() - begin
        try:
            set_up(page, server, "Ann", PASSWORD)
            page.locator("[data-verdict=live] [data-testid=live-picture]").wait_for()
            live = time.perf_counter() - begin
            page.goto(f"{server.url}/alerts")
            page.get_by_test_id("alert-card").first.wait_for()
            alert = time.perf_counter() - begin
            page.get_by_test_id("alert-card").first.click()
            page.wait_for_function("() => document.querySelector('video')?.currentTime > 0.2")
            playing = time.perf_counter() - begin
            pre_roll = float(server.events()[-1]["pre_roll_seconds"])
        finally:
            server.kill()
    return Visit(listening, live, alert, playing, pre_roll)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=1)
    rounds = options.parse_args().rounds
    if missing():
        raise SystemExit(missing())
    visits = []
    for _ in range(rounds):
        with folder_of_our_own() as folder:
            visits.append(first_visit(folder))
    least = min(visit.pre_roll for visit in visits)
    tell(of_rounds("page, start to listening", [visit.listening for visit in visits], "s"))
    tell(of_rounds("page, start to the live picture, set-up included", [visit.live for visit in visits], "s"))
    tell(
        of_rounds(
            "page, start to the alert on it",
            [visit.alert for visit in visits],
            "s",
            GOAL,
            least_pre_roll_s=least,
            pre_roll_met=str(least >= PRE_ROLL_GOAL),
        )
    )
    tell(of_rounds("page, start to its clip playing", [visit.playing for visit in visits], "s"))


if __name__ == "__main__":
    main()
