"""The contract of `SegmentShelf`, for every adapter."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, StoreUnavailable
from doorstep.core.segment import ConnectionId, Segment
from doorstep.ports import SegmentShelf, ShelvedConnection
from doorstep.shelves.folder import FolderShelf
from doorstep.shelves.memory import MemoryShelf
from fakes.footage import CAMERA, CONNECTION, FORMAT, plain_packets, segments_of

THREE = segments_of(plain_packets(75))
FIRST, BYTES = THREE[0]
LATER = ConnectionId("20261121T140000")


def memory(_folder: Path) -> SegmentShelf:
    return MemoryShelf()


def folder(folder: Path) -> SegmentShelf:
    return FolderShelf(folder / "buffer", "boot 1")


@pytest.fixture(params=[memory, folder])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> SegmentShelf:
    make: Callable[[Path], SegmentShelf] = request.param
    return make(tmp_path)


def filled(shelf: SegmentShelf) -> SegmentShelf:
    shelf.open(CAMERA, CONNECTION, FORMAT)
    for segment, data in THREE:
        shelf.put(segment, data)
    return shelf


def test_what_was_put_is_read(shelf: SegmentShelf) -> None:
    filled(shelf)

    for segment, data in THREE:
        assert shelf.read(segment, 0, segment.size) == data
        assert shelf.read(segment, 100, 50) == data[100:150]
        assert shelf.read(segment, segment.size, 0) == b""


def test_a_segment_that_is_put_again_is_replaced(shelf: SegmentShelf) -> None:
    filled(shelf)
    again = bytes(len(BYTES) - 20) + bytes(20)

    shelf.put(FIRST, again)

    assert shelf.read(FIRST, 0, FIRST.size) == again


@pytest.mark.parametrize(("offset", "length"), [(0, 1), (1, 0), (5, -1), (-1, 1), (-FIRST.size, 5)])
def test_nothing_is_read_outside_the_fragment(shelf: SegmentShelf, offset: int, length: int) -> None:
    filled(shelf)

    with pytest.raises(BlobMissing):
        shelf.read(FIRST, FIRST.size + offset if offset >= 0 else offset, length)


def test_what_was_removed_is_missing(shelf: SegmentShelf) -> None:
    filled(shelf)

    shelf.remove(FIRST)
    shelf.remove(FIRST)

    with pytest.raises(BlobMissing, match="overwritten"):
        shelf.read(FIRST, 0, 1)
    assert shelf.read(THREE[1][0], 0, 4) == THREE[1][1][:4]


def test_a_connection_that_was_never_opened_has_nothing(shelf: SegmentShelf) -> None:
    with pytest.raises(BlobMissing):
        shelf.read(FIRST, 0, 1)
    with pytest.raises(StoreUnavailable):
        shelf.put(FIRST, BYTES)
    shelf.remove(FIRST)
    shelf.close(CAMERA, CONNECTION)
    assert shelf.reindex() == []


def test_a_closed_connection_is_forgotten(shelf: SegmentShelf) -> None:
    filled(shelf)
    for segment, _ in THREE:
        shelf.remove(segment)

    shelf.close(CAMERA, CONNECTION)
    shelf.close(CAMERA, CONNECTION)

    assert shelf.reindex() == []
    with pytest.raises(StoreUnavailable):
        shelf.put(FIRST, BYTES)


def test_a_connection_with_segments_is_not_forgotten(shelf: SegmentShelf) -> None:
    filled(shelf)

    shelf.close(CAMERA, CONNECTION)

    assert shelf.read(FIRST, 0, FIRST.size) == BYTES


def test_what_is_there_is_indexed(shelf: SegmentShelf) -> None:
    filled(shelf)
    shelf.remove(FIRST)

    assert shelf.reindex() == [ShelvedConnection(CAMERA, CONNECTION, FORMAT, (THREE[1][0], THREE[2][0]))]


def test_connections_and_cameras_are_kept_apart_and_indexed_in_the_order_of_time(shelf: SegmentShelf) -> None:
    other = CameraId("back-door")
    shelf.open(CAMERA, LATER, FORMAT)
    shelf.open(other, CONNECTION, replace(FORMAT, width=320))
    filled(shelf)
    later: Segment = replace(FIRST, connection=LATER, starts_at=THREE[2][0].starts_at)
    elsewhere: Segment = replace(THREE[1][0], camera=other)
    shelf.put(later, BYTES)
    shelf.put(elsewhere, THREE[1][1])

    shelf.remove(FIRST)
    shelf.put(FIRST, BYTES)

    assert [(one.camera, one.connection, len(one.segments)) for one in shelf.reindex()] == [
        (CAMERA, CONNECTION, 3),
        (other, CONNECTION, 1),
        (CAMERA, LATER, 1),
    ]
    assert shelf.read(elsewhere, 0, 9) == THREE[1][1][:9]


def test_an_empty_connection_is_dropped_from_the_index(shelf: SegmentShelf) -> None:
    shelf.open(CAMERA, CONNECTION, FORMAT)

    assert shelf.reindex() == []
