"""What AAC says of itself: FFmpeg's own configs are read, and what is damaged is refused."""

import io

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid
from doorstep.media.audio_config import adts_frame, audio_format, config_of, frame_length


@pytest.mark.parametrize(
    ("config", "sample_rate", "channels", "frame"),
    [
        pytest.param("1408", 16_000, 1, 1024, id="LC, 16 kHz"),
        pytest.param("1190", 48_000, 2, 1024, id="LC, 48 kHz, stereo"),
        pytest.param("1194", 48_000, 2, 960, id="short frames"),
        pytest.param("140856e500", 16_000, 1, 1024, id="LC that says there is no SBR"),
        pytest.param("2b11 8800", 24_000, 2, 1024, id="HE: the core's rate"),
        pytest.param("eb098800", 24_000, 1, 1024, id="HE v2"),
        pytest.param("1780 1f40 08", 16_000, 1, 1024, id="a rate in 24 bits"),
        pytest.param("11b8", 48_000, 8, 1024, id="eight channels"),
    ],
)
def test_a_config_is_read(config: str, sample_rate: int, channels: int, frame: int) -> None:
    data = bytes.fromhex(config)

    found = audio_format(data)

    assert (found.sample_rate, found.channels, found.decoder_config) == (sample_rate, channels, data)
    assert frame_length(data) == frame


@pytest.mark.parametrize(
    "config",
    [
        pytest.param("", id="nothing"),
        pytest.param("14", id="cut off"),
        pytest.param("1780", id="a rate cut off"),
        pytest.param("1688", id="a reserved rate"),
        pytest.param("1400", id="channels told elsewhere"),
        pytest.param("1440", id="reserved channels"),
        pytest.param("b9880000", id="low delay"),
        pytest.param("f8e8500000", id="enhanced low delay"),
        pytest.param("17ffffff88", id="an absurd rate"),
        pytest.param("1780000008", id="no rate"),
        pytest.param("1408" + "00" * 63, id="longer than any"),
    ],
)
def test_other_sound_is_refused(config: str) -> None:
    for read in (audio_format, frame_length):
        with pytest.raises(MediaInvalid):
            read(bytes.fromhex(config))


@given(st.binary(max_size=80))
def test_any_bytes_are_a_format_or_refused(config: bytes) -> None:
    try:
        found = audio_format(config)
    except MediaInvalid:
        return
    assert 0 < found.sample_rate <= 96_000
    assert 1 <= found.channels <= 8


@pytest.mark.parametrize(("sample_rate", "channels"), [(8_000, 1), (16_000, 1), (44_100, 2), (48_000, 6), (96_000, 8)])
def test_a_config_of_lc_comes_back(sample_rate: int, channels: int) -> None:
    found = audio_format(config_of(sample_rate, channels))

    assert (found.sample_rate, found.channels) == (sample_rate, channels)


@pytest.mark.parametrize(("sample_rate", "channels"), [(12_345, 1), (16_000, 0), (16_000, 7)])
def test_a_config_that_no_table_has_is_refused(sample_rate: int, channels: int) -> None:
    with pytest.raises(MediaInvalid):
        config_of(sample_rate, channels)


def adts() -> bytes:
    """Some frames as FFmpeg writes them."""
    file = io.BytesIO()
    with av.open(file, "w", format="adts") as output:
        stream = output.add_stream("aac", rate=44_100, layout="stereo")
        frame = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
        for plane in frame.planes:
            plane.update(bytes(4096))
        frame.sample_rate = 44_100
        for number in range(4):
            frame.pts = number * 1024
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def test_frames_with_headers_are_found_one_behind_the_other() -> None:
    data, offset, frames = adts(), 0, 0
    while offset < len(data):
        frame = adts_frame(data, offset)
        found = audio_format(frame.config)
        assert (found.sample_rate, found.channels, frame.begin - offset) == (44_100, 2, 7)
        offset, frames = frame.end, frames + 1
    assert (offset, frames) == (len(data), 5)


def test_a_check_behind_the_header_is_left_out() -> None:
    header = bytearray(adts()[:7])
    header[1] &= 0xFE

    assert adts_frame(bytes(header) + bytes(2000), 0).begin == 9


@given(st.binary(max_size=60), st.integers(0, 80))
def test_any_bytes_are_a_frame_or_refused(data: bytes, offset: int) -> None:
    try:
        frame = adts_frame(data, offset)
    except MediaInvalid:
        return
    assert offset < frame.begin <= frame.end <= len(data)


@pytest.mark.parametrize("length", [0, 3, 6, 8])
def test_a_frame_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(MediaInvalid):
        adts_frame(adts()[:length], 0)
