"""Every screen at three widths, in both themes: looked at, clean for axe, narrow without scrolling, walked by Tab."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, StorageState, ViewportSize, expect

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
    see_nobody_told,
    see_the_walk,
    see_untold,
    stop_looking,
    tell_a_snooze,
    tell_nobody,
    tell_some,
)
from fakes.browser import (
    AXE,
    DESK,
    PATIENCE_MS,
    PHONE,
    TABLET,
    Troubles,
    axe_violations,
    keep_undo,
    painted,
    shot,
)

WIDE_FRAMES = 30
"""Once, on a loaded machine, a shelf out of sight (content-visibility) still had its width of before."""
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

# What Tab can reach.  Of radio buttons that belong together it reaches one, the chosen one or the first; what is hidden
# from everybody, as the name that a password manager reads beside a new password, it need not reach.
REACHABLE = """
() => [...document.querySelectorAll('a[href], button, input, select, summary, video[controls]')]
  .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.disabled && one.getClientRects().length > 0)
  .filter((one) => one.closest('dialog[open]') === ([...document.querySelectorAll('dialog[open]')].at(-1) ?? null))
  .filter((one) => !(one.tabIndex < 0 && one.closest('[aria-hidden=true]')))
  .filter((one) => {
    if (one.type !== 'radio' || one.checked) return true;
    const group = [...document.getElementsByName(one.name)].filter((other) => other.form === one.form);
    return group[0] === one && !group.some((other) => other.checked);
  })
  .map((one) => { one.dataset.walk ??= String(globalThis.walkers = (globalThis.walkers ?? 0) + 1);
                  return [one.dataset.walk, one.outerHTML.slice(0, 90)]; })
"""
# Where the focus is after each Tab, and whether it can be seen there (WCAG 2.2, 2.1.1, 2.4.7, 2.4.11).
NOTE_STOPS = """
() => {
  if (globalThis.stops) return;
  globalThis.stops = [];
  const note = () => {
    const one = document.activeElement;
    if (one === null || one === document.body) return;
    const style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    const at = (x, y) => document.elementFromPoint(x, y);
    const points = [[box.left + 4, box.top + 4], [box.right - 4, box.bottom - 4],
                    [box.left + box.width / 2, box.top + box.height / 2]];
    globalThis.stops.push({
      walk: one.dataset.walk ?? null,
      html: one.outerHTML.slice(0, 90),
      ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
      seen: points.map(([x, y]) => at(x, y)).some((top) => top && (one.contains(top) || top.contains(one))),
    });
  };
  addEventListener('keyup', (event) => event.key === 'Tab' && note(), true);
}
"""
TAKE_STOPS = "() => globalThis.stops.splice(0)"
# What is wrong with the layout; asked once what was changed about the page is on the screen.
WIDE = """
[document.documentElement, ...document.querySelectorAll('dialog[open]')]
  .filter((one) => one.scrollWidth > innerWidth)
  .map((one) => `scrolls sideways at ${innerWidth} pixels: ${one.tagName} ${one.scrollWidth}`)
"""
BROKEN_WORDS = """
[...document.querySelectorAll('.button')].filter((one) => one.getClientRects().length > 0).flatMap((one) => {
  const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
  const broken = [];
  while (walker.nextNode()) {
    for (const word of walker.currentNode.data.matchAll(/\\S+/g)) {
      if (word[0].length > 30) continue;  // a name that fits no line
      const range = document.createRange();
      range.setStart(walker.currentNode, word.index);
      range.setEnd(walker.currentNode, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1) broken.push(word[0]);
    }
  }
  return broken;
}).map((word) => `breaks within a word at ${innerWidth} pixels: ${word}`)
"""
SMALL = """
[...document.querySelectorAll('a[href], button, input:not([type=checkbox], [type=radio]), select, summary')]
  .filter((one) => one.checkVisibility() && one.getClientRects().length > 0)
  .filter((one) => getComputedStyle(one).display !== 'inline' && !one.closest('[aria-hidden=true]'))
  .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 43.9 || box.height < 43.9)
  .map(([html, box]) => `below 44 pixels: ${html} ${box.width} x ${box.height}`)
"""
HEADINGS = """
[document.querySelectorAll('h1').length].filter((count) => count !== 1).map((count) => `${count} h1`)
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


def tell_why(page: Page) -> None:
    tell(page)
    show_still(page, 360, 640)


def open_why(page: Page) -> None:
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


def want_a_setup(page: Page) -> None:
    page.route("**/api/v1/setup", lambda route: route.fulfill(json={"needed": True}))


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


