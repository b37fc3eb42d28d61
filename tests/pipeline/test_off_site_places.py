"""A bucket that the config does not name any more: Status says how many copies lie there, until it is named again."""

import pytest

from doorstep.catalog.memory import MemoryCatalog
from doorstep.catalog.memory_uploads import MemoryUploadRecords
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import EventId
from doorstep.core.upload import Upload, UploadState
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.off_site_places import AGAIN_SECONDS, OffSitePlaces
from fakes.footage import CAMERA
from fakes.instant_loop import LoopClock, run, while_running

OLD, NEW = "s3://old/doorstep", "s3://new/doorstep"


class Records(MemoryUploadRecords):
    """Rows that cannot always be had."""

    away = False

    def take_for(self, place: str) -> None:
        if self.away:
            msg = "The catalog is away."
            raise CatalogUnavailable(msg)
        super().take_for(place)


class House:
    def __init__(self) -> None:
        self.clock = LoopClock()
        self.records = Records(MemoryCatalog())
        self.health = HealthBoard(self.clock)

    def keep(self, number: int) -> None:
        now = self.clock.now()
        self.records.save_upload(Upload(EventId(f"e{number}"), CAMERA, f"{number}.mp4", now, now, UploadState.DONE))

    def boot(self, place: str, wait: float = 10.0) -> None:
        places = OffSitePlaces(self.records, place, self.health, self.clock)
        run(self.clock, lambda: while_running(places.run, act=lambda: self.clock.sleep(wait)))


def test_copies_in_a_bucket_of_before_are_told_under_status_until_it_is_named_again() -> None:
    house = House()
    house.keep(1)
    house.keep(2)
    house.boot(OLD)
    assert house.health.problems() == []
    house.boot(NEW)
    (problem,) = house.health.problems()
    assert problem.what == "2 copies lie in s3://old/doorstep, which the config does not name any more."
    assert problem.minor
    assert "names that bucket again" in problem.remedy
    house.boot(OLD)
    assert house.health.problems() == []


@pytest.mark.parametrize("away", [True, False])
def test_a_catalog_that_is_away_is_asked_again_soon(away: bool) -> None:
    house = House()
    house.keep(1)
    house.boot(OLD)
    house.records.away = True
    places = OffSitePlaces(house.records, NEW, house.health, house.clock)

    async def comes_back() -> None:
        await house.clock.sleep(1)
        house.records.away = away
        await house.clock.sleep(AGAIN_SECONDS + 1)

    run(house.clock, lambda: while_running(places.run, act=comes_back))
    assert bool(house.health.problems()) is not away
