"""Stored ZIPs: readers that are not ours accept them, and any range of one is that part of the whole."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.mp4.archive import Archive, Entry, EntrySlice
from doorstep.mp4.checksum import combined, exchanged

AT = datetime(2026, 11, 21, 12, 34, 57, tzinfo=UTC)
GIB = 1 << 30


def entry(name: str, data: bytes) -> Entry:
    return Entry(name, len(data), AT, lambda: crc32(data))


def part_of(archive: Archive, contents: list[bytes], offset: int, length: int) -> bytes:
    return b"".join(
        one if isinstance(one, bytes) else contents[one.index][one.offset : one.offset + one.length]
        for one in archive.pieces(offset, length)
    )


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_another_reader_finds_each_entry(contents: list[bytes]) -> None:
    archive = Archive([entry(f"{number}.mp4", data) for number, data in enumerate(contents)])
    whole = part_of(archive, contents, 0, archive.size)
    assert len(whole) == archive.size
    with zipfile.ZipFile(io.BytesIO(whole)) as found:
        assert found.testzip() is None
        assert [found.read(one) for one in found.infolist()] == contents
        assert all(one.date_time == (2026, 11, 21, 12, 34, 56) for one in found.infolist())


@given(st.lists(st.binary(max_size=50), max_size=5), st.integers(0, 900), st.integers(0, 900))
def test_any_range_is_that_part_of_the_whole(contents: list[bytes], offset: int, length: int) -> None:
    archive = Archive([entry(f"{number}.mp4", data) for number, data in enumerate(contents)])
    whole = part_of(archive, contents, 0, archive.size)
    assert part_of(archive, contents, offset, length) == whole[offset : offset + length]


class Hollow(io.RawIOBase):
    """An archive of huge entries of zeros as a file."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._at = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._archive.size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        size = self._archive.size - self._at if size < 0 else size
        found = b"".join(self._pieces(size))
        self._at += len(found)
        return found

    def _pieces(self, size: int) -> Iterator[bytes]:
        for one in self._archive.pieces(self._at, size):
            yield bytes(one.length) if isinstance(one, EntrySlice) else one


def test_entries_and_places_beyond_four_gigabytes_are_found() -> None:
    sizes = [5 * GIB, 7, 0xFFFFFFFF, 9]
    zeros = crc32(bytes(7))
    archive = Archive([Entry(f"{number}.mp4", size, AT, lambda: zeros) for number, size in enumerate(sizes)])
    with zipfile.ZipFile(Hollow(archive)) as found:
        assert [one.file_size for one in found.infolist()] == sizes
        assert [one.header_offset for one in found.infolist()][-1] > 9 * GIB
        with found.open("1.mp4") as small:
            assert small.read(4) == bytes(4)


def test_more_entries_than_sixteen_bits_count_are_found() -> None:
    archive = Archive([Entry(f"{number}", 0, AT, lambda: 0) for number in range(70_000)])
    with zipfile.ZipFile(io.BytesIO(part_of(archive, [b""] * 70_000, 0, archive.size))) as found:
        assert len(found.infolist()) == 70_000


def test_a_time_before_the_first_of_the_format_is_the_first() -> None:
    archive = Archive([Entry("a", 0, datetime(1970, 1, 1, tzinfo=UTC), lambda: 0)])
    with zipfile.ZipFile(io.BytesIO(part_of(archive, [b""], 0, archive.size))) as found:
        assert found.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


@pytest.mark.parametrize("names", [["a", "a"], ["../a"], ["a\\b"], [""]])
def test_names_that_would_leave_the_folder_are_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match="plain names"):
        Archive([entry(name, b"") for name in names])


def test_no_checksum_is_asked_for_before_it_is_written() -> None:
    def never() -> int:
        raise AssertionError

    archive = Archive([entry("a", b"abc"), Entry("b", 3, AT, never)])
    assert part_of(archive, [b"abc"], 0, 34)[-4:] == b"aabc"
    with pytest.raises(AssertionError):
        part_of(archive, [b"abc", b"def"], 0, archive.size)


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=300))
def test_checksums_are_put_together_without_the_bytes(one: bytes, other: bytes, rest: bytes) -> None:
    assert combined(crc32(one), crc32(rest), len(rest)) == crc32(one + rest)
    head = other[: len(one)].ljust(len(one))
    assert exchanged(crc32(one + rest), crc32(one), crc32(head), len(rest)) == crc32(head + rest)
