"""Fragments: what is written is read back, and what was not written here is refused."""

import io
import struct
from dataclasses import replace
from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import Codec, Packet
from doorstep.mp4.boxes import boxes
from doorstep.mp4.fragment import (
    FARTHEST_OFFSET,
    LARGEST_FRAGMENT,
    claimed_moof_size,
    fragment,
    read_fragment,
    retime_fragment,
    samples_of,
)
from doorstep.mp4.init_segment import init_segment
from fakes.footage import packet, plain_packets, real_stream
from fakes.packet_streams import packet_streams

places = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**63 - 1))


def test_each_sample_lasts_until_the_next_and_the_last_as_long_as_its_packet() -> None:
    samples = samples_of([packet(0, key=True), packet(30, offset=80), packet(100, duration=7, offset=-20)])

    assert list(samples.durations) == [30, 70, 7]
    assert list(samples.composition_offsets) == [0, 80, -20]
    assert samples.keys == b"\1\0\0"
    assert list(samples.sizes) == [8, 9, 10]


@given(packet_streams(), places)
def test_a_fragment_comes_back(packets: list[Packet], place: tuple[int, int]) -> None:
    sequence, first_dts = place

    piece = fragment(sequence, first_dts, packets)
    found = read_fragment(piece.data)

    assert (found.sequence, found.first_dts, found.size) == (sequence, first_dts, len(piece.data))
    assert (found.samples, found.data_offset) == (piece.samples, piece.data_offset)
    assert piece.samples == samples_of(packets)
    assert piece.data[piece.data_offset :] == b"".join(one.data for one in packets)


@given(packet_streams(), places)
def test_only_the_head_is_needed_to_read_the_index(packets: list[Packet], place: tuple[int, int]) -> None:
    piece = fragment(*place, packets)

    assert read_fragment(piece.data[: piece.data_offset], whole=False) == read_fragment(piece.data + b"more")


@given(packet_streams(), places, places)
def test_a_fragment_can_move_to_another_time(packets: list[Packet], old: tuple[int, int], new: tuple[int, int]) -> None:
    moved = retime_fragment(fragment(*old, packets).data, first_dts=new[1], sequence=new[0])

    assert moved == fragment(*new, packets).data


@given(packet_streams(), st.integers(0, 100_000))
def test_a_fragment_that_is_cut_off_is_refused(packets: list[Packet], length: int) -> None:
    data = fragment(1, 0, packets).data

    with pytest.raises(MediaInvalid):
        read_fragment(data[: length % len(data)])


@given(packet_streams(), st.integers(0, 100_000), st.integers(0, 255))
def test_a_changed_byte_of_the_head_is_refused_or_only_a_number(
    packets: list[Packet], position: int, value: int
) -> None:
    piece = fragment(1, 0, packets)
    changed = bytearray(piece.data)
    changed[position % piece.data_offset] = value
    try:
        found = read_fragment(bytes(changed))
    except MediaInvalid:
        return
    assert (found.data_offset, found.size) == (piece.data_offset, len(piece.data))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    for whole in (True, False):
        with pytest.raises(MediaInvalid):
            read_fragment(data, whole=whole)
    with pytest.raises(MediaInvalid):
        retime_fragment(data, 0, 1)


def test_a_claimed_number_of_samples_is_not_believed() -> None:
    data = struct.pack(">I4s", 88 + 16 * 65_000, b"moof") + bytes(1000)

    with pytest.raises(MediaInvalid):
        read_fragment(data)


@pytest.mark.parametrize("size", [0, 8, 88, 1024 * 1024 + 1])
def test_a_moof_has_a_size_within_bounds(size: int) -> None:
    with pytest.raises(MediaInvalid):
        claimed_moof_size(struct.pack(">I4s", size, b"moof"))


