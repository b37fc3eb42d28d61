"""Every whole segment of a damaged recording is found, before the damage and behind it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid
from doorstep.mp4.recording import entry, header
from doorstep.mp4.salvage import Salvage, salvage
from fakes.footage import CAMERA, FORMAT, packet, plain_packets, segments_of

LABEL = b'{"event": "e1"}'
SEGMENTS = segments_of(plain_packets(150))
PARTS = [header(FORMAT, LABEL), *(entry(segment, data) for segment, data in SEGMENTS)]
WHOLE = b"".join(PARTS)
STARTS = [sum(map(len, PARTS[: count + 1])) for count in range(len(PARTS) - 1)]


def reader(data: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, length: data[offset : offset + length]


def salvaged(data: bytes) -> Salvage:
    return salvage(reader(data), len(data), CAMERA)


def rebuilt(data: bytes, whole: Salvage) -> bytes:
    return data[: whole.header_size] + b"".join(data[run.begin : run.end] for run in whole.runs)


def test_a_whole_recording_is_one_run() -> None:
    whole = salvaged(WHOLE)
    assert whole.is_whole
    assert not whole.goes_on_behind_damage
    assert rebuilt(WHOLE, whole) == WHOLE


@given(st.sets(st.integers(STARTS[0], len(WHOLE) - 1), min_size=1, max_size=4), st.integers(1, 255))
def test_a_changed_byte_costs_its_own_segment_and_no_other(positions: set[int], change: int) -> None:
    data = bytearray(WHOLE)
    for position in positions:
        data[position] ^= change
    hit = {max(number for number, start in enumerate(STARTS) if start <= position) for position in positions}

    whole = salvaged(bytes(data))

    kept = [segment for number, (segment, _) in enumerate(SEGMENTS) if number not in hit]
    assert [recorded.segment for recorded in whole.segments] == kept
    assert [recorded.offset for recorded in whole.segments] == [
        start for number, start in enumerate(STARTS) if number not in hit
    ]
    again = salvaged(rebuilt(bytes(data), whole))
    assert [recorded.segment for recorded in again.segments] == kept
    assert again.is_whole == bool(kept)


@given(st.integers(STARTS[0], len(WHOLE)), st.binary(max_size=300))
def test_a_file_cut_short_with_rubbish_behind_is_whole_to_the_cut(length: int, rubbish: bytes) -> None:
    whole = salvaged(WHOLE[:length] + rubbish)
    ends = [*STARTS[1:], len(WHOLE)]
    assert len(whole.segments) >= sum(end <= length for end in ends)
    assert whole.header_size == STARTS[0]


def test_a_file_of_before_headers_had_a_checksum_is_whole() -> None:
    begin = STARTS[0] - 28
    assert WHOLE[begin + 4 : begin + 8] == b"uuid"
    whole = salvaged(WHOLE[:begin] + WHOLE[STARTS[0] :])
    assert whole.is_whole
    assert len(whole.segments) == len(STARTS)
    assert whole.header_size == begin


@given(st.integers(0, STARTS[0] - 1))
def test_a_file_without_its_header_is_refused(length: int) -> None:
    with pytest.raises(MediaInvalid):
        salvaged(WHOLE[:length])


def test_pictures_that_hold_the_name_of_a_box_are_no_segments() -> None:
    tricky = segments_of([packet(at * 40, key=at % 25 == 0, data=b"moof" * 300) for at in range(75)])
    parts = [header(FORMAT, LABEL), *(entry(segment, data) for segment, data in tricky)]
    data = bytearray(b"".join(parts))
    data[len(parts[0]) + 4] ^= 255  # the first fragment is no fragment any more

    whole = salvaged(bytes(data))

    assert [recorded.segment for recorded in whole.segments] == [segment for segment, _ in tricky[1:]]
