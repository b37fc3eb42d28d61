"""A disk that became read-only: refused before SQLite touches what it maps there, except where that is harmless."""

from pathlib import Path

import pytest

from doorstep.catalog.engine import open_engine, reading, sqlite_url
from doorstep.catalog.read_only_disk import refuse_deadly_disk
from doorstep.core.errors import CatalogUnavailable
from fakes.small_disk import disk_in_memory, make_read_only


def mounts(folder: Path, kind: str, options: str) -> Path:
    """A made-up /proc/self/mountinfo, in which the folder above is always well."""
    path = folder / "mountinfo"
    point = str(folder / "a disk").replace(" ", r"\040")
    path.write_text(
        f"22 1 0:99 / {folder} rw - ext4 /dev/sda1 rw\n23 22 8:1 / {point} rw shared:1 - {kind} /dev/sdb1 {options}\n"
    )
    return path


@pytest.mark.parametrize(
    ("kind", "options"), [("btrfs", "ro,space_cache=v2"), ("ext4", "ro,data=journal"), ("f2fs", "ro"), ("xfs", "ro")]
)
def test_a_disk_where_a_touch_ends_the_process_is_left_alone(tmp_path: Path, kind: str, options: str) -> None:
    told = mounts(tmp_path, kind, options)
    with disk_in_memory(tmp_path / "a disk", "1m") as disk:
        refuse_deadly_disk(disk, told)
        make_read_only(disk, read_only=True)
        with pytest.raises(CatalogUnavailable, match=r"was made read-only.*start Doorstep anew"):
            refuse_deadly_disk(disk, told)
        make_read_only(disk, read_only=False)
        refuse_deadly_disk(disk, told)


def test_ext4_as_everybody_mounts_it_is_still_read(tmp_path: Path) -> None:
    told = mounts(tmp_path, "ext4", "ro,errors=remount-ro,data=ordered")
    with disk_in_memory(tmp_path / "a disk", "1m") as disk:
        make_read_only(disk, read_only=True)
        refuse_deadly_disk(disk, told)


def test_where_the_kernel_tells_nothing_it_is_left_alone_too(tmp_path: Path) -> None:
    with disk_in_memory(tmp_path / "a disk", "1m") as disk:
        make_read_only(disk, read_only=True)
        with pytest.raises(CatalogUnavailable):
            refuse_deadly_disk(disk, tmp_path / "no such file")
    refuse_deadly_disk(tmp_path / "gone", tmp_path / "no such file")


def test_the_catalog_asks_before_each_transaction(tmp_path: Path) -> None:
    """A memory disk goes read-only only while nobody has a file open there, so the pool is emptied before."""
    with disk_in_memory(tmp_path / "disk", "4m") as disk:
        engine = open_engine(sqlite_url(disk / "doorstep.sqlite"))
        engine.dispose()
        make_read_only(disk, read_only=True)
        with pytest.raises(CatalogUnavailable, match="was made read-only"), reading(engine) as session:
            session.connection()
        make_read_only(disk, read_only=False)
        with reading(engine) as session:
            session.connection()
        engine.dispose()
