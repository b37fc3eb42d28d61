"""A page plays an alert whose video is gone here: chromium is sent to the bucket, and may play from nowhere else."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fakes.browser import DESK, set_up, until
from fakes.moto_s3 import moto_s3
from fakes.server_process import PASSWORD, ServerProcess, model_folder, wait_for

CONFIG = """
[[camera]]
id = "porch"
name = "Porch"
source = "demo://"

[events]
post_roll = 1
close_after = 1

[store]
kind = "s3"
bucket = "{bucket}"
endpoint = "{endpoint}"

[aws]
access_key_id = "testing"
secret_access_key = "testing"
viewer_access_key_id = "testing"
viewer_secret_access_key = "testing"
"""


@pytest.mark.skipif(model_folder() is None, reason="there is no model")
def test_an_alert_whose_video_is_gone_here_is_played_from_the_bucket(browser: Browser, tmp_path: Path) -> None:
    with moto_s3() as moto:
        config = CONFIG.format(bucket=moto.bucket(), endpoint=moto.endpoint)
        server = ServerProcess(tmp_path / "data", config, {"DOORSTEP_MODELS": str(model_folder())})
        server.start()
        try:  # and, where the browser cannot reach it, through the house
            plays_from_the_bucket(browser, server, moto.endpoint)
        finally:
            server.stop()


def plays_from_the_bucket(browser: Browser, server: ServerProcess, endpoint: str) -> None:
    with server.client() as client:
        client.post("/cameras/porch/press", json={}).raise_for_status()

    def sent() -> str | None:
        done = [one for one in server.events() if one["off_site"]["state"] == "done"]
        return str(done[0]["id"]) if done else None

    event = wait_for(sent, 60, "a copy off-site")
    for file in (server.data / "recordings").rglob("*.mp4"):
        file.unlink()
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    set_up(page, server, "Ann", PASSWORD)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}/alerts/{event}")
    video = page.locator("video").first
    expect(video).to_be_visible()
    until(page, lambda: page.evaluate("(document.querySelector('video')?.readyState ?? 0) >= 2"))
    assert page.evaluate("document.querySelector('video').videoWidth") > 0
    assert any(url.startswith(endpoint) and "X-Amz-Signature" in url for url in asked)
    asked.clear()
    reach = page.context.new_cdp_session(page)
    reach.send("Network.enable")
    reach.send("Network.setBlockedURLs", {"urls": [f"{endpoint}*"]})
    page.reload()
    until(page, lambda: page.evaluate("(document.querySelector('video')?.readyState ?? 0) >= 2"))
    assert [url for url in asked if url.endswith("/clip.mp4?direct=0")]
    context.close()