def see_the_other_machine(page: Page) -> None:
    shown = page.get_by_test_id("who-looks")
    expect(shown).to_contain_text("far.example, asked only where a look is doubtful")
    expect(shown).to_contain_text("It did not answer in time. The model on this machine looks meanwhile.")
    expect(shown).to_contain_text("$1.23 spent this month, of at most $5.00.")


def ask_for_addresses(page: Page) -> None:
    page.get_by_test_id("another-player").click()
    page.get_by_test_id("make-addresses").click()
    expect(page.get_by_label("HLS", exact=True)).to_be_visible()


CARD = "[data-testid=alert-card] img"
WISHES = "/settings/notifications"
DEVICE = "[data-testid=this-device]"
SCREENS = [
    Screen("setup", "/setup#some-code", "[data-testid=setup]", told=want_a_setup, signed_in=False),
    Screen("login", "/", "[data-testid=login]", signed_in=False),
    Screen(
        "login-wrong",
        "/",
        "[data-testid=login]",
        fail_to_sign_in,
        signed_in=False,
        trouble=r"status of 401 .*/api/v1/session\)",
    ),
    Screen("live", "/", "[data-verdict=live]"),
    Screen("live-off", "/live/shed", "[data-verdict=camera]"),
    Screen("live-other-player", "/live/yard", "[data-verdict=live]", ask_for_addresses),
    Screen("live-all", "/all", "[data-camera=porch][data-verdict=live]"),
    Screen("alerts", "/alerts", CARD),
    Screen("alerts-filter", "/alerts", CARD, open_filters),
    Screen("alerts-deleted", "/alerts", CARD, delete_first),
    Screen("alerts-none", "/alerts?camera=shed", "[data-testid=no-alerts]"),
    Screen("alert", "/alerts?camera=yard", CARD, open_first),
    Screen("alert-why", "/alerts?camera=porch", CARD, open_why, tell_why),
    Screen(
        "alert-why-none",
        "/alerts?camera=yard",
        CARD,
        open_why_of_an_old_one,
        trouble="status of 404 .*/explanation",
    ),
    Screen("keys", "/alerts", CARD, open_keys),
    Screen("status", "/status", "[data-testid=storage]", see_the_other_machine, let_another_machine_look),
    Screen("settings", WISHES, "[data-testid=wishes]", see_the_walk, fill_settings),
    Screen("settings-passed", WISHES, "[data-testid=wishes]", pass_the_walk),
    Screen("settings-running", WISHES, "[data-testid=wishes]", begin_the_walk),
    Screen("settings-snoozed", WISHES, "[data-testid=snooze] >> text=The doorbell still rings.", told=tell_a_snooze),
    Screen("settings-denied", WISHES, f"{DEVICE} >> text=This browser blocks", told=deny_notifications, alone=True),
    Screen("settings-plain", WISHES, f"{DEVICE} >> text=need the secure address", told=leave_https, alone=True),
    Screen("nobody-told", "/", "[data-verdict=live]", see_nobody_told, tell_nobody),
    Screen("live-detection-off", "/", "text=Detection is off", told=stop_looking),
    Screen("status-untold", "/status", "[data-testid=storage]", see_untold, tell_some),
    Screen("alert-share", "/alerts?camera=yard", CARD, share_first),
    Screen("alert-told", "/alerts?camera=yard", CARD, open_who_was_told),
    Screen("answer", "/alerts?camera=yard", CARD, answer_newest),
    Screen("lost", "/cellar", "[data-testid=lost]"),
    *screens_beside(Path(__file__).parent),
]
EVERY_SCREEN = pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)


class OnePage:
    """The page in which one screen after the other is opened: a browser of its own costs each more than the looking.

    Without motion, so that nothing is caught half way.  What a screen was told, stored or signed in with is gone at the
    next; after a test that failed the page itself is.
    """

    def __init__(self, house: BrowserHouse, browser: Browser) -> None:
        self._house = house
        self._context: BrowserContext = browser.new_context(
            viewport=DESK, locale="en-GB", service_workers="block", reduced_motion="reduce"
        )
        self._context.set_default_timeout(PATIENCE_MS)
        self._page: Page | None = None
        self.troubles = Troubles()
        self.troubles.watch(self._context)

    def open(self, screen: Screen) -> Page:
        """The page at that screen; `keep` has to follow, or the next gets a new page."""
        page, self._page = self._page or self._new_page(), None
        self.troubles.begin_anew()
        if screen.trouble:
            self.troubles.expect(screen.trouble)
        self._context.set_storage_state((screen.signed_in and self._house.signed_in) or NOBODY)
        page.set_viewport_size(DESK)
        page.emulate_media(color_scheme="light")
        screen.told(page)
        page.goto(self._house.url + screen.path)
        page.locator(screen.ready).first.wait_for()
        screen.then(page)
        return page

    def keep(self, page: Page) -> None:
        """For the next one; what still comes from this screen is nobody's trouble."""
        page.unroute_all(behavior="ignoreErrors")
        page.evaluate("sessionStorage.clear()")
        page.goto("about:blank")
        self._page = page

    def close(self) -> None:
        self._context.close()

    def _new_page(self) -> Page:
        for old in self._context.pages:
            old.close()
        page = self._context.new_page()
        keep_undo(page)
        return page


