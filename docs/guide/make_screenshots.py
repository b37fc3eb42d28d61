"""Pictures of the pages for the manual, of a real demo server in a real chromium; into docs/guide/screenshots/.

    .venv/bin/python docs/guide/make_screenshots.py        or, with those of the app's tests, make docs-pictures

Takes about a minute: it waits for the demo's first visitor.  Needs `make test-deps`, and `make run` once.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import Page  # noqa: E402 - after finding the tests folder

from fakes.browser import DESK, PHONE, launched, missing, set_up, shot  # noqa: E402 - as above
from fakes.server_process import PASSWORD, ServerProcess, model_folder, running, wait_for  # noqa: E402 - as above

OUT = ROOT / "docs" / "guide" / "screenshots"
A_VISIT_SECONDS = 90


def main() -> None:
    """All pictures, or one sentence about what is missing."""
    if missing():
        raise SystemExit(missing())
    environment = {"DOORSTEP_MODELS": str(model_folder())}
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "data", None, environment) as server,
        launched() as browser,
    ):
        page = browser.new_page(viewport=DESK)
        set_up(page, server, "Ann", PASSWORD)
        wait_for(lambda: any(event["ended_at"] for event in server.events()), A_VISIT_SECONDS, "the first visitor")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type] - one of its words
            for size in (DESK, PHONE):
                page.set_viewport_size(size)
                take_all(page, server, f"{size['width']}-{theme}")
    print(f"made {len(list(OUT.glob('*.png')))} pictures in {OUT.relative_to(ROOT)}")


def take_all(page: Page, server: ServerProcess, suffix: str) -> None:
    """Each page once, at the size and in the theme that are set."""
    page.goto(server.url)
    page.locator("[data-verdict=live] [data-testid=live-picture]").wait_for()
    page.get_by_test_id("alert-card").first.wait_for()
    shot(page, OUT, f"live-{suffix}")
    page.goto(f"{server.url}/alerts")
    page.locator("[data-testid=alert-card] img").first.wait_for()
    page.wait_for_load_state("networkidle")
    shot(page, OUT, f"alerts-{suffix}")
    page.get_by_test_id("alert-card").last.click()
    page.wait_for_function("() => document.querySelector('video')?.currentTime > 10")  # the visitor is there
    shot(page, OUT, f"alert-{suffix}")
    newest = server.events()[-1]["id"]
    page.goto(f"{server.url}/answer/{newest}?camera=demo")
    page.locator("[data-testid=answer][data-verdict=live]").wait_for()
    page.get_by_test_id("clip").wait_for()
    shot(page, OUT, f"answer-{suffix}")
    page.goto(f"{server.url}/status")
    page.get_by_test_id("storage").wait_for()
    shot(page, OUT, f"status-{suffix}")


if __name__ == "__main__":
    main()
