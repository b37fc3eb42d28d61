"""The frame meter reads what is on the screen: checked against a screenshot and the shared reader of numbers."""

from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize

from fakes import frame_meter
from fakes.browser import PATIENCE_MS, until
from fakes.stamped_camera import HEIGHT, RATE, WIDTH, missing, numbers_in, short_film

EVERY_BIT = 0b1010101010
"""Whose Gray code is ten bits of one, and which the film is just long enough for."""
PAGE = '<body style="margin:0"><video data-testid=film muted></video>'
LOAD = """async () => {
  const film = await (await fetch('/film.mp4')).blob(); // which can be sought in, unlike an answer without ranges
  document.querySelector('video').src = URL.createObjectURL(film);
}"""
SEEK = """(seconds) => new Promise((resolve) => {
  const video = document.querySelector('video');
  video.onseeked = () => resolve(window.frameMeter.read(video, video.videoWidth, video.videoHeight));
  video.currentTime = seconds;
})"""


def on_the_screen(page: Page, path: Path, number: int) -> bool:
    page.screenshot(path=path)
    return numbers_in(path) == [number]


@pytest.fixture
def film() -> Path:
    if missing():
        pytest.skip(missing())
    return short_film(30)


def test_it_reads_the_number_that_a_screenshot_shows(browser: Browser, film: Path, tmp_path: Path) -> None:
    def answer(route: Route) -> None:
        if route.request.url.endswith("/film.mp4"):
            route.fulfill(path=film, content_type="video/mp4")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    with browser.new_context(viewport=ViewportSize(width=WIDTH, height=HEIGHT)) as context:
        context.set_default_timeout(PATIENCE_MS)
        frame_meter.install(context)
        context.route("**/*", answer)
        page = context.new_page()
        page.goto("http://film.test/")
        page.evaluate(LOAD)
        for number in (1, EVERY_BIT):
            assert page.evaluate(SEEK, (number + 0.5) / RATE) == number
            until(page, partial(on_the_screen, page, tmp_path / f"{number}.png", number))
        page.evaluate("document.querySelector('video').play()")
        page.wait_for_function("window.frameMeter.shown.length > 20")
        numbers = [one.number for one in frame_meter.shown(page)]
        assert numbers == sorted(numbers)
        assert frame_meter.decoded(page) > 20