NOBODY = StorageState(cookies=[], origins=[])


@pytest.fixture(scope="module")
def one_page(rung: BrowserHouse, browser: Browser) -> Iterator[OnePage]:
    made = OnePage(rung, browser)
    yield made
    made.close()


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_is_clean_at_each_width_in_both_themes_and_walked_by_tab(
    screen: Screen, one_page: OnePage, shots: Path | None
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: `python3 front_door/web_app.py build`")
    page = one_page.open(screen)
    found = [*looked_at(page, screen.name, shots)]
    for size in (PHONE, DESK):  # between them nothing is reached another way
        page.set_viewport_size(size)
        found += [f"{size['width']} {one}" for one in walked(page)]
    assert found == []
    assert one_page.troubles.unexpected == []
    if not screen.alone:
        one_page.keep(page)


def looked_at(page: Page, name: str, shots: Path | None) -> Iterator[str]:
    """What is wrong at the three widths and in the two themes, and where a page is narrowest."""
    for size, theme, is_first in LOOKED_AT:
        lay_out(page, size, theme)
        here = f"{name}-{size['width']}-{theme}"
        shot(page, shots, here)
        wrong = page.evaluate(f"() => [{SMALL}, {HEADINGS}].flat()")
        yield from (f"{here}: {one}" for one in wide(page) + wrong + axe_violations(page, only_colours=not is_first))
    lay_out(page, NARROW, "light")
    shot(page, shots, f"{name}-320")
    yield from wide(page) + page.evaluate(BROKEN_WORDS)


def wide(page: Page) -> list[str]:
    """What scrolls sideways, and still does once the shelves that are out of sight have their new width too."""
    for _ in range(WIDE_FRAMES):
        if not (found := page.evaluate(WIDE)):
            break
        painted(page)
    return list(found)


def lay_out(page: Page, size: ViewportSize, theme: Literal["light", "dark"]) -> None:
    """As it is there once it is on the screen."""
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=theme)
    painted(page)


def walked(page: Page) -> Iterator[str]:
    """Tab until everything was reached; where the focus is must be seen on the way."""
    wanted = dict(page.evaluate(REACHABLE))
    page.evaluate(NOTE_STOPS)
    reached: set[str] = set()
    ringed: set[str] = set()
    hidden: set[str] = set()
    left = 4 * len(wanted) + 20
    while left > 0 and not ringed >= wanted.keys():
        steps = min(left, len(wanted.keys() - ringed))
        left -= steps
        for _ in range(steps):
            page.keyboard.press("Tab")
        for stop in page.evaluate(TAKE_STOPS):
            reached.add(stop["walk"])
            if stop["ring"]:  # a date or a film has stops inside, where the browser draws the ring
                ringed.add(stop["walk"])
            if not stop["seen"]:
                hidden.add(stop["html"])
    yield from (f"not reached by Tab: {html}" for walk, html in wanted.items() if walk not in reached)
    yield from (f"without a ring: {html}" for walk, html in wanted.items() if walk in reached - ringed)
    yield from (f"the focus is hidden: {html}" for html in sorted(hidden))


def test_the_focus_is_on_the_heading_after_a_change_of_page(new_page: NewPage) -> None:
    page = new_page("/")
    expect(page.get_by_test_id("live")).to_be_visible()
    for name in ("Alerts", "Timeline", "Settings", "Live"):
        page.get_by_role("navigation", name="Main").get_by_role("link", name=name).press("Enter")
        expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_the_focus_is_on_the_heading_after_a_change_of_section(new_page: NewPage) -> None:
    page = new_page("/settings")
    for section, heading in (("people", "People"), ("health", "Status"), ("about", "About")):
        page.get_by_test_id(f"section-{section}").press("Enter")
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_focused()
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").press("Enter")
        expect(page.get_by_role("heading", level=1, name="Settings")).to_be_focused()


def test_the_content_is_one_key_away(new_page: NewPage) -> None:
    page = new_page("/status")
    expect(page.get_by_test_id("status")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
