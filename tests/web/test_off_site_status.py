"""What the status tells of copies off-site while all is well: where they lie, and how many clips wait."""

from dataclasses import replace
from typing import Any

from doorstep.web.asgi import create_app
from doorstep.web.off_site_parts import OffSiteClipParts
from fakes.house import House

PLACE = "s3://my-door/doorstep"


def told(waiting: int | None) -> object:
    def nobody(*_: Any) -> Any:
        raise AssertionError

    with House() as house:
        off_site = OffSiteClipParts(nobody, nobody, nobody, nobody, place=PLACE, waiting=lambda: waiting)
        house.app = create_app(replace(house.parts, off_site=off_site))
        return house.get("/api/v1/status").json()["off_site"]


def test_the_bucket_is_named_with_how_many_clips_wait() -> None:
    assert told(0) == {"place": PLACE, "waiting": 0}
    assert told(2) == {"place": PLACE, "waiting": 2}


def test_before_anybody_looked_nothing_is_claimed() -> None:
    assert told(None) is None


def test_a_house_that_sends_nothing_off_site_says_nothing_of_it() -> None:
    with House() as house:
        assert house.get("/api/v1/status").json()["off_site"] is None
