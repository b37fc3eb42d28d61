"""A real browser: Debian's chromium, driven by playwright, with an eye on everything that goes wrong in a page.

What is looked at in the pages lives in tests/browser.  Nothing here may be held while asyncio tests run: playwright
keeps an event loop in the thread that started it.
"""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Page,
    ViewportSize,
    sync_playwright,
)

from fakes.pictures import NO_MODEL
from fakes.server_process import ROOT, ServerProcess, model_folder, wait_for

DIST = ROOT / "src" / "doorstep" / "web" / "dist"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
_OFF = (
    # As playwright has them off: chromium heeds only the last list.
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay"),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled"),
    "PreconnectToSearch",
    # Pages behind the address bar, which nobody sees: each window loads them anew, for as long as a page of ours takes.
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "PreloadTopChromeWebUI"),
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_OFF)}",
]
SINCE = r"(\w{3} \d+ \w{3}, )?\d\d:\d\d"
"""A time as the app says since when something is; with its day where midnight came between."""
PHONE = ViewportSize(width=390, height=844)
TABLET = ViewportSize(width=768, height=1024)
DESK = ViewportSize(width=1440, height=900)
_BLOCKED = "Service Worker registration blocked by Playwright"
STALLED_SECONDS = 240.0
"""Of a whole test: three times what the longest takes on a loaded machine."""
PATIENCE_MS = 90_000  # a loaded machine is slow; how fast a page is, is not proven by waiting for it

# In the page before any script of its own: a violation names what the policy stopped.
_TELL_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


_RUN_AXE = "async (options) => ('axe' in globalThis ? (await axe.run(document, options)).violations : null)"


def missing() -> str:
    """Why there can be no browser tests here; empty if there can."""
    if shutil.which("chromium") is None:
        return "chromium is not installed: `make test-deps`"
    if not (DIST / "index.html").is_file():
        return "the web app is not built: `python3 front_door/web_app.py build`"
    if model_folder() is None:
        return NO_MODEL
    return ""


@contextmanager
def launched(*more: str) -> Iterator[Browser]:
    """A chromium with nothing in it; `more` flags for it."""
    with sync_playwright() as playwright, another(playwright.chromium, *more) as browser:
        yield browser


@contextmanager
def another(chromium: BrowserType, *more: str) -> Iterator[Browser]:
    """Of the same playwright, for a thread can have but one: of the fixture's `browser.browser_type`."""
    browser = chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS, *more])
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def ended_if_stalled(browser: Browser, after: float = STALLED_SECONDS) -> Iterator[None]:
    """Whoever waits in a page for so many seconds gets a playwright `Error`: all pages are closed.

    On a busy machine a chromium was seen whose page waited inside of it for ever and answered nobody any more. Where a
    call takes no timeout, as `evaluate`, that kept the whole suite from ending.
    """
    loop, pages = browser._loop, browser._impl_obj

    def close() -> None:
        for context in pages.contexts:
            loop.create_task(context.close(f"a page did not answer for {after:.0f} s"))

    clock = threading.Timer(after, loop.call_soon_threadsafe, [close])
    clock.start()
    try:
        yield
    finally:
        clock.cancel()
        clock.join()


class Troubles:
    """Everything that a page complains of: console errors, uncaught exceptions, violations of its policy."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def watch(self, context: BrowserContext) -> None:
        """From now on, in every page of it."""
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.all.append(f"uncaught: {error.error}"))

    def expect(self, *patterns: str) -> None:
        """What the test brings about itself."""
        self._expected += [re.compile(pattern) for pattern in patterns]

    def begin_anew(self) -> None:
        """For another test with the same browser."""
        self.all.clear()
        self._expected.clear()

    @property
    def unexpected(self) -> list[str]:
        return [told for told in self.all if not any(pattern.search(told) for pattern in self._expected)]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and message.text != _BLOCKED:
            self.all.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


def setup_address(server: ServerProcess) -> str:
    """The one-time address that a new server prints as its second line."""
    line = wait_for(lambda: next((line for line in server.lines if "/setup#" in line), None), 10, "a set-up address")
    return line.split()[-1]


def set_up(page: Page, server: ServerProcess, name: str, password: str) -> None:
    """Make the first account as an owner does: follow the printed address, fill in, press the button."""
    page.goto(setup_address(server))
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Set up").click()
    page.get_by_test_id("finish").click()
    page.get_by_test_id("live").wait_for()


def sign_in(page: Page, name: str, password: str) -> None:
    """Fill in the form that is shown and send it off."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def axe_violations(page: Page, *, only_colours: bool = False) -> list[str]:
    """What axe-core finds, one line each."""
    every = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    rules = {"type": "rule", "values": ["color-contrast"]} if only_colours else {"type": "tag", "values": every}
    # Neither the style sheets again, which no rule of these reads, nor a selector of each element that is right.
    options = {"runOnly": rules, "resultTypes": ["violations"], "selectors": False, "preload": False}
    found = page.evaluate(_RUN_AXE, options)
    if found is None:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate(_RUN_AXE, options)
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in found
        for node in violation["nodes"]
    ]


def until(page: Page, what: Callable[[], object], seconds: float = PATIENCE_MS / 1000) -> None:
    """Let the browser's messages in until it is true: what a page asks for is told some time after it has asked."""
    left = round(seconds * 50)
    while not what():
        assert left > 0, f"not within {seconds} s"
        page.wait_for_timeout(20)
        left -= 1


def keep_undo(page: Page | BrowserContext) -> None:
    """From the next load on an undo stays until it is used: on a loaded machine its ten seconds can be too short."""
    page.add_init_script(
        "const wait = setTimeout;"
        "globalThis.setTimeout = (what, ms, ...rest) => wait(what, ms === 10_000 ? 1e8 : ms, ...rest);"
    )


def painted(page: Page) -> None:
    """What was last changed about the page is on the screen; or, of a chromium that draws nothing, might never be."""
    twice = "requestAnimationFrame(() => requestAnimationFrame(resolve))"
    page.evaluate(f"() => new Promise((resolve) => {{ {twice}; setTimeout(resolve, 1000); }})")


def shot(page: Page, folder: Path | None, name: str) -> None:
    """A picture of what is on the screen, where somebody wants to look at it."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")
