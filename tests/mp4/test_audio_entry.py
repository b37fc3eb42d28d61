"""How a track says that it is AAC: it comes back, others read it, and what is damaged is refused."""

import io
import struct
from dataclasses import replace

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioFormat
from doorstep.mp4.audio_entry import audio_entry, read_audio_entry
from doorstep.mp4.boxes import box_at
from doorstep.mp4.init_segment import init_segment, read_init
from fakes.footage import AUDIO_FORMAT, FORMAT, SOUND_FORMAT

formats = st.builds(
    AudioFormat,
    sample_rate=st.integers(1, 96_000),
    channels=st.integers(1, 8),
    decoder_config=st.binary(min_size=1, max_size=300),
)


def read(data: bytes, sample_rate: int = 16_000) -> AudioFormat:
    return read_audio_entry(data, box_at(data, 0, len(data)), sample_rate)


@given(formats)
def test_a_format_comes_back(audio: AudioFormat) -> None:
    assert read(audio_entry(audio), audio.sample_rate) == audio
    with_sound = replace(FORMAT, audio=audio)
    assert read_init(init_segment(with_sound)) == with_sound


@given(st.integers(0, 10_000))
def test_a_header_with_sound_that_is_cut_off_is_refused(length: int) -> None:
    data = init_segment(SOUND_FORMAT)

    with pytest.raises(MediaInvalid):
        read_init(data[: length % len(data)])


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_gives_a_format_or_is_refused(position: int, value: int) -> None:
    data = bytearray(init_segment(SOUND_FORMAT))
    data[position % len(data)] = value
    try:
        found = read_init(bytes(data))
    except MediaInvalid:
        return
    assert found.audio is None or 0 < found.audio.sample_rate <= 96_000


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_changed_byte_of_the_entry_gives_a_format_or_is_refused(position: int, value: int) -> None:
    data = bytearray(audio_entry(AUDIO_FORMAT))
    data[8 + position % (len(data) - 8)] = value
    try:
        assert read(bytes(data)).sample_rate == 16_000
    except MediaInvalid:
        return


def test_sizes_of_descriptors_may_be_short() -> None:
    """As other writers have them: one byte where ours have four."""
    entry = audio_entry(AUDIO_FORMAT)
    specific = b"\x05\x02" + AUDIO_FORMAT.decoder_config
    config = b"\x04" + bytes([13 + len(specific)]) + b"\x40\x15" + bytes(11) + specific
    stream = b"\x03" + bytes([3 + len(config)]) + bytes(3) + config
    esds = struct.pack(">I4sI", 12 + len(stream), b"esds", 0) + stream
    short = entry[8 : entry.index(b"esds") - 4] + esds

    assert read(struct.pack(">I4s", 8 + len(short), b"mp4a") + short) == AUDIO_FORMAT


@pytest.mark.parametrize("wrong", [b"\x05\x82\x80\x80\x80\x80", b"\x05\x7f", b"\x06\x02"])
def test_a_damaged_descriptor_is_refused(wrong: bytes) -> None:
    data = audio_entry(AUDIO_FORMAT)
    begin = data.index(b"\x05\x80\x80\x80\x02")

    with pytest.raises(MediaInvalid, match="damaged"):
        read(data[:begin] + (wrong + bytes(20))[: len(data) - begin])


def test_a_descriptor_without_its_size_is_refused() -> None:
    stream = struct.pack(">I4sI", 13, b"esds", 0) + b"\x03"
    entry = audio_entry(AUDIO_FORMAT)
    short = entry[8 : entry.index(b"esds") - 4] + stream

    with pytest.raises(MediaInvalid, match="damaged"):
        read(struct.pack(">I4s", 8 + len(short), b"mp4a") + short)


def test_an_entry_of_nothing_is_refused() -> None:
    with pytest.raises(MediaInvalid, match="too short"):
        read(struct.pack(">I4s", 12, b"mp4a") + bytes(4))


def test_impossible_sound_is_refused() -> None:
    with pytest.raises(MediaInvalid, match="impossible"):
        read(audio_entry(AUDIO_FORMAT), 200_000)


def test_a_second_track_of_another_kind_is_refused() -> None:
    with pytest.raises(MediaInvalid, match="second track"):
        read_init(init_segment(SOUND_FORMAT).replace(b"mp4a\0\0\0\0", b"Opus\0\0\0\0"))


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 44_100, 48_000])
def test_an_independent_reader_finds_the_same_sound(sample_rate: int) -> None:
    config = {8_000: b"\x15\x88", 16_000: b"\x14\x08", 44_100: b"\x12\x10", 48_000: b"\x11\x90"}[sample_rate]
    audio = AudioFormat(sample_rate, 1 if sample_rate <= 16_000 else 2, config)

    with av.open(io.BytesIO(init_segment(replace(FORMAT, audio=audio)))) as container:
        context = container.streams.audio[0].codec_context
        assert (context.name, context.sample_rate, context.channels) == ("aac", sample_rate, audio.channels)
        assert context.extradata == config
