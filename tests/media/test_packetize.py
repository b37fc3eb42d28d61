"""Formats and packets out of what encoders really write."""

from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import Codec
from doorstep.media.nal import join_annex_b, split_length_prefixed
from doorstep.media.packetize import Packetizer, read_record
from media.make_clips import Recipe, make_video

CODECS = [("libx264", Codec.H264), ("libx265", Codec.HEVC)]


def record_of(path: Path) -> bytes:
    with av.open(str(path)) as container:
        return container.streams.video[0].codec_context.extradata or b""


@pytest.fixture(scope="module", params=CODECS, ids=["h264", "hevc"])
def coded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Codec, bytes]:
    encoder, codec = request.param
    path = tmp_path_factory.mktemp("coded") / "clip.mp4"
    return codec, record_of(make_video(path, Recipe(codec=encoder, frames=3)))


@pytest.mark.parametrize(("encoder", "codec"), CODECS)
@pytest.mark.parametrize("size", [(160, 120), (162, 90), (64, 200), (1920, 1080)])
def test_the_picture_size_is_read_from_the_parameter_sets(
    tmp_path: Path, encoder: str, codec: Codec, size: tuple[int, int]
) -> None:
    path = make_video(tmp_path / "clip.mp4", Recipe(codec=encoder, frames=1, width=size[0], height=size[1]))
    fmt = Packetizer(codec, 90_000, record_of(path)).format
    assert fmt is not None
    assert (fmt.width, fmt.height) == size


def test_a_record_built_from_parameter_sets_names_the_same_sets(coded: tuple[Codec, bytes]) -> None:
    codec, record = coded
    _, sets = read_record(codec, record)
    built = Packetizer(codec, 90_000, join_annex_b(sets)).format
    assert built is not None
    assert read_record(codec, built.decoder_config) == (4, sets)


def test_the_record_of_h264_is_the_one_that_ffmpeg_writes(tmp_path: Path) -> None:
    record = record_of(make_video(tmp_path / "clip.mp4", Recipe(frames=1), options={"profile": "high"}))
    built = Packetizer(Codec.H264, 90_000, join_annex_b(read_record(Codec.H264, record)[1])).format
    assert built is not None
    assert built.decoder_config == record


def test_the_general_part_of_a_record_of_hevc_is_the_one_that_ffmpeg_writes(tmp_path: Path) -> None:
    record = record_of(make_video(tmp_path / "clip.mp4", Recipe(codec="libx265", frames=1)))
    built = Packetizer(Codec.HEVC, 90_000, join_annex_b(read_record(Codec.HEVC, record)[1])).format
    assert built is not None
    assert built.decoder_config[:13] == record[:13]
    assert built.decoder_config[15:19] == record[15:19]


def test_parameter_sets_and_delimiters_leave_the_packets(coded: tuple[Codec, bytes]) -> None:
    codec, record = coded
    _, sets = read_record(codec, record)
    picture = b"\x65\x88" if codec is Codec.H264 else b"\x26\x01\x88"
    delimiter = b"\x09\x10" if codec is Codec.H264 else b"\x46\x01\x10"
    packetizer = Packetizer(codec, 90_000, b"")
    data = packetizer.packet(join_annex_b([delimiter, *sets, picture]), key=True)
    assert split_length_prefixed(data, 4) == [picture]
    assert packetizer.format is not None


def test_no_format_before_all_parameter_sets_came() -> None:
    packetizer = Packetizer(Codec.H264, 90_000, b"")
    packetizer.packet(join_annex_b([b"\x41\x9a"]), key=False)
    assert packetizer.format is None


def test_other_parameter_sets_in_band_change_the_format(tmp_path: Path) -> None:
    small = record_of(make_video(tmp_path / "small.mp4", Recipe(frames=1)))
    large = record_of(make_video(tmp_path / "large.mp4", Recipe(frames=1, width=320, height=240)))
    packetizer = Packetizer(Codec.H264, 90_000, small)
    before = packetizer.format
    packetizer.packet(b"".join(len(u).to_bytes(4) + u for u in read_record(Codec.H264, large)[1]), key=True)
    assert before is not None
    assert packetizer.format is not None
    assert (before.width, packetizer.format.width) == (160, 320)


def test_the_same_parameter_sets_in_band_change_nothing(coded: tuple[Codec, bytes]) -> None:
    codec, record = coded
    packetizer = Packetizer(codec, 90_000, record)
    before = packetizer.format
    packetizer.packet(b"".join(len(u).to_bytes(4) + u for u in read_record(codec, record)[1]), key=True)
    assert packetizer.format is before


