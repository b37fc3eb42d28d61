"""Fragments with sound: what is written is read back and moved, and what was not written here is refused."""

import io
import struct
from array import array
from fractions import Fraction
from typing import Any, cast

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioPacket, Packet
from doorstep.core.segment import AudioSamples
from doorstep.mp4.audio_traf import LARGEST_SOUND, MOST_AUDIO_SAMPLES, audio_samples_of, audio_traf_size
from doorstep.mp4.fragment import fragment, read_fragment, retime_fragment
from doorstep.mp4.init_segment import init_segment
from fakes.footage import SAMPLE_RATE, SOUND_FORMAT, TIMESCALE, audio_packet, plain_packets, segments_of, with_sound
from fakes.packet_streams import audio_streams, packet_streams

times = st.integers(0, 2**63 - 1)
sound_or_none: st.SearchStrategy[list[AudioPacket]] = st.one_of(st.just([]), audio_streams())
PLAIN = plain_packets(3)
SOUND = [audio_packet(at) for at in (0, 1024, 5000)]


def written(first_pts: int = 77) -> bytes:
    return fragment(1, 0, PLAIN, SOUND, first_pts).data


def traf_at(data: bytes) -> int:
    """Where the second traf begins."""
    return data.index(b"traf", data.index(b"traf") + 4) - 4


def test_each_packet_lasts_until_the_next_and_the_last_as_long_as_it_says() -> None:
    audio = audio_samples_of(SOUND, 77)

    assert (audio.first_pts, list(audio.durations), list(audio.sizes)) == (77, [1024, 3976, 1024], [7, 10, 10])


@given(packet_streams(), audio_streams(), times, times)
def test_a_fragment_with_sound_comes_back(
    packets: list[Packet], audio: list[AudioPacket], first_dts: int, first_pts: int
) -> None:
    piece = fragment(5, first_dts, packets, audio, first_pts)
    found = read_fragment(piece.data)

    assert (found.sequence, found.first_dts, found.size) == (5, first_dts, len(piece.data))
    assert (found.samples, found.audio, found.data_offset) == (piece.samples, piece.audio, piece.data_offset)
    assert piece.audio == audio_samples_of(audio, first_pts)
    assert piece.data[piece.data_offset :] == b"".join([one.data for one in packets] + [one.data for one in audio])
    assert read_fragment(piece.data[: piece.data_offset], whole=False) == read_fragment(piece.data + b"more")


@given(packet_streams(), sound_or_none, st.tuples(times, times), st.tuples(times, times))
def test_picture_and_sound_move_to_other_times(
    packets: list[Packet], audio: list[AudioPacket], old: tuple[int, int], new: tuple[int, int]
) -> None:
    moved = retime_fragment(fragment(1, old[0], packets, audio, old[1]).data, new[0], 9, new[1])

    assert moved == fragment(9, new[0], packets, audio, new[1]).data


@given(packet_streams(), audio_streams(), st.integers(0, 100_000))
def test_a_fragment_with_sound_that_is_cut_off_is_refused(
    packets: list[Packet], audio: list[AudioPacket], length: int
) -> None:
    data = fragment(1, 0, packets, audio, 0).data

    with pytest.raises(MediaInvalid):
        read_fragment(data[: length % len(data)])


@given(packet_streams(), audio_streams(), st.integers(0, 100_000), st.integers(0, 255))
def test_a_changed_byte_of_the_head_is_refused_or_only_a_number(
    packets: list[Packet], audio: list[AudioPacket], position: int, value: int
) -> None:
    piece = fragment(1, 0, packets, audio, 0)
    changed = bytearray(piece.data)
    changed[position % piece.data_offset] = value
    try:
        found = read_fragment(bytes(changed))
        retime_fragment(bytes(changed), 0, 1, 0)
    except MediaInvalid:
        return
    assert (found.data_offset, found.size) == (piece.data_offset, len(piece.data))


@pytest.mark.parametrize(
    ("offset", "value", "match"),
    [
        pytest.param(20, 3, "not laid out", id="another track"),
        pytest.param(36, 0x80000000, "not laid out", id="a time beyond what readers count"),
        pytest.param(56, 4, "not laid out", id="another number of samples"),
        pytest.param(60, 1, "not laid out", id="another place"),
        pytest.param(64, 0, "do not rise", id="no duration"),
        pytest.param(68, 8, "other samples", id="another size"),
        pytest.param(0, 9, "not laid out", id="another size of the box"),
    ],
)
def test_sound_that_was_not_written_here_is_refused(offset: int, value: int, match: str) -> None:
    data = bytearray(written())
    struct.pack_into(">I", data, traf_at(written()) + offset, value)

    with pytest.raises(MediaInvalid, match=match):
        read_fragment(bytes(data))


@pytest.mark.parametrize("grown", [-8, -4, 4, 7])
def test_a_moof_of_another_size_is_refused(grown: int) -> None:
    data = bytearray(written())
    struct.pack_into(">I", data, 0, struct.unpack_from(">I", data)[0] + grown)

    with pytest.raises(MediaInvalid):
        read_fragment(bytes(data))


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param([audio_packet(10), audio_packet(10)], id="standing still"),
        pytest.param([audio_packet(10), audio_packet(9)], id="running backwards"),
        pytest.param([audio_packet(0), audio_packet(2**32)], id="jumping"),
        pytest.param([audio_packet(0), audio_packet(2**32 - 1)], id="too long together"),
        pytest.param([audio_packet(0, duration=0)], id="no duration"),
        pytest.param([audio_packet(0, data=bytes(LARGEST_SOUND + 1))], id="too many bytes"),
        pytest.param([audio_packet(at, data=b"x") for at in range(MOST_AUDIO_SAMPLES + 1)], id="too many packets"),
    ],
)
def test_sound_that_no_file_can_hold_is_refused(sound: list[AudioPacket]) -> None:
    with pytest.raises(MediaInvalid, match="sound"):
        fragment(1, 0, PLAIN, sound, 0)


@pytest.mark.parametrize("first_pts", [-1, 2**63])
def test_a_time_that_no_file_can_hold_is_refused(first_pts: int) -> None:
    with pytest.raises(MediaInvalid):
        written(first_pts)
    with pytest.raises(MediaInvalid):
        retime_fragment(written(), 0, 1, first_pts)


def test_no_sound_takes_no_room() -> None:
    assert audio_traf_size(0) == 0
    assert read_fragment(fragment(1, 0, PLAIN).data).audio is None


def test_an_independent_reader_finds_the_same_sound() -> None:
    items = with_sound(plain_packets(75))
    segments = segments_of(items, sample_rate=SAMPLE_RATE)
    file = init_segment(SOUND_FORMAT) + b"".join(data for _, data in segments)

    with av.open(io.BytesIO(file), "r") as container:
        streams = container.streams
        assert (streams.audio[0].time_base, streams.video[0].time_base) == (
            Fraction(1, SAMPLE_RATE),
            Fraction(1, TIMESCALE),
        )
        found = [one for one in container.demux(cast("Any", streams.audio[0])) if one.dts is not None]

    expected = [one for one in items if isinstance(one, AudioPacket)]
    assert [(one.pts, bytes(one)) for one in found] == [(one.pts, one.data) for one in expected]
    assert all(one.is_keyframe for one in found)


def test_a_table_of_one_packet_is_written_as_it_is() -> None:
    audio = audio_samples_of([audio_packet(9, data=b"abc")], 3)

    assert audio == AudioSamples(3, array("I", [3]), array("I", [1024]))
