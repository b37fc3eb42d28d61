"""A clip's head: tables, edit and places, as our own reading and others' agree on them."""

import struct
from array import array
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from doorstep.core.clip import ClipPlan, ClipRun, plan_clip
from doorstep.core.media import Codec, Packet
from doorstep.core.segment import Samples
from doorstep.mp4.boxes import Box, boxes
from doorstep.mp4.movie import LARGEST_SMALL, MovieHead, movie, pieces
from fakes.ffprobe import probed, probed_packets
from fakes.footage import FORMAT, NOON, bare_segment, packet, plain_packets, real_stream, seconds, segments_of
from fakes.packet_streams import packet_streams
from fakes.whole_clips import MADE, WholeClip, demuxed, part_of, whole_clip

PATHS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"}


def tree(data: bytes, begin: int, end: int) -> Iterator[Box]:
    for one in boxes(data, begin, end):
        yield one
        if one.kind in PATHS:
            yield from tree(data, one.body, one.end)


def content(head: MovieHead, kind: bytes) -> bytes | None:
    """The content of the first box of a kind, behind version and flags."""
    moov_end = head.data.rindex(b"mdat") - 4
    return next((head.data[one.body + 4 : one.end] for one in tree(head.data, 0, moov_end) if one.kind == kind), None)


def version(head: MovieHead, kind: bytes) -> int:
    return head.data[head.data.index(kind) + 4]


def numbers(head: MovieHead, kind: bytes, form: str = "I") -> list[int]:
    found = content(head, kind)
    assert found is not None
    return [number for (number,) in struct.iter_unpack(f">{form}", found)]


def plain_clip(start: float = 0.5, end: float = 2.0) -> WholeClip:
    return whole_clip(FORMAT, segments_of(plain_packets(75)), start, end)


def test_moov_comes_first() -> None:
    clip = plain_clip()

    assert [one.kind for one in boxes(clip.data, 0, len(clip.data))] == [b"ftyp", b"moov", b"mdat"]


def test_size_is_known_before_a_sample_is_read() -> None:
    clip = plain_clip()

    assert clip.head.size == len(clip.data)
    assert clip.head.size == len(clip.head.data) + sum(part.length for part in clip.head.slices)


def test_each_run_is_one_chunk_at_its_place() -> None:
    clip = plain_clip()

    count, *places = numbers(clip.head, b"stco")
    assert count == len(places) == len(clip.plan.runs) == 2
    lengths = [part.length for part in clip.head.slices]
    assert places == list(accumulate(lengths, initial=len(clip.head.data)))[:-1]
    assert numbers(clip.head, b"stsc") == [1, 1, 25, 1]


def test_the_edit_begins_the_picture_where_the_plan_says() -> None:
    clip = plain_clip(0.52, 2.0)

    edit = content(clip.head, b"elst")
    assert edit is not None
    assert struct.unpack(">IQqhh", edit) == (1, 1480, 520, 1, 0)


def test_headers_say_how_long_the_movie_and_the_media_are() -> None:
    clip = plain_clip(0.52, 2.0)
    made = (MADE - MADE.replace(year=1904, month=1, day=1, hour=0)).total_seconds()

    movie_times, track, media = (content(clip.head, kind) or b"" for kind in (b"mvhd", b"tkhd", b"mdhd"))
    assert struct.unpack_from(">QQIQ", movie_times) == (made, made, 1000, 1480)
    assert struct.unpack_from(">QQI4xQ", track) == (made, made, 1, 1480)
    assert struct.unpack_from(">QQIQ", media) == (made, made, 1000, 2000)


def test_tables_are_left_out_or_small_where_nothing_is_to_be_said() -> None:
    keys_only = whole_clip(FORMAT, segments_of(plain_packets(50, key_every=1)), 0, 2)

    assert content(keys_only.head, b"stss") is None
    assert content(keys_only.head, b"ctts") is None
    assert numbers(keys_only.head, b"stts") == [1, 50, 40]
    assert numbers(plain_clip().head, b"stss") == [2, 1, 26]


def b_frames(offsets: list[int]) -> WholeClip:
    packets = [packet(n * 40, key=n == 0, offset=offset) for n, offset in enumerate(offsets)]
    return whole_clip(FORMAT, segments_of(packets), -1, 1)


