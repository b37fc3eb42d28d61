"""Where a stream is cut, and what a segment knows of its times."""

from array import array
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.media import AudioPacket, Packet
from doorstep.core.segment import (
    FARTHEST_FROM_PICTURE,
    LARGEST_AUDIO_PACKET,
    LARGEST_SEGMENT,
    MOST_SAMPLES,
    AudioSamples,
    Cut,
    Samples,
    SegmentCutter,
)
from fakes.footage import (
    NOON,
    SAMPLE_RATE,
    TIMESCALE,
    audio_packet,
    bare_segment,
    cuts_of,
    packet,
    plain_packets,
    with_sound,
)
from fakes.packet_streams import packet_streams, streams_with_sound


def cut(packets: list[Packet], target: int = 1000) -> list[tuple[Packet, ...]]:
    cutter = SegmentCutter(target)
    cuts = [*(cutter.add(packet) for packet in packets), cutter.flush()]
    return [one.packets for one in cuts if one is not None]


def test_a_segment_is_about_a_second_long() -> None:
    lengths = [len(one) for one in cut(plain_packets(75, key_every=1000))]

    assert lengths == [25, 25, 25]


def test_a_key_frame_begins_a_segment_once_half_a_second_is_collected() -> None:
    lengths = [len(one) for one in cut(plain_packets(40, key_every=15))]

    assert lengths == [15, 15, 10]


def test_a_key_frame_before_half_a_second_does_not_cut() -> None:
    lengths = [len(one) for one in cut(plain_packets(25, key_every=5))]

    assert lengths == [15, 10]


def test_a_segment_stays_below_sixteen_mebibytes() -> None:
    third = bytes(LARGEST_SEGMENT // 3)
    packets = [packet(dts, data=third) for dts in range(7)]

    assert [len(one) for one in cut(packets)] == [3, 3, 1]


def test_one_packet_may_be_larger_than_a_segment() -> None:
    packets = [packet(0, data=bytes(LARGEST_SEGMENT + 1)), packet(1), packet(2)]

    assert [len(one) for one in cut(packets)] == [1, 2]


def test_a_storm_of_tiny_packets_is_cut_early() -> None:
    packets = [packet(dts, duration=1) for dts in range(MOST_SAMPLES + 1)]

    assert [len(one) for one in cut(packets, target=10**6)] == [MOST_SAMPLES, 1]


def test_pending_are_the_packets_of_the_open_second() -> None:
    cutter = SegmentCutter(1000)
    packets = plain_packets(26)

    finished = [cutter.add(one) for one in packets]

    assert cutter.first == packets[25]
    assert finished[-1] == Cut(tuple(packets[:25]))
    assert cutter.pending == Cut((packets[25],))
    assert cutter.flush() == Cut((packets[25],))
    assert all(left is None for left in (cutter.pending, cutter.flush(), cutter.first))


@given(packet_streams(), st.integers(1, 3000))
def test_cutting_loses_and_moves_nothing(packets: list[Packet], target: int) -> None:
    segments = cut(packets, target)

    assert [one for segment in segments for one in segment] == packets
    for segment in segments:
        assert segment[-1].dts - segment[0].dts < target
    for segment, following in pairwise(segments):
        collected = following[0].dts - segment[0].dts
        assert collected >= target or (following[0].key and collected * 2 >= target)


def test_a_segment_ends_with_its_last_sample() -> None:
    segment = bare_segment(at=3, durations=(100, 200, 33))

    assert segment.duration == 333
    assert segment.ends_at == NOON + timedelta(seconds=3.333)


@given(st.integers(1, 10_000_000), st.integers(-(10**9), 10**9))
def test_wall_time_of_a_tick_leads_back_to_the_tick(timescale: int, tick: int) -> None:
    segment = bare_segment(first_dts=7, timescale=timescale)

    found = segment.tick_at(segment.wall_at(tick))

    assert found >= tick
    assert segment.wall_at(found) == segment.wall_at(tick)
    assert segment.wall_at(found + 1) > segment.wall_at(tick)


@given(st.integers(1, 10_000_000), st.integers(-(10**12), 10**12))
def test_the_tick_at_an_instant_is_the_last_that_is_not_after_it(timescale: int, microseconds: int) -> None:
    segment = bare_segment(first_dts=7, timescale=timescale)
    instant = NOON + timedelta(microseconds=microseconds)

    tick = segment.tick_at(instant)

    assert segment.wall_at(tick) <= instant < segment.wall_at(tick + 1)


def test_a_sample_table_has_columns_of_one_length() -> None:
    with pytest.raises(ValueError, match="one length"):
        Samples(array("I", [1]), array("I", [1, 2]), array("i", [0]), b"\1")


def test_a_sample_table_is_not_empty() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Samples(array("I"), array("I"), array("i"), b"")


def test_a_sample_table_has_columns_that_go_into_a_file() -> None:
    with pytest.raises(ValueError, match="array"):
        Samples(array("I", [1]), array("q", [1]), array("i", [0]), b"\1")


def cutter_with_sound() -> SegmentCutter:
    return SegmentCutter(TIMESCALE, SAMPLE_RATE)


def test_sound_joins_the_segment_that_is_open_when_it_comes_and_cuts_none() -> None:
    cuts = cuts_of(with_sound(plain_packets(75), late=200), cutter_with_sound())

    assert [len(cut.packets) for cut in cuts] == [25, 25, 25]
    assert [cut.audio[0].pts // 1024 for cut in cuts] == [0, 13, 29]


def test_without_a_sample_rate_no_sound_is_kept() -> None:
    cuts = cuts_of(with_sound(plain_packets(25)), SegmentCutter(TIMESCALE))

    assert cuts == [Cut(tuple(plain_packets(25)))]


def test_sound_before_the_first_picture_is_left_out() -> None:
    cutter = cutter_with_sound()

    assert not cutter.add_audio(audio_packet(0))
    cutter.add(packet(0, key=True))
    assert cutter.add_audio(audio_packet(0))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(audio_packet(4096), id="standing still"),
        pytest.param(audio_packet(3000), id="running backwards"),
        pytest.param(audio_packet(10 * SAMPLE_RATE + 1), id="far ahead"),
        pytest.param(audio_packet(5000, duration=0), id="no duration"),
        pytest.param(AudioPacket(b"", 5000, 1024, 0.0), id="empty"),
        pytest.param(audio_packet(5000, data=bytes(LARGEST_AUDIO_PACKET + 1)), id="larger than any AAC"),
    ],
)
def test_sound_that_cannot_be_is_left_out(wrong: AudioPacket) -> None:
    cutter = cutter_with_sound()
    cutter.add(packet(0, key=True))
    assert cutter.add_audio(audio_packet(4096))

    assert not cutter.add_audio(wrong)
    assert cutter.add_audio(audio_packet(5000, data=bytes(LARGEST_AUDIO_PACKET)))


