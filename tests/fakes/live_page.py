"""The product's own live page in a real chromium, signed in, with some of its ways broken and its pictures measured.

A broken way is refused where the browser would reach the server; the page is not told.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page, Route, StorageState

from fakes import frame_meter
from fakes.browser import DESK, launched, set_up
from fakes.frame_meter import Shown
from fakes.server_process import PASSWORD, ServerProcess

LOOPBACK_FLAGS = ("--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns")
WAYS = ("mse", "webrtc", "hls", "mjpeg")
"""In the order in which the page tries them."""
POLL_MS = 20

_MSE = re.compile(r"/live/mse")
_WHEP = re.compile(r"/live/whep")
_HLS = re.compile(r"/live/(index\.m3u8|hls/)")
Prepare = Callable[[BrowserContext], None]


@dataclass(frozen=True, slots=True)
class LiveBrowser:
    """A chromium, the server's address as it sees it, and what it keeps of the login."""

    browser: Browser
    url: str
    signed_in: StorageState

    @contextmanager
    def opened(
        self, broken: Sequence[str] = (), path: str = "/", url: str = "", prepare: Prepare = lambda _context: None
    ) -> Iterator[Page]:
        """The live page in a context of its own: nothing is cached.  `prepare` may do more to it before it opens."""
        with self.browser.new_context(storage_state=self.signed_in, viewport=DESK) as context:
            frame_meter.install(context)
            break_ways(context, broken)
            prepare(context)
            page = context.new_page()
            page.goto((url or self.url) + path, wait_until="commit")
            yield page


@contextmanager
def live_browser(server: ServerProcess) -> Iterator[LiveBrowser]:
    """Set up by the address that a new server prints."""
    with launched(*LOOPBACK_FLAGS) as browser:
        context = browser.new_context()
        set_up(context.new_page(), server, "Ann", PASSWORD)
        kept = context.storage_state()
        context.close()
        yield LiveBrowser(browser, server.url, kept)


def break_ways(context: BrowserContext, broken: Sequence[str]) -> None:
    """From now on, in every page of it."""
    if "mse" in broken:
        context.route_web_socket(_MSE, lambda socket: socket.close(code=1011, reason="broken by the test"))
    if "webrtc" in broken:
        context.route(_WHEP, lambda route: route.fulfill(status=503))
    if "hls" in broken:
        context.route(_HLS, _absent)


def _absent(route: Route) -> None:
    route.fulfill(status=404)


def worse_than_all_before(way: str) -> Sequence[str]:
    """The ways that must be broken for the page to come to this one."""
    return WAYS[: WAYS.index(way)]


def first_shown(page: Page, way: str, seconds: float, since: float = 0.0) -> Shown:
    """The first picture that came this way and was shown since then.  Raises TimeoutError."""
    for _ in range(round(1000 * seconds / POLL_MS)):
        for one in frame_meter.shown(page, since):
            if one.way == way:
                return one
        page.wait_for_timeout(POLL_MS)
    found = page.evaluate("[...document.querySelectorAll('[data-way]')].map((one) => one.dataset.way)")
    msg = f"no picture by {way} within {seconds} s; the page says {found}"
    raise TimeoutError(msg)