def test_shorter_lengths_become_four_bytes(coded: tuple[Codec, bytes]) -> None:
    codec, record = coded
    place = 4 if codec is Codec.H264 else 21
    two_bytes = record[:place] + bytes([record[place] & 0xFC | 1]) + record[place + 1 :]
    packetizer = Packetizer(codec, 90_000, two_bytes)
    assert (
        packetizer.packet(b"\x00\x02\x41\x01\x00\x01\x06", key=False) == b"\x00\x00\x00\x02\x41\x01\x00\x00\x00\x01\x06"
    )
    assert packetizer.format is not None
    assert read_record(codec, packetizer.format.decoder_config)[0] == 4


def test_damaged_lengths_pass_for_a_decoder_to_conceal(coded: tuple[Codec, bytes]) -> None:
    codec, record = coded
    damaged = b"\x7f\xff\xff\xff\x65"
    assert Packetizer(codec, 90_000, record).packet(damaged, key=True) == damaged


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8), keep=st.integers(0, 10_000))
def test_a_damaged_record_is_read_or_refused_and_nothing_else(
    coded: tuple[Codec, bytes], flips: list[tuple[int, int]], keep: int
) -> None:
    codec, record = coded
    damaged = bytearray(record)
    for place, value in flips:
        damaged[place % len(damaged)] = value
    del damaged[keep % (len(damaged) + 1) :]
    try:
        fmt = Packetizer(codec, 90_000, bytes(damaged)).format
    except MediaInvalid:
        return
    assert fmt is None or fmt.codec is codec


def bits(*codes: int | str) -> bytes:
    """A number as ue(v) (H.264, 9.1), a string of digits as it stands; one and zeros at the end."""
    told = ""
    for code in codes:
        digits = code if isinstance(code, str) else f"{code + 1:b}"
        told += digits if isinstance(code, str) else "0" * (len(digits) - 1) + digits
    told += "1"
    told += "0" * (-len(told) % 8)
    return int(told, 2).to_bytes(len(told) // 8)


def sps_of_depth(luma: int, chroma: int) -> bytes:
    """H.264, High 10: 640x480, so many bits beyond eight."""
    return b"\x67\x6e\x00\x1e" + bits(0, 1, luma, chroma, "0", "0", 0, 2, 1, "0", 39, 29, "1", "1", "0", "0")


def test_ten_bits_are_read_from_the_parameter_sets() -> None:
    packetizer = Packetizer(Codec.H264, 90_000, join_annex_b([sps_of_depth(2, 2), b"\x68\xce\x38\x80"]))
    assert packetizer.format is not None
    assert (packetizer.format.width, packetizer.format.height) == (640, 480)
    assert packetizer.format.decoder_config[-3:-1] == b"\xfa\xfa"


@pytest.mark.parametrize(("luma", "chroma"), [(7, 0), (0, 7), (8, 8), (300, 0), (2**31, 2**31)])
def test_a_depth_that_no_video_has_is_refused(luma: int, chroma: int) -> None:
    with pytest.raises(MediaInvalid):
        Packetizer(Codec.H264, 90_000, join_annex_b([sps_of_depth(luma, chroma), b"\x68\xce\x38\x80"]))


def test_parameter_sets_that_no_record_can_hold_are_refused() -> None:
    sps, pps = sps_of_depth(0, 0), b"\x68\xce\x38\x80"
    for sets in (
        [sps, *(pps + bytes([number // 250 + 1, number % 250 + 1]) for number in range(300))],
        [*(sps + bytes([number + 1]) for number in range(32)), pps],
        [sps, pps + b"\x01" * 70_000],
    ):
        with pytest.raises(MediaInvalid):
            Packetizer(Codec.H264, 90_000, join_annex_b(sets))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_parameter_sets_in_band_are_read_or_refused(
    coded: tuple[Codec, bytes], flips: list[tuple[int, int]]
) -> None:
    """As cameras send them by RTP: there no record is at hand, and ours is made of them."""
    codec, record = coded
    damaged = bytearray(join_annex_b(read_record(codec, record)[1]))
    for place, value in flips:
        damaged[place % len(damaged)] = value
    packetizer = Packetizer(codec, 90_000, b"")
    try:
        packetizer.packet(bytes(damaged), key=True)
    except MediaInvalid:
        return
    assert packetizer.format is None or packetizer.format.width > 0
