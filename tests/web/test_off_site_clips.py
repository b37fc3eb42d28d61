"""Events whose video is gone here: played from the bucket, or refused in plain words."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from doorstep.catalog.memory_uploads import MemoryUploadRecords
from doorstep.core.access import Role, Scope
from doorstep.core.camera import CameraId
from doorstep.core.clip_form import AS_RECORDED, ClipForm
from doorstep.core.errors import BlobMissing, StoreRefused, StoreUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.media import Codec
from doorstep.core.upload import BegunUpload, Body, Upload, UploadState
from doorstep.pipeline.off_site_clips import MOST_BYTES, REST_SECONDS, OffSiteClips
from doorstep.web.asgi import create_app
from doorstep.web.off_site_parts import OffSiteClipParts
from fakes.house import CLIP_BYTES, FRONT, FRONT_EVENT, GARDEN, GARDEN_EVENT, JPEG, House

CLIP = f"/api/v1/events/{FRONT_EVENT}/clip.mp4"
KEY = "front-door/2026/11/21/20261121_120000.mp4"
ORIGIN = "https://bucket.example.org"
OLD, NEW = "s3://old/doorstep", "s3://new/doorstep"
VIDEO = b"....ftypisom" + b"avc1" + bytes(range(256)) * 4000


@dataclass
class FakeOffSite:
    """Implements `ports.OffSite`; `calls` is what was asked."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    fails: Exception | None = None
    calls: list[str] = field(default_factory=list)
    largest: int = 0
    links: bool = True

    def send(self, key: str, body: Body, begun: BegunUpload | None, note: Callable[[BegunUpload], None]) -> bool:
        raise NotImplementedError

    def read(self, key: str, offset: int, length: int) -> bytes:
        self._ask(f"read {key}")
        self.largest = max(self.largest, length)
        return self.blobs[key][offset : offset + length]

    def size(self, key: str) -> int:
        self._ask(f"size {key}")
        return len(self.blobs[key])

    def link(self, key: str, seconds: float, file_name: str) -> str | None:
        return f"{ORIGIN}/{key}?X-Amz-Expires={seconds:.0f}&name={file_name}" if self.links else None

    def _ask(self, what: str) -> None:
        assert threading.current_thread() is not threading.main_thread()
        self.calls.append(what)
        if self.fails is not None:
            raise self.fails
        if what.split()[1] not in self.blobs:
            raise BlobMissing(what)


@dataclass
class AwayHouse:
    """A house whose events are in a bucket as well."""

    house: House
    bucket: FakeOffSite = field(default_factory=FakeOffSite)
    records: MemoryUploadRecords = field(init=False)
    direct: bool = True
    place: str = NEW
    asked: list[Sequence[EventId]] = field(default_factory=list)
    paid: list[tuple[str, int, EventId | None]] = field(default_factory=list)

    def furnish(self) -> None:
        self.records = MemoryUploadRecords(self.house.catalog)
        self.bucket.blobs = {KEY: VIDEO, KEY.replace(".mp4", ".jpg"): JPEG, KEY.replace(".mp4", ".thumb.jpg"): JPEG}
        clips = OffSiteClips(self.bucket, self.records, self.house.clock, direct=self.direct, paid=self.pay)

        def uploads_of(events: Sequence[EventId]) -> Any:
            self.asked.append(events)
            return clips.uploads_of(events)

        parts = OffSiteClipParts(uploads_of, clips.clip_of, clips.link_to, clips.picture, ORIGIN, self.place)
        self.house.app = create_app(replace(self.house.parts, off_site=parts))

    def upload(self, state: UploadState = UploadState.DONE, event: EventId = FRONT_EVENT, **more: Any) -> None:
        now = self.house.clock.now()
        done_at = now if state is UploadState.DONE else None
        self.records.save_upload(
            Upload(event, FRONT, KEY, now - timedelta(minutes=5), now, state, done_at=done_at, size=len(VIDEO), **more)
        )

    def make_room(self) -> None:
        """What a full disk does: the row stays without bytes, the file is gone."""
        event = self.house.catalog.event(FRONT_EVENT)
        assert event is not None
        assert event.recording is not None
        self.house.change_event(FRONT_EVENT, recording=replace(event.recording, size=0))

        async def gone(event: Event, form: ClipForm = AS_RECORDED) -> Any:
            del form
            raise BlobMissing(event.id)

        self.house.clips.of_event = gone  # type: ignore[method-assign]
        for picture in ("still", "thumbnail"):
            self.house.store.delete(f"{FRONT_EVENT}/{picture}.jpg")

    def pay(self, what: str, size: int, event: EventId | None) -> None:
        self.paid.append((what, size, event))

    def browser(self, dest: str = "video", role: Role = Role.OWNER, cameras: frozenset[CameraId] | None = None) -> Any:
        return {**self.house.session(role, cameras), "Sec-Fetch-Dest": dest}


