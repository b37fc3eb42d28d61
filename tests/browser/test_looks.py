"""Every screen at three widths, in both themes: looked at, clean for axe, walked by Tab, narrow without scrolling."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, Route, ViewportSize, expect

from browser.conftest import BrowserHouse, NewPage
from browser.explanations import EXPLANATION, show_still, tell
from browser.screen import Screen, screens_beside
from browser.told_screens import (
    answer_newest,
    begin_the_walk,
    deny_notifications,
    fill_settings,
    leave_https,
    open_who_was_told,
    pass_the_walk,
    snooze,
    stop_looking,
    tell_nobody,
    tell_some,
)
from fakes.browser import AXE, DESK, PHONE, TABLET, Troubles, axe_violations, keep_undo, painted, shot

NARROW = ViewportSize(width=320, height=640)  # WCAG 2.2, 1.4.10: 1280 pixels at 400 %
# Where a page is laid out anew everything is judged; of a theme, which is nothing but colours, those.
LOOKED_AT: list[tuple[ViewportSize, Literal["light", "dark"], bool]] = [
    (DESK, "light", True),
    (DESK, "dark", False),
    (TABLET, "light", False),
    (PHONE, "dark", False),
    (PHONE, "light", True),
]
FAILING = {
    "host": "far.example",
    "use": "doubtful",
    "trouble": "It did not answer in time.",
    "left_alone": True,
    "spent_usd": 1.2345,
    "cap_usd": 5.0,
}

# What can be reached, where the focus is, and whether it can be seen there (WCAG 2.2, 2.1.1, 2.4.7, 2.4.11).
REACHABLE = """
() => [...document.querySelectorAll('a[href], button, input, select, summary, video[controls]')]
  .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.disabled && one.getClientRects().length > 0)
  .filter((one) => one.closest('dialog[open]') === ([...document.querySelectorAll('dialog[open]')].at(-1) ?? null))
  .map((one) => { one.dataset.walk ??= String(globalThis.walkers = (globalThis.walkers ?? 0) + 1);
                  return [one.dataset.walk, one.outerHTML.slice(0, 90)]; })
"""
FOCUS = """
() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return null;
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const at = (x, y) => document.elementFromPoint(x, y);
  const points = [[box.left + 4, box.top + 4], [box.right - 4, box.bottom - 4],
                  [box.left + box.width / 2, box.top + box.height / 2]];
  return {
    walk: one.dataset.walk ?? null,
    html: one.outerHTML.slice(0, 90),
    ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    seen: points.map(([x, y]) => at(x, y)).some((top) => top && (one.contains(top) || top.contains(one))),
  };
}
"""
WIDE = """
() => [document.documentElement, ...document.querySelectorAll('dialog[open]')]
  .filter((one) => one.scrollWidth > 320).map((one) => `${one.tagName} ${one.scrollWidth}`)
"""
BROKEN_WORDS = """
() => [...document.querySelectorAll('.button')].filter((one) => one.getClientRects().length > 0).flatMap((one) => {
  const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
  const broken = [];
  while (walker.nextNode()) {
    for (const word of walker.currentNode.data.matchAll(/\\S+/g)) {
      const range = document.createRange();
      range.setStart(walker.currentNode, word.index);
      range.setEnd(walker.currentNode, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1) broken.push(word[0]);
    }
  }
  return broken;
})
"""
SMALL = """
() => [...document.querySelectorAll('a[href], button, input:not([type=checkbox], [type=radio]), select, summary')]
  .filter((one) => one.checkVisibility() && one.getClientRects().length > 0)
  .filter((one) => getComputedStyle(one).display !== 'inline')
  .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 43.9 || box.height < 43.9)
  .map(([html, box]) => `${html} ${box.width} x ${box.height}`)
