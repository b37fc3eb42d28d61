"""What a publisher sends becomes items whose times can be trusted."""

from dataclasses import replace
from itertools import pairwise

import pytest

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.rtmp.events import AudioConfig, AudioFrame, Media, VideoConfig, VideoFrame
from doorstep.sources.rtmp_items import RtmpItems
from rtmp.fuzz_rtmp import PPS, RECORD, SPS

AAC = AudioConfig(b"\x12\x08")  # 44100 Hz, one channel


def frame(at: int, *, key: bool = False, composition: int = 0, payload: bytes = b"\x00\x00\x00\x02\x41a") -> VideoFrame:
    return VideoFrame(at % 2**32, composition, key, payload)


def items_of(*events: Media, audio: bool = False) -> list[StreamItem]:
    items = RtmpItems(audio=audio)
    return [item for event in (VideoConfig(RECORD), *events) for item in items.take(event, 1.0)]


def times(items: list[StreamItem]) -> list[int]:
    return [item.dts for item in items if isinstance(item, Packet)]


def film(*at: int) -> list[VideoFrame]:
    return [frame(time, key=number == 0) for number, time in enumerate(at)]


def test_nothing_comes_before_the_first_key_frame() -> None:
    fmt, packet = items_of(frame(0), frame(40), frame(80, key=True))
    assert isinstance(fmt, VideoFormat)
    assert (fmt.width, fmt.height, fmt.timescale) == (320, 352, 1000)
    assert isinstance(packet, Packet)
    assert (packet.dts, packet.key, packet.arrived) == (80, True, 1.0)


def test_times_go_on_over_the_wrap() -> None:
    begin = 2**32 - 40
    assert times(items_of(*film(begin, begin + 40, begin + 80))) == [begin, begin + 40, begin + 80]


def test_repeated_times_are_moved_on() -> None:
    found = times(items_of(*film(100, 140, 140, 140, 130, 180)))
    assert found == [100, 140, 141, 142, 143, 180]


def test_every_picture_lasts_at_least_a_tick() -> None:
    packets = [item for item in items_of(*film(0, 0, 0, 40)) if isinstance(item, Packet)]
    assert all(packet.duration >= 1 for packet in packets)
    assert all(two.dts > one.dts for one, two in pairwise(packets))


@pytest.mark.parametrize("leap", [-5_000, 60_000], ids=["back", "forward"])
def test_a_leap_begins_a_new_connection_at_a_key_frame(leap: int) -> None:
    before = film(*range(100_000, 101_000, 40))
    after = [frame(101_000 + leap), frame(101_040 + leap, key=True), frame(101_080 + leap)]
    items = items_of(*before, *after)
    assert [index for index, item in enumerate(items) if isinstance(item, VideoFormat)] == [0, 26]
    assert times(items[26:]) == [101_040 + leap, 101_080 + leap]


def test_times_that_break_again_and_again_end_the_publisher() -> None:
    broken = [frame(100_000 * number, key=True) for number in range(20)]
    with pytest.raises(MediaInvalid, match="restart the camera"):
        items_of(*broken)


def test_a_thousand_parameter_sets_end_the_publisher() -> None:
    def key_frame(number: int) -> VideoFrame:
        sets = [SPS, PPS + bytes([0x80 | number % 100])]
        payload = b"".join(len(unit).to_bytes(4) + unit for unit in sets)
        return frame(40 * number, key=True, payload=payload)

    with pytest.raises(MediaInvalid, match="restart the camera"):
        items_of(*(key_frame(number) for number in range(1000)))


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x00\x00\x00\x05ab", b"\x00\x00\x00", b"\x00\x00\x00\x01aXY", b"\x00" * 40_000],
    ids=["empty", "too short", "half a length", "a rest", "no units"],
)
def test_damaged_pictures_are_left_out_and_many_of_them_end_it(payload: bytes) -> None:
    good = frame(0, key=True)
    assert times(items_of(good, frame(40, payload=payload), frame(80))) == [0, 80]
    with pytest.raises(MediaInvalid, match="damaged"):
        items_of(good, *(frame(40 * number, payload=payload) for number in range(200)))