@pytest.fixture
def away() -> Iterator[AwayHouse]:
    with House() as house:
        made = AwayHouse(house)
        made.furnish()
        yield made


@pytest.fixture
def gone(away: AwayHouse) -> AwayHouse:
    away.upload()
    away.make_room()
    return away


# ------------------------------------------------------------------------------------------------------- what is here


def test_nothing_is_asked_of_the_bucket_for_an_event_that_lies_here(away: AwayHouse) -> None:
    away.upload()
    assert away.house.get(CLIP).content == CLIP_BYTES
    assert away.house.get(CLIP, away.browser()).content == CLIP_BYTES
    assert away.house.get(CLIP.replace("clip.mp4", "still.jpg")).content == JPEG
    event = away.house.get(f"/api/v1/events/{FRONT_EVENT}").json()
    assert (event["clip"]["where"], event["off_site"]["state"]) == ("here", "done")
    assert away.bucket.calls == []


def test_a_page_of_events_takes_one_question(away: AwayHouse) -> None:
    away.upload(UploadState.DUE)
    page = {one["id"]: one for one in away.house.get("/api/v1/events").json()["events"]}
    assert page[FRONT_EVENT]["off_site"] == {"state": "waiting", "since": "2026-11-21T12:55:00.000Z"}
    assert page[GARDEN_EVENT]["off_site"] == {"state": "none", "since": None}
    assert len(away.asked) == 1


# ---------------------------------------------------------------------------------------------------------- played


def test_a_browser_that_plays_or_saves_is_sent_to_the_bucket_for_an_hour(gone: AwayHouse) -> None:
    for dest in ("video", "document"):
        answer = gone.house.get(CLIP, gone.browser(dest))
        assert answer.status_code == 307
        assert answer.headers["location"] == f"{ORIGIN}/{KEY}?X-Amz-Expires=3600&name=20261121_115955.mp4"
        assert "no-store" in answer.headers["cache-control"]


def test_a_browser_that_could_not_reach_the_bucket_gets_it_through_the_server(gone: AwayHouse) -> None:
    answer = gone.house.get(f"{CLIP}?direct=0", gone.browser("video"))
    assert (answer.status_code, answer.content) == (200, VIDEO)


@pytest.mark.parametrize(
    ("method", "headers"), [("GET", {}), ("GET", {"Sec-Fetch-Dest": "empty"}), ("HEAD", {"Sec-Fetch-Dest": "video"})]
)
def test_everybody_else_gets_it_through_the_server(gone: AwayHouse, method: str, headers: dict[str, str]) -> None:
    answer = gone.house.ask(method, CLIP, {**gone.house.owner(), **headers})
    assert answer.status_code == 200
    assert answer.content == (VIDEO if method == "GET" else b"")
    assert answer.headers["content-length"] == str(len(VIDEO))
    assert answer.headers["content-disposition"] == 'inline; filename="20261121_115955_Front-door.mp4"'
    assert answer.headers["doorstep-codec"] == "h264"
    assert answer.headers["doorstep-starts-at"] == "2026-11-21T11:59:55.000Z"


@pytest.mark.parametrize("change", ["proxied", "sealed", "no viewer"])
def test_a_browser_gets_it_through_the_server_where_it_cannot_open_it_itself(change: str) -> None:
    with House() as house:
        away = AwayHouse(house, direct=change != "proxied")
        away.furnish()
        away.bucket.links = change != "no viewer"
        away.upload(sealed=change == "sealed")
        away.make_room()
        assert house.get(CLIP, away.browser()).content == VIDEO


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [("bytes=0-0", 0, 1), ("bytes=1000-700000", 1000, 700001), ("bytes=-5", len(VIDEO) - 5, len(VIDEO))],
)
def test_ranges_are_of_the_same_bytes(gone: AwayHouse, asked: str, begin: int, end: int) -> None:
    answer = gone.house.get(CLIP, {**gone.house.owner(), "Range": asked})
    assert (answer.status_code, answer.content) == (206, VIDEO[begin:end])
    assert answer.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(VIDEO)}"
    behind = gone.house.get(CLIP, {**gone.house.owner(), "Range": f"bytes={len(VIDEO)}-"})
    assert behind.status_code == 416


