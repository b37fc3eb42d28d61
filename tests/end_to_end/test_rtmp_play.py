"""A real server is watched over RTMP with a key, by ffmpeg, and shows nothing and takes nothing without one."""

import subprocess
from collections.abc import Iterator

import pytest

from doorstep.rtmp.events import Accepted
from fakes.rtmp_programs import ffmpeg_needed
from fakes.server_process import wait_for
from faults.long_play import CAMERAS, KEY, RtmpHouse, counted, house, played, playing

SECONDS = 20.0
HOLE_MS = 300
TRIES = 20
MOST_PLAYS = 5

pytestmark = [pytest.mark.slow, ffmpeg_needed]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtmpHouse]:
    with house(tmp_path_factory.mktemp("rtmp"), 12 * SECONDS) as made:
        yield made


def test_ffmpeg_plays_every_camera_without_a_hole(home: RtmpHouse) -> None:
    for _ in range(MOST_PLAYS):  # a player that is slow for a moment, on a loaded machine, misses a picture
        figures = played(home, SECONDS / 2)
        for camera in CAMERAS:
            assert figures[camera].errors == []
            assert figures[camera].seconds > SECONDS / 2 - 1
        if not any(figures[camera].gaps_ms for camera in CAMERAS):
            break
    for camera in CAMERAS:
        assert figures[camera].gaps_ms == []
        assert figures[camera].frames > 5 * SECONDS / 2


def test_who_watches_goes_on_when_the_camera_comes_back(home: RtmpHouse) -> None:
    command = playing(home.address("door"), SECONDS)
    # Unbuffered: what a buffer holds of the lines behind those that are read here, `communicate` would leave out.
    with subprocess.Popen(command, bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as player:
        assert player.stdout is not None
        before = b"".join(player.stdout.readline() for _ in range(60))
        home.unplug()
        wait_for(lambda: not home.is_live("door"), 30, "the camera gone")
        home.plug()
        after, said = player.communicate(timeout=30 * SECONDS)
    figures = counted(before + after, said)
    assert figures.errors == []
    # A player that is slow for a moment misses a picture; the outage is the only hole.
    assert len([gap for gap in figures.gaps_ms if gap > HOLE_MS]) == 1
    assert figures.seconds > SECONDS - 1


def test_nobody_plays_without_the_right_key(home: RtmpHouse) -> None:
    yard = home.address("yard").rpartition("=")[2]
    names = ["door", "door?token=", f"door?token={yard}", f"door?token={KEY}", f"{KEY}?token={yard}"]
    answers = [home.asked(names[number % len(names)], publish=False) for number in range(TRIES)]
    assert [answer for answer in answers if isinstance(answer, Accepted)] == []
    assert isinstance(home.asked(f"yard?token={yard}", publish=False), Accepted)


def test_nobody_publishes_without_the_right_key(home: RtmpHouse) -> None:
    token = home.address("door").rpartition("=")[2]
    names = ["door", "", f"{KEY}x", KEY[:-1], token, f"door?token={token}", KEY.upper()]
    answers = [home.asked(names[number % len(names)], publish=True) for number in range(TRIES)]
    assert [answer for answer in answers if isinstance(answer, Accepted)] == []
    assert home.is_live(*CAMERAS)
