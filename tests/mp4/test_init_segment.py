"""The init segment: what stands in it comes back, whatever else is refused."""

import io
from dataclasses import replace
from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import Codec, VideoFormat
from doorstep.mp4.boxes import box, full_box
from doorstep.mp4.init_segment import init_segment, read_init
from fakes.footage import FORMAT, real_stream

formats = st.builds(
    VideoFormat,
    codec=st.sampled_from(Codec),
    width=st.integers(1, 16384),
    height=st.integers(1, 16384),
    timescale=st.integers(1, 10_000_000),
    decoder_config=st.binary(max_size=300),
)


@given(formats, st.binary(max_size=10))
def test_a_format_comes_back(fmt: VideoFormat, more: bytes) -> None:
    assert read_init(init_segment(fmt)) == fmt
    assert read_init(init_segment(fmt) + box(b"free", more)) == fmt


@pytest.mark.parametrize("codec", list(Codec))
def test_an_independent_reader_finds_the_same_format(codec: Codec) -> None:
    fmt, _ = real_stream(codec)

    with av.open(io.BytesIO(init_segment(fmt))) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.width, context.height) == (str(codec), fmt.width, fmt.height)
        assert (context.extradata, stream.time_base) == (fmt.decoder_config, Fraction(1, fmt.timescale))


@given(st.integers(0, 10_000))
def test_an_init_segment_that_is_cut_off_is_refused(length: int) -> None:
    data = init_segment(FORMAT)

    with pytest.raises(MediaInvalid):
        read_init(data[: length % len(data)])


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_gives_a_format_or_is_refused(position: int, value: int) -> None:
    data = bytearray(init_segment(FORMAT))
    data[position % len(data)] = value
    try:
        found = read_init(bytes(data))
    except MediaInvalid:
        return
    assert 0 < found.width <= 16384


@given(st.binary(max_size=100))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(MediaInvalid):
        read_init(data)


def changed(old: bytes, new: bytes) -> bytes:
    data = init_segment(FORMAT)
    assert data.count(old) == 1
    return data.replace(old, new)


def test_other_codecs_are_refused() -> None:
    with pytest.raises(MediaInvalid, match=r"neither H\.264 nor HEVC"):
        read_init(changed(b"avc1" + bytes(7), b"mp4v" + bytes(7)))


def test_a_description_without_an_entry_is_refused() -> None:
    empty = full_box(b"stsd", 0, 0, bytes(4))
    tables = box(b"stbl", empty)
    with pytest.raises(MediaInvalid, match=r"neither H\.264 nor HEVC"):
        read_init(box(b"moov", box(b"trak", box(b"mdia", box(b"minf", tables)))))


def test_a_header_without_a_track_is_refused() -> None:
    with pytest.raises(MediaInvalid, match="'trak'"):
        read_init(box(b"moov", box(b"free")))


def test_a_short_description_is_refused() -> None:
    described = full_box(b"stsd", 0, 0, bytes(4), box(b"avc1", bytes(40)))
    tables = box(b"stbl", described)
    with pytest.raises(MediaInvalid, match="too short"):
        read_init(box(b"moov", box(b"trak", box(b"mdia", box(b"minf", tables)))))


def test_an_impossible_size_is_refused() -> None:
    with pytest.raises(MediaInvalid, match="impossible"):
        read_init(changed(bytes.fromhex("0280 01e0 0048 0000"), bytes.fromhex("0000 01e0 0048 0000")))


def test_an_older_media_header_is_read_too() -> None:
    older = full_box(b"mdhd", 0, 0, bytes(8), (12345).to_bytes(4, "big"), bytes(8))
    data = init_segment(FORMAT)
    begin = data.index(b"mdhd") - 4
    inside = data[data.index(b"mdia") + 4 : begin] + older + data[begin + 44 :]

    assert read_init(box(b"moov", box(b"trak", box(b"mdia", inside)))) == replace(FORMAT, timescale=12345)


def test_a_media_header_of_the_future_is_refused() -> None:
    with pytest.raises(MediaInvalid, match="unknown version 2"):
        read_init(changed(b"mdhd\1", b"mdhd\2"))
