"""Clips by HTTP: which part, ranges bit for bit, and streaming that never holds a whole clip."""

import asyncio
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from doorstep.core.access import Scope
from doorstep.core.clip_file import Clip, Conversion
from doorstep.core.clip_form import ClipForm, ClipKind
from doorstep.core.errors import BlobMissing
from doorstep.core.media import Codec
from doorstep.web.asgi import create_app
from doorstep.web.byte_range import ByteRange, Unsatisfiable, begins_anew, parse_range
from doorstep.web.clip_body import LEAST_BATCH, SMALL, ClipBody, clip_response, in_batches
from doorstep.web.clip_turns import ClipTurns
from doorstep.web.problems import Refusal
from fakes.clock import FakeClock
from fakes.house import CLIP_BYTES, FRONT, FRONT_EVENT, GARDEN, House

CLIP = f"/api/v1/cameras/{FRONT}/clip"
SIZE = len(CLIP_BYTES)
MIB = 1 << 20


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


# ---------------------------------------------------------------------------------------------------- which part


def test_the_last_minute_ends_now(house: House) -> None:
    answer = house.get(f"{CLIP}?duration=60")
    assert (answer.status_code, answer.content) == (200, CLIP_BYTES)
    assert house.clips.built == [(FRONT, house.clock.now() - timedelta(seconds=60), house.clock.now())]
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-disposition"] == 'attachment; filename="20261121_130000_Front-door.mp4"'
    assert answer.headers["doorstep-starts-at"] == "2026-11-21T12:59:00.000Z"
    assert answer.headers["doorstep-ends-at"] == "2026-11-21T13:00:00.000Z"


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ("duration=1.5", -1.5, 0),
        ("duration=900", -900, 0),
        ("duration=30&end=2026-11-21T12:59:00Z", -90, -60),
        ("duration=30&end=2026-11-21T13:00:01Z", -29, 1),  # a camera's clock is ahead of ours
        ("duration=30&end=2026-11-21T13:59:00%2B01:00", -90, -60),
        ("duration=30&end=2026-11-21T13:59:00+01:00", -90, -60),
        ("duration=30&start=2026-11-21T12:58:00Z", -120, -90),
        ("start=2026-11-21T12:58:00Z&end=2026-11-21T12:58:00.5Z", -120, -119.5),
        ("start=2026-11-21t12:58:00z", -120, 0),
        ("duration=1&format=mp4&exact=0&codec=h264", -1, 0),
    ],
)
def test_any_two_of_duration_start_and_end_name_a_part(house: House, query: str, start: float, end: float) -> None:
    assert house.get(f"{CLIP}?{query}").status_code == 200
    now = house.clock.now()
    assert house.clips.built == [(FRONT, now + timedelta(seconds=start), now + timedelta(seconds=end))]


BAD_SECONDS = [
    *(
        "0",
        "0.0",
        "-1",
        "NaN",
        "nan",
        "inf",
        "1e9",
        "1e1",
        "1000000000",
        "901",
        "60s",
        "1m",
        "1h",
        "PT60S",
        "60 s",
        "",
        "+5",
    ),
    *("0x10", "1_0", "٣", "1,5", " 5", "5 ", ".5", "9" * 39, "9" * 400),
]
BAD_INSTANTS = [
    *("now", "2026-11-21", "2026-11-21T12:57:00", "20261121T125700Z", "1700000000", "", "-1"),
    *("2026-13-21T12:57:00Z", "2026-02-30T12:57:00Z", "0001-01-01T00:00:00%2B23:00"),
]


@pytest.mark.parametrize(
    "query",
    [
        "",
        *(f"duration={wrong}" for wrong in BAD_SECONDS),
        *(f"duration=60&end={wrong}" for wrong in BAD_INSTANTS),
        "duration=60&end=2026-11-21T13:00:03Z",
        "duration=60&start=2026-11-21T12:59:30Z",
        "start=2026-11-21T13:30:00Z",
        "start=2026-11-21T12:58:00Z&end=2026-11-21T12:58:00Z",
        "start=2026-11-21T12:58:00Z&end=2026-11-21T12:57:00Z",
        "start=2026-11-20T12:58:00Z&end=2026-11-21T12:57:00Z",
        "end=2026-11-21T12:57:00Z",
        "duration=60&start=2026-11-21T12:57:00Z&end=2026-11-21T12:58:00Z",
        "duration=60&format=avi",
        "duration=60&format=",
        "duration=60&exact=maybe",
        "duration=60&codec=hevc",
        "duration=60&codec=",
        "duration=60&codec=h264&format=zip",
    ],
)
def test_what_names_no_part_is_refused_in_plain_words(house: House, query: str) -> None:
    answer = house.get(f"{CLIP}?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")
    assert house.clips.built == []


