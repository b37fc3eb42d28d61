"""A start on a disk that is full or write-protected: possible with what was kept for it, or refused in plain words."""

import os
from pathlib import Path

import pytest

from doorstep.app.disk_at_start import (
    SPARE,
    SPARE_BYTES,
    give_up_spare,
    keep_spare,
    refuse_read_only,
    spare_space,
    told_when_full,
)
from doorstep.core.errors import CatalogUnavailable, ConfigInvalid
from fakes.small_disk import disk_in_memory, make_read_only

WORDS = "The catalog's disk does not answer."


def free(folder: Path) -> int:
    there = os.statvfs(folder)
    return there.f_bavail * there.f_frsize


def fill(folder: Path, leave: int = 0) -> None:
    (folder / "filler").write_bytes(bytes(free(folder) - leave))


def test_a_start_on_a_full_disk_has_what_was_kept_for_it_and_the_next_one_too(tmp_path: Path) -> None:
    with disk_in_memory(tmp_path / "disk", "4m") as data:
        with spare_space(data):
            assert (data / SPARE).stat().st_size == SPARE_BYTES
        fill(data)
        for _ in range(2):
            with spare_space(data):
                assert free(data) >= SPARE_BYTES
            assert free(data) == 0
            assert (data / SPARE).stat().st_blocks * 512 == SPARE_BYTES


def test_of_a_disk_that_is_nearly_full_it_keeps_what_there_is(tmp_path: Path) -> None:
    with disk_in_memory(tmp_path / "disk", "4m") as data:
        fill(data, leave=200_000)
        with spare_space(data):
            assert free(data) >= 190_000
        assert (data / SPARE).stat().st_size == SPARE_BYTES // 4


def test_a_catalog_that_a_full_disk_keeps_shut_is_told_so(tmp_path: Path) -> None:
    with disk_in_memory(tmp_path / "disk", "1m") as data:
        fill(data)
        with pytest.raises(CatalogUnavailable, match=r"is full.*Free some space"), told_when_full(data):
            raise CatalogUnavailable(WORDS)
    with pytest.raises(CatalogUnavailable, match="does not answer"), told_when_full(tmp_path):
        raise CatalogUnavailable(WORDS)


def test_a_disk_that_became_read_only_is_refused_with_what_to_do(tmp_path: Path) -> None:
    refuse_read_only(tmp_path / "not" / "made" / "yet")
    with disk_in_memory(tmp_path / "disk", "1m") as data:
        make_read_only(data, read_only=True)
        for folder in (data, data / "not-made-yet"):
            with pytest.raises(ConfigInvalid, match=r"read-only.*mount it for writing again"):
                refuse_read_only(folder)


def test_spare_space_is_given_up_on_a_full_disk_alone_and_taken_back(tmp_path: Path) -> None:
    with disk_in_memory(tmp_path / "disk", "3m") as disk:
        assert keep_spare(disk)
        assert not give_up_spare(disk)
        fill(disk)
        assert give_up_spare(disk)
        assert free(disk) >= SPARE_BYTES
        assert not keep_spare(disk)
        (disk / "filler").unlink()
        assert keep_spare(disk)
        assert not keep_spare(disk)
