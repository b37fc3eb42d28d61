"""Reads, in a page, the number that each shown picture carries (see `stamped_camera`), and notes when it was shown.

It looks at every <video> by requestVideoFrameCallback, and at the <img> of pictures one by one at each turn of the
screen; the time is the moment at which the picture was read off what is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from fakes.stamped_camera import BITS, CELL, WIDTH

_METER = Path(__file__).with_suffix(".js")
_DECODED = """async () => {
  let decoded = 0;
  for (const video of document.querySelectorAll('video')) {
    const told = video.getVideoPlaybackQuality();
    decoded = Math.max(decoded, told.totalVideoFrames - told.droppedVideoFrames);
  }
  for (const connection of window.peerConnections)
    for (const told of (await connection.getStats()).values())
      if (told.type === 'inbound-rtp' && told.kind === 'video') decoded = Math.max(decoded, told.framesDecoded ?? 0);
  return decoded;
}"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that was shown: its number, when in seconds of time.time(), and which way the page says it came."""

    number: int
    at: float
    way: str
    media: float


def install(context: BrowserContext) -> None:
    """In every page of it, before any script of its own."""
    code = _METER.read_text(encoding="utf-8")
    context.add_init_script(f"({code})({BITS}, {CELL}, {WIDTH});")


def shown(page: Page, since: float = 0.0) -> Sequence[Shown]:
    """What was shown since then, oldest first."""
    told: list[list[Any]] = page.evaluate(
        "(since) => window.frameMeter.shown.filter((one) => one[1] >= since)", since * 1000
    )
    return [Shown(int(number), at / 1000, way, media) for number, at, way, media in told]


def decoded(page: Page) -> int:
    """How many pictures the browser's own counters say were decoded and not dropped."""
    return int(page.evaluate(_DECODED))


def opened_at(page: Page) -> float:
    """When the navigation to this page began, in seconds of time.time()."""
    return float(page.evaluate("performance.timeOrigin")) / 1000