@pytest.mark.parametrize("duration", ["901", "1e9", "1E9", "1e%2B9", "1000000000", "1000000000.5", "1e999"])
def test_what_is_too_long_is_told_so(house: House, duration: str) -> None:
    detail = house.get(f"{CLIP}?duration={duration}").json()["detail"]
    assert detail == '"duration" may be at most 900 seconds.'


@pytest.mark.parametrize("duration", ["NaN", "inf", "Infinity", "1e1", "-1e9", "60s"])
def test_what_is_no_number_of_seconds_is_told_so(house: House, duration: str) -> None:
    assert "must be a number of seconds" in house.get(f"{CLIP}?duration={duration}").json()["detail"]


@pytest.mark.parametrize("query", ["duration=60", "duration=60&format=zip", "duration=60&codec=h264"])
def test_a_camera_of_others_is_like_one_that_is_not_there(house: House, query: str) -> None:
    guest = house.token(Scope.CLIP_READ, cameras=frozenset({GARDEN}))
    assert house.get(f"/api/v1/cameras/{GARDEN}/clip?{query}", guest).status_code == 200
    unknown, others = (house.get(f"/api/v1/cameras/{one}/clip?{query}", guest) for one in ("nobody", FRONT))
    assert unknown.status_code == others.status_code == 404
    assert unknown.json()["detail"] == others.json()["detail"]
    assert others.headers["content-type"] == "application/problem+json"
    assert [camera for camera, _, _ in house.clips.built] == [GARDEN]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-10-25T02:30:00%2B02:00", "2026-10-25T02:30:00%2B01:00", 1.0),
        ("2026-10-25T01:30:00%2B02:00", "2026-10-25T02:30:00%2B01:00", 2.0),
        ("2026-03-29T01:30:00%2B01:00", "2026-03-29T03:30:00%2B02:00", 1.0),
    ],
)
def test_a_night_on_which_clocks_change_is_as_long_as_it_was(start: str, end: str, hours: float) -> None:
    with House(clock=FakeClock(datetime(2026, 11, 1, tzinfo=UTC))) as house:
        house.parts = replace(house.parts, longest_clip_seconds=86_400.0)
        house.app = create_app(house.parts)
        assert house.get(f"{CLIP}?start={start}&end={end}").status_code == 200
        ((_, first, last),) = house.clips.built
        assert last - first == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("duration=60", ClipForm()),
        ("duration=60&exact=1", ClipForm()),
        ("duration=60&exact=0", ClipForm(exact=False)),
        ("duration=60&format=zip", ClipForm(ClipKind.ZIP)),
    ],
)
def test_the_form_that_was_asked_for_is_made(house: House, query: str, form: ClipForm) -> None:
    assert house.get(f"{CLIP}?{query}").status_code == 200
    assert house.clips.forms == [form]


def test_two_forms_of_one_span_are_two_clips(house: House) -> None:
    owner = house.owner()
    house.get(f"{CLIP}?duration=60", owner)
    part = house.get(f"{CLIP}?duration=60&exact=0", {**owner, "Range": "bytes=1-2"})
    assert part.status_code == 206
    assert len(house.clips.built) == 2


def test_a_span_without_a_recording_is_not_found(house: House) -> None:
    house.clips.nothing_recorded = True
    answer = house.get(f"{CLIP}?duration=60")
    assert (answer.status_code, answer.json()["code"]) == (404, "nothing-recorded")


# -------------------------------------------------------------------------------------------------------- ranges