def test_composition_offsets_are_signed_only_where_needed() -> None:
    later, earlier = b_frames([40, 80, 0]).head, b_frames([0, 40, -40]).head

    assert (version(later, b"ctts"), version(earlier, b"ctts")) == (0, 1)
    assert numbers(later, b"ctts") == [3, 1, 40, 1, 80, 1, 0]
    assert numbers(earlier, b"ctts", "i") == [3, 1, 0, 1, 40, 1, -40]


def test_a_picture_that_is_shown_before_it_is_decoded_moves_all_others_with_it() -> None:
    clip = b_frames([-100, -60, -140])

    assert clip.plan.media_start_ticks == -100
    assert numbers(clip.head, b"ctts", "i") == [3, 1, 0, 1, 40, 1, -40]
    edit = content(clip.head, b"elst")
    assert edit is not None
    assert struct.unpack(">IQqhh", edit)[2] == 0


def test_the_picture_before_a_hole_is_held() -> None:
    first, second = segments_of(plain_packets(50))
    later = (replace(second[0], first_dts=6000, starts_at=NOON + seconds(6)), second[1])

    clip = whole_clip(FORMAT, [first, later], 0, 7, bridge_gaps=True)

    assert numbers(clip.head, b"stts") == [3, 24, 40, 1, 5040, 25, 40]
    assert clip.plan.shown_ticks == 7000


def test_a_format_with_other_ticks_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="ticks a second"):
        movie(replace(FORMAT, timescale=90_000), plain_clip().plan, MADE)


