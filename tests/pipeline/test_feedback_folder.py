"""What the family said, with a crop each: whole pairs, few of them, and none of what was deleted."""

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.detection import Box
from doorstep.core.errors import CatalogUnavailable, StoreFull, StoreUnavailable
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.explanation import Verdict
from doorstep.media.frame import DecodedFrame
from doorstep.media.thumbnail import still
from doorstep.pipeline.feedback_folder import FeedbackFolder, every_feedback, picture_of
from doorstep.stores.local import LocalStore
from doorstep.stores.memory import MemoryStore
from fakes.clock import FakeClock
from fakes.explained import explanation
from fakes.footage import CAMERA, NOON, seconds
from fakes.recording_house import FailingStore

NOBODY, SOMEBODY = Verdict.NOT_A_PERSON, Verdict.PERSON
EVENT = EventId("front-door-20261121T120000000")
BOX = Box(0.5, 0.25, 0.75, 0.75)


def picture(box: Box | None) -> bytes:
    """640 x 480, black, and white in the box; a still that says where that is."""
    samples = np.zeros((480, 640, 3), np.uint8)
    samples[120:360, 320:480] = 255
    return still(DecodedFrame(av.VideoFrame.from_ndarray(samples, format="rgb24"), at=0.0, captured_at=0.0), box)


def pixels(jpeg: bytes) -> NDArray[np.uint8]:
    with av.open(io.BytesIO(jpeg), "r") as container:
        return np.asarray(next(container.decode(video=0)).to_ndarray(format="gray"), np.uint8)


class Album:
    """Events with stills, and what is said of them."""

    def __init__(self, most: int = 500, most_bytes: int = 1 << 26) -> None:
        self.clock = FakeClock()
        self.catalog = MemoryCatalog()
        self.pictures = MemoryStore()
        self.folder = FailingStore()
        self.feedback = FeedbackFolder(self.folder, self.pictures, self.catalog, self.clock, most, most_bytes)

    def event(self, number: int = 0, box: Box | None = BOX, *, shown: bool = True, over: bool = True) -> Event:
        begin = NOON + seconds(number)
        key = f"front-door/{number}.mp4"
        event = Event(
            EventId(f"front-door-{begin:%Y%m%dT%H%M%S}000"),
            CAMERA,
            begin,
            begin,
            ended_at=begin + seconds(10) if over else None,
            recording=Recording(key, begin, begin + seconds(10), 1000),
            has_still=shown,
            box=box,
        )
        self.catalog.save_event(event)
        self.catalog.save_explanation(explanation(event.id))
        if shown:
            self.pictures.put(f"front-door/{number}.jpg", picture(box))
        return event

    @property
    def names(self) -> list[str]:
        return sorted(self.folder.keys())


def test_what_was_said_lies_beside_a_crop_around_the_box() -> None:
    album = Album()
    event = album.event()
    assert album.feedback.take(event, NOBODY)
    assert album.names == [f"{EVENT}.jpg", f"{EVENT}.json"]
    (found,) = every_feedback(album.folder)
    assert (found.event, found.camera, found.started_at, found.verdict, found.box) == (EVENT, CAMERA, NOON, NOBODY, BOX)
    assert found.judged_at == album.clock.now()
    assert found.explanation == replace(explanation(EVENT), verdict=NOBODY)
    crop = picture_of(album.folder, found)
    assert crop is not None
    shown = pixels(crop)
    assert shown.shape == (360, 240)  # the box and a quarter of it on each side
    assert shown[180, 120] > 240
    assert shown[30, 20] < 20
    kept = album.catalog.explanation(EVENT)
    assert kept is not None
    assert kept.verdict is NOBODY


def test_where_nobody_knows_the_place_the_whole_still_is_kept() -> None:
    album = Album()
    album.feedback.take(album.event(box=None), SOMEBODY)
    (found,) = every_feedback(album.folder)
    assert found.box is None
    assert pixels(picture_of(album.folder, found) or b"").shape == (480, 640)


def test_the_still_knows_better_than_its_row_where_somebody_is() -> None:
    album = Album()
    event = replace(album.event(), box=None)  # the row is behind
    album.feedback.take(event, SOMEBODY)
    assert [found.box for found in every_feedback(album.folder)] == [BOX]


def test_said_twice_it_is_written_once() -> None:
    album = Album()
    event = album.event()
    album.feedback.take(event, NOBODY)
    album.folder.calls.clear()
    assert album.feedback.take(event, NOBODY)
    assert album.folder.calls == []