"""


def open_filters(page: Page) -> None:
    page.get_by_test_id("filter").click()


def open_first(page: Page) -> None:
    page.get_by_test_id("alert-card").first.click()
    expect(page.get_by_test_id("clip")).to_be_visible()
    page.get_by_test_id("ledger").locator("summary").click()


def share_first(page: Page) -> None:
    page.get_by_test_id("alert-card").first.click()
    page.get_by_test_id("share").click()
    page.get_by_test_id("make-link").click()
    expect(page.get_by_test_id("share-dialog")).to_contain_text("Open links")


def open_why(page: Page) -> None:
    tell(page)
    show_still(page, 360, 640)
    page.get_by_test_id("alert-card").first.click()
    page.get_by_test_id("why").locator("summary").click()
    page.get_by_test_id("why-looks").locator("summary").click()
    expect(page.get_by_test_id("why-frame")).to_be_visible()
    expect(page.get_by_test_id("person-or-not")).to_be_visible()
    page.get_by_test_id("why").scroll_into_view_if_needed()


def open_why_of_an_old_one(page: Page) -> None:
    page.route(EXPLANATION, lambda route: route.fulfill(status=404, json={"detail": "None was kept."}))
    page.get_by_test_id("alert-card").first.click()
    page.get_by_test_id("why").locator("summary").click()
    expect(page.get_by_text("Nothing was kept about this one.")).to_be_visible()


def open_keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def fail_to_sign_in(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Nobody")
    page.get_by_label("Password", exact=True).fill("a wrong password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_test_id("notice")).to_be_visible()


def delete_first(page: Page) -> None:
    page.route("**/api/v1/events/*", lambda route: route.fulfill(status=204))
    page.get_by_test_id("alert-card").first.focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def let_another_machine_look(page: Page) -> None:
    def tell(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"remote_detector": FAILING})

    page.route("**/api/v1/status", tell)
    page.reload()
    shown = page.get_by_test_id("who-looks")
    expect(shown).to_contain_text("far.example, asked only where a look is doubtful")
    expect(shown).to_contain_text("It did not answer in time. The model on this machine looks meanwhile.")
    expect(shown).to_contain_text("$1.23 spent this month, of at most $5.00.")


def ask_for_addresses(page: Page) -> None:
    page.get_by_test_id("another-player").click()
    page.get_by_test_id("make-addresses").click()
    expect(page.get_by_label("HLS", exact=True)).to_be_visible()


CARD = "[data-testid=alert-card] img"
SCREENS = [
    Screen("setup", "/setup#some-code", "[data-testid=setup]", signed_in=False),
    Screen("login", "/", "[data-testid=login]", signed_in=False),
    Screen("login-wrong", "/", "[data-testid=login]", fail_to_sign_in, signed_in=False),
    Screen("live", "/", "[data-verdict=live]"),
    Screen("live-off", "/live/shed", "[data-verdict=camera]"),
    Screen("live-other-player", "/live/yard", "[data-verdict=live]", ask_for_addresses),
    Screen("live-all", "/all", "[data-camera=porch][data-verdict=live]"),
    Screen("alerts", "/alerts", CARD),
    Screen("alerts-filter", "/alerts", CARD, open_filters),
    Screen("alerts-deleted", "/alerts", CARD, delete_first),
    Screen("alerts-none", "/alerts?camera=shed", "[data-testid=no-alerts]"),
    Screen("alert", "/alerts?camera=yard", CARD, open_first),
    Screen("alert-why", "/alerts?camera=porch", CARD, open_why),
    Screen(
        "alert-why-none",
        "/alerts?camera=yard",
        CARD,
        open_why_of_an_old_one,
        trouble="status of 404 .*/explanation",
    ),
    Screen("keys", "/alerts", CARD, open_keys),
    Screen("status", "/status", "[data-testid=storage]", let_another_machine_look),
    Screen("settings", "/settings/notifications", "[data-testid=wishes]", fill_settings),
    Screen("settings-passed", "/settings/notifications", "[data-testid=wishes]", pass_the_walk),
    Screen("settings-running", "/settings/notifications", "[data-testid=wishes]", begin_the_walk),
    Screen("settings-snoozed", "/settings/notifications", "[data-testid=wishes]", snooze),
    Screen("settings-denied", "/settings/notifications", "[data-testid=wishes]", deny_notifications),
    Screen("settings-plain", "/settings/notifications", "[data-testid=wishes]", leave_https),
    Screen("nobody-told", "/", "[data-verdict=live]", tell_nobody),
    Screen("live-detection-off", "/", "[data-verdict=live]", stop_looking),
    Screen("status-untold", "/status", "[data-testid=storage]", tell_some),
    Screen("alert-share", "/alerts?camera=yard", CARD, share_first),
    Screen("alert-told", "/alerts?camera=yard", CARD, open_who_was_told),
    Screen("answer", "/alerts?camera=yard", CARD, answer_newest),
    Screen("lost", "/cellar", "[data-testid=lost]"),
    *screens_beside(Path(__file__).parent),
]
EVERY_SCREEN = pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)

OpenScreen = Callable[..., Page]


@pytest.fixture
def open_screen(rung: BrowserHouse, new_context: Callable[..., BrowserContext], troubles: Troubles) -> OpenScreen:
    """The page at a screen; without motion, so that nothing is caught half way."""

    def open_page(screen: Screen, **options: object) -> Page:
        if screen.name == "login-wrong":
            troubles.expect(r"status of 401 .*/api/v1/session\)")
        if screen.trouble:
            troubles.expect(screen.trouble)
        state = rung.signed_in if screen.signed_in else None
        page: Page = new_context(storage_state=state, reduced_motion="reduce", **options).new_page()
        keep_undo(page)
        if screen.name == "setup":
            page.route("**/api/v1/setup", lambda route: route.fulfill(json={"needed": True}))
        page.goto(rung.url + screen.path)
        page.locator(screen.ready).first.wait_for()
        screen.then(page)
        return page

    return open_page


@EVERY_SCREEN
def test_a_screen_is_clean_at_each_width_in_both_themes(screen: Screen, open_screen: OpenScreen, shots: Path) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: `python3 front_door/web_app.py build`")
    page = open_screen(screen, bypass_csp=True)
    found = []
    for size, theme, is_first in LOOKED_AT:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=theme)
        painted(page)
        shot(page, shots, f"{screen.name}-{size['width']}-{theme}")
        violations = axe_violations(page, only_colours=not is_first)
        found += [f"{size['width']} {theme} {one}" for one in violations]
    found += [f"below 44 pixels: {one}" for one in page.evaluate(SMALL)]
    page.set_viewport_size(NARROW)
    painted(page)
    shot(page, shots, f"{screen.name}-320")
    found += [f"scrolls sideways at 320 pixels: {one}" for one in page.evaluate(WIDE)]
    found += [f"breaks within a word at 320 pixels: {one}" for one in page.evaluate(BROKEN_WORDS)]
    assert found == []
    assert page.locator("h1").count() == 1


@EVERY_SCREEN
def test_a_screen_is_walked_by_tab_and_the_focus_is_seen(screen: Screen, open_screen: OpenScreen) -> None:
    page = open_screen(screen)
    for size in (DESK, PHONE):  # between them nothing is reached another way
        page.set_viewport_size(size)
        walk(page)


def walk(page: Page) -> None:
    """Tab until everything was reached; where the focus is must be seen on the way."""
    wanted = dict(page.evaluate(REACHABLE))
    reached, ringed, hidden = set(), set(), []
    for _ in range(4 * len(wanted) + 20):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus is None:
            continue
        reached.add(focus["walk"])
        if focus["ring"]:  # a date or a film has stops inside, where the browser draws the ring
            ringed.add(focus["walk"])
        if not focus["seen"]:
            hidden.append(focus["html"])
        if ringed >= wanted.keys():
            break
    assert [html for walk, html in wanted.items() if walk not in reached] == []
    assert [html for walk, html in wanted.items() if walk not in ringed] == []
    assert hidden == []


def test_the_focus_is_on_the_heading_after_a_change_of_page(new_page: NewPage) -> None:
    page = new_page("/")
    expect(page.get_by_test_id("live")).to_be_visible()
    for name in ("Alerts", "Status", "Settings", "Live"):
        page.get_by_role("navigation", name="Main").get_by_role("link", name=name).press("Enter")
        expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_the_content_is_one_key_away(new_page: NewPage) -> None:
    page = new_page("/status")
    expect(page.get_by_test_id("status")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