def big_plan(payload: int, count: int = 8) -> ClipPlan:
    """Segments of nothing but an index, all bytes of the last one in its last sample."""
    each = payload // count
    segments = [bare_segment(number, at=number, size=each // 4 * 4) for number in range(count)]
    rest = payload - sum(sum(segment.samples.sizes) for segment in segments)
    last = segments[-1]
    sizes = array("I", last.samples.sizes)
    sizes[-1] += rest
    samples = Samples(sizes, last.samples.durations, last.samples.composition_offsets, last.samples.keys)
    segments[-1] = replace(last, samples=samples)
    runs = tuple(ClipRun(segment, 0, 4) for segment in segments)
    return ClipPlan(runs, NOON, NOON + seconds(count), 0, count * 1000)


def test_small_offsets_are_used_as_long_as_they_reach() -> None:
    head = movie(FORMAT, big_plan(LARGEST_SMALL), MADE)

    assert content(head, b"co64") is None
    assert head.data[-8:] == struct.pack(">I4s", LARGEST_SMALL + 8, b"mdat")


def test_a_clip_beyond_them_has_64_bits_everywhere() -> None:
    payload = 6 * 2**30 + 1
    head = movie(FORMAT, big_plan(payload), MADE)

    assert content(head, b"stco") is None
    places = content(head, b"co64")
    assert places is not None
    found = struct.unpack(">I8Q", places)
    assert found[1:] == (len(head.data), *head.ends[:-1])
    assert head.size == head.ends[-1] == len(head.data) + payload
    assert head.data[-16:] == struct.pack(">I4sQ", 1, b"mdat", payload + 16)


def test_another_reader_finds_samples_beyond_four_gibibytes(tmp_path: Path) -> None:
    head = movie(FORMAT, big_plan(6 * 2**30), MADE)
    path = tmp_path / "sparse.mp4"
    with path.open("wb") as file:
        file.write(head.data)
        file.truncate(head.size)

    entries = indexed(path)

    sizes = [size for run in big_plan(6 * 2**30).runs for size in run.segment.samples.sizes]
    assert entries == list(zip(accumulate(sizes, initial=len(head.data)), sizes, strict=False))
    path.unlink()


def indexed(path: Path) -> list[tuple[int, int]]:
    """Position and size of each sample in libav's own index; the samples themselves are hardly read."""
    options = {"ignore_editlist": "1", "probesize": "32", "analyzeduration": "0"}
    with av.open(str(path), options=options) as container:
        stream: Any = container.streams.video[0]  # Any: index entries are not in PyAV's annotations of older versions
        return [(one.pos, one.size) for one in stream.index_entries]


@given(st.integers(0, 4000), st.integers(0, 4000))
def test_any_range_of_bytes_is_the_same_part_of_the_whole(offset: int, length: int) -> None:
    clip = RANGED
    fragments = {segment.sequence: data for segment, data in RANGED_SEGMENTS}

    assert part_of(clip.head, fragments, offset, length) == clip.data[offset : offset + length]


RANGED_SEGMENTS = segments_of([replace(one, data=one.data * (n % 3)) for n, one in enumerate(plain_packets(125))])
RANGED = whole_clip(FORMAT, RANGED_SEGMENTS, 0.3, 4.9)


def test_a_range_touches_only_what_it_needs() -> None:
    head = RANGED.head
    begin, end = head.ends[1] + 3, head.ends[2] + 5

    found = list(pieces(head, begin, end - begin))

    assert [(one.segment.sequence, one.length) for one in found if not isinstance(one, bytes)] == [
        (3, head.slices[2].length - 3),
        (4, 5),
    ]
    assert list(pieces(head, head.size, 10)) == list(pieces(head, 5, 0)) == []


@pytest.mark.parametrize(("offset", "length"), [(-1, 5), (0, -1)])
def test_a_range_before_the_beginning_is_a_mistake(offset: int, length: int) -> None:
    with pytest.raises(ValueError, match="no file"):
        list(pieces(RANGED.head, offset, length))


def test_segments_without_bytes_have_no_slice() -> None:
    empty = [replace(one, data=b"" if 25 <= n < 50 else one.data) for n, one in enumerate(plain_packets(75))]

    clip = whole_clip(FORMAT, segments_of(empty), 0, 3)

    assert [part.segment.sequence for part in clip.head.slices] == [1, 3]
    assert len(clip.plan.runs) == 3
    assert clip.head.size == len(clip.data)


def expected_samples(plan: ClipPlan, packets: list[Packet]) -> list[tuple[int, int, bool, bytes]]:
    first = plan.runs[0]
    first_dts = first.segment.first_dts + sum(first.segment.samples.durations[: first.first_sample])
    begin = next(index for index, one in enumerate(packets) if one.dts == first_dts)
    shift = max(0, -plan.media_start_ticks)
    count = sum(run.sample_count for run in plan.runs)
    return [
        (one.pts - first_dts + shift, one.dts - first_dts, one.key, one.data) for one in packets[begin : begin + count]
    ]


@given(packet_streams(longest_gop=6, most_gops=4), st.integers(-500, 8000), st.integers(1, 8000))
def test_another_reader_finds_every_sample_as_it_came(packets: list[Packet], start: int, length: int) -> None:
    segments = segments_of(packets)
    begin, end = NOON + seconds(start / 1000), NOON + seconds((start + length) / 1000)
    assume(plan_clip([segment for segment, _ in segments], begin, end) is not None)

    clip = whole_clip(FORMAT, segments, start / 1000, (start + length) / 1000)

    found = [(one.pts, one.dts, one.key, one.data) for one in demuxed(clip.data)]
    assert found == expected_samples(clip.plan, packets)


@pytest.mark.parametrize("codec", list(Codec))
def test_ffprobe_finds_every_sample_and_no_fault(codec: Codec, tmp_path: Path) -> None:
    fmt, packets = real_stream(codec)
    clip = whole_clip(fmt, segments_of(packets, timescale=fmt.timescale), 1.5, 2.9)
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip.data)

    found = probed_packets(path, "-ignore_editlist", "1")

    expected = expected_samples(clip.plan, list(packets))
    assert [(one.pts, one.dts, one.key, one.size) for one in found] == [
        (pts, dts, key, len(data)) for pts, dts, key, data in expected
    ]
    about = probed(path, "-show_format", "-show_streams")
    assert float(about["format"]["duration"]) == pytest.approx(clip.plan.shown_ticks / fmt.timescale, abs=1e-3)
    assert about["format"]["tags"]["creation_time"].startswith("2026-11-21T13:00:00")
    assert about["streams"][0]["codec_tag_string"] == {Codec.H264: "avc1", Codec.HEVC: "hvc1"}[codec]


def test_ffprobe_knows_which_pictures_are_only_decoded(tmp_path: Path) -> None:
    fmt, packets = real_stream(Codec.H264)
    clip = whole_clip(fmt, segments_of(packets, timescale=fmt.timescale), 1.5, 2.9)
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip.data)

    shown = sorted(one.pts for one in probed_packets(path) if not one.hidden)

    tick = fmt.timescale // 25
    assert shown == [index * tick for index in range(clip.plan.shown_ticks // tick)]
