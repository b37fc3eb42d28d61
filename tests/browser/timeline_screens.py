"""The timeline as it looks when there is much to show, little, or nothing: days that are told instead of lived."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import av
import numpy as np
from playwright.sync_api import Page, Route, expect

from browser.screen import Screen

DAY = "**/api/v1/cameras/*/timeline?*"
FRAME = "**/api/v1/cameras/*/frame.jpg?*"
SHEET = "**/api/v1/cameras/*/previews.jpg?*"
HOUR = timedelta(hours=1)
OFFLINE = "The camera did not answer."
CAUSES = ("person", "motion", "press")
LONG_TASKS = """
globalThis.longest = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, task.duration);
}).observe({type: 'longtask', buffered: true});
"""

Told = dict[str, Any]


def instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stretch(begin: datetime, hours: float) -> Told:
    return {"starts_at": instant(begin), "ends_at": instant(begin + hours * HOUR)}


def an_event(number: int, at: datetime, cause: str, *, here: bool = True) -> Told:
    return {
        "id": f"told-{number}",
        "started_at": instant(at),
        "ended_at": instant(at + timedelta(seconds=20)),
        "causes": [cause],
        "clip": {"seconds": 20.0, "bytes": 4_000_000, "here": here},
    }


def full_day(begin: datetime) -> Told:
    """Recorded all day but for two gaps, with some visits; one of them lies elsewhere."""
    visits = [begin + (2 + 1.7 * number) * HOUR for number in range(11)]
    events = [an_event(number, at, CAUSES[number % 3]) for number, at in enumerate(visits)]
    heap = [an_event(50 + number, begin + 9 * HOUR + number * timedelta(seconds=40), "motion") for number in range(12)]
    away = an_event(90, begin + 10.25 * HOUR, "person", here=False)
    return {
        "recorded": [stretch(begin + 1 * HOUR, 9), stretch(begin + 10.5 * HOUR, 9.5), stretch(begin + 21 * HOUR, 3)],
        "gaps": [
            {**stretch(begin + 10 * HOUR, 0.5), "reason": OFFLINE},
            {**stretch(begin + 20 * HOUR, 1), "reason": "Doorstep was not running."},
        ],
        "events": sorted([*events, *heap, away], key=lambda one: one["started_at"]),
        "complete": True,
    }


def busy_day(begin: datetime) -> Told:
    """Ten thousand events."""
    step = 24 * HOUR / 10_000
    events = [an_event(number, begin + number * step, CAUSES[number % 3]) for number in range(10_000)]
    return {"recorded": [stretch(begin, 24)], "gaps": [], "events": events, "complete": True}


def empty_day(_: datetime) -> Told:
    return {"recorded": [], "gaps": [], "events": [], "complete": True}


def yesterday(hours: float) -> str:
    """An instant of the day before this one in UTC, for an address."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return instant(midnight - 24 * HOUR + hours * HOUR)


@lru_cache
def picture(width: int, height: int) -> bytes:
    """A grey evening as a JPEG."""
    rows, columns = np.mgrid[:height, :width]
    shades = (60 + 80 * rows / height + 30 * np.sin(columns / 40)).astype(np.uint8)
    file = io.BytesIO()
    with av.open(file, "w", format="mjpeg") as output:
        stream = output.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        frame = av.VideoFrame.from_ndarray(shades, format="gray").reformat(format="yuvj420p")
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def tell_day(page: Page, told: Callable[[datetime], Told]) -> None:
    """Answer for whatever day is asked, and with a picture wherever one is."""

    def day(route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        begin = datetime.fromisoformat(query["from"][0])
        answer = {"camera": "porch", "from": query["from"][0], "to": query["to"][0], **told(begin)}
        route.fulfill(status=200, content_type="application/json", body=json.dumps(answer))

    def frame(route: Route) -> None:
        at = parse_qs(urlsplit(route.request.url).query)["at"][0]
        route.fulfill(status=200, content_type="image/jpeg", body=picture(1280, 720), headers={"Doorstep-Shown-At": at})

    def sheet(route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        headers = {
            "Doorstep-Tiles": "160x90x6",
            "Doorstep-First-At": query["from"][0],
            "Doorstep-Kept": "1" * int(query["count"][0]),
        }
        route.fulfill(status=200, content_type="image/jpeg", body=picture(960, 180), headers=headers)

    page.route(DAY, day)
    page.route(FRAME, frame)
    page.route(SHEET, sheet)


def go_to(page: Page, camera: str, at: str | None) -> None:
    """There, with whatever was told before."""
    base = "/".join(page.url.split("/")[:3])
    page.goto(f"{base}/timeline/{camera}" + (f"?at={at}" if at else ""))


def show_full(page: Page) -> None:
    tell_day(page, full_day)
    go_to(page, "porch", yesterday(9))
    see_full(page)


def see_full(page: Page) -> None:
    expect(page.get_by_test_id("past-picture")).to_be_visible()
    expect(page.get_by_test_id("mark").first).to_be_visible()


def zoom(page: Page) -> None:
    see_full(page)
    page.get_by_test_id("zoom-in").click()
    page.get_by_test_id("zoom-in").click()
    expect(page.get_by_test_id("zoom")).to_have_text("1 hour")


def open_gaps(page: Page) -> None:
    expect(page.get_by_test_id("past")).to_contain_text("Doorstep was not running.")
    page.get_by_test_id("gaps").locator("summary").click()


def choose_span(page: Page) -> None:
    see_full(page)
    page.get_by_test_id("save-span").click()
    expect(page.get_by_test_id("span-length-told")).to_contain_text("0:30")


def tell_full(page: Page) -> None:
    tell_day(page, full_day)


def tell_empty(page: Page) -> None:
    tell_day(page, empty_day)


def fail_to_load(page: Page) -> None:
    page.route(DAY, lambda route: route.fulfill(status=200, content_type="application/json", body="{"))


def at(hours: float) -> str:
    return f"/timeline/porch?at={yesterday(hours)}"


READY = "[data-testid=timeline]"
SCREENS = (
    Screen("timeline", at(9), READY, see_full, tell_full),
    Screen("timeline-hour", at(9), READY, zoom, tell_full),
    Screen("timeline-gap", at(20.5), "[data-testid=past] >> text=not running", open_gaps, tell_full),
    Screen("timeline-empty", at(12), "text=Nothing was recorded on this day.", told=tell_empty),
    Screen("timeline-later", at(0.2), "[data-testid=past] >> text=Recording starts at", told=tell_full),
    Screen("timeline-span", at(9), READY, choose_span, tell_full),
    Screen("timeline-gone", "/timeline/cellar", "text=This camera is not set up any more."),
    Screen("timeline-fault", at(12), "[data-testid=told] >> text=Try again", told=fail_to_load),
)
