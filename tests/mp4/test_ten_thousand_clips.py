"""The short form of the clip campaign; the long one is `python tests/mp4/ten_thousand_clips.py --count 10000`."""

import asyncio
import base64
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page

from fakes.browser import launched
from fakes.footage import CAMERA, NOON, seconds
from fakes.numbered_house import NumberedFilm, NumberedHouse, Shown, expected, made, shown_of
from fakes.strict_movie import NotStrict, strict_tracks
from mp4.ten_thousand_clips import UNEVEN, Cutting, campaign, judge

TELL = """
async ([data, at, wanted]) => {
  const video = document.createElement('video');
  video.muted = true;
  const shown = new Promise((done, failed) => {
    video.onseeked = done;
    video.onerror = () => failed(new Error(video.error.message));
  });
  video.src = `data:video/mp4;base64,${data}`;
  await new Promise((done, failed) => { video.onloadeddata = done;
    video.onerror = () => failed(new Error(video.error.message)); });
  video.currentTime = at;
  await shown;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  const numberShown = () => {
    pen.drawImage(video, 0, 0);
    const row = pen.getImageData(0, canvas.height / 2, canvas.width, 1).data;
    let number = 0;
    for (let bit = 0; bit < 8; bit++)
      if (row[4 * Math.floor((bit + 0.5) * canvas.width / 8)] > 127) number |= 1 << bit;
    return number;
  };
  // `seeked` may come before the picture is there to be drawn; what stays is what counts.
  let number = numberShown();
  for (let turn = 0; turn < 100 && number !== wanted; turn++) {
    await new Promise((done) => setTimeout(done, 50));
    number = numberShown();
  }
  return [number, video.duration];
}
"""


@pytest.mark.slow
def test_random_clips_of_every_kind_of_stream_show_just_their_pictures(tmp_path: Path) -> None:
    found = campaign(tmp_path, count=300, seed=5, probe_every=60 if shutil.which("ffprobe") else 10**9)
    assert found.wrong == []
    assert found.clips == 300
    assert found.of_recordings > 20


def test_a_strict_reader_refuses_a_clip_that_lies(tmp_path: Path) -> None:
    """The ruler itself: one bit of an offset, of a size, of a count."""
    data = _clip_of(NumberedFilm(b_frames=2, sound=True), tmp_path, 0.5, 4.0)[0]
    assert len(strict_tracks(data)) == 2
    for kind, behind in ((b"stco", 15), (b"stsz", 19), (b"stts", 11), (b"mdat", -1), (b"elst", 15)):
        broken = bytearray(data)
        broken[data.index(kind) + behind] ^= 1
        with pytest.raises(NotStrict):
            strict_tracks(bytes(broken))
    with pytest.raises(NotStrict):
        strict_tracks(data + b"\0")


def test_a_clip_that_shows_other_pictures_is_found_out(tmp_path: Path) -> None:
    """The other ruler: one picture too few, and the same pictures of another moment."""
    data, wanted = _cut(NumberedFilm(b_frames=2, sound=True), tmp_path, 0.5, 3.0)
    assert judge(Cutting("house", "all", data, wanted, probe=False), tmp_path) == ""
    assert "not" in judge(Cutting("house", "one less", data, wanted[:-1], probe=False), tmp_path)
    assert "late" in judge(Cutting("house", "later", data, [wanted[0], *wanted[2:]], probe=False), tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed: `make test-deps`")
@pytest.mark.parametrize(
    "film", [NumberedFilm(sound=True), NumberedFilm(b_frames=2), NumberedFilm(gop=150, b_frames=3, paces=UNEVEN)]
)
def test_chromium_shows_the_pictures_that_were_asked_for(tmp_path: Path, film: NumberedFilm) -> None:
    data, wanted, times = _clip_of(film, tmp_path, 1.3, 3.7)
    with launched() as browser:
        page = browser.new_page()
        page.goto("about:blank")
        for place in (0, len(wanted) // 2, len(wanted) - 1):
            number, lasts = _told(page, data, times[place], wanted[place])
            assert number == wanted[place]
            assert lasts == pytest.approx(times[-1], abs=0.7)


def _told(page: Page, data: bytes, at: float, wanted: int) -> tuple[int, float]:
    """The number that stays on the screen (waited for, 5 s at most) and how long the film lasts, in seconds."""
    number, lasts = page.evaluate(TELL, [base64.b64encode(data).decode(), at + 0.005, wanted])
    return int(number), float(lasts)


def _clip_of(film: NumberedFilm, folder: Path, start: float, end: float) -> tuple[bytes, list[int], list[float]]:
    """A clip, the numbers in it and when each is on."""
    data, wanted = _cut(film, folder, start, end)
    times = [(one.tick - wanted[0].tick) / one.timescale for one in wanted]
    return data, [one.number for one in wanted], times


def _cut(film: NumberedFilm, folder: Path, start: float, end: float) -> tuple[bytes, list[Shown]]:
    house = NumberedHouse([made(folder / "film.mp4", film)], [1.0])
    clip = asyncio.run(house.clips.of_span(CAMERA, NOON + seconds(start), NOON + seconds(end)))
    runs = [shown_of(connection) for connection in house.connections]
    wanted = expected(runs, NOON + seconds(start), NOON + seconds(end))
    return b"".join(clip.read(0, clip.size)), wanted