def test_lengths_of_two_bytes_become_four() -> None:
    record = RECORD[:4] + b"\xfd" + RECORD[5:]
    items = items_of(VideoConfig(record), frame(0, key=True, payload=b"\x00\x02\x65a"))
    assert isinstance(items[1], Packet)
    assert items[1].data == b"\x00\x00\x00\x02\x65a"


def test_pictures_shown_at_impossible_times_end_it() -> None:
    with pytest.raises(MediaInvalid, match="impossible times"):
        items_of(frame(0, key=True, composition=-(2**23)))


def test_no_key_frame_in_a_minute_ends_it() -> None:
    with pytest.raises(MediaInvalid, match="key frame"):
        items_of(*(frame(40 * number) for number in range(2000)))


@pytest.mark.parametrize("record", [b"", b"\x01", b"\x00" * 30, RECORD[:20], b"\x00\x00\x01" + SPS])
def test_a_record_that_is_none_ends_it(record: bytes) -> None:
    with pytest.raises(MediaInvalid):
        items_of(VideoConfig(record), frame(0, key=True))


def test_sound_runs_without_the_jitter_of_milliseconds() -> None:
    sound = [AudioFrame(round(1024_000 * number / 44_100) + number % 3, b"a") for number in range(200)]
    items = items_of(AAC, frame(0, key=True), *sound, audio=True)
    told = [item.pts for item in items if isinstance(item, AudioPacket)]
    assert [two - one for one, two in pairwise(told)] == [1024] * 199


def test_sound_that_was_silent_goes_on_at_its_time() -> None:
    items = items_of(
        AAC, frame(0, key=True), AudioFrame(0, b"a"), AudioFrame(1000, b"b"), AudioFrame(500, b"c"), audio=True
    )
    assert [item.pts for item in items if isinstance(item, AudioPacket)] == [0, 44_100]


def test_sound_that_begins_late_is_in_the_next_format() -> None:
    begin: list[Media] = [*film(*range(0, 1000, 40)), AAC, AudioFrame(1000, b"a")]
    items = items_of(*begin, frame(1000, key=True), AudioFrame(1000, b"a"), audio=True)
    formats = [item for item in items if isinstance(item, VideoFormat)]
    assert [fmt.audio is None for fmt in formats] == [True, False]
    assert replace(formats[1], audio=None) == formats[0]
    assert isinstance(items[-1], AudioPacket)


@pytest.mark.parametrize("config", [b"", b"\x12", b"\x12\x00", b"\x16\x88", b"\xff"])
def test_a_sound_that_cannot_be_ends_it(config: bytes) -> None:
    with pytest.raises(MediaInvalid):
        items_of(AudioConfig(config), audio=True)


def test_a_parameter_set_with_a_depth_that_no_record_can_repeat_ends_it() -> None:
    def code(value: int) -> str:
        return f"{value + 1:b}".rjust(2 * (value + 1).bit_length() - 1, "0")

    depth = code(0) + code(1) + code(300) + code(0) + "00"
    bits = depth + code(0) + code(2) + code(1) + "0" + code(9) + code(9) + "11001"
    sps = b"\x67\x64\x00\x1e" + int(bits.ljust(64, "0"), 2).to_bytes(8)
    record = RECORD[:6] + len(sps).to_bytes(2) + sps + b"\x01" + len(PPS).to_bytes(2) + PPS
    with pytest.raises(MediaInvalid):
        items_of(VideoConfig(record), frame(0, key=True))


def test_sound_that_leaps_away_from_the_picture_is_left_out_and_what_follows_is_not() -> None:
    sounds = [AudioFrame(at, b"sound") for at in (10, 3_600_000, 33, 56)]
    items = items_of(AAC, *film(0), *sounds, audio=True)
    assert [round(item.pts / 44.1) for item in items if isinstance(item, AudioPacket)] == [10, 33, 56]
