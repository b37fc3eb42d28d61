from datetime import datetime

import pytest

from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.segment import ConnectionId, Segment
from doorstep.pipeline.recording_job import RecordingJob, first_shown
from doorstep.stores.memory import MemoryStore
from fakes.footage import FORMAT, NOON, bare_segment, seconds
from fakes.recording_house import EVENT

OTHER = ConnectionId("20261121T140000")


def job(wanted_from: float, until: float) -> RecordingJob:
    return RecordingJob(EVENT, NOON + seconds(wanted_from), NOON + seconds(wanted_from), b"", at(until), FORMAT)


def at(number: float) -> datetime:
    return NOON + seconds(number)


def buffer_of(*segments: Segment) -> RollingBuffer:
    buffer = RollingBuffer(100.0, 1_000_000)
    for segment in segments:
        buffer.append(segment)
    return buffer


def plain(count: int, *, key_every: int = 1, first: int = 0) -> list[Segment]:
    """A second each; those between have no key frame."""
    return [
        bare_segment(number + 1, at=number, keys=b"\1\0\0\0" if number % key_every == 0 else bytes(4))
        for number in range(first, first + count)
    ]


def test_it_begins_with_the_key_frame_before_and_ends_before_the_end() -> None:
    held = plain(10, key_every=3)
    assert job(4.5, 7.5).wanted(buffer_of(*held)) == tuple(held[3:8])


def test_it_waits_until_the_buffer_reaches_its_beginning() -> None:
    held = plain(4)
    assert job(4.5, 9.0).wanted(buffer_of(*held)) == ()
    assert job(4.5, 9.0).wanted(RollingBuffer(9.0, 9)) == ()


def test_what_another_connection_showed_before_is_no_lead_in() -> None:
    new = [
        bare_segment(number, at=20 + number, connection=OTHER, keys=keys)
        for number, keys in ((1, bytes(4)), (2, b"\1\0\0\0"), (3, bytes(4)))
    ]
    assert job(19.0, 30.0).wanted(buffer_of(*plain(5), *new)) == tuple(new[1:])


def test_afterwards_it_wants_what_follows_in_the_buffer_whatever_the_clock_says() -> None:
    held = plain(4)
    behind = [bare_segment(number, at=number - 4.0, first_dts=number * 1000 - 1000) for number in (5, 6)]
    wanting = job(0.5, 9.0)
    wanting.seen = held[3]
    assert wanting.wanted(buffer_of(*held, *behind)) == tuple(behind)


def test_where_the_last_one_fell_out_it_goes_on_with_what_is_later() -> None:
    held = plain(8)
    wanting = job(0.5, 9.0)
    wanting.seen = held[2]
    assert wanting.wanted(buffer_of(*held[4:])) == tuple(held[4:])


@pytest.mark.parametrize(
    ("segment", "first_dts"),
    [
        (bare_segment(2, at=1.0), 1000),
        (bare_segment(2, at=1.3), 1000),  # the same flow: what the clock filter moved is no hole
        (bare_segment(2, at=3.0), 3000),
        (bare_segment(2, at=3.0, connection=OTHER), 3000),
        (bare_segment(2, at=1.3, connection=OTHER), 1300),
        (bare_segment(2, at=0.5, connection=OTHER), 1000),  # decode times only rise
    ],
)
def test_its_place_in_the_file(segment: Segment, first_dts: int) -> None:
    wanting = job(0.0, 9.0)
    first = bare_segment(7, at=0.0, first_dts=55_000)
    wanting.took(first, wanting.placed(first))
    placed = wanting.placed(segment)
    assert (placed.first_dts, placed.sequence, placed.starts_at) == (first_dts, 2, segment.starts_at)


def test_its_row_tells_what_a_clip_shows() -> None:
    wanting = job(1.3, 2.5)
    wanting.first_sighting = at(2.0)
    wanting.writer = MemoryStore().create("front-door/one.mp4")
    for segment in plain(4, key_every=9):
        wanting.took(segment, wanting.placed(segment))
    recording = wanting.recording()
    assert (recording.starts_at, recording.ends_at) == (at(1.25), at(2.5))
    assert wanting.pre_roll == 0.75


def test_before_it_has_begun_there_is_no_row() -> None:
    wanting = job(1.0, 2.0)
    assert wanting.pre_roll == 0.0
    with pytest.raises(RuntimeError):
        wanting.recording()


def test_segments_without_a_key_frame_show_from_their_beginning() -> None:
    assert first_shown([bare_segment(keys=bytes(4))], NOON, at(1.0)) == NOON
