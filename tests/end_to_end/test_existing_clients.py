"""Clients that were there before Doorstep, unmodified: a player of one address, and a script that gets a clip."""

from collections.abc import Iterator

import av
import httpx
import pytest

from fakes.rtmp_programs import ffmpeg_needed
from fakes.tries import first_well
from fakes.vlc_player import shown_by_vlc, vlc_needed
from faults.long_play import RtmpHouse, house, played_by_ffmpeg
from faults.players import CAMERA, addresses, ffmpeg_is_well, low_latency, low_latency_is_well, vlc_is_well

SECONDS = 6.0
LOW_LATENCY_SECONDS = 12.0
HOUSE_SECONDS = 3600.0
CLIP_SECONDS = 60

pytestmark = [pytest.mark.slow, ffmpeg_needed]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtmpHouse]:
    with house(tmp_path_factory.mktemp("clients"), HOUSE_SECONDS) as made:
        yield made


def clip_token(home: RtmpHouse) -> str:
    with home.server.client() as client:
        made = client.post("/tokens", json={"name": "the old app", "scopes": ["clip:read"], "cameras": [CAMERA]})
        made.raise_for_status()
    return str(made.json()["token"])


def test_ffmpeg_plays_the_address_alone(home: RtmpHouse) -> None:
    at = addresses(home)["hls"]
    played = first_well(lambda: played_by_ffmpeg(at, SECONDS), lambda found: ffmpeg_is_well(found, SECONDS))
    assert ffmpeg_is_well(played, SECONDS), played


@vlc_needed
@pytest.mark.parametrize("way", ["hls", "rtmp"])
def test_vlc_plays_the_address_alone(home: RtmpHouse, way: str) -> None:
    at = addresses(home)[way]
    shown = first_well(lambda: shown_by_vlc(at, SECONDS), lambda found: vlc_is_well(found, SECONDS))
    assert vlc_is_well(shown, SECONDS), shown


def test_a_low_latency_player_is_two_and_a_half_seconds_behind_at_most(home: RtmpHouse) -> None:
    at = addresses(home)["hls"]
    seconds = LOW_LATENCY_SECONDS
    got = first_well(lambda: low_latency(at, seconds), lambda found: low_latency_is_well(found, seconds))
    assert low_latency_is_well(got, seconds), got


def test_the_old_app_watches_by_rtmp_and_then_gets_its_clip(home: RtmpHouse) -> None:
    """As system B's did: a player on one address, then one GET with a duration."""
    address, token = addresses(home)["rtmp"], clip_token(home)
    played = first_well(lambda: played_by_ffmpeg(address, SECONDS), lambda found: ffmpeg_is_well(found, SECONDS))
    assert ffmpeg_is_well(played, SECONDS), played
    clip = httpx.get(
        f"{home.server.url}/api/v1/cameras/{CAMERA}/clip",
        params={"duration": CLIP_SECONDS},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    assert clip.status_code == 200
    assert clip.headers["content-type"] == "video/mp4"
    path = home.server.data.parent / "saved.mp4"
    path.write_bytes(clip.content)
    with av.open(str(path)) as saved:
        pictures = sum(1 for _ in saved.decode(video=0))
    assert pictures > SECONDS * 20


def test_the_token_of_the_old_app_opens_its_clip_and_nothing_else(home: RtmpHouse) -> None:
    headers = {"Authorization": f"Bearer {clip_token(home)}"}
    base = f"{home.server.url}/api/v1/cameras/{CAMERA}"
    for path in ("live/index.m3u8", "live.mjpeg", "snapshot.jpg"):
        assert httpx.get(f"{base}/{path}", headers=headers, timeout=60).status_code == 403