def test_it_is_never_whole_in_memory(gone: AwayHouse) -> None:
    gone.bucket.blobs[KEY] = VIDEO[:16] + bytes(24 << 20)
    assert len(gone.house.get(CLIP).content) == (24 << 20) + 16
    assert gone.bucket.largest == MOST_BYTES


def test_h265_in_the_bucket_is_converted_from_there(gone: AwayHouse) -> None:
    gone.bucket.blobs[KEY] = VIDEO.replace(b"avc1", b"hvc1")
    answer = gone.house.get(f"{CLIP}?codec=h264", gone.browser())
    assert (answer.status_code, answer.json()["code"]) == (503, "not-converted")
    (asked,) = gone.house.clips.converted
    assert (asked.codec, asked.off_site) == (Codec.HEVC, True)
    gone.house.clips.conversion = replace(gone.house.clips.conversion, failed=None)
    assert gone.house.get(f"{CLIP}?codec=h264").content == gone.bucket.blobs[KEY]


def test_pictures_come_from_there_too(gone: AwayHouse) -> None:
    for picture in ("still", "thumbnail"):
        answer = gone.house.get(f"/api/v1/events/{FRONT_EVENT}/{picture}.jpg", gone.browser("image"))
        assert (answer.status_code, answer.content) == (200, JPEG)
    del gone.bucket.blobs[KEY.replace(".mp4", ".jpg")]
    assert gone.house.get(f"/api/v1/events/{FRONT_EVENT}/still.jpg").json()["code"] == "off-site-gone"


def test_the_event_says_where_its_video_is(gone: AwayHouse) -> None:
    event = gone.house.get(f"/api/v1/events/{FRONT_EVENT}").json()
    assert event["clip"]["where"] == "off-site"
    assert event["clip"]["bytes"] == len(VIDEO)
    assert event["off_site"] == {"state": "done", "since": "2026-11-21T13:00:00.000Z"}
    assert gone.bucket.calls == []


def test_the_page_may_play_from_the_bucket_and_from_nowhere_else(gone: AwayHouse) -> None:
    policy = gone.house.get(CLIP).headers["content-security-policy"]
    assert f"media-src 'self' {ORIGIN} blob:" in policy
    assert policy.count(ORIGIN) == 1
    with House() as other:
        assert "media-src 'self' blob:" in other.get("/api/v1/status").headers["content-security-policy"]


# ------------------------------------------------------------------------------------------------------ what it costs


LOOKED = [("read", 4096, FRONT_EVENT), ("size", 0, FRONT_EVENT)]


def test_a_link_counts_as_the_whole_clip_and_what_comes_through_the_server_by_its_bytes(gone: AwayHouse) -> None:
    gone.house.get(CLIP, gone.browser())
    assert gone.paid == [*LOOKED, ("link", len(VIDEO), FRONT_EVENT)]
    gone.paid.clear()
    gone.house.get(CLIP, {**gone.house.owner(), "Range": "bytes=0-699999"})
    assert {(what, event) for what, _, event in gone.paid} == {("read", FRONT_EVENT)}
    assert sum(size for _, size, _ in gone.paid) == 700_000
    gone.paid.clear()
    gone.house.get(CLIP.replace("clip.mp4", "still.jpg"), gone.browser("image"))
    assert gone.paid == [("read", len(JPEG), None)]


def test_nothing_is_counted_where_nothing_was_fetched(gone: AwayHouse) -> None:
    gone.bucket.fails = StoreUnavailable("The bucket cannot be reached.")
    gone.house.get(CLIP, gone.browser())
    assert gone.paid == []
    gone.bucket.fails, gone.bucket.links = None, False
    gone.house.clock.advance(REST_SECONDS + 1)
    gone.house.ask("HEAD", CLIP, gone.browser())
    assert gone.paid == LOOKED


# --------------------------------------------------------------------------------------------------------- refused


def test_who_may_not_see_the_camera_gets_no_link(gone: AwayHouse) -> None:
    guest = gone.browser(role=Role.GUEST, cameras=frozenset({GARDEN}))
    for path in (CLIP, f"/api/v1/events/{FRONT_EVENT}/still.jpg"):
        answer = gone.house.get(path, guest)
        assert answer.status_code in {403, 404}
        assert "location" not in answer.headers
    token = gone.house.token(Scope.CLIP_READ, cameras=frozenset({GARDEN}))
    assert gone.house.get(CLIP, token).status_code == 404
    assert gone.bucket.calls == []


