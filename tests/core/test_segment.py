"""Where a stream is cut, and what a segment knows of its times."""

from array import array
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.media import Packet
from doorstep.core.segment import LARGEST_SEGMENT, MOST_SAMPLES, Samples, SegmentCutter
from fakes.footage import NOON, bare_segment, packet, plain_packets
from fakes.packet_streams import packet_streams


def cut(packets: list[Packet], target: int = 1000) -> list[tuple[Packet, ...]]:
    cutter = SegmentCutter(target)
    return [one for one in [*(cutter.add(packet) for packet in packets), cutter.flush()] if one]


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

    assert finished[-1] == tuple(packets[:25])
    assert cutter.pending == (packets[25],)
    assert cutter.flush() == (packets[25],)
    assert cutter.pending == cutter.flush() == ()


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
