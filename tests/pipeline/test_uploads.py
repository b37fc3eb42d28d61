"""Finished events on their way off-site, over cuts, restarts, deletions and whatever else goes wrong."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from doorstep.catalog.memory import MemoryCatalog
from doorstep.catalog.memory_uploads import MemoryUploadRecords
from doorstep.core.camera import CameraId
from doorstep.core.clip_file import Clip
from doorstep.core.clip_form import AS_RECORDED, ClipForm
from doorstep.core.clip_words import METADATA, clip_words
from doorstep.core.errors import BlobMissing, CatalogUnavailable, StoreUnavailable
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.core.upload import Upload, UploadState
from doorstep.own_threads import OwnThreads
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.off_site_bodies import EventBodies
from doorstep.pipeline.upload_try import UploadTries
from doorstep.pipeline.uploads import AT_ONCE, Uploads
from doorstep.pipeline.way_out import Postage, WayOut
from doorstep.stores.memory import MemoryStore
from fakes.footage import CAMERA, seconds
from fakes.house import CLIP_BYTES, FakeClips
from fakes.instant_loop import InlineExecutor, LoopClock, run, while_running
from fakes.off_site import MemoryOffSite

DAY = "front-door/2026/11/21"


class FailingRecords(MemoryUploadRecords):
    """Counts its writing, and fails while it is `down`."""

    def __init__(self, catalog: MemoryCatalog) -> None:
        super().__init__(catalog)
        self.down = False
        self.saved: list[Upload] = []

    def save_upload(self, upload: Upload) -> None:
        if self.down:
            msg = "The disk is full."
            raise CatalogUnavailable(msg)
        self.saved.append(upload)
        super().save_upload(upload)


class House:
    """A catalog with events, a place outside, and who sends them there."""

    def __init__(self, sweeps: bool = False) -> None:
        self.clock = LoopClock()
        self.catalog, self.store, self.there = MemoryCatalog(), MemoryStore(), MemoryOffSite()
        self.records = FailingRecords(self.catalog)
        self.health = HealthBoard(self.clock)
        self.clips = FakeClips()
        self.sweeps, self.place = sweeps, ""
        self.counted: list[tuple[str, int, EventId | None]] = []
        self.may_pay = True
        self.stays_here: set[CameraId] = set()
        self.done: list[EventId] = []

    def boot(self) -> Uploads:
        """A new process over the same catalog."""
        postage = Postage(lambda *told: self.counted.append(told), lambda: self.may_pay)
        way = WayOut(self.there, InlineExecutor(), self.clock, postage)
        bodies = EventBodies(
            self.store, self.clips, lambda _: "Front door", lambda event: f"https://a.example/{event.id}"
        )
        stays = self.stays_here.__contains__
        board = self.health
        tries = UploadTries(self.records, self.catalog, bodies, way, board, self.clock, self.sweeps, stays, self.place)
        uploads = Uploads(tries, lambda: [CAMERA])
        uploads.on_done = lambda upload: self.done.append(upload.event)
        return uploads

    def keep(self, number: int, *, size: int = 1000, row: bool = True) -> Event:
        """A finished event, `number` minutes from now."""
        at = self.clock.now() + timedelta(minutes=number)
        key = f"{DAY}/20261121_13{number:02}00.mp4"
        recording = Recording(key, at, at + seconds(10), size)
        event = Event(
            EventId(f"e{number}"), CAMERA, at, at, ended_at=at + seconds(10), recording=recording, has_still=True
        )
        for name in (still_key(key), thumbnail_key(key)):
            self.store.put(name, name.encode())
        if row:
            self.catalog.save_event(event)
        return event

    def live(self, act: Callable[[Uploads], Awaitable[Any]]) -> None:
        async def lived() -> None:
            uploads = self.boot()
            await while_running(uploads.run, act=lambda: self._act(act, uploads))

        run(self.clock, lived)

    async def _act(self, act: Callable[[Uploads], Awaitable[Any]], uploads: Uploads) -> None:
        await act(uploads)

    def for_seconds(self, wait: float) -> None:
        self.live(lambda _: asyncio.sleep(wait))

    def state(self, number: int) -> UploadState | None:
        found = self.records.upload_of(EventId(f"e{number}"))
        return found.state if found else None


def key(number: int, end: str = ".mp4") -> str:
    return f"{DAY}/20261121_13{number:02}00{end}"


def test_an_event_that_is_whole_goes_off_site_its_pictures_first() -> None:
    house = House()
    event = house.keep(1)

    async def told(uploads: Uploads) -> None:
        uploads.event_written(event)
        await asyncio.sleep(1)
        assert uploads.status().waiting == 0

    house.live(told)
    assert house.there.tried == [key(1, ".jpg"), key(1, ".thumb.jpg"), key(1)]
    assert house.there.objects[key(1)] == CLIP_BYTES
    words = clip_words(house.there.words[key(1)][METADATA])
    assert words is not None
    assert (words.event, words.name, words.link) == ("e1", "Front door", "https://a.example/e1")
    assert words.pictures == (key(1, ".jpg"), key(1, ".thumb.jpg"))
    assert house.state(1) is UploadState.DONE
    assert house.done == [event.id]
    assert [what for what, _, _ in house.counted] == ["picture", "picture", "clip"]


def test_what_is_not_whole_or_not_to_be_kept_is_not_asked_for() -> None:
    house = House()
    event = house.keep(1)
    others = (
        replace(event, ended_at=None),
        replace(event, unfinished=True),
        replace(event, is_test=True),
        replace(event, recording=None),
        replace(event, deleted_at=house.clock.now()),
        replace(event, camera="garden"),  # type: ignore[arg-type]
    )
    house.catalog.forget_event(event.id)

    async def told(uploads: Uploads) -> None:
        for one in others:
            uploads.event_written(one)
        await asyncio.sleep(1)

    house.live(told)
    assert house.there.tried == []


def test_an_event_whose_upload_was_never_written_down_is_found_at_the_next_start() -> None:
    house = House()
    for number in range(3):
        house.keep(number)
    house.for_seconds(1)
    assert [house.state(number) for number in range(3)] == [UploadState.DONE] * 3


def test_an_event_that_was_sent_is_not_asked_for_again_when_its_row_is_written_again() -> None:
    house = House()
    event = house.keep(1)
    house.for_seconds(1)

    async def again(uploads: Uploads) -> None:
        uploads.event_written(event)
        await asyncio.sleep(1)

    house.live(again)
    assert house.there.tried.count(key(1)) == 1


def test_after_hours_without_a_line_the_newest_goes_first_and_nothing_is_lost() -> None:
    house = House()
    for number in range(30):
        house.keep(number)
    house.there.cut = True
    house.for_seconds(6 * 3600)
    assert house.there.objects == {}
    # The owner knows, and the row is not written again and again for it: that would wear out an SD card.
    (problem,) = house.health.problems()
    assert problem.key == "off-site"
    assert problem.minor
    assert "30 clips wait to go off-site since" in problem.what
    assert len(house.records.saved) <= 30 + AT_ONCE
    house.there.cut = False
    house.there.tried.clear()
    house.for_seconds(300)
    clips = [one for one in house.there.tried if one.endswith(".mp4")]
    assert clips[:2] in ([key(29), key(28)], [key(28), key(29)])
    assert sorted(clips) == sorted(key(number) for number in range(30))
    assert house.health.problems() == []


def test_a_refusal_is_told_at_once_with_its_remedy_and_tried_slowly() -> None:
    house = House()
    house.keep(1)
    house.there.refuses = True
    house.for_seconds(60)
    (problem,) = house.health.problems()
    assert "Check access_key_id" in problem.what
    assert len(house.there.tried) == 1
    house.for_seconds(3600)
    assert len(house.there.tried) < 10


def test_a_clip_that_alone_is_refused_keeps_no_other_waiting() -> None:
    house = House()
    for number in range(20):
        house.keep(number)
    house.there.refused.add(key(19))  # the newest, which is tried first
    house.for_seconds(60)
    assert [number for number in range(20) if house.state(number) is UploadState.DONE] == list(range(19))
    upload = house.records.upload_of(EventId("e19"))
    assert upload is not None
    assert (upload.state, "EntityTooLarge" in upload.outcome) == (UploadState.DUE, True)
    (problem,) = house.health.problems()
    assert "The clip of one event does not go off-site: The bucket's server refuses" in problem.what
    assert problem.minor
    assert house.there.tried.count(key(19)) == 1
    house.live(lambda uploads: new_clips_for_hours(house, uploads))
    assert 4 <= house.there.tried.count(key(19)) <= 8
    assert house.state(50) is UploadState.DONE
    before = house.there.tried.count(key(19))
    house.for_seconds(2 * 86_400)
    assert 8 <= house.there.tried.count(key(19)) - before <= 16
    (problem,) = house.health.problems()
    assert "The clip of one event does not go off-site" in problem.what
    house.there.refused.clear()
    house.for_seconds(1300)
    assert house.state(19) is UploadState.DONE
    assert house.health.problems() == []


async def new_clips_for_hours(house: House, uploads: Uploads) -> None:
    for number in range(40, 51):
        uploads.event_written(house.keep(number))
        await asyncio.sleep(600)


def test_two_clips_that_are_refused_keep_the_others_waiting_once() -> None:
    house = House()
    for number in range(10):
        house.keep(number)
    house.there.refused |= {key(9), key(8)}
    house.for_seconds(1300)
    assert [number for number in range(10) if house.state(number) is UploadState.DONE] == list(range(8))


def test_while_everything_is_refused_one_is_tried_at_a_time_and_all_go_when_that_is_mended() -> None:
    house = House()
    for number in range(30):
        house.keep(number)
    house.there.refuses = True

    async def refused_then_mended(uploads: Uploads) -> None:
        await asyncio.sleep(7 * 86_400)
        assert not uploads.status().works
        (problem,) = house.health.problems()
        assert "Nothing goes off-site: The bucket refuses the key." in problem.what
        # One every ten minutes, and two at first.
        assert len(house.there.tried) <= 7 * 144 + 3
        house.there.refuses = False
        await asyncio.sleep(1300)

    house.live(refused_then_mended)
    assert [house.state(number) for number in range(30)] == [UploadState.DONE] * 30
    assert house.health.problems() == []


def test_a_refusal_behind_an_outage_is_not_tried_without_a_pause() -> None:
    house = House()
    house.keep(1)
    house.there.cut = True

    async def refused_behind_it(_uploads: Uploads) -> None:
        await asyncio.sleep(300)
        house.there.cut, house.there.refuses = False, True
        house.there.tried.clear()
        await asyncio.sleep(3600)

    house.live(refused_behind_it)
    assert 1 <= len(house.there.tried) <= 13


@pytest.mark.parametrize("ahead", [1, 400, 4000])
def test_an_event_that_a_wrong_clock_dated_into_the_future_hides_no_other_and_goes_too(ahead: int) -> None:
    house = House()
    for number in range(3):
        house.keep(number - 60 * 5)
    house.keep(ahead * 1440)
    house.for_seconds(60)
    keys = {house.records.upload_of(EventId(f"e{number - 60 * 5}")) for number in range(3)}
    assert {one.state for one in keys if one is not None} == {UploadState.DONE}
    assert len(keys) == 3
    assert house.state(ahead * 1440) is UploadState.DONE
    # Neither is looked for or sent again and again.
    house.for_seconds(3600)
    assert len(house.there.tried) == 12


def test_a_clock_that_was_never_set_takes_up_the_last_day_all_the_same() -> None:
    house = House()
    for number in range(3):
        house.keep(number)
    house.clock.set_wall(-40 * 365 * 86_400)
    house.for_seconds(60)
    assert [house.state(number) for number in range(3)] == [UploadState.DONE] * 3


def test_a_clip_whose_answer_was_lost_lies_there_once() -> None:
    for may_look in (True, False):
        house = House()
        house.keep(1)
        house.there.loses_answers, house.there.may_look = 3, may_look
        house.for_seconds(300)
        assert sorted(house.there.objects) == sorted([key(1), key(1, ".jpg"), key(1, ".thumb.jpg")])
        assert house.state(1) is UploadState.DONE


def test_a_process_that_ended_before_it_knew_sends_no_second_copy() -> None:
    house = House()
    house.keep(1)
    house.there.loses_answers = 3  # pictures and clip arrive, and nobody ever hears of it
    house.for_seconds(1)
    house.for_seconds(300)
    house.for_seconds(300)
    assert [one for one in house.there.objects if one.endswith(".mp4")] == [key(1)]


def test_a_key_that_something_else_has_is_not_overwritten() -> None:
    house = House()
    house.keep(1)
    house.there.objects[key(1)] = b"another box's"
    house.for_seconds(10)
    assert house.there.objects[key(1)] == b"another box's"
    assert house.there.objects[key(1, "_2.mp4")] == CLIP_BYTES
    assert key(1, "_2.jpg") in house.there.objects
    upload = house.records.upload_of(EventId("e1"))
    assert upload is not None
    assert (upload.state, upload.key) == (UploadState.DONE, key(1, "_2.mp4"))


def test_a_large_clip_goes_on_where_it_stood_also_in_the_next_process() -> None:
    house = House()
    house.keep(1)
    house.there.part_bytes, house.there.parts_left = 1024, 2
    house.for_seconds(1)
    assert house.there.cut
    upload = house.records.upload_of(EventId("e1"))
    assert upload is not None
    # Within a few seconds no row is written for each part; whoever starts then begins anew, and loses only time.
    house.there.cut, house.there.parts_left = False, None
    house.for_seconds(300)
    assert house.there.objects[key(1)] == CLIP_BYTES


def test_a_large_clip_that_was_begun_in_another_bucket_begins_anew_in_this_one() -> None:
    house = House()
    house.place = "s3://old/doorstep"
    house.there.part_bytes, house.there.parts_left = 100, 4
    house.keep(1, size=1000)
    house.for_seconds(20)
    begun = house.records.upload_of(EventId("e1"))
    assert begun is not None
    assert (begun.place, begun.unsure) == ("s3://old/doorstep", True)
    house.place = "s3://new/doorstep"
    house.there.cut, house.there.parts_left = False, None
    house.there.objects[key(1)] = b"of somebody else"
    house.for_seconds(100)
    assert house.there.resumed == []
    upload = house.records.upload_of(EventId("e1"))
    assert upload is not None
    assert (upload.state, upload.place) == (UploadState.DONE, "s3://new/doorstep")
    assert upload.key != key(1)  # never taken for ours, though a try elsewhere ended without an answer


def test_a_recording_that_is_gone_is_given_up_after_a_few_tries() -> None:
    house = House()
    event = house.keep(1)

    class Gone(FakeClips):
        async def of_event(self, event: Event, form: Any = None) -> Any:
            del form
            raise BlobMissing(event.id)

    house.clips = Gone()
    house.for_seconds(86_400)
    upload = house.records.upload_of(event.id)
    assert upload is not None
    assert upload.state is UploadState.GIVEN_UP
    assert "gone" in upload.outcome


def test_an_upload_ends_when_its_event_is_deleted_and_goes_on_when_that_is_undone() -> None:
    house = House()
    event = house.keep(1)
    house.catalog.mark_deleted(event.id, house.clock.now())
    house.records.save_upload(Upload(event.id, CAMERA, key(1), house.clock.now(), house.clock.now()))
    house.for_seconds(100)
    assert house.there.objects == {}
    house.catalog.mark_deleted(event.id, None)
    house.for_seconds(100)
    assert key(1) in house.there.objects
    other = house.keep(2)
    house.records.save_upload(Upload(other.id, CAMERA, key(2), house.clock.now(), house.clock.now()))
    house.catalog.forget_event(other.id)
    house.for_seconds(100)
    assert house.state(2) is None


def test_a_catalog_that_fails_costs_no_upload() -> None:
    house = House()
    event = house.keep(1)

    async def told(uploads: Uploads) -> None:
        house.records.down = True
        uploads.event_written(event)
        await asyncio.sleep(100)
        assert house.there.objects == {}
        house.records.down = False
        await asyncio.sleep(100)

    house.live(told)
    assert house.state(1) is UploadState.DONE


def test_nothing_is_sent_that_this_month_may_not_pay() -> None:
    house = House()
    house.keep(1)
    house.may_pay = False
    house.for_seconds(1000)
    assert house.there.tried == []
    house.may_pay = True
    house.for_seconds(100)
    assert house.state(1) is UploadState.DONE


def test_a_disk_that_stalls_behind_the_pictures_leads_to_no_second_copy() -> None:
    for fault in (StoreUnavailable("The disk does not answer."), BlobMissing("It is gone.")):
        house = House()
        house.keep(1)
        faults = [fault]

        class Stalling(FakeClips):
            async def of_event(self, event: Event, form: ClipForm = AS_RECORDED) -> Clip:
                clip = await super().of_event(event, form)

                def read(offset: int, length: int) -> Iterator[bytes]:
                    if faults:  # noqa: B023 - of this round
                        raise faults.pop()  # noqa: B023 - as above
                    return clip.read(offset, length)

                return replace(clip, read=read)

        house.clips = Stalling()
        house.for_seconds(300)
        assert sorted(house.there.objects) == sorted([key(1), key(1, ".jpg"), key(1, ".thumb.jpg")])
        assert house.state(1) is UploadState.DONE


def test_who_says_of_each_key_that_it_is_taken_is_not_asked_without_a_pause() -> None:
    house = House()
    house.keep(1)
    house.there.takes_all = True
    house.for_seconds(3600)
    assert len(house.there.tried) < 40


def test_a_key_that_nobody_tells_the_size_of_just_now_is_not_taken_for_ours() -> None:
    house = House()
    house.keep(1)
    house.there.objects[key(1)] = b"another box's"
    house.records.save_upload(
        Upload(EventId("e1"), CAMERA, key(1), house.clock.now(), house.clock.now(), attempts=1, unsure=True)
    )
    house.there.unseen = 1
    house.for_seconds(300)
    assert house.there.objects[key(1, "_2.mp4")] == CLIP_BYTES


def test_what_waits_of_a_camera_that_stays_here_now_is_not_sent() -> None:
    house = House()
    house.keep(1)
    house.there.cut = True
    house.for_seconds(60)
    house.there.cut = False
    house.stays_here.add(CAMERA)
    house.for_seconds(300)
    assert house.there.objects == {}
    upload = house.records.upload_of(EventId("e1"))
    assert upload is not None
    assert (upload.state, upload.outcome) == (UploadState.GIVEN_UP, "nothing of its camera goes off-site any more")


def test_what_the_sweeper_ended_a_moment_ago_still_goes_from_there() -> None:
    house = House(sweeps=True)
    event = house.keep(1)
    due = Upload(event.id, CAMERA, key(1), house.clock.now(), house.clock.now(), attempts=1, unsure=True)
    house.records.save_upload(due)

    def ended_meanwhile(event_id: EventId) -> None:
        house.records.save_upload(replace(due, state=UploadState.LEAVING))
        house.catalog.forget_event(event_id)

    async def act(uploads: Uploads) -> None:
        del uploads
        await asyncio.sleep(1)

    known = house.catalog.event

    def event_of(event_id: EventId) -> Event | None:
        ended_meanwhile(event_id)
        return known(event_id)

    house.catalog.event = event_of  # type: ignore[method-assign]
    house.live(act)
    assert house.state(1) is UploadState.LEAVING


def test_whoever_waits_for_an_answer_does_not_keep_the_server_from_ending() -> None:
    asked, silent, heard = threading.Event(), threading.Event(), list[str]()
    way = WayOut(MemoryOffSite(), OwnThreads("off-site"), LoopClock())

    def never_answers() -> None:
        asked.set()
        silent.wait(60)

    def ask() -> None:
        try:
            way.waited_for(never_answers)
        except StoreUnavailable as error:
            heard.append(str(error))

    asker = threading.Thread(target=ask)
    asker.start()
    assert asked.wait(10)
    way.end()
    asker.join(10)
    silent.set()
    assert heard == ["Doorstep is stopping."]


def test_an_answer_that_is_waited_for_comes_as_it_is() -> None:
    way = WayOut(MemoryOffSite(), OwnThreads("off-site"), LoopClock())
    assert way.waited_for(lambda: 42) == 42
    with pytest.raises(BlobMissing):
        way.waited_for(partial(way_fails, BlobMissing("key")))


def way_fails(error: Exception) -> None:
    raise error