def test_without_a_copy_it_is_gone_as_ever(away: AwayHouse) -> None:
    away.make_room()
    for state in (None, UploadState.DUE, UploadState.GIVEN_UP):
        if state is not None:
            away.upload(state)
        answer = away.house.get(CLIP, away.browser())
        assert (answer.status_code, answer.json()["code"]) == (404, "recording-gone")
        assert away.house.get(f"/api/v1/events/{FRONT_EVENT}").json()["clip"]["where"] == "gone"
    assert away.bucket.calls == []


def test_a_copy_in_a_bucket_of_before_says_where_it_lies_and_is_not_asked_for_in_this_one(gone: AwayHouse) -> None:
    gone.upload(place=OLD)
    for path in (CLIP, f"/api/v1/events/{FRONT_EVENT}/still.jpg"):
        answer = gone.house.get(path, gone.browser())
        assert (answer.status_code, answer.json()["code"]) == (404, "off-site-elsewhere")
        words = "Its copy lies in s3://old/doorstep, which the config does not name any more."
        assert answer.json()["detail"] == words
    for shown in (
        gone.house.get(f"/api/v1/events/{FRONT_EVENT}").json(),
        next(one for one in gone.house.get("/api/v1/events").json()["events"] if one["id"] == FRONT_EVENT),
    ):
        assert shown["clip"]["where"] == "elsewhere"
    assert gone.bucket.calls == []
    gone.place = OLD  # the config names it again
    records = gone.records
    gone.furnish()
    for upload in records.uploads_of([FRONT_EVENT]).values():
        gone.records.save_upload(upload)
    assert gone.house.get(CLIP).content == VIDEO


def test_what_the_buckets_lifecycle_deleted_is_said_to_be_deleted(gone: AwayHouse) -> None:
    gone.bucket.blobs.clear()
    answer = gone.house.get(CLIP, gone.browser())
    assert (answer.status_code, answer.json()["detail"]) == (404, "This was deleted off-site by its retention.")


def test_who_may_not_list_is_told_of_a_deleted_copy_that_it_is_deleted(gone: AwayHouse) -> None:
    assert gone.house.get(f"/api/v1/events/{FRONT_EVENT}/still.jpg").status_code == 200
    gone.bucket.fails = StoreRefused("The keys may not do this with the bucket (403).")
    assert gone.house.get(CLIP).json()["code"] == "off-site-gone"


def test_wrong_keys_are_told_without_their_words(gone: AwayHouse) -> None:
    gone.bucket.fails = StoreRefused("The keys may not do this with the bucket (403).")
    answer = gone.house.get(CLIP)
    assert (answer.status_code, answer.json()["code"]) == (503, "off-site-refused")
    assert answer.headers["retry-after"]


def test_a_bucket_that_does_not_answer_is_asked_again_after_a_rest(gone: AwayHouse) -> None:
    gone.bucket.fails = StoreUnavailable("The bucket cannot be reached.")
    for path in (CLIP, f"/api/v1/events/{FRONT_EVENT}/thumbnail.jpg", CLIP):
        answer = gone.house.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "off-site-unavailable")
        assert answer.headers["retry-after"] == "15"
    assert len(gone.bucket.calls) == 1
    gone.bucket.fails = None
    gone.house.clock.advance(REST_SECONDS + 1)
    assert gone.house.get(CLIP).content == VIDEO


def test_the_video_of_another_box_is_played_from_the_bucket_or_its_place_is_named(away: AwayHouse) -> None:
    event_id, camera = EventId("cabin-9"), CameraId("front-door@cabin")
    event = away.house.add_event(event_id, camera)
    script = away.house.token(Scope.CLIP_READ, Scope.EVENTS_READ, cameras=frozenset({camera}))
    path = f"/api/v1/events/{event.id}/clip.mp4"
    answer = away.house.get(path, script)
    assert (answer.status_code, answer.json()["detail"]) == (404, "Its video lies at cabin.")
    assert away.house.get(f"/api/v1/events/{event.id}", script).json()["clip"]["where"] == "elsewhere"
    away.upload(event=event_id)
    assert away.house.get(path, script).content == VIDEO
    assert away.house.get(path, {**script, "Sec-Fetch-Dest": "video"}).status_code == 307
