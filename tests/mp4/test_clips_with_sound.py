"""Clips with sound: tables, edits and places, as our own reading and others' agree on them."""

import io
import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import av
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from doorstep.core.clip import ClipRun, plan_clip
from doorstep.core.media import AudioFormat, AudioPacket, Packet, VideoFormat
from doorstep.core.segment import Segment
from doorstep.mp4.boxes import boxes
from doorstep.mp4.fragment import retime_fragment
from doorstep.mp4.movie import movie
from doorstep.mp4.recording import entry, header, read_recording, retimed
from fakes.footage import (
    CAMERA,
    FORMAT,
    NOON,
    SAMPLE_RATE,
    SOUND_FORMAT,
    TIMESCALE,
    audio_packet,
    plain_packets,
    seconds,
    segments_of,
    with_sound,
)
from fakes.packet_streams import streams_with_sound
from fakes.whole_clips import MADE, WholeClip, part_of, whole_clip

ITEMS = with_sound(plain_packets(100))
SEGMENTS = segments_of(ITEMS, sample_rate=SAMPLE_RATE)


def clip(start: float, end: float, segments: Sequence[tuple[Segment, bytes]] = SEGMENTS) -> WholeClip:
    return whole_clip(SOUND_FORMAT, segments, start, end)


def tracks(data: bytes) -> list[bytes]:
    """The two trak boxes of a clip."""
    moov = next(one for one in boxes(data, 0, len(data)) if one.kind == b"moov")
    return [data[one.body : one.end] for one in boxes(data, moov.body, moov.end) if one.kind == b"trak"]


def edits(track: bytes) -> list[tuple[int, ...]]:
    begin = track.index(b"elst") + 4
    (count,) = struct.unpack_from(">I", track, begin + 4)
    return [struct.unpack_from(">Qqhh", track, begin + 8 + 20 * number) for number in range(count)]


def sound_in(data: bytes) -> list[tuple[int, bytes]]:
    """Every packet of the second track as libav finds it when it is told to ignore the edit list."""
    with av.open(io.BytesIO(data), "r", options={"ignore_editlist": "1"}) as container:
        stream = cast("Any", container.streams.audio[0])
        return [(one.pts or 0, bytes(one)) for one in container.demux(stream) if one.dts is not None]


def pictures_in(data: bytes) -> list[bytes]:
    with av.open(io.BytesIO(data), "r", options={"ignore_editlist": "1"}) as container:
        return [bytes(one) for one in container.demux(video=0) if one.dts is not None]


def chosen(found: WholeClip, items: Sequence[Packet | AudioPacket]) -> list[AudioPacket]:
    """The packets that the plan's runs of sound are, found again by their times."""
    pts = [
        run.segment.audio.first_pts + sum(run.segment.audio.durations[:index])
        for run in found.plan.audio
        if run.segment.audio
        for index in range(run.first_sample, run.first_sample + run.sample_count)
    ]
    by_time = {one.pts: one for one in items if isinstance(one, AudioPacket)}
    return [by_time[at] for at in pts]


def test_the_sound_of_a_segment_lies_behind_its_pictures_in_one_slice() -> None:
    found = clip(0, 4)

    assert len(found.head.slices) == len(found.plan.runs) == len(found.plan.audio) == 4
    assert found.head.size == len(found.data)
    assert found.data[len(found.head.data) :] == b"".join(data[segment.data_offset :] for segment, data in SEGMENTS)


def test_a_part_of_a_segment_is_two_slices() -> None:
    found = clip(1, 1.5)

    assert [part.segment.sequence for part in found.head.slices] == [1, 2, 2]
    assert found.head.size == len(found.data)


def test_others_find_the_pictures_and_the_sound_where_they_lie() -> None:
    found = clip(0.5, 3.3)

    expected = chosen(found, ITEMS)
    assert [data for _, data in sound_in(found.data)] == [one.data for one in expected]
    assert pictures_in(found.data) == [one.data for one in plain_packets(83)]


def test_sound_begins_with_the_picture_by_an_edit_in_exact_ticks() -> None:
    found = clip(1.36, 3.0)

    picture, sound = tracks(found.data)
    shown = found.plan.shown_ticks * 16  # of the movie's 16000 ticks, which are both tracks' at once
    first = chosen(found, ITEMS)[0].pts
    assert edits(picture) == [(shown, 360, 1, 0)]
    assert edits(sound) == [(shown, round(1.36 * SAMPLE_RATE) - first, 1, 0)]
    assert 1024 <= round(1.36 * SAMPLE_RATE) - first < 2048


def test_sound_that_begins_later_waits_in_an_empty_edit() -> None:
    late = [one for one in ITEMS if isinstance(one, Packet) or one.pts >= 24_000]

    found = clip(0, 3, segments_of(late, sample_rate=SAMPLE_RATE))

    first = chosen(found, ITEMS)[0].pts
    assert edits(tracks(found.data)[1]) == [(first, -1, 1, 0), (48_000 - first, 0, 1, 0)]