def test_who_says_otherwise_is_right() -> None:
    album = Album()
    event = album.event()
    for verdict in (NOBODY, SOMEBODY):
        assert album.feedback.take(event, verdict)
    assert [found.verdict for found in every_feedback(album.folder)] == [SOMEBODY]
    assert len(album.names) == 2


def test_of_a_running_event_the_later_picture_counts() -> None:
    album = Album()
    event = album.event(shown=False, over=False)
    assert album.feedback.take(event, NOBODY)
    assert album.names == [f"{EVENT}.json"]
    (found,) = every_feedback(album.folder)
    assert picture_of(album.folder, found) is None
    album.pictures.put("front-door/0.jpg", picture(BOX))
    assert album.feedback.take(replace(event, has_still=True, ended_at=NOON), NOBODY)
    assert album.names == [f"{EVENT}.jpg", f"{EVENT}.json"]


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0 broken"])
def test_a_still_that_cannot_be_read_is_no_reason_not_to_listen(content: bytes) -> None:
    album = Album()
    event = album.event()
    album.pictures.put("front-door/0.jpg", content)
    assert album.feedback.take(event, NOBODY)
    assert album.names == [f"{EVENT}.json"]
    album.pictures.delete("front-door/0.jpg")
    assert album.feedback.take(event, SOMEBODY)


def test_of_what_is_not_explained_nothing_is_kept() -> None:
    album = Album()
    event = album.event()
    album.catalog.forget_event(event.id)
    assert not album.feedback.take(event, NOBODY)
    assert album.names == []


def test_an_event_that_goes_while_it_is_judged_leaves_nothing() -> None:
    album = Album()
    event = album.event()

    def goes() -> bool:
        album.catalog.forget_event(event.id)
        return False

    album.folder.fails = goes
    assert not album.feedback.take(event, NOBODY)
    assert album.names == []


def test_what_is_said_of_an_event_between_its_files_and_its_row_going_is_not_kept() -> None:
    album = Album()
    event = album.event()
    album.feedback.take(event, NOBODY)
    album.feedback.event_goes(gone_by_age(event))
    assert not album.feedback.take(event, SOMEBODY)  # its row is there for a moment yet
    assert [found.verdict for found in every_feedback(album.folder)] == [NOBODY]


def test_half_a_pair_is_made_whole_by_saying_it_again() -> None:
    album = Album()
    event = album.event()
    album.feedback.take(event, NOBODY)
    album.folder.delete(f"{EVENT}.json")
    assert album.feedback.take(event, NOBODY)
    assert album.names == [f"{EVENT}.jpg", f"{EVENT}.json"]


def test_another_start_knows_what_was_said_and_goes_on_with_it() -> None:
    album = Album(most=2)
    events = [album.event(number) for number in range(3)]
    for event in events[:2]:
        album.feedback.take(event, NOBODY)
    again = FeedbackFolder(album.folder, album.pictures, album.catalog, album.clock, most=2)
    album.folder.calls.clear()
    assert again.take(events[0], NOBODY)
    assert album.folder.calls == []
    assert again.take(events[2], SOMEBODY)
    assert {found.event for found in every_feedback(album.folder)} == {events[1].id, events[2].id}


def test_the_oldest_pairs_go_when_there_are_too_many() -> None:
    album = Album(most=3)
    events = [album.event(number) for number in range(6)]
    for event in (*events[1:], events[0]):
        album.feedback.take(event, NOBODY)
    kept = {found.event for found in every_feedback(album.folder)}
    assert kept == {events[0].id, events[4].id, events[5].id}  # the one of just now stays, however old
    assert len(album.names) == 6


def test_the_oldest_pairs_go_when_they_are_too_large() -> None:
    album = Album()
    album.feedback.take(album.event(0), NOBODY)
    size = sum(map(album.folder.size, album.names))
    small = Album(most_bytes=int(2.5 * size))
    for number in range(8):
        small.feedback.take(small.event(number), NOBODY)
        assert sum(map(small.folder.size, small.names)) <= 2.5 * size
    assert [found.started_at for found in every_feedback(small.folder)] == [NOON + seconds(6), NOON + seconds(7)]


