"""Scrolling through 2,000 alerts, and a day of 10,000 events: the longest time that the page stands still.

The goal is 200 ms.

    python -m benchmarks.scrolling [--rounds 3]

A real chromium at the size of a desk, with a processor of its own and with one that is four times slower, as a phone's.
The list is answered in the browser; the pictures are the server's.  Ends without figures where there is no chromium, no
built app or no model.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import of_rounds, tell
from benchmarks.house import folder_of_our_own, models
from playwright.sync_api import Page

from browser.timeline_screens import LONG_TASKS, busy_day, tell_day, yesterday
from fakes.browser import DESK, launched, missing, set_up
from fakes.many_alerts import many_alerts, scrolled
from fakes.server_process import PASSWORD, ServerProcess

GOAL_MS = 200.0
MANY = 2000
PATIENCE_MS = 120_000
SLOWER = 4


@contextmanager
def a_house(folder: Path) -> Iterator[tuple[Page, ServerProcess]]:
    """The demo's, with an owner signed in."""
    server = ServerProcess(folder / "data", None, {"DOORSTEP_MODELS": str(models())})
    with launched() as browser:
        page = browser.new_page(viewport=DESK)
        page.set_default_timeout(PATIENCE_MS)
        server.start()
        try:
            set_up(page, server, "Ann", PASSWORD)
            yield page, server
        finally:
            server.kill()


def longest_of_alerts(folder: Path, slower: int) -> float:
    with a_house(folder) as (page, server):
        page.goto(f"{server.url}/alerts")
        page.get_by_test_id("alert-card").first.wait_for()
        many_alerts(page, server.events()[-1], MANY)
        slow_down(page, slower)
        page.reload()
        page.get_by_test_id("alert-card").first.wait_for()
        return scrolled(page, MANY)["longest"]


def longest_of_a_day(folder: Path, slower: int) -> float:
    """Drawn, walked from mark to mark and zoomed into."""
    with a_house(folder) as (page, server):
        camera = server.cameras()[0]["id"]
        tell_day(page, busy_day)
        page.add_init_script(LONG_TASKS)
        slow_down(page, slower)
        page.goto(f"{server.url}/timeline/{camera}?at={yesterday(12)}")
        page.get_by_test_id("mark").first.wait_for()
        for key in ("n", "n", "ArrowRight"):
            page.keyboard.press(key)
        for _ in range(2):
            page.get_by_test_id("zoom-in").click()
        return float(page.evaluate("globalThis.longest"))


def slow_down(page: Page, times: int) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    rounds = options.parse_args().rounds
    if missing():
        raise SystemExit(missing())
    acts = {f"scrolling {MANY} alerts": longest_of_alerts, "a day of 10,000 events": longest_of_a_day}
    for slower, where in ((1, "here"), (SLOWER, "as on a phone")):
        longest: dict[str, list[float]] = {name: [] for name in acts}
        for _ in range(rounds):
            for name, act in acts.items():
                with folder_of_our_own() as folder:
                    longest[name].append(act(folder, slower))
        for name, found in longest.items():
            tell(of_rounds(f"{name}, longest task, {where}", found, "ms", GOAL_MS))


if __name__ == "__main__":
    main()
