"""Clips by HTTP: which part, ranges bit for bit, and streaming that never holds a whole clip."""

import asyncio
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from doorstep.ports import Clip
from doorstep.web.byte_range import ByteRange, Unsatisfiable, begins_anew, parse_range
from doorstep.web.clip_body import LEAST_PIECE, clip_response, in_big_pieces
from fakes.house import CLIP_BYTES, FRONT, FRONT_EVENT, House

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
    assert answer.headers["content-disposition"] == 'attachment; filename="20261121_130000.mp4"'
    assert answer.headers["doorstep-starts-at"] == "2026-11-21T12:59:00.000Z"
    assert answer.headers["doorstep-ends-at"] == "2026-11-21T13:00:00.000Z"


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ("duration=1.5", -1.5, 0),
        ("duration=900", -900, 0),
        ("duration=30&end=2026-11-21T12:59:00Z", -90, -60),
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
    *("0", "0.0", "-1", "NaN", "nan", "inf", "1e9", "1e1", "1000000000", "901", "60s", "1m", "", "+5"),
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
        "duration=60&end=2026-11-21T13:00:01Z",
        "duration=60&start=2026-11-21T12:59:30Z",
        "start=2026-11-21T13:30:00Z",
        "start=2026-11-21T12:58:00Z&end=2026-11-21T12:58:00Z",
        "start=2026-11-21T12:58:00Z&end=2026-11-21T12:57:00Z",
        "start=2026-11-20T12:58:00Z&end=2026-11-21T12:57:00Z",
        "end=2026-11-21T12:57:00Z",
        "duration=60&start=2026-11-21T12:57:00Z&end=2026-11-21T12:58:00Z",
        "duration=60&format=zip",
        "duration=60&format=avi",
        "duration=60&format=",
    ],
)
def test_what_names_no_part_is_refused_in_plain_words(house: House, query: str) -> None:
    answer = house.get(f"{CLIP}?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")
    assert house.clips.built == []


def test_a_zip_is_refused_by_saying_what_there_is(house: House) -> None:
    assert "mp4" in house.get(f"{CLIP}?duration=60&format=zip").json()["detail"]


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


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "bytes=", "bytes=-", "bytes=5-4", "lines=1-2", "bytes=a-b", "x"])
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
def test_big_pieces_hold_the_same_bytes(pieces: list[bytes], least: int) -> None:
    joined = list(in_big_pieces(iter(pieces), least))
    assert b"".join(joined) == b"".join(pieces)
    assert all(len(piece) >= least for piece in joined[:-1])


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


def big_clip(size: int, piece: int, closed: list[bool], breaks_at: int | None = None) -> Clip:
    def read(offset: int, length: int) -> Iterator[bytes]:
        try:
            for at in range(offset, offset + length, piece):
                if at == breaks_at:
                    return
                yield bytes(min(piece, offset + length - at))
        finally:
            closed.append(True)

    at = datetime.fromisoformat("2026-11-21T13:00:00Z")
    return Clip("big.mp4", size, at, at + timedelta(seconds=60), read)


def answer_to(clip: Clip, viewer: Viewer, house: House) -> None:
    request = Request({"type": "http", "method": "GET", "headers": [], "path": "/", "query_string": b""})
    response = clip_response(request, clip, "inline")

    async def run() -> None:
        await response(request.scope, viewer.receive, viewer.send)

    house.runner.run(run())


def test_a_big_clip_is_never_in_memory_as_a_whole(house: House) -> None:
    viewer, closed = Viewer(), list[bool]()
    tracemalloc.start()
    try:
        answer_to(big_clip(64 * MIB, 256 * 1024, closed), viewer, house)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (viewer.bytes, viewer.finished) == (64 * MIB, True)
    assert viewer.largest >= LEAST_PIECE
    assert peak < 10 * MIB
    assert closed == [True]


def test_reading_stops_when_the_viewer_goes(house: House) -> None:
    viewer, closed = Viewer(leaves_after=2 * MIB), list[bool]()
    answer_to(big_clip(4096 * MIB, MIB, closed), viewer, house)
    assert viewer.bytes < 64 * MIB
    assert not viewer.finished
    assert closed == [True]


def test_a_clip_that_breaks_off_is_not_passed_off_as_whole(house: House) -> None:
    viewer, closed = Viewer(), list[bool]()
    answer_to(big_clip(8 * MIB, MIB, closed, breaks_at=4 * MIB), viewer, house)
    assert viewer.bytes == 4 * MIB
    assert not viewer.finished