def test_a_head_says_how_much_without_reading(house: House) -> None:
    house.clips.breaks_at = 0
    answer = house.ask("HEAD", f"{CLIP}?duration=60", house.owner())
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["accept-ranges"] == "bytes"


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_random_ranges_reassemble_bit_for_bit(drawn: st.DataObject) -> None:
    cuts = sorted(drawn.draw(st.sets(st.integers(1, SIZE - 1), max_size=8)))
    piece = drawn.draw(st.integers(1, 3000))
    with House() as house:
        house.clips.piece = piece
        owner = house.owner()
        parts = b""
        for first, end in zip([0, *cuts], [*cuts, SIZE], strict=True):
            headers = {**owner, "Range": f"bytes={first}-{end - 1}"}
            answer = house.ask("GET", f"/api/v1/events/{FRONT_EVENT}/clip.mp4", headers)
            assert answer.status_code == 206
            assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{SIZE}"
            assert int(answer.headers["content-length"]) == end - first
            parts += answer.content
        assert parts == CLIP_BYTES


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-", slice(10, SIZE)),
        ("bytes=-7", slice(SIZE - 7, SIZE)),
        (f"bytes=-{SIZE * 2}", slice(0, SIZE)),
        (f"bytes=5-{SIZE * 2}", slice(5, SIZE)),
        ("BYTES=3-4", slice(3, 5)),
    ],
)
def test_a_single_range_is_honoured(house: House, header: str, expected: slice) -> None:
    answer = house.get(f"{CLIP}?duration=60", {**house.owner(), "Range": header})
    assert (answer.status_code, answer.content) == (206, CLIP_BYTES[expected])


@pytest.mark.parametrize(
    "header",
    [
        "bytes=0-1,5-6",
        "bytes=0-5,3-9",
        "bytes=0-,0-,0-",
        "bytes=-1,-2",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "lines=1-2",
        "bytes=a-b",
        "x",
    ],
)
def test_what_is_no_single_range_is_answered_whole(house: House, header: str) -> None:
    answer = house.get(f"{CLIP}?duration=60", {**house.owner(), "Range": header})
    assert (answer.status_code, answer.content) == (200, CLIP_BYTES)


