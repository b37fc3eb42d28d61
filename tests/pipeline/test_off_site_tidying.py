"""Where no rule of the bucket deletes what is too old, we do: with its event, and parts once their clip is there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from doorstep.catalog.memory import MemoryCatalog
from doorstep.catalog.memory_uploads import MemoryUploadRecords
from doorstep.core.errors import StoreUnavailable
from doorstep.core.event import EventId
from doorstep.core.off_site_key import part_key, parts_folder
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.core.upload import Upload, UploadState
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.off_site_tidying import PARTS_STAY, OffSiteTidying
from doorstep.pipeline.way_out import WayOut
from fakes.footage import CAMERA, seconds
from fakes.instant_loop import InlineExecutor, LoopClock, run, while_running
from fakes.off_site import MemoryOffSite

EVENT, KEY = EventId("e1"), "front-door/2026/11/21/20261121_130000.mp4"


class House:
    def __init__(self) -> None:
        self.clock, self.there = LoopClock(), MemoryOffSite()
        self.records = MemoryUploadRecords(MemoryCatalog())
        way = WayOut(self.there, InlineExecutor(), self.clock)
        self.health = HealthBoard(self.clock)
        self.tidying = OffSiteTidying(
            self.records,
            self.there.delete,
            lambda: iter(sorted(self.there.objects)),
            way,
            self.health,
            self.clock,
        )
        self.upload = Upload(EVENT, CAMERA, KEY, self.clock.now(), self.clock.now(), UploadState.DONE)

    def lies(self, *keys: str) -> None:
        self.there.objects.update(dict.fromkeys(keys, b"bytes"))

    def part(self, age: timedelta, number: int = 1) -> str:
        at = self.clock.now() - age
        key = part_key(parts_folder(CAMERA, EVENT, at), at, number)
        self.lies(key)
        return key

    def for_seconds(self, wait: float) -> None:
        run(self.clock, lambda: while_running(self.tidying.run, act=lambda: self.clock.sleep(wait)))


def test_what_lies_there_of_an_event_that_is_gone_goes_as_soon_as_it_can_be_reached() -> None:
    house = House()
    house.lies(KEY, still_key(KEY), thumbnail_key(KEY), "front-door/another.mp4")
    house.records.save_upload(Upload(EVENT, CAMERA, KEY, house.clock.now(), house.clock.now(), UploadState.LEAVING))
    house.there.cut = True
    house.for_seconds(600)
    assert house.records.upload_of(EVENT) is not None
    house.there.cut = False
    house.for_seconds(100)
    assert list(house.there.objects) == ["front-door/another.mp4"]
    assert house.records.upload_of(EVENT) is None


def test_parts_go_once_their_clip_lies_there_in_whichever_order_that_is_told() -> None:
    for clip_first in (False, True):
        house = House()
        key = house.part(seconds(10))
        house.for_seconds(100)
        assert list(house.there.objects) == [key]
        if clip_first:
            house.tidying.clip_is_there(house.upload)
        house.tidying.parts_are_over(EVENT, [key])
        if not clip_first:
            house.for_seconds(100)
            assert list(house.there.objects) == [key]
            house.tidying.clip_is_there(house.upload)
        house.for_seconds(100)
        assert house.there.objects == {}


def test_parts_of_an_event_that_a_crash_cut_short_go_for_their_age() -> None:
    house = House()
    house.part(PARTS_STAY + timedelta(days=1))
    young = house.part(PARTS_STAY - timedelta(days=1), 2)
    house.lies("front-door/2020/01/01/20200101_000000.mp4")
    house.for_seconds(100)
    assert sorted(house.there.objects) == sorted([young, "front-door/2020/01/01/20200101_000000.mp4"])


def test_keys_that_may_not_delete_there_are_told_to_the_owner_until_they_may() -> None:
    house = House()
    house.lies(KEY)
    house.records.save_upload(Upload(EVENT, CAMERA, KEY, house.clock.now(), house.clock.now(), UploadState.LEAVING))
    house.there.refuses = True
    house.for_seconds(100)
    (problem,) = house.health.problems()
    assert "still lies off-site" in problem.what
    assert "s3:DeleteObject" in problem.remedy
    house.there.refuses = False
    house.for_seconds(100)
    assert house.health.problems() == []
    assert list(house.there.objects) == []


def test_old_parts_that_may_not_be_deleted_are_told_until_they_may_and_go_then() -> None:
    house = House()
    house.part(PARTS_STAY + timedelta(days=1))
    keys, lists = house.tidying.keys, 0

    def counted() -> Iterator[str]:
        nonlocal lists
        lists += 1
        return keys()

    house.tidying.keys = counted
    house.there.refuses = True
    for _ in range(3):
        house.for_seconds(200)
        assert [problem.key for problem in house.health.problems()] == ["off-site-deleting"]
    house.there.refuses = False
    house.for_seconds(100)
    assert house.health.problems() == []
    assert house.there.objects == {}
    assert lists == 1  # each costs money


def test_a_listing_that_nobody_answers_is_tried_again_soon() -> None:
    house = House()
    house.part(PARTS_STAY + timedelta(days=1))
    keys, cut = house.tidying.keys, True

    def listed() -> Iterator[str]:
        if cut:
            msg = "The bucket does not answer."
            raise StoreUnavailable(msg)
        yield from keys()

    house.tidying.keys = listed
    house.for_seconds(100)
    cut = False
    house.for_seconds(100)
    assert house.there.objects == {}


def test_a_clock_that_may_be_wrong_deletes_nothing_by_age() -> None:
    house = House()
    house.tidying.may_expire_by_age = lambda: False
    old = house.part(PARTS_STAY + timedelta(days=2))
    house.for_seconds(130)
    assert old in house.there.objects
    house.tidying.may_expire_by_age = lambda: True
    house.for_seconds(130)
    assert old not in house.there.objects


def test_a_copy_in_a_bucket_of_before_is_not_deleted_in_this_one_but_there_once_it_is_named_again() -> None:
    house = House()
    house.lies(KEY, "front-door/another.mp4")  # what has that key here is not the copy
    house.records.save_upload(replace(house.upload, state=UploadState.LEAVING, place="s3://old/doorstep"))
    house.tidying.place = "s3://new/doorstep"
    house.for_seconds(200)
    assert KEY in house.there.objects
    assert house.records.upload_of(EVENT) is not None
    house.tidying.place = "s3://old/doorstep"
    house.for_seconds(100)
    assert list(house.there.objects) == ["front-door/another.mp4"]
    assert house.records.upload_of(EVENT) is None
