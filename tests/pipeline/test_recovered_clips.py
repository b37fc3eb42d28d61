"""Clips out of the parts of a running event: whatever arrived of them, in whatever state, plays as far as it goes."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.event import EventId
from doorstep.core.media import Codec, VideoFormat
from doorstep.core.off_site_key import PartKey
from doorstep.core.segment import ConnectionId, Segment
from doorstep.mp4.fragment import retime_fragment
from doorstep.mp4.recording import entry, header, retimed
from doorstep.pipeline.recovered_clips import FetchedPart, Joined, join_parts
from fakes.footage import CAMERA, NOON, real_stream, seconds, segments_of
from fakes.whole_clips import played

COUNT = 150
EVENT = EventId("front-door-20261121T120000000")
FORMAT, PACKETS = real_stream(Codec.H264, COUNT, b_frames=0)
SEGMENTS = segments_of(PACKETS, timescale=FORMAT.timescale)


def part(
    number: int, segments: Sequence[tuple[Segment, bytes]], fmt: VideoFormat = FORMAT, data: bytes | None = None
) -> FetchedPart:
    if data is None:
        data = header(fmt, b'{"event": "e"}') + b"".join(entry(*one) for one in segments)
    held = data
    key = PartKey(CAMERA, EVENT, segments[0][0].starts_at, number)
    return FetchedPart(key, len(held), lambda offset, length: held[offset : offset + length])


PARTS = [part(number, [one]) for number, one in enumerate(SEGMENTS, 1)]
NUMBERS = [
    list(
        range(sum(len(one.samples) for one, _ in SEGMENTS[:at]), sum(len(one.samples) for one, _ in SEGMENTS[: at + 1]))
    )
    for at in range(len(SEGMENTS))
]


def shown(joined: Joined) -> list[int]:
    """The numbers of the pictures that a player shows of all clips."""
    return [number for clip in joined.clips for number, _ in played(b"".join(clip.read()))]


def test_all_parts_make_the_whole_clip() -> None:
    joined = join_parts(CAMERA, PARTS)
    (clip,) = joined.clips
    data = b"".join(clip.read())
    assert len(data) == clip.size
    assert data[4:8] == b"ftyp"
    assert data.index(b"moov") < data.index(b"mdat")
    assert shown(joined) == list(range(COUNT))
    assert (clip.begins_at, clip.ends_at) == (NOON, NOON + seconds(COUNT / 25))
    assert (clip.holes, joined.damaged) == ((), ())


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_parts_in_any_order_there_twice_or_overlapping_make_the_same_clip(data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3)), max_size=6))
    parts = [*PARTS, *(part(begin + 1, SEGMENTS[begin : begin + count]) for begin, count in cuts)]
    random.Random(data.draw(st.integers(0, 99))).shuffle(parts)
    (clip,) = join_parts(CAMERA, parts).clips
    (whole,) = join_parts(CAMERA, PARTS).clips
    assert b"".join(clip.read()) == b"".join(whole.read())


def test_a_missing_part_is_a_hole_in_which_the_picture_stands_still() -> None:
    joined = join_parts(CAMERA, [PARTS[0], PARTS[3]])
    (clip,) = joined.clips
    (hole,) = clip.holes
    first, later = SEGMENTS[0][0], SEGMENTS[3][0]
    assert (hole.starts_at, hole.ends_at) == (first.ends_at, later.starts_at)
    pictures = played(b"".join(clip.read()))
    assert [number for number, _ in pictures][: len(NUMBERS[0])] == NUMBERS[0]
    stood = pictures[len(NUMBERS[0])][1] - pictures[len(NUMBERS[0]) - 1][1]
    assert abs(stood - hole.seconds - 0.04) < 0.002


def test_what_comes_before_the_first_key_frame_cannot_be_shown() -> None:
    joined = join_parts(CAMERA, PARTS[1:])
    first_key = next(number for numbers in NUMBERS[1:] for number in numbers if PACKETS[number].key)
    assert shown(joined) == list(range(first_key, COUNT))


def test_a_damaged_part_costs_what_is_damaged_of_it_and_is_named() -> None:
    whole = part(2, SEGMENTS[1:4])
    data = bytearray(whole.read(0, whole.size))
    data[-200] ^= 255
    joined = join_parts(CAMERA, [PARTS[0], part(2, SEGMENTS[1:4], data=bytes(data)), *PARTS[4:]])
    ((key, words),) = joined.damaged
    assert (key.number, words) == (2, "only 2 whole seconds of it are there")
    assert shown(joined)[: sum(map(len, NUMBERS[:3]))] == [number for numbers in NUMBERS[:3] for number in numbers]


def test_half_a_part_counts_up_to_its_last_whole_segment() -> None:
    whole = part(1, SEGMENTS[:3])
    joined = join_parts(CAMERA, [part(1, SEGMENTS[:3], data=whole.read(0, whole.size - 5))])
    assert shown(joined) == NUMBERS[0] + NUMBERS[1]


def test_garbage_and_a_changed_header_are_refused_one_by_one() -> None:
    changed = bytearray(PARTS[1].read(0, PARTS[1].size))
    changed[40] ^= 1
    garbage = [part(7, SEGMENTS[:1], data=data) for data in (b"", b"x", bytes(5000), random.Random(1).randbytes(9000))]
    joined = join_parts(CAMERA, [*garbage, part(8, SEGMENTS[1:2], data=bytes(changed)), *PARTS])
    assert shown(joined) == list(range(COUNT))
    assert len(joined.damaged) == 5


def test_nothing_whole_makes_no_clip() -> None:
    assert join_parts(CAMERA, [part(1, SEGMENTS[:1], data=b"nothing")]).clips == ()
    assert join_parts(CAMERA, []).clips == ()


@pytest.mark.parametrize(("back", "lost"), [(1.2, set()), (3600, set(NUMBERS[3]))])
def test_a_clock_that_is_set_back_meanwhile_costs_at_most_what_has_no_key_frame(back: float, lost: set[int]) -> None:
    later = [(replace(one, starts_at=one.starts_at - timedelta(seconds=back)), data) for one, data in SEGMENTS[3:]]
    joined = join_parts(CAMERA, [part(at, [one]) for at, one in enumerate([*SEGMENTS[:3], *later], 1)])
    assert set(shown(joined)) == set(range(COUNT)) - lost


def test_after_an_outage_the_newest_parts_were_sent_first() -> None:
    sent = [part(number, [one]) for number, one in enumerate([*SEGMENTS[:2], *reversed(SEGMENTS[2:])], 1)]
    assert shown(join_parts(CAMERA, sent)) == list(range(COUNT))


def test_what_another_connection_showed_comes_behind_it_and_another_format_in_a_clip_of_its_own() -> None:
    again = [
        (replace(one, connection=ConnectionId("second"), starts_at=one.starts_at + seconds(60)), data)
        for one, data in SEGMENTS
    ]
    joined = join_parts(CAMERA, [*PARTS, part(9, again)])
    assert shown(joined) == [*range(COUNT), *range(COUNT)]
    fmt, packets = real_stream(Codec.HEVC, 50, b_frames=0)
    other = [
        (replace(one, connection=ConnectionId("third"), starts_at=one.starts_at + seconds(30)), data)
        for one, data in segments_of(packets, timescale=fmt.timescale)
    ]
    joined = join_parts(CAMERA, [*PARTS, part(9, other, fmt)])
    assert len(joined.clips) == 2
    assert shown(joined) == [*range(COUNT), *range(50)]


def test_parts_that_count_their_times_anew_show_each_second_once() -> None:
    in_file = []
    for number, (one, data) in enumerate(SEGMENTS[2:], 1):
        first = (one.first_dts - SEGMENTS[2][0].first_dts) + 7
        in_file.append((retimed(one, first, number), retime_fragment(data, first, number)))
    joined = join_parts(CAMERA, [*PARTS[:4], part(9, in_file)])
    assert sorted(shown(joined)) == list(range(COUNT))
