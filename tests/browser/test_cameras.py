"""Cameras as people have them, watched in the page: with sound, a small stream, HEVC, another size, and taken away."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from browser.conftest import footage
from fakes.browser import PATIENCE_MS, PHONE, another, set_up, until
from fakes.live_page import LOOPBACK_FLAGS
from fakes.rtsp_camera import CameraOptions, RtspCamera, needs_camera
from fakes.server_process import PASSWORD, ServerProcess, model_folder, wait_for

DOOR = """
[[camera]]
id = "door"
name = "Door"
source = "{main}"
detect = "{sub}"
audio = true

[[camera]]
id = "barn"
name = "Barn"
source = "file://{barn}?loop"

[[camera]]
id = "gate"
name = "Gate"
source = "{gate}"
"""
SHOP = """
[[camera]]
id = "shop"
name = "Shop"
source = "file://{shop}?loop"
"""
HEARD = "() => document.querySelector('[data-testid=live-video]').webkitAudioDecodedByteCount > 0"
TRACKS = """
() => document.querySelector('[data-testid=live-video]').srcObject?.getAudioTracks().some((track) => !track.muted)
"""
# Not by `navigator.userActivation`: looking for something in the page counts as a gesture, too.
REFUSE_PLAY = """
let isTapped = false;
addEventListener('click', () => { isTapped = true; }, true);
HTMLMediaElement.prototype.play = ((play) => function () {
  if (isTapped) return play.call(this);
  return Promise.reject(new DOMException('a tap is wanted', 'NotAllowedError'));
})(HTMLMediaElement.prototype.play);
"""


@dataclass
class Street:
    """A server, its cameras and its owner, signed in."""

    server: ServerProcess
    gate: RtspCamera
    config: Path
    without_shop: str
    browser: Browser

    def page(self, path: str = "/", script: str = "", viewport: ViewportSize = PHONE) -> Page:
        """Of a phone of its own."""
        context = self.browser.contexts[0]
        page = context.new_page()
        page.set_viewport_size(viewport)
        page.add_init_script(f"localStorage.clear();{script}")
        page.goto(self.server.url + path)
        return page


def film_in_hevc(path: Path) -> None:
    """Three seconds that get lighter."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx265", rate=10, options={"x265-params": "log-level=none:keyint=10"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(30):
            frame = av.VideoFrame(320, 240, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([40 + 5 * number]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Street]:
    needs_camera()
    with ExitStack() as stack:
        door = stack.enter_context(RtspCamera(CameraOptions(fps=10, width=640, height=368, audio="aac")))
        small = stack.enter_context(RtspCamera(CameraOptions(fps=5, width=320, height=192)))
        gate = stack.enter_context(RtspCamera(CameraOptions(fps=10, width=320, height=240)))
        folder = tmp_path_factory.mktemp("street")
        film_in_hevc(folder / "barn.mp4")
        (folder / "shop.mp4").write_bytes(footage(4))
        alone = DOOR.format(main=door.url, sub=small.url, barn=folder / "barn.mp4", gate=gate.url)
        server = ServerProcess(
            folder / "data", alone + SHOP.format(shop=folder / "shop.mp4"), {"DOORSTEP_MODELS": str(model_folder())}
        )
        server.start()
        stack.callback(server.kill)
        our_own = stack.enter_context(another(browser.browser_type, *LOOPBACK_FLAGS))
        context = our_own.new_context(viewport=PHONE)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        set_up(page, server, "Ann", PASSWORD)
        page.close()
        wait_for(lambda: all(one["state"] == "live" for one in server.cameras()), 30, "all cameras")
        yield Street(server, gate, folder / "data.toml", alone, our_own)


def width_is(page: Page, width: int) -> None:
    """Of the film that is shown."""
    page.wait_for_function(
        "(width) => [...document.querySelectorAll('[data-testid=live-video].shown')]"
        ".some((one) => one.videoWidth === width)",
        arg=width,
    )


def way(page: Page, name: str) -> None:
    expect(page.get_by_test_id("live-player")).to_have_attribute("data-way", name)
    expect(page.get_by_test_id("live")).to_have_attribute("data-verdict", "live")


def test_the_small_stream_is_in_the_grid_and_the_large_one_when_it_is_opened(street: Street) -> None:
    page = street.page("/all")
    expect(page.locator("[data-camera=door]")).to_have_attribute("data-streaming", "true")
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-camera=door] video')]"
        ".some((one) => one.videoWidth === 320 && one.videoHeight === 192)"
    )
    page.locator("[data-camera=door]").click()
    width_is(page, 640)
    page.close()


def test_sound_is_off_until_it_is_wanted_and_then_heard(street: Street) -> None:
    page = street.page("/live/door")
    way(page, "mse")
    film = page.get_by_test_id("live-video")
    expect(film).to_have_js_property("muted", value=True)
    page.get_by_role("button", name="Turn sound on").click()
    expect(film).to_have_js_property("muted", value=False)
    page.wait_for_function(HEARD)
    page.get_by_test_id("least-delay").click()
    way(page, "webrtc")
    expect(page.get_by_role("button", name="Mute")).to_be_visible()
    expect(film).to_have_js_property("muted", value=False)
    page.wait_for_function(TRACKS)
    page.close()


def test_a_camera_without_sound_offers_none(street: Street) -> None:
    page = street.page("/live/gate")
    way(page, "mse")
    expect(page.get_by_test_id("sound")).to_have_count(0)
    page.close()


def test_the_delay_of_webrtc_is_told_without_sound_too(street: Street) -> None:
    page = street.page("/live/gate")
    page.get_by_test_id("least-delay").click()
    way(page, "webrtc")
    expect(page.get_by_test_id("live-delay")).to_contain_text("Delay")
    page.close()


def test_a_film_that_may_not_start_by_itself_asks_for_a_tap(street: Street) -> None:
    page = street.page("/live/door", REFUSE_PLAY)
    tap = page.get_by_test_id("tap-to-play")
    tap.click()
    expect(tap).to_have_count(0)
    way(page, "mse")
    page.close()


def test_hevc_is_shown_as_pictures_where_the_browser_cannot_play_it(street: Street) -> None:
    page = street.page("/live/barn")
    expect(page.get_by_test_id("live-verdict")).to_have_text("Live, low quality (this browser cannot play HEVC)")
    expect(page.get_by_test_id("live-player")).to_have_attribute("data-way", "mjpeg")
    expect(page.get_by_test_id("live-picture")).to_be_visible()
    page.close()


def test_a_camera_that_comes_back_with_another_size_is_shown_in_it(street: Street) -> None:
    page = street.page("/live/gate")
    width_is(page, 320)
    street.gate.stop()
    expect(page.get_by_test_id("live-verdict")).not_to_have_text("Live")
    street.gate.options = replace(street.gate.options, width=480, height=272)
    street.gate.start()
    width_is(page, 480)
    way(page, "mse")
    page.close()


def test_a_camera_that_is_taken_from_the_config_is_said_to_be_gone(street: Street) -> None:
    page = street.page("/live/shop")
    way(page, "mse")
    street.config.write_text(street.without_shop)
    os.kill(street.server.pid, signal.SIGHUP)
    expect(page.get_by_test_id("notice")).to_contain_text("This camera is no longer here.")
    page.get_by_role("link", name="Show the other cameras").click()
    until(page, lambda: page.get_by_role("heading", level=1).inner_text() == "Door")
    way(page, "mse")
    page.close()
