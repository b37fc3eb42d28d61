"""Sound from a camera to a clip: what flashes and beeps at one moment does so in every clip, whoever plays it."""

import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import av
import pytest

from doorstep.core.media import AudioPacket
from fakes.beeps import MOMENTS, Film, make_film, played_film
from fakes.ffprobe import probed
from fakes.footage import SOUND_FORMAT, plain_packets, seconds, with_sound
from fakes.kept_film import KeptFilm, clip_of_recording, items_of

FRAME = 1024 / 16_000
"""Seconds: the longest frame of AAC here."""

FILMS = [
    Film("aac.mp4"),
    Film("stereo.ts", sample_rate=44_100, channels=2),
    Film("rounded.flv", sample_rate=44_100),
    Film("b-frames.mkv", sample_rate=16_000, gop=60, b_frames=2),
    Film("alaw.mov", sound="pcm_alaw", sample_rate=8_000),
    Film("mulaw.mov", sound="pcm_mulaw", sample_rate=8_000, b_frames=2),
    Film("hevc.mp4", picture="libx265", b_frames=3),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


def kept(folder: Path, film: Film) -> KeptFilm:
    path = folder / film.name
    camera = KeptFilm()
    camera.take(items_of(path if path.exists() else make_film(folder, film)))
    return camera


@pytest.mark.parametrize("film", FILMS, ids=lambda film: film.name)
@pytest.mark.parametrize("asked", [(0.0, 5.9), (1.3, 3.9), (2.1, 5.5)])
def test_what_flashes_beeps_at_the_same_moment(folder: Path, film: Film, asked: tuple[float, float]) -> None:
    clip = kept(folder, film).clip(*asked)

    played = played_film(clip.data)

    shown = clip.plan.shown_ticks / clip.plan.timescale
    assert len(played.flashes) >= 3
    assert played.beeps == pytest.approx(played.flashes, abs=0.005)
    assert shown - 4 * FRAME <= played.sounded <= shown + FRAME


@pytest.mark.parametrize("film", FILMS, ids=lambda film: film.name)
def test_a_recording_of_two_connections_stays_in_step(folder: Path, film: Film) -> None:
    camera = kept(folder, film)
    began = camera.began
    camera.clock.advance(3.0)
    camera.take(items_of(folder / film.name))
    again = camera.began
    file = camera.recording()

    whole = played_film(clip_of_recording(file, began, again + seconds(6)).data)
    second = played_film(clip_of_recording(file, again + seconds(1), again + seconds(6)).data)

    assert len(whole.flashes) == 2 * len(MOMENTS)
    assert whole.beeps == pytest.approx(whole.flashes, abs=0.005)
    assert len(second.flashes) == len(MOMENTS) - 1
    assert second.beeps == pytest.approx(second.flashes, abs=0.005)


def test_others_play_a_recording_with_sound_as_it_grows(folder: Path) -> None:
    played = played_film(kept(folder, FILMS[0]).recording())

    assert len(played.flashes) == len(MOMENTS)
    assert played.beeps == pytest.approx(played.flashes, abs=0.005)


@pytest.mark.parametrize("film", FILMS[:5], ids=lambda film: film.name)
def test_ffprobe_finds_two_tracks_that_begin_and_end_together(folder: Path, tmp_path: Path, film: Film) -> None:
    clip = kept(folder, film).clip(1.3, 3.9)
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip.data)

    picture, sound = probed(path, "-show_streams")["streams"]

    assert (picture["codec_type"], sound["codec_type"], sound["codec_name"]) == ("video", "audio", "aac")
    assert float(picture["start_time"]) == float(sound["start_time"]) == 0.0
    assert float(sound["duration"]) == pytest.approx(float(picture["duration"]), abs=0.001)
    assert int(picture["nb_frames"]) == sum(run.sample_count for run in clip.plan.runs)
    assert int(sound["nb_frames"]) == sum(run.sample_count for run in clip.plan.audio)


@pytest.mark.parametrize("film", FILMS, ids=lambda film: film.name)
def test_ffmpeg_decodes_both_tracks_without_a_word(folder: Path, tmp_path: Path, film: Film) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("ffmpeg is not installed")
    path = tmp_path / "clip.mp4"
    path.write_bytes(kept(folder, film).clip(1.3, 3.9).data)

    ran = subprocess.run(
        [program, "-v", "warning", "-i", str(path), "-f", "null", "-"], capture_output=True, check=True, timeout=60
    )
    assert ran.stderr == b""


def test_a_camera_that_begins_to_talk_later_is_heard_from_then_on(folder: Path) -> None:
    items = items_of(make_film(folder, Film("late.mp4")))
    late = [one for one in items if not isinstance(one, AudioPacket) or one.pts > 2 * 48_000]
    camera = KeptFilm()
    camera.take(late)

    played = played_film(camera.clip(0, 5.9).data)

    assert len(played.flashes) == len(MOMENTS)
    assert played.beeps == pytest.approx(played.flashes[2:], abs=0.005)


def test_a_camera_that_falls_silent_for_a_while_is_in_step_again_afterwards(folder: Path) -> None:
    items = items_of(make_film(folder, Film("pause.mp4")))
    paused = [one for one in items if not isinstance(one, AudioPacket) or not 1 <= one.pts / 48_000 < 3]
    camera = KeptFilm()
    camera.take(paused)

    whole, later = played_film(camera.clip(0, 5.9).data), played_film(camera.clip(2, 5.9).data)

    # Unheard are the flashes at 1.48 and 2.2.
    assert whole.beeps == pytest.approx([whole.flashes[0], *whole.flashes[3:]], abs=0.005)
    assert later.beeps == pytest.approx(later.flashes[1:], abs=0.005)
    assert (len(whole.flashes), len(later.flashes)) == (6, 4)


def test_a_stream_without_sound_is_kept_as_before() -> None:
    camera, silent = KeptFilm(), KeptFilm()
    camera.take([replace(SOUND_FORMAT, audio=None), *plain_packets(60)])
    silent.take([replace(SOUND_FORMAT, audio=None), *with_sound(plain_packets(60))])

    assert camera.clip(0.3, 2).data == silent.clip(0.3, 2).data
    with av.open(io.BytesIO(camera.clip(0.3, 2).data)) as container:
        assert len(container.streams) == 1


def test_sound_that_is_heard_before_the_connections_first_picture_is_left_out() -> None:
    items = with_sound(plain_packets(30, first=1000))
    early = [one for one in with_sound(plain_packets(30)) if isinstance(one, AudioPacket) and one.pts < 16_000]
    camera = KeptFilm()
    camera.take([SOUND_FORMAT, items[0], *early, *items[1:]])

    first = camera.segments()[0]

    assert first.first_dts == 0
    assert first.audio is not None
    assert 0 <= first.audio.first_pts < 1024


def test_a_recording_has_room_for_sound_that_came_after_its_pictures() -> None:
    """It lies in later segments than its pictures, before the beginning of those."""
    items = with_sound(plain_packets(100), late=1500)
    camera = KeptFilm()
    camera.take([SOUND_FORMAT, *items])
    file = camera.recording()

    clip = clip_of_recording(file, camera.began + seconds(1), camera.began + seconds(2))

    heard = [run for run in clip.plan.audio if run.segment.audio is not None]
    assert [run.segment.sequence for run in heard] == [3, 4]
    with av.open(io.BytesIO(clip.data), "r", options={"ignore_editlist": "1"}) as container:
        found = [bytes(one) for one in container.demux(cast("Any", container.streams.audio[0])) if one.dts is not None]
    assert found == [f"sound {number * 1024}".encode() for number in range(14, 32)]