@pytest.mark.parametrize("header", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
def test_a_range_behind_the_end_is_416(house: House, header: str) -> None:
    answer = house.get(f"{CLIP}?duration=60", {**house.owner(), "Range": header})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


def test_if_range_protects_from_mixing_two_clips(house: House) -> None:
    owner = house.owner()
    etag = house.get(f"{CLIP}?duration=60", owner).headers["etag"]
    same = house.get(f"{CLIP}?duration=60", {**owner, "Range": "bytes=1-2", "If-Range": etag})
    assert (same.status_code, same.headers["etag"]) == (206, etag)
    for other in ('"other"', "W/" + etag, "Sat, 21 Nov 2026 13:00:00 GMT"):
        answer = house.get(f"{CLIP}?duration=60", {**owner, "Range": "bytes=1-2", "If-Range": other})
        assert (answer.status_code, len(answer.content)) == (200, SIZE)


def test_the_ranges_of_the_last_minute_are_of_one_clip(house: House) -> None:
    owner = house.owner()
    whole = house.get(f"{CLIP}?duration=60", owner)
    house.clock.advance(20)
    part = house.get(f"{CLIP}?duration=60", {**owner, "Range": "bytes=100-199"})
    assert (part.headers["etag"], part.content) == (whole.headers["etag"], whole.content[100:200])
    anew = house.get(f"{CLIP}?duration=60", {**owner, "Range": "bytes=0-"})
    assert anew.headers["etag"] != whole.headers["etag"]
    assert len(house.clips.built) == 2


def test_a_remembered_clip_is_forgotten_and_is_its_askers_alone(house: House) -> None:
    owner = house.owner()
    etag = house.get(f"{CLIP}?duration=60", owner).headers["etag"]
    house.clock.advance(1)
    assert house.get(f"{CLIP}?duration=60", {**house.owner(), "Range": "bytes=1-2"}).headers["etag"] != etag
    house.clock.advance(3600)
    assert house.get(f"{CLIP}?duration=60", {**owner, "Range": "bytes=1-2"}).headers["etag"] != etag


@given(st.text(max_size=30), st.integers(0, 100))
def test_any_range_header_is_understood_or_ignored(text: str, size: int) -> None:
    for header in (text, f"bytes={text}"):
        begins_anew(header)
        try:
            part = parse_range(header, size)
        except Unsatisfiable:
            continue
        assert part is None or 0 <= part.offset < part.offset + part.length <= size


def test_a_range_knows_its_header() -> None:
    assert ByteRange(2, 3).content_range(10) == "bytes 2-4/10"


# ----------------------------------------------------------------------------------------------------- streaming


@given(st.lists(st.binary(min_size=1, max_size=9)), st.integers(1, 20))
def test_batches_hold_the_same_bytes(pieces: list[bytes], least: int) -> None:
    batches = list(in_batches(iter(pieces), least, small=5))
    assert b"".join(piece for batch in batches for piece in batch) == b"".join(pieces)
    assert all(sum(map(len, batch)) >= least for batch in batches[:-1])
    assert all(batches)
    assert all(piece for batch in batches for piece in batch)
    assert not any(len(one) < 5 and len(other) < 5 for batch in batches for one, other in pairwise(batch))


def test_a_big_piece_is_not_copied() -> None:
    big = bytes(SMALL)
    ((first, second),) = in_batches(iter([b"head", big]))
    assert (first, second) == (b"head", big)
    assert second is big


def test_a_recording_that_is_gone_is_not_found(house: House) -> None:
    house.clips.breaks_at = 0
    answer = house.get(f"/api/v1/events/{FRONT_EVENT}/clip.mp4")
    assert (answer.status_code, answer.json()["code"]) == (404, "recording-gone")
    assert house.clips.reading == 0


class Viewer:
    """Plays the server's part for one response: notes what is sent, may go away."""

    def __init__(self, leaves_after: int | None = None) -> None:
        self.started: Message | None = None
        self.bytes = 0
        self.largest = 0
        self.finished = False
        self.leaves_after = leaves_after
        self.leaves = asyncio.Event()

    async def receive(self) -> Message:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = message
            return
        self.bytes += len(message["body"])
        self.largest = max(self.largest, len(message["body"]))
        self.finished = not message["more_body"]
        if self.leaves_after is not None and self.bytes >= self.leaves_after:
            self.leaves.set()
        await asyncio.sleep(0)


def big_clip(
    size: int, piece: int, closed: list[bool], breaks_at: int | None = None, *, in_memory: bool = False
) -> Clip:
    def read(offset: int, length: int) -> Iterator[bytes]:
        try:
            for at in range(offset, offset + length, piece):
                if at == breaks_at:
                    return
                yield bytes(min(piece, offset + length - at))
        finally:
            closed.append(True)

    at = datetime.fromisoformat("2026-11-21T13:00:00Z")
    return Clip("big.mp4", size, at, at + timedelta(seconds=60), read, in_memory=in_memory)


def a_request() -> Request:
    app = SimpleNamespace(state=SimpleNamespace())
    return Request({"type": "http", "method": "GET", "headers": [], "path": "/", "query_string": b"", "app": app})


def answer_to(
    clip: Clip, viewer: Viewer, house: House, stall_seconds: float = 60.0, slow_seconds: float = 60.0
) -> None:
    request = a_request()
    response = clip_response(request, clip, "inline", "kim")
    assert isinstance(response, ClipBody)
    response.stall_seconds, response.slow_seconds = stall_seconds, slow_seconds

    async def run() -> None:
        await response(request.scope, viewer.receive, viewer.send)

    house.runner.run(run())


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_big_clip_is_never_in_memory_as_a_whole(house: House, in_memory: bool) -> None:
    viewer, closed = Viewer(), list[bool]()
    tracemalloc.start()
    try:
        answer_to(big_clip(64 * MIB, 256 * 1024, closed, in_memory=in_memory), viewer, house)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (viewer.bytes, viewer.finished) == (64 * MIB, True)
    assert viewer.largest <= LEAST_BATCH
    assert peak < 10 * MIB
    assert closed == [True]


@pytest.mark.parametrize("in_memory", [False, True])
def test_reading_stops_when_the_viewer_goes(house: House, in_memory: bool) -> None:
    viewer, closed = Viewer(leaves_after=2 * MIB), list[bool]()
    answer_to(big_clip(4096 * MIB, MIB, closed, in_memory=in_memory), viewer, house)
    assert viewer.bytes < 64 * MIB
    assert not viewer.finished
    assert closed == [True]


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_clip_that_breaks_off_is_not_passed_off_as_whole(house: House, in_memory: bool) -> None:
    viewer, closed = Viewer(), list[bool]()
    answer_to(big_clip(8 * MIB, MIB, closed, breaks_at=4 * MIB, in_memory=in_memory), viewer, house)
    assert viewer.bytes == 4 * MIB
    assert not viewer.finished


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_reader_that_takes_nothing_is_given_up(house: House, in_memory: bool) -> None:
    class Stuck(Viewer):
        async def send(self, message: Message) -> None:
            await super().send(message)
            if self.bytes >= 2 * MIB:
                await asyncio.Event().wait()

    viewer, closed = Stuck(), list[bool]()
    answer_to(big_clip(64 * MIB, MIB, closed, in_memory=in_memory), viewer, house, stall_seconds=0.05)
    assert viewer.bytes == 2 * MIB
    assert not viewer.finished
    assert closed == [True]


def who_reads(clip: Clip, house: House, slow_seconds: float = 60.0) -> list[bool]:
    """For each piece of it whether the event loop read it itself."""
    mine: list[bool] = []
    inner = clip.read

    def read(offset: int, length: int) -> Iterator[bytes]:
        for piece in inner(offset, length):
            mine.append(threading.current_thread() is threading.main_thread())
            yield piece

    viewer = Viewer()
    answer_to(replace(clip, read=read), viewer, house, slow_seconds=slow_seconds)
    assert (viewer.bytes, viewer.finished) == (clip.size, True)
    return mine


def test_what_lies_on_a_disk_is_read_in_threads_and_what_lies_in_memory_is_not(house: House) -> None:
    assert not any(who_reads(big_clip(8 * MIB, MIB, []), house))
    assert who_reads(big_clip(8 * MIB, MIB, [], in_memory=True), house)[1]


def test_memory_that_is_slow_is_left_to_threads(house: House) -> None:
    mine = who_reads(big_clip(8 * MIB, MIB, [], in_memory=True), house, slow_seconds=-1.0)
    assert mine == [True] * 2 + [False] * 6


def test_a_reader_who_never_makes_us_wait_leaves_the_loop_to_others(house: House) -> None:
    others = [0]

    class Fast(Viewer):
        async def send(self, message: Message) -> None:
            self.bytes += len(message.get("body", b""))

    async def run() -> None:
        viewer = Fast()
        body = ClipBody(big_clip(16 * MIB, MIB, [], in_memory=True), None, {}, with_body=True)
        sending = asyncio.ensure_future(body({}, viewer.receive, viewer.send))
        while not sending.done():
            await asyncio.sleep(0)
            others.append(viewer.bytes)

    house.runner.run(run())
    assert max(later - before for before, later in pairwise(others)) <= 2 * MIB


def test_memory_that_goes_away_breaks_the_clip_off(house: House) -> None:
    def read(_offset: int, _length: int) -> Iterator[bytes]:
        yield from (bytes(MIB), bytes(MIB))
        raise BlobMissing

    viewer = Viewer()
    answer_to(replace(big_clip(8 * MIB, MIB, [], in_memory=True), read=read), viewer, house)
    assert (viewer.bytes, viewer.finished) == (2 * MIB, False)


def test_what_is_sent_is_held_until_it_is_over(house: House) -> None:
    held: list[int] = []
    read = house.clips._clip("a.mp4", house.clock.now(), house.clock.now()).read

    def spied(offset: int, length: int) -> Iterator[bytes]:
        held.append(house.clips.held)
        yield from read(offset, length)

    clip = house.clips._clip("a.mp4", house.clock.now(), house.clock.now())
    viewer = Viewer()
    answer_to(replace(clip, read=spied), viewer, house)
    assert viewer.finished
    assert (held, house.clips.held) == ([1], 0)


def test_nothing_is_held_for_a_head_nor_after_a_fault(house: House) -> None:
    house.ask("HEAD", f"{CLIP}?duration=60", house.owner())
    house.clips.breaks_at = 0
    house.get(f"{CLIP}?duration=60")
    assert house.clips.held == 0


# ------------------------------------------------------------------------------------------------------- turns


def test_one_asker_cannot_take_all_the_turns() -> None:
    turns = ClipTurns(most_open=3, most_of_one=2)
    with turns.sending("kim"), turns.sending("kim"):
        with pytest.raises(Refusal, match="At most 2") as told, turns.sending("kim"):
            pass
        assert (told.value.status, told.value.headers) == (429, {"Retry-After": "5"})
        with turns.sending("robin"):
            with pytest.raises(Refusal) as told, turns.sending("sam"):
                pass
            assert told.value.status == 503
        assert turns.open == 2
    assert turns.open == 0


def test_too_many_clips_are_refused_in_plain_words(house: House) -> None:
    app: Any = house.app  # the bare app's state
    app.state.clip_turns = ClipTurns(most_of_one=0)
    answer = house.get(f"{CLIP}?duration=60")
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-clips")
    assert answer.headers["retry-after"] == "5"
    assert house.clips.held == 0


def test_a_fast_reader_waits_its_turn_behind_the_others(house: House) -> None:
    """One thread: the pieces of three clips are read in turn, not one clip after the other."""
    order: list[str] = []
    turns = ClipTurns()
    turns.reading.total_tokens = 1

    def clip(name: str) -> Clip:
        def read(_offset: int, length: int) -> Iterator[bytes]:
            for _ in range(length // MIB):
                order.append(name)
                yield bytes(MIB)

        at = datetime.fromisoformat("2026-11-21T13:00:00Z")
        return Clip(name, 6 * MIB, at, at, read)

    async def run() -> None:
        async with asyncio.TaskGroup() as tasks:
            for name in "abc":
                body = ClipBody(clip(name), None, {}, with_body=True)
                body.turns = turns
                viewer = Viewer()
                tasks.create_task(body({}, viewer.receive, viewer.send))

    house.runner.run(run())
    assert len(order) == 18
    assert all(set(order[at : at + 6]) == set("abc") for at in range(12))


# ------------------------------------------------------------------------------------------------- another codec


def test_the_headers_tell_what_a_clip_does_not_show(house: House) -> None:
    headers = house.get(f"{CLIP}?duration=60").headers
    assert (headers["doorstep-parts"], headers["doorstep-missing-seconds"]) == ("1", "0.000")
    assert headers["doorstep-codec"] == "h264"


def test_a_clip_that_is_h264_already_is_sent_as_it_is(house: House) -> None:
    answer = house.get(f"{CLIP}?duration=60&codec=h264")
    assert (answer.status_code, answer.content) == (200, CLIP_BYTES)
    assert "doorstep-conversion-cpu-seconds" not in answer.headers


def test_an_hevc_clip_is_converted_and_its_cost_told(house: House) -> None:
    house.clips.codec, house.clips.conversion = Codec.HEVC, Conversion()
    answer = house.get(f"{CLIP}?duration=60&codec=h264")
    assert (answer.status_code, answer.headers["doorstep-codec"]) == (200, "h264")
    assert answer.headers["doorstep-conversion-cpu-seconds"] == "2.5"
    assert house.get(f"{CLIP}?duration=60").headers["doorstep-codec"] == "hevc"


def test_who_does_not_want_to_wait_is_told_how_far_it_is_and_where_to_ask(house: House) -> None:
    house.clips.codec, house.clips.conversion = Codec.HEVC, Conversion(0.25, 1.5, 1)
    owner = house.owner()
    prefers = {**owner, "Prefer": "respond-async"}
    first = house.get(f"{CLIP}?duration=60&codec=h264", prefers)
    assert first.status_code == 202
    told = first.json()
    assert (told["progress"], told["cpu_seconds"], told["ahead"]) == (0.25, 1.5, 1)
    assert first.headers["location"] == told["href"]
    house.clock.advance(30)
    again = house.get(told["href"], prefers)
    assert (again.status_code, again.json()["href"]) == (202, told["href"])
    assert len(house.clips.built) == 1  # the same pictures, though the last minute is another by now
    assert house.clips.converted[0] == house.clips.converted[1]
    assert house.get(told["href"], owner).status_code == 200


def test_a_conversion_that_fails_says_so(house: House) -> None:
    house.clips.codec = Codec.HEVC
    answer = house.get(f"/api/v1/events/{FRONT_EVENT}/clip.mp4?codec=h264")
    assert (answer.status_code, answer.json()["code"]) == (503, "not-converted")
