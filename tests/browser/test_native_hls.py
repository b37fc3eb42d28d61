"""Chromium's own HLS player on the address that the owner is given, with nobody else watching."""

from browser.conftest import BrowserHouse, NewPage

OPENED = """
(address) => {
  const video = document.createElement('video');
  video.muted = true;
  video.src = address;
  document.body.append(video);
  window.video = video;
  return video.play();
}
"""
PLAYED = """
() => {
  const video = window.video;
  if (video.error) throw new Error(video.error.message);
  return video.currentTime > 3 && video.getVideoPlaybackQuality().totalVideoFrames > 30;
}
"""


def test_chromium_plays_hls_by_itself_from_the_first_request_on(house: BrowserHouse, new_page: NewPage) -> None:
    with house.server.client() as client:
        address = client.post("/cameras/yard/live/key").json()["hls"]
    page = new_page("/alerts")
    page.evaluate(OPENED, address)
    page.wait_for_function(PLAYED)
