"""The growing file: it can be cut anywhere, read back on its own, and played by others at every moment."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid, StoreUnavailable
from doorstep.core.media import Codec, Packet
from doorstep.core.segment import ConnectionId, Segment
from doorstep.mp4.boxes import box
from doorstep.mp4.fragment import retime_fragment
from doorstep.mp4.recording import (
    LARGEST_LABEL,
    RecordingIndex,
    entry,
    header,
    read_recording,
    retimed,
)
from fakes.ffprobe import probed_packets
from fakes.footage import CAMERA, FORMAT, NOON, plain_packets, real_stream, seconds, segment_of, segments_of
from fakes.packet_streams import packet_streams

LABEL = b'{"event": "e1"}'


def reader(data: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, length: data[offset : offset + length]


def index_of(data: bytes, *, verify: bool = False) -> RecordingIndex:
    return read_recording(reader(data), len(data), CAMERA, verify=verify)


def written(segments: list[tuple[Segment, bytes]]) -> list[bytes]:
    return [header(FORMAT, LABEL), *(entry(segment, data) for segment, data in segments)]


THREE = segments_of(plain_packets(60))
PARTS = written(THREE)
WHOLE = b"".join(PARTS)


@given(packet_streams(), st.binary(max_size=100), st.booleans())
def test_a_recording_comes_back(packets: list[Packet], label: bytes, verify: bool) -> None:
    segments = segments_of(packets)
    data = header(FORMAT, label) + b"".join(entry(segment, piece) for segment, piece in segments)

    index = index_of(data, verify=verify)

    assert (index.format, index.label, index.whole_size) == (FORMAT, label, len(data))
    assert [recorded.segment for recorded in index.segments] == [segment for segment, _ in segments]
    for recorded, (segment, piece) in zip(index.segments, segments, strict=True):
        assert data[recorded.offset : recorded.offset + segment.size] == piece


def test_a_file_that_is_cut_anywhere_reads_back_to_its_last_whole_segment() -> None:
    ends = [sum(map(len, PARTS[: count + 1])) for count in range(len(PARTS))]
    for length in range(len(WHOLE) + 1):
        if length < ends[0]:
            with pytest.raises(MediaInvalid):
                index_of(WHOLE[:length])
            continue
        index = index_of(WHOLE[:length])
        assert index.whole_size == max(end for end in ends if end <= length)
        assert len(index.segments) == ends.index(index.whole_size)


@given(st.integers(0, len(WHOLE)), st.integers(1, 5000))
def test_a_reserved_but_unwritten_end_is_no_segment(length: int, zeros: int) -> None:
    cut = WHOLE[: max(len(PARTS[0]), length)]

    assert index_of(cut + bytes(zeros)).segments == index_of(cut).segments


@given(st.integers(len(PARTS[0]), len(WHOLE) - 1), st.integers(1, 255))
def test_a_changed_byte_ends_a_verified_reading_before_its_segment(position: int, change: int) -> None:
    data = bytearray(WHOLE)
    data[position] ^= change
    ends = [sum(map(len, PARTS[: count + 1])) for count in range(len(PARTS))]

    index = index_of(bytes(data), verify=True)

    assert index.whole_size == max(end for end in ends if end <= position)


@given(st.integers(0, len(PARTS[0]) - 1), st.integers(0, 255))
def test_a_changed_byte_of_the_header_is_read_or_refused(position: int, value: int) -> None:
    data = bytearray(WHOLE)
    data[position] = value
    try:
        index = index_of(bytes(data))
    except MediaInvalid:
        return
    assert index.whole_size <= len(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF" * 10,
        box(b"ftyp", b"isom"),
        PARTS[0][: PARTS[0].index(b"uuid") - 4] + box(b"uuid", bytes(40)),
        PARTS[0][: PARTS[0].index(b"uuid") - 4] + box(b"free", bytes(40)),
        b"\x7f\xff\xff\xffftyp" + bytes(100),
        b"\0\0\0\0ftyp" + bytes(100),
    ],
    ids=["nothing", "another format", "only a type", "another label", "no label", "a giant box", "an endless box"],
)
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(MediaInvalid):
        index_of(data)


def test_an_index_is_read_without_the_samples() -> None:
    big = segments_of([replace(one, data=bytes(20_000)) for one in plain_packets(250)])
    data = b"".join(written(big))
    asked = []

    def read(offset: int, length: int) -> bytes:
        asked.append(length)
        return data[offset : offset + length]

    index = read_recording(read, len(data), CAMERA)

    assert len(index.segments) == 10
    assert len(asked) <= 12
    assert sum(asked) < len(data) // 50


def test_a_file_that_shrinks_while_it_is_read_ends_earlier() -> None:
    ends = len(PARTS[0]) + len(PARTS[1])

    index = read_recording(reader(WHOLE[: ends + 50]), len(WHOLE), CAMERA)

    assert (len(index.segments), index.whole_size) == (1, ends)


def test_what_the_store_raises_comes_through() -> None:
    def read(offset: int, length: int) -> bytes:
        msg = f"{offset} {length}"
        raise StoreUnavailable(msg)

    with pytest.raises(StoreUnavailable):
        read_recording(read, 1000, CAMERA)


def test_a_recording_spans_two_connections_on_one_time_line() -> None:
    first = THREE[:2]
    later = [
        (replace(segment, connection=ConnectionId("second"), starts_at=segment.starts_at + seconds(60)), data)
        for segment, data in THREE
    ]
    parts, dts = [header(FORMAT, LABEL)], 0
    for number, (segment, data) in enumerate([*first, *later], 1):
        placed = retimed(segment, dts, number)
        parts.append(entry(placed, retime_fragment(data, dts, number)))
        dts += segment.duration

    index = index_of(b"".join(parts), verify=True)

    found = [recorded.segment for recorded in index.segments]
    assert [segment.sequence for segment in found] == [1, 2, 3, 4, 5]
    assert [segment.first_dts for segment in found] == [0, 1000, 2000, 3000, 4000]
    assert [segment.connection for segment in found[1:3]] == [THREE[0][0].connection, "second"]
    assert found[2].starts_at == NOON + seconds(60)


def test_the_bytes_of_another_segment_are_a_mistake() -> None:
    (first, data), (second, _), _ = THREE

    with pytest.raises(ValueError, match="not the bytes"):
        entry(retimed(first, 5, 1), data)
    with pytest.raises(ValueError, match="not the bytes"):
        entry(second, data)
    with pytest.raises(MediaInvalid):
        entry(first, data[:-1])


def test_a_label_has_a_bound() -> None:
    assert index_of(header(FORMAT, bytes(LARGEST_LABEL))).label == bytes(LARGEST_LABEL)
    with pytest.raises(ValueError, match="label"):
        header(FORMAT, bytes(LARGEST_LABEL + 1))


@pytest.mark.parametrize("codec", list(Codec))
def test_others_play_a_recording_at_every_moment(codec: Codec, tmp_path: Path) -> None:
    fmt, packets = real_stream(codec)
    file = header(fmt, LABEL)
    known = 0
    for segment, data in segments_of(packets, timescale=fmt.timescale):
        file += entry(segment, data)
        known += len(segment.samples)
        with av.open(io.BytesIO(file), "r") as container:
            found = [one for one in container.demux(video=0) if one.dts is not None]
        assert [(one.pts, one.dts, bytes(one)) for one in found] == [
            (one.pts, one.dts, one.data) for one in packets[:known]
        ]
    assert known == len(packets)
    path = tmp_path / "recording.mp4"
    path.write_bytes(file)
    assert [(one.pts, one.dts, one.size) for one in probed_packets(path)] == [
        (one.pts, one.dts, len(one.data)) for one in packets
    ]


def test_others_play_a_recording_up_to_where_it_was_cut() -> None:
    fmt, packets = real_stream(Codec.H264)
    file = header(fmt, LABEL) + b"".join(entry(*one) for one in segments_of(packets, timescale=fmt.timescale))
    torn = file[: len(file) - 300]
    index = index_of(torn)

    with av.open(io.BytesIO(torn[: index.whole_size]), "r") as container:
        frames = sum(1 for _ in container.decode(video=0))

    assert frames == sum(len(recorded.segment.samples) for recorded in index.segments)


def test_a_single_sample_is_a_recording() -> None:
    segment, data = segment_of(plain_packets(1))

    assert [one.segment for one in index_of(b"".join(written([(segment, data)]))).segments] == [segment]
