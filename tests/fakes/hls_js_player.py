"""hls.js in a real chromium, a reader of low-latency HLS that others wrote, on a page of its own beside the product's.

It is a development package of `web/`, and in no page of the product.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Page, Route

from fakes.live_page import LiveBrowser
from fakes.server_process import ROOT

WAY = "hls.js"
SCRIPT = ROOT / "web" / "node_modules" / "hls.js" / "dist" / "hls.min.js"
_ADDRESS = "/a-page-of-the-benchmark"
_PAGE = f"""<!doctype html><script src="{_ADDRESS}.js"></script>
<div data-way="{WAY}"><video muted autoplay playsinline></video></div>
<script>
  window.faults = [];
  const player = (window.player = new Hls({{ lowLatencyMode: true }}));
  player.on(Hls.Events.ERROR, (_name, {{ details, fatal, error }}) =>
    window.faults.push(`${{details}}${{fatal ? ', fatal' : ''}}: ${{error?.message ?? ''}}`));
  player.loadSource('/api/v1/cameras/door/live/index.m3u8');
  player.attachMedia(document.querySelector('video'));
</script>"""


def missing() -> str:
    """Why there can be no such player here; empty where there can."""
    return "" if SCRIPT.exists() else "hls.js is absent: run npm ci in web/"


@contextmanager
def opened(chromium: LiveBrowser) -> Iterator[Page]:
    """Playing the camera `door`, signed in, with nothing cached; `frame_meter` says what is shown, by `WAY`."""

    code = SCRIPT.read_text(encoding="utf-8")

    def prepare(context: BrowserContext) -> None:
        context.route(f"**{_ADDRESS}", _page)
        context.route(f"**{_ADDRESS}.js", lambda route: route.fulfill(content_type="text/javascript", body=code))

    with chromium.opened(path=_ADDRESS, prepare=prepare) as page:
        yield page


def faults(page: Page) -> list[str]:
    """What the player complained of."""
    told: list[str] = page.evaluate("window.faults")
    return told


def _page(route: Route) -> None:
    route.fulfill(content_type="text/html", body=_PAGE)
