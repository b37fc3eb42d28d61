"""WebRTC by WHEP in the real chromium, through the product's own page and login: decoded frames are counted."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from browser.conftest import BrowserHouse
from fakes.browser import PATIENCE_MS, another, until

# Chromium hides its addresses behind names of mDNS, as it does at home: Doorstep finds it by what it sends.
FLAG = "--allow-loopback-in-peer-connection"
WATCH = """
async (camera) => {
  const peer = new RTCPeerConnection();
  window.peer = peer;
  const video = document.createElement('video');
  video.muted = true;
  video.autoplay = true;
  document.body.append(video);
  peer.ontrack = (event) => { video.srcObject = new MediaStream([event.track]); video.play(); };
  peer.addTransceiver('video', {direction: 'recvonly'});
  peer.addTransceiver('audio', {direction: 'recvonly'});
  peer.createDataChannel('a channel that nobody answers');
  const begun = performance.now();
  await peer.setLocalDescription();
  const answer = await fetch(`/api/v1/cameras/${camera}/live/whep`, {
    method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: peer.localDescription.sdp});
  if (answer.status !== 201) return {status: answer.status, text: await answer.text()};
  window.place = answer.headers.get('Location');
  await peer.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  const first = await new Promise((resolve, reject) => {
    video.requestVideoFrameCallback(() => resolve(performance.now() - begun));
    setTimeout(() => reject(new Error(`no frame; ${peer.connectionState}`)), 60000);
  });
  return {status: 201, first, width: video.videoWidth, height: video.videoHeight};
}
"""
DECODED = """
async () => {
  for (const report of (await window.peer.getStats()).values())
    if (report.type === 'inbound-rtp' && report.kind === 'video') return report.framesDecoded;
  return 0;
}
"""
ENDED = """
async () => {
  const answer = await fetch(window.place, {method: 'DELETE'});
  window.peer.close();
  return answer.status;
}
"""


@pytest.fixture
def page(house: BrowserHouse, browser: Browser) -> Iterator[Page]:
    """Of a chromium that may speak to its own machine."""
    with another(browser.browser_type, FLAG) as started:
        page = started.new_context(storage_state=house.signed_in).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(house.url)
        yield page


def watched(page: Page, camera: str) -> dict[str, Any]:
    answer: dict[str, Any] = page.evaluate(WATCH, camera)
    return answer


def test_pictures_are_decoded_until_the_viewer_hangs_up(page: Page, house: BrowserHouse) -> None:
    until(page, lambda: all(way["possible"] for way in house.told("/cameras/porch/live")["ways"]))
    answer = watched(page, "porch")
    assert answer["status"] == 201, answer
    assert (answer["width"], answer["height"]) == (640, 480)
    page.wait_for_function(f"async () => await ({DECODED})() >= 30")
    mine = page.evaluate("window.place").rpartition("/")[2]
    session = {one["id"]: one for one in house.told("/live/sessions")["sessions"]}[mine]
    assert (session["camera"], session["way"]) == ("porch", "webrtc")
    assert page.evaluate(ENDED) == 204
    until(page, lambda: mine not in {one["id"] for one in house.told("/live/sessions")["sessions"]})