def test_a_clip_whose_segments_partly_lack_sound_holds_a_silence() -> None:
    quiet = [one for one in ITEMS if isinstance(one, Packet) or not 16_000 <= one.pts < 32_000]

    found = clip(0, 4, segments_of(quiet, sample_rate=SAMPLE_RATE))

    expected = [one for one in quiet if isinstance(one, AudioPacket) and one.pts < 64_000]
    assert sound_in(found.data) == [(one.pts, one.data) for one in expected]


def test_a_clip_of_segments_without_sound_has_no_second_track() -> None:
    silent = [(replace(one, sample_rate=SAMPLE_RATE), data) for one, data in segments_of(plain_packets(50))]

    assert clip(0, 2, silent).data == whole_clip(FORMAT, segments_of(plain_packets(50)), 0, 2).data


def test_sound_without_a_format_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="format without"):
        movie(FORMAT, clip(0, 2).plan, MADE)


def test_a_run_of_sound_of_a_silent_segment_is_a_mistake() -> None:
    plan = clip(0, 2).plan
    silent, _ = segments_of(plain_packets(25))[0]

    with pytest.raises(ValueError, match="no sound"):
        movie(SOUND_FORMAT, replace(plan, audio=(ClipRun(silent, 0, 1),)), MADE)


def test_where_no_ticks_fit_both_the_movie_counts_in_those_of_the_picture() -> None:
    fmt = VideoFormat(FORMAT.codec, 640, 480, 15_360, FORMAT.decoder_config, AudioFormat(44_100, 1, b"\x12\x08"))
    packets = [replace(one, pts=one.pts * 15, dts=one.dts * 15, duration=600) for one in plain_packets(50)]
    items: list[Packet | AudioPacket] = []
    for number, one in enumerate(packets):
        items += [one, audio_packet(1000 + number * 1720, duration=1720)]
    segments = segments_of(items, timescale=15_360, sample_rate=44_100)

    found = whole_clip(fmt, segments, 0, 1.5)

    silent = 1000 * 15_360 // 44_100
    assert edits(tracks(found.data)[1]) == [(silent, -1, 1, 0), (found.plan.shown_ticks - silent, 0, 1, 0)]


@given(streams_with_sound(), st.integers(-500, 3000), st.integers(500, 8000))
def test_another_reader_finds_all_sound_as_it_came(items: list[Packet | AudioPacket], start: int, length: int) -> None:
    segments = segments_of(items, sample_rate=SAMPLE_RATE)
    begin, end = NOON + seconds(start / 1000), NOON + seconds((start + length) / 1000)
    plan = plan_clip([segment for segment, _ in segments], begin, end)
    assume(plan is not None)

    found = whole_clip(SOUND_FORMAT, segments, start / 1000, (start + length) / 1000)

    assert len(tracks(found.data)) == 1 + bool(found.plan.audio)
    expected = chosen(found, items)
    heard = sound_in(found.data) if expected else []
    assert [data for _, data in heard] == [one.data for one in expected]
    assert [pts - heard[0][0] for pts, _ in heard] == [one.pts - expected[0].pts for one in expected]
    assert found.head.size == len(found.data)


@given(st.integers(0, 6000), st.integers(0, 6000))
def test_any_range_of_bytes_is_the_same_part_of_the_whole(offset: int, length: int) -> None:
    found = RANGED
    fragments = {segment.sequence: data for segment, data in SEGMENTS}

    assert part_of(found.head, fragments, offset, length) == found.data[offset : offset + length]


RANGED = clip(0.3, 3.7)


@given(streams_with_sound(), st.booleans())
def test_a_recording_with_sound_comes_back(items: list[Packet | AudioPacket], verify: bool) -> None:
    segments = segments_of(items, sample_rate=SAMPLE_RATE)
    data = header(SOUND_FORMAT, b"label") + b"".join(entry(segment, piece) for segment, piece in segments)

    index = read_recording(lambda at, count: data[at : at + count], len(data), CAMERA, verify=verify)

    assert index.format == SOUND_FORMAT
    assert [recorded.segment for recorded in index.segments] == [segment for segment, _ in segments]


def test_sound_that_a_header_does_not_describe_ends_a_recording() -> None:
    data = header(FORMAT, b"label") + b"".join(entry(segment, piece) for segment, piece in SEGMENTS)

    assert read_recording(lambda at, count: data[at : at + count], len(data), CAMERA).segments == ()


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_sound_moves_with_the_picture_to_a_tick(first_dts: int, sequence: int) -> None:
    segment, data = SEGMENTS[1]
    placed = retimed(segment, first_dts + 2 * TIMESCALE, sequence)
    assert segment.audio is not None
    assert placed.audio is not None

    moved = retime_fragment(data, placed.first_dts, placed.sequence, placed.audio.first_pts)

    entry(placed, moved)
    apart = placed.audio.first_pts / SAMPLE_RATE - placed.first_dts / TIMESCALE
    before = segment.audio.first_pts / SAMPLE_RATE - segment.first_dts / TIMESCALE
    assert abs(apart - before) <= 1 / SAMPLE_RATE + 1e-6
    with pytest.raises(ValueError, match="not the bytes"):
        entry(segment if placed == segment else replace(placed, audio=None), moved)
