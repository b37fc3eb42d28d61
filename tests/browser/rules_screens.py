"""Alerts and recording, as it looks in each of its states."""

from typing import Any

from playwright.sync_api import Page, Route, expect

from browser.screen import Screen

RULES = "/settings/rules"


def change_pre_roll(page: Page) -> None:
    """A change, looked at before it is saved."""
    page.get_by_label("Video before somebody comes").fill("7")
    page.get_by_label("Video before somebody comes").blur()
    page.get_by_test_id("review").get_by_role("button", name="What changes").click()
    expect(page.get_by_test_id("diff")).to_contain_text("pre_roll = 7")


def change_too_much(page: Page) -> None:
    """What cannot be saved is said at its place."""
    page.get_by_label("Video after the last sight").fill("3000")
    page.get_by_label("Video after the last sight").blur()
    page.get_by_test_id("review").get_by_role("button", name="What changes").click()
    expect(page.get_by_test_id("faults")).to_contain_text("Must not be more than “An event ends")


def open_a_table(page: Page) -> None:
    """One table of the file with its keys and their help."""
    page.get_by_test_id("table-detection").locator("summary").click()
    expect(page.get_by_label("looks_per_second", exact=True)).to_be_visible()


def answering(page: Page, **other: Any) -> None:
    """The server's settings, but for these."""

    def answer(route: Route) -> None:
        told = route.fetch()
        route.fulfill(response=told, json={**told.json(), **other})

    page.route("**/api/v1/settings", answer)


def let_wait(page: Page) -> None:
    """A change of something that is read at a start only."""
    answering(page, restart=["[buffer]", "[server]"])


def make_read_only(page: Page) -> None:
    """A file that Doorstep may not write."""
    why = (
        "Doorstep may not write into /etc/doorstep. Edit doorstep.toml there by hand, or give that folder to Doorstep."
    )
    answering(page, writable=False, why_not=why)


def tell_versions(page: Page) -> None:
    """Who changed what; a name may hold anything."""
    versions = [
        {"id": "b", "at": "2026-11-21T13:00:00Z", "who": "Ann <b>", "what": "events.pre_roll", "current": True},
        {"id": "a", "at": "2026-11-20T13:00:00Z", "who": "", "what": "as it was found", "current": False},
    ]
    page.route("**/api/v1/settings/versions", lambda route: route.fulfill(json={"versions": versions}))


SCREENS = (
    Screen("rules", RULES, "[data-testid=review]"),
    Screen("rules-changed", RULES, "[data-testid=review]", change_pre_roll),
    Screen("rules-wrong", RULES, "[data-testid=review]", change_too_much),
    Screen("rules-waiting", RULES, "[data-testid=restart] >> text=Restart now", told=let_wait),
    Screen("rules-read-only", RULES, "[data-testid=unwritable]", told=make_read_only),
    Screen("rules-advanced", f"{RULES}/advanced", "[data-testid=table-detection]", open_a_table),
    Screen("rules-versions", f"{RULES}/versions", "[data-testid=versions] >> text=Ann <b>", told=tell_versions),
)