def test_sound_far_from_the_picture_is_left_out_and_that_near_it_still_comes() -> None:
    cutter = cutter_with_sound()
    cutter.add(packet(10_000, key=True))
    near = FARTHEST_FROM_PICTURE * SAMPLE_RATE
    now = 10 * SAMPLE_RATE

    taken = [cutter.add_audio(audio_packet(now + far)) for far in (-near - 1, near + 1, -near, near)]

    assert taken == [False, False, True, True]


def test_sound_rises_over_segments_too() -> None:
    cutter = cutter_with_sound()
    cutter.add(packet(0, key=True))
    cutter.add_audio(audio_packet(SAMPLE_RATE))
    cutter.add(packet(1000, key=True))

    assert not cutter.add_audio(audio_packet(SAMPLE_RATE))


def test_a_storm_of_sound_is_bounded() -> None:
    many, large = cutter_with_sound(), cutter_with_sound()
    for cutter, data in ((many, b"x"), (large, bytes(LARGEST_AUDIO_PACKET))):
        cutter.add(packet(0, key=True, data=bytes(LARGEST_SEGMENT - 100_000)))
        taken = [cutter.add_audio(audio_packet(at, data=data)) for at in range(MOST_SAMPLES + 5)]
        assert sum(taken) == (MOST_SAMPLES if cutter is many else 100_000 // LARGEST_AUDIO_PACKET)


def test_sound_counts_where_a_segment_gets_too_large() -> None:
    cutter = cutter_with_sound()
    cutter.add(packet(0, key=True, data=bytes(LARGEST_SEGMENT - 5)))
    assert cutter.add_audio(audio_packet(0, data=bytes(5)))

    assert cutter.add(packet(40)) is not None


@given(streams_with_sound())
def test_sound_never_moves_a_cut_and_keeps_its_order(items: list[Packet | AudioPacket]) -> None:
    pictures = [one for one in items if isinstance(one, Packet)]

    cuts = cuts_of(items, cutter_with_sound())

    assert [cut.packets for cut in cuts] == [cut.packets for cut in cuts_of(pictures, SegmentCutter(TIMESCALE))]
    heard = [one.pts for cut in cuts for one in cut.audio]
    assert heard == sorted(set(heard))


def test_a_table_of_sound_says_when_it_ends() -> None:
    audio = AudioSamples(500, array("I", [1, 1]), array("I", [1024, 1000]))

    assert (len(audio), audio.last_pts, audio.end) == (2, 1524, 2524)


def test_a_table_of_sound_has_columns_of_one_length_that_go_into_a_file() -> None:
    with pytest.raises(ValueError, match="one length"):
        AudioSamples(0, array("I", [1]), array("I", [1, 2]))
    with pytest.raises(ValueError, match="at least one"):
        AudioSamples(0, array("I"), array("I"))
    with pytest.raises(ValueError, match="array"):
        AudioSamples(0, array("I", [1]), array("q", [1]))
