"""All cameras at once: each as small as it can be, and only those that are on the screen."""

import re

from playwright.sync_api import WebSocket, expect

from browser.conftest import NewPage
from fakes.browser import until


def test_every_camera_says_how_it_is_and_opens(new_page: NewPage) -> None:
    page = new_page("/")
    page.get_by_test_id("all-cameras").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    for camera in ("porch", "yard"):
        tile = page.locator(f"[data-camera={camera}]")
        expect(tile).to_have_attribute("data-verdict", "live")
        expect(tile).to_have_attribute("data-way", "mse")
    expect(page.locator("[data-camera=shed]")).to_contain_text("Camera off since")
    page.locator("[data-camera=yard]").click()
    expect(page.get_by_test_id("live-player")).to_be_visible()
    expect(page).to_have_url(re.compile("/live/yard$"))


def test_only_what_is_on_the_screen_streams_and_small(new_page: NewPage) -> None:
    page = new_page("/status", viewport={"width": 390, "height": 420})
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))  # noqa: PLW0108 - playwright takes no built-in
    page.goto(page.url.replace("/status", "/all"))

    def watched() -> set[str]:
        return {socket.url.split("/")[-3] for socket in sockets if not socket.is_closed()}

    until(page, lambda: "porch" in watched())
    assert "gate" not in watched()
    page.locator("[data-camera=gate]").scroll_into_view_if_needed()
    until(page, lambda: "gate" in watched() and "porch" not in watched())
    assert all("?stream=sub&" in socket.url for socket in sockets)