def test_samples_that_do_not_fill_mdat_are_refused() -> None:
    piece = fragment(1, 0, plain_packets(2))
    longer = bytearray(piece.data + b"x")
    struct.pack_into(">I", longer, piece.data_offset - 8, len(longer) - piece.data_offset + 8)

    with pytest.raises(MediaInvalid, match="other samples"):
        read_fragment(bytes(longer))


def test_a_sample_that_lasts_no_time_is_refused() -> None:
    data = bytearray(fragment(1, 0, plain_packets(2)).data)
    struct.pack_into(">I", data, 88, 0)

    with pytest.raises(MediaInvalid, match="do not rise"):
        read_fragment(bytes(data))


@pytest.mark.parametrize(
    "packets",
    [
        pytest.param([packet(10), packet(10)], id="standing still"),
        pytest.param([packet(10), packet(9)], id="running backwards"),
        pytest.param([packet(0), packet(2**32)], id="jumping"),
        pytest.param([packet(0), packet(2**31), packet(2**32 - 1)], id="too long together"),
        pytest.param([packet(0, duration=0)], id="no duration"),
        pytest.param([packet(0, offset=2**31)], id="shown too late for its field"),
        pytest.param([packet(0, offset=FARTHEST_OFFSET + 1)], id="shown too late"),
        pytest.param([packet(0, offset=-FARTHEST_OFFSET - 1)], id="shown too early"),
        pytest.param([packet(at, data=bytes(LARGEST_FRAGMENT // 2 + 1)) for at in (0, 1)], id="too many bytes"),
        pytest.param([packet(at, duration=1) for at in range(66_000)], id="too many samples"),
    ],
)
def test_packets_that_no_file_can_hold_are_refused(packets: list[Packet]) -> None:
    with pytest.raises(MediaInvalid):
        fragment(1, 0, packets)


@pytest.mark.parametrize(("sequence", "first_dts"), [(1, -1), (1, 2**63), (-1, 0), (2**32, 0)])
def test_a_place_that_no_file_can_hold_is_refused(sequence: int, first_dts: int) -> None:
    data = fragment(1, 0, plain_packets(1)).data

    with pytest.raises(MediaInvalid):
        fragment(sequence, first_dts, plain_packets(1))
    with pytest.raises(MediaInvalid):
        retime_fragment(data, first_dts, sequence)


def test_a_time_beyond_what_readers_count_is_refused() -> None:
    data = bytearray(fragment(1, 0, plain_packets(1)).data)
    data[60] = 0x80

    with pytest.raises(MediaInvalid):
        read_fragment(bytes(data))


def test_other_boxes_are_not_retimed() -> None:
    data = fragment(1, 0, plain_packets(9)).data

    with pytest.raises(MediaInvalid, match="no fragment"):
        retime_fragment(data.replace(b"tfdt", b"tfdx"), 0, 1)


@pytest.mark.parametrize("codec", list(Codec))
def test_an_independent_reader_finds_the_same_samples(codec: Codec) -> None:
    fmt, packets = real_stream(codec)
    file = init_segment(fmt)
    for number, begin in enumerate(range(0, len(packets), 20), 1):
        part = packets[begin : begin + 20]
        file += fragment(number, part[0].dts, part).data

    with av.open(io.BytesIO(file), "r") as container:
        found = [one for one in container.demux(video=0) if one.dts is not None]

    assert [(one.pts, one.dts, one.is_keyframe, bytes(one)) for one in found] == [
        (one.pts, one.dts, one.key, one.data) for one in packets
    ]
    assert found[0].time_base == Fraction(1, fmt.timescale)


def test_a_fragment_is_two_boxes() -> None:
    data = fragment(1, 0, plain_packets(3)).data

    assert [one.kind for one in boxes(data, 0, len(data))] == [b"moof", b"mdat"]


def test_an_empty_packet_is_a_sample_too() -> None:
    packets = [replace(packet(0, key=True), data=b""), packet(40)]

    assert list(read_fragment(fragment(1, 0, packets).data).samples.sizes) == [0, 9]
