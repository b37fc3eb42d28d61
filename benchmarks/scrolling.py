"""Scrolling through 2,000 alerts: the longest time that the page stands still.  Goal: 200 ms.

    python -m benchmarks.scrolling [--rounds 3]

A real chromium at the size of a desk, with a processor of its own and with one that is four times slower, as a phone's.
The list is answered in the browser; the pictures are the server's.  Ends without figures where there is no chromium, no
built app or no model.
"""

import argparse
from pathlib import Path

from benchmarks.figures import of_rounds, tell
from benchmarks.house import folder_of_our_own, models
from playwright.sync_api import Page

from fakes.browser import DESK, launched, missing, set_up
from fakes.many_alerts import many_alerts, scrolled
from fakes.server_process import PASSWORD, ServerProcess

GOAL_MS = 200.0
MANY = 2000
PATIENCE_MS = 120_000
SLOWER = 4


def longest_tasks(folder: Path, slower: int) -> float:
    server = ServerProcess(folder / "data", None, {"DOORSTEP_MODELS": str(models())})
    with launched() as browser:
        page = browser.new_page(viewport=DESK)
        page.set_default_timeout(PATIENCE_MS)
        server.start()
        try:
            set_up(page, server, "Ann", PASSWORD)
            page.goto(f"{server.url}/alerts")
            page.get_by_test_id("alert-card").first.wait_for()
            many_alerts(page, server.events()[-1], MANY)
            slow_down(page, slower)
            page.reload()
            page.get_by_test_id("alert-card").first.wait_for()
            return scrolled(page, MANY)["longest"]
        finally:
            server.kill()


def slow_down(page: Page, times: int) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    rounds = options.parse_args().rounds
    if missing():
        raise SystemExit(missing())
    for slower, name in ((1, "here"), (SLOWER, "as on a phone")):
        longest = []
        for _ in range(rounds):
            with folder_of_our_own() as folder:
                longest.append(longest_tasks(folder, slower))
        tell(of_rounds(f"scrolling, longest task over {MANY} alerts, {name}", longest, "ms", GOAL_MS))


if __name__ == "__main__":
    main()
