"""Live behind a link that is too slow for the main stream: the small one is shown, and it is said so."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from browser.conftest import OWNER
from fakes.browser import PATIENCE_MS, PHONE, set_up
from fakes.poor_network import RoadOptions, TcpRoads
from fakes.rtsp_camera import CameraOptions, RtspCamera, needs_camera
from fakes.server_process import PASSWORD, ServerProcess, wait_for

MAIN = CameraOptions(width=640, height=480, gop=0.04, bitrate=6000)
"""Nothing but key frames: about 1.1 Mbit a second of so simple a picture."""

SMALL = CameraOptions(width=320, height=240, bitrate=200)
LINK = RoadOptions(delay=0.05, rate=0.6e6)
CONFIG = '[[camera]]\nid = "porch"\nname = "Porch"\nsource = "{main}"\ndetect = "{small}"\n'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    needs_camera()
    with RtspCamera(MAIN) as main, RtspCamera(SMALL) as small:
        made = ServerProcess(tmp_path / "data", CONFIG.format(main=main.url, small=small.url))
        made.start()
        try:
            yield made
        finally:
            made.stop()


def test_the_small_stream_is_shown_and_it_is_said_why(chromium: Browser, server: ServerProcess) -> None:
    with chromium.new_context(viewport=PHONE, service_workers="block", locale="en-GB") as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        set_up(page, server, OWNER, PASSWORD)
        wait_for(lambda: server.cameras()[0]["state"] == "live", 30, "the camera is live")
        found = urlsplit(server.url)
        with TcpRoads((str(found.hostname), int(found.port or 80)), back=LINK) as roads:
            page.goto(f"http://{roads.address[0]}:{roads.address[1]}/")
            expect(page.get_by_test_id("live")).to_contain_text("Live, low quality (slow link)")
            page.wait_for_function(f"document.querySelector('video').videoWidth === {SMALL.width}")
            expect(page.get_by_text(re.compile(r"^Delay (?:under )?[0-3]\.\d s$"))).to_be_visible()
            expect(page.get_by_test_id("retry-best")).to_be_visible()
            page.goto("about:blank")
