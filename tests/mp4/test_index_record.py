"""The record behind a fragment: it proves fragment, time and place, or it is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid
from doorstep.core.segment import ConnectionId, Segment
from doorstep.mp4 import index_record as index_format
from doorstep.mp4.boxes import box
from doorstep.mp4.fragment import read_fragment
from doorstep.mp4.index_record import LARGEST_RECORD, index_record, read_index_record
from fakes.footage import CAMERA, FORMAT, NOON, plain_packets, segment_of

SEGMENT, FRAGMENT = segment_of(plain_packets(5), sequence=7)
HEAD = FRAGMENT[: SEGMENT.data_offset]
RECORD = index_record(SEGMENT, FRAGMENT)


@given(
    st.text(max_size=60).filter(lambda name: len(name.encode("utf-8", "ignore")) <= 255),
    st.integers(0, 2**64 - 1),
    st.datetimes(datetime(1970, 1, 1), datetime(8999, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
)
def test_a_segment_comes_back(name: str, sequence: int, starts_at: datetime) -> None:
    segment = replace(SEGMENT, connection=ConnectionId(name), sequence=sequence, starts_at=starts_at)

    data = index_record(segment, FRAGMENT)
    found = read_index_record(data + b"more", HEAD)

    assert found.segment(CAMERA, FORMAT, read_fragment(FRAGMENT)) == segment
    assert found.size == len(data) <= LARGEST_RECORD


@given(st.integers(0, 1000))
def test_a_record_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(MediaInvalid):
        read_index_record(RECORD[: length % len(RECORD)], HEAD)


@given(st.integers(0, 1000), st.integers(1, 255))
def test_any_changed_byte_is_refused(position: int, change: int) -> None:
    data = bytearray(RECORD)
    data[position % len(data)] ^= change

    with pytest.raises(MediaInvalid):
        read_index_record(bytes(data), HEAD)


@given(st.integers(0, 1000), st.integers(1, 255))
def test_a_changed_head_of_the_fragment_is_refused(position: int, change: int) -> None:
    head = bytearray(HEAD)
    head[position % len(head)] ^= change

    with pytest.raises(MediaInvalid):
        read_index_record(RECORD, bytes(head))


def forged(fields: bytes) -> bytes:
    return box(b"uuid", index_format._UUID, fields, index_format._check(HEAD, fields))


def test_a_name_that_is_no_text_is_refused() -> None:
    fields = index_format._FIELDS.pack(1, 1, 1, 0, 0) + b"\xff"

    with pytest.raises(MediaInvalid, match="no connection"):
        read_index_record(forged(fields), HEAD)


def test_a_time_beyond_the_calendar_is_refused() -> None:
    fields = index_format._FIELDS.pack(1, 0, 1, 2**64 - 1, 0)

    with pytest.raises(MediaInvalid, match="impossible time"):
        read_index_record(forged(fields), HEAD)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(index_format._FIELDS.pack(2, 0, 1, 0, 0), id="of another version"),
        pytest.param(index_format._FIELDS.pack(1, 9, 1, 0, 0), id="with a shorter name than it says"),
    ],
)
def test_a_record_that_is_not_ours_is_refused(fields: bytes) -> None:
    with pytest.raises(MediaInvalid, match="damaged"):
        read_index_record(forged(fields), HEAD)


@pytest.mark.parametrize("kind", [b"free", b"uuid"])
def test_another_box_is_refused(kind: bytes) -> None:
    with pytest.raises(MediaInvalid, match="damaged"):
        read_index_record(box(kind, bytes(100)), HEAD)


@pytest.mark.parametrize(
    "segment",
    [
        replace(SEGMENT, size=SEGMENT.size + 1),
        replace(SEGMENT, connection=ConnectionId("x" * 256)),
        replace(SEGMENT, starts_at=NOON - timedelta(days=365 * 60)),
        replace(SEGMENT, starts_at=datetime(9000, 1, 1, tzinfo=UTC)),
    ],
    ids=["of other bytes", "with a long name", "before 1970", "after 9000"],
)
def test_a_segment_that_cannot_be_described_is_a_mistake(segment: Segment) -> None:
    with pytest.raises(ValueError, match="cannot be described"):
        index_record(segment, FRAGMENT)
