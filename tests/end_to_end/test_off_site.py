"""Events of a real server in a real bucket: clips with their words and pictures, parts while they run, over a kill."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.moto_s3 import MotoS3, moto_s3
from fakes.off_site_house import OffSiteHouse, off_site_house, seconds_before
from fakes.rtsp_camera import indices_of, missing_in, needs_camera
from fakes.server_process import wait_for

pytestmark = pytest.mark.slow

MOST_MISSING = 5.0


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoS3]:
    with moto_s3() as server:
        yield server


@pytest.fixture(params=["", 'record = "always"\n'], ids=["events", "always"])
def house(request: pytest.FixtureRequest, moto: MotoS3, tmp_path: Path) -> Iterator[OffSiteHouse]:
    needs_camera()
    keys = ("testing", "testing")
    with off_site_house(tmp_path, moto.client(), moto.bucket(), moto.endpoint, keys, camera=request.param) as made:
        yield made


def test_an_event_lies_in_the_bucket_with_its_pictures_and_words_and_plays(house: OffSiteHouse) -> None:
    event = house.event(4)
    wait_for(lambda: event in house.sent(), 30, "its clip")
    (key,) = house.sent()[event]
    words = house.bucket.clips()[key]
    assert (words.camera, words.name, words.sealed) == ("porch", "The porch", False)
    assert words.seconds > 4
    assert set(words.pictures) <= set(house.bucket.objects())
    assert len(words.pictures) == 2
    pictures = indices_of(house.bucket.fetch(key))
    assert len(pictures) > 4 * 25
    assert missing_in(pictures) == []


def test_a_killed_event_plays_from_its_parts_and_its_clip_comes_once_after_the_restart(house: OffSiteHouse) -> None:
    event = house.begin()
    house.go_on(8)
    killed_at = time.time()
    house.server.kill()
    shown = house.bucket.pictures_of(event)
    assert missing_in(shown) == []
    assert seconds_before(killed_at, shown[-1]) <= MOST_MISSING
    assert len(shown) > 6 * 25
    assert event not in house.sent()
    house.server.start()
    house.wait_until_live()
    wait_for(lambda: event in house.sent(), 60, "its clip")
    later = house.event(2)
    wait_for(lambda: later in house.sent(), 30, "the next clip")
    assert [len(keys) for keys in house.sent().values()] == [1, 1]
    assert len(indices_of(house.bucket.fetch(house.sent()[event][0]))) > 6 * 25