@pytest.mark.parametrize("crash_at", range(2))
@pytest.mark.parametrize("before", [None, SOMEBODY])
def test_a_crash_between_two_files_leaves_what_was_there_or_nothing(crash_at: int, before: Verdict | None) -> None:
    album = Album()
    event = album.event()
    if before is not None:
        album.feedback.take(event, before)
    album.folder.calls.clear()
    album.folder.fails = lambda: len([call for call in album.folder.calls if call.startswith("put")]) > crash_at
    with pytest.raises(StoreFull):
        album.feedback.take(event, NOBODY)
    assert [found.verdict for found in every_feedback(album.folder)] == ([] if before is None else [before])
    kept = album.catalog.explanation(EVENT)
    assert kept is not None
    assert kept.verdict is before

    album.folder.fails = lambda: False
    album.feedback.take(album.event(1), NOBODY)  # what the crash left goes with the next that is said
    half = [] if before is None else [f"{EVENT}.jpg", f"{EVENT}.json"]
    assert [name for name in album.names if name.startswith(EVENT)] == half
    assert album.feedback.take(event, NOBODY)
    assert len(album.names) == 4


def test_a_crash_before_the_verdict_is_listed_is_mended_by_saying_it_again() -> None:
    album = Album()
    event = album.event()

    class Down(MemoryCatalog):
        def judge(self, event_id: EventId, verdict: Verdict) -> bool:
            del event_id, verdict
            msg = "The disk is full."
            raise CatalogUnavailable(msg)

    down = Down()
    down.save_event(event)
    down.save_explanation(explanation(event.id))
    with pytest.raises(CatalogUnavailable):
        FeedbackFolder(album.folder, album.pictures, down, album.clock).take(event, NOBODY)
    assert album.feedback.take(event, NOBODY)
    assert len(album.names) == 2


def gone_by_age(event: Event) -> Event:
    return event


def gone_by_hand(event: Event) -> Event:
    return replace(event, deleted_at=NOON + seconds(60))


@pytest.mark.parametrize(
    ("verdict", "how", "stays"),
    [
        (NOBODY, gone_by_age, True),
        (SOMEBODY, gone_by_age, False),
        (NOBODY, gone_by_hand, False),
        (SOMEBODY, gone_by_hand, False),
    ],
)
def test_a_picture_that_shows_nobody_alone_outlives_its_event(
    verdict: Verdict, how: Callable[[Event], Event], stays: bool
) -> None:
    album = Album()
    other, event = album.event(5), album.event()
    for one in (other, event):
        album.feedback.take(one, verdict)
    album.feedback.event_goes(how(event))
    assert len(album.names) == (4 if stays else 2)
    assert len(list(every_feedback(album.folder))) == len(album.names) / 2
    album.feedback.event_goes(how(album.event(9)))  # of which nothing was said


def test_a_folder_that_is_gone_keeps_no_retention_from_its_work(tmp_path: Path) -> None:
    album = Album()
    event, other = album.event(), album.event(1)
    folder = LocalStore(tmp_path / "feedback")
    feedback = FeedbackFolder(folder, album.pictures, album.catalog, album.clock)
    feedback.take(event, SOMEBODY)
    shutil.rmtree(tmp_path / "feedback")
    for gone in (gone_by_age(event), gone_by_age(other), gone_by_hand(other)):
        feedback.event_goes(gone)
    with pytest.raises(StoreUnavailable):  # who deleted a picture is not told that it is gone before it is
        feedback.event_goes(gone_by_hand(event))


def test_what_is_damaged_or_foreign_is_left_out() -> None:
    album = Album()
    album.feedback.take(album.event(), NOBODY)
    album.folder.put("odd-1.json", b"{}")
    album.folder.put("odd-2.json", b"\xff\xfe")
    album.folder.put("notes.txt", b"mine")
    assert [found.event for found in every_feedback(album.folder)] == [EVENT]
    album.feedback.event_goes(replace(album.event(), id=EventId("odd-1")))
    assert "odd-1.json" not in album.names
    album.feedback.take(album.event(1), NOBODY)
    assert "notes.txt" in album.names


def test_on_a_disk_it_is_the_owners_alone(tmp_path: Path) -> None:
    album = Album()
    folder = LocalStore(tmp_path / "feedback")
    assert FeedbackFolder(folder, album.pictures, album.catalog, album.clock).take(album.event(), NOBODY)
    files = sorted((tmp_path / "feedback").iterdir())
    assert [(path.name, path.stat().st_mode & 0o777) for path in files] == [
        (f"{EVENT}.jpg", 0o600),
        (f"{EVENT}.json", 0o600),
    ]
    assert json.loads(files[1].read_text())["verdict"] == "not_a_person"
    assert (tmp_path / "feedback").stat().st_mode & 0o777 == 0o700
