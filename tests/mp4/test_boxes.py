"""Boxes, read back with suspicion."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid
from doorstep.mp4.boxes import Box, box, box_at, boxes, child, full_box, unpack


def test_a_box_is_its_size_its_type_and_its_parts() -> None:
    assert box(b"free", b"ab", b"c") == b"\0\0\0\x0bfreeabc"


def test_a_full_box_carries_version_and_flags() -> None:
    assert full_box(b"tfhd", 1, 0x020000, b"\x07") == b"\0\0\0\x0dtfhd\x01\x02\x00\x00\x07"


@given(st.lists(st.tuples(st.binary(min_size=4, max_size=4), st.binary(max_size=30)), max_size=5))
def test_boxes_are_found_again(contents: list[tuple[bytes, bytes]]) -> None:
    data = b"".join(box(kind, content) for kind, content in contents)

    found = [(one.kind, data[one.body : one.end]) for one in boxes(data, 0, len(data))]

    assert found == contents


@given(st.binary(max_size=60))
def test_any_bytes_are_boxes_or_refused(data: bytes) -> None:
    try:
        found = list(boxes(data, 0, len(data)))
    except MediaInvalid:
        return
    assert sum(one.end - one.body + 8 for one in found) == len(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\0\0\0\x08fre", id="cut off in its head"),
        pytest.param(b"\0\0\0\x09free", id="larger than what is left"),
        pytest.param(b"\0\0\0\x07free", id="smaller than its head"),
        pytest.param(b"\0\0\0\x00free", id="to the end of the file"),
        pytest.param(b"\0\0\0\x01free\0\0\0\0\0\0\0\x10", id="of 64 bits"),
    ],
)
def test_a_box_that_cannot_be_is_refused(data: bytes) -> None:
    with pytest.raises(MediaInvalid):
        box_at(data, 0, len(data))


def test_a_box_is_not_looked_for_behind_the_bytes() -> None:
    with pytest.raises(MediaInvalid, match="middle of a box"):
        box_at(box(b"free"), 0, 100)


def test_a_child_is_found_behind_what_is_skipped() -> None:
    data = full_box(b"stsd", 0, 0, box(b"avc1"), box(b"free", b"x"))

    assert child(data, box_at(data, 0, len(data)), b"free", 4) == Box(b"free", 28, 29)


def test_a_missing_child_is_named() -> None:
    data = box(b"moov", box(b"free"))

    with pytest.raises(MediaInvalid, match="'trak'"):
        child(data, box_at(data, 0, len(data)), b"trak")


def test_numbers_are_not_read_behind_their_box() -> None:
    data = box(b"mdhd", b"\0\0\0\7") + bytes(10)
    found = box_at(data, 0, len(data))

    assert unpack(struct.Struct(">I"), data, found) == (7,)
    with pytest.raises(MediaInvalid, match="'mdhd'"):
        unpack(struct.Struct(">I"), data, found, 1)
