"""Pictures that Doorstep owns, encoded once."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.media import Codec, Packet
from doorstep.media.encode import TIMESCALE, H264Encoder
from doorstep.media.mask import unpacked
from doorstep.sources.own_frames import OwnFrames
from fakes.masked_pictures import decoded, loud_picture
from fakes.taps import ListTap

WIDTH, HEIGHT = 64, 48


def encoded(times: list[int], rate: int = 15) -> list[Packet]:
    encoder = H264Encoder(WIDTH, HEIGHT, rate)
    packets = []
    for number, pts in enumerate(times):
        frame, several = encoder.encode(loud_picture(WIDTH, HEIGHT, number), pts, pts / TIMESCALE)
        assert frame.at == pts / TIMESCALE
        packets += several
    return packets


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(500, 200_000), min_size=2, max_size=60), st.integers(0, 10**9), st.integers(1, 60))
def test_each_picture_is_one_packet_whatever_its_time(gaps: list[int], first: int, rate: int) -> None:
    times = list(accumulate(gaps, initial=first))
    packets = encoded(times, rate)
    assert [packet.pts for packet in packets] == times
    assert [packet.dts for packet in packets] == times
    assert packets[0].key


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(900, 30_000), min_size=2, max_size=120))
def test_key_frames_come_each_second_at_whatever_rate(gaps: list[int]) -> None:
    packets = encoded(list(accumulate(gaps, initial=0)))
    keys = [packet.pts for packet in packets if packet.key]
    slack = max(gaps) + TIMESCALE // 15
    assert all(TIMESCALE - slack <= two - one <= TIMESCALE + slack for one, two in pairwise(keys))
    assert packets[-1].pts - keys[-1] <= TIMESCALE + slack


@pytest.mark.parametrize(("rate", "count"), [(15, 46), (30, 91), (1, 5), (25, 51)])
def test_at_an_even_rate_they_are_evenly_spaced(rate: int, count: int) -> None:
    packets = encoded([number * TIMESCALE // rate for number in range(count)], rate)
    assert [number for number, packet in enumerate(packets) if packet.key] == list(range(0, count, rate))


def test_after_a_pause_the_next_picture_is_a_key_frame_and_no_burst_of_them_follows() -> None:
    times = [*range(0, 20 * 6000, 6000), *range(5 * TIMESCALE, 7 * TIMESCALE, 6000)]
    keys = [packet.pts for packet in encoded(times) if packet.key]
    assert keys[:3] == [0, TIMESCALE, 5 * TIMESCALE]
    assert all(two - one >= TIMESCALE * 0.9 for one, two in pairwise(keys))


def test_the_format_is_told_before_the_first_picture_and_decodes_all_of_them() -> None:
    encoder = H264Encoder(WIDTH, HEIGHT, 15)
    fmt = encoder.format
    assert (fmt.codec, fmt.width, fmt.height, fmt.timescale) == (Codec.H264, WIDTH, HEIGHT, TIMESCALE)
    items = [
        packet for number in range(20) for packet in encoder.encode(loud_picture(WIDTH, HEIGHT), number * 6000, 0)[1]
    ]
    assert len(decoded([fmt, *items])) == 20


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 722)])
def test_large_pictures_come_out_without_delay_too(size: tuple[int, int]) -> None:
    encoder = H264Encoder(*size, 30)
    for number in range(3):
        assert len(encoder.encode(loud_picture(*size, number), number * 3000, 0.0)[1]) == 1


def test_a_tap_gets_what_was_encoded_and_only_what_it_wants() -> None:
    tap = ListTap(rule=lambda at: at >= 1.0)
    frames = OwnFrames(tap, masks=(), rotation=90, rate=10)
    planes = unpacked(loud_picture(WIDTH, HEIGHT))
    items = [item for number in range(15) for item in frames.take(planes, 100.0 + number / 10)]
    assert len(items) == 16
    assert [frame.at for frame in tap.frames] == pytest.approx([1.0, 1.1, 1.2, 1.3, 1.4])
    assert {(frame.width, frame.height) for frame in tap.frames} == {(HEIGHT, WIDTH)}


def test_times_rise_even_where_the_clock_stands() -> None:
    planes = unpacked(loud_picture(WIDTH, HEIGHT))
    frames = OwnFrames(ListTap(), masks=(), rotation=0, rate=10)
    packets = [item for _ in range(5) for item in frames.take(planes, 7.0) if isinstance(item, Packet)]
    assert [packet.pts for packet in packets] == [0, 90, 180, 270, 360]
