"""The narrow tar: others read it, and of others nothing is read that it does not write."""

import io
import tarfile
from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.backup.errors import BackupInvalid
from doorstep.backup.tar_members import is_member_name, read_members, write_end, write_member

names = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,20}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,20})?\Z")
contents = st.lists(st.tuples(names, st.binary(max_size=2000)), max_size=4, unique_by=lambda one: one[0])


def written(files: Sequence[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    for name, data in files:
        write_member(out, name, len(data), 1_700_000_000, io.BytesIO(data))
    write_end(out)
    return out.getvalue()


def read(archive: bytes) -> list[tuple[str, bytes]]:
    return [(member.name, b"".join(member.pieces)) for member in read_members(io.BytesIO(archive))]


@given(contents)
def test_what_was_written_is_read_by_us_and_by_others(files: list[tuple[str, bytes]]) -> None:
    archive = written(files)
    assert read(archive) == files
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        found = [(one.name, tar.extractfile(one)) for one in tar.getmembers()]
    assert [(name, file.read() if file else None) for name, file in found] == files


@given(contents)
def test_a_member_that_nobody_read_is_passed_over(files: list[tuple[str, bytes]]) -> None:
    assert [member.name for member in read_members(io.BytesIO(written(files)))] == [name for name, _ in files]


@given(contents, st.data())
def test_an_archive_cut_anywhere_is_refused(files: list[tuple[str, bytes]], data: st.DataObject) -> None:
    archive = written(files)
    length = data.draw(st.integers(0, len(archive) - 1))
    with pytest.raises(BackupInvalid):
        read(archive[:length])


@given(st.binary(max_size=3000))
def test_any_bytes_are_read_or_refused(archive: bytes) -> None:
    with pytest.raises(BackupInvalid):
        read(archive)


@given(contents.filter(bool), st.integers(0, 511), st.integers(0, 255))
def test_a_changed_head_is_refused_or_harmless(files: list[tuple[str, bytes]], place: int, value: int) -> None:
    archive = bytearray(written(files))
    archive[place] = value
    try:
        found = read(bytes(archive))
    except BackupInvalid:
        return
    assert [data for _, data in found] == [data for _, data in files]
    assert all(is_member_name(name) for name, _ in found)


def foreign(kind: bytes, name: str = "evil", link: str = "", form: Literal[0, 1, 2] = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    head = tarfile.TarInfo(name)
    head.type, head.linkname = kind, link
    out.write(head.tobuf(form))
    write_end(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "archive",
    [
        foreign(tarfile.SYMTYPE, link="/etc/passwd"),
        foreign(tarfile.LNKTYPE, link="catalog.sqlite"),
        foreign(tarfile.DIRTYPE),
        foreign(tarfile.FIFOTYPE),
        foreign(tarfile.CHRTYPE),
        foreign(tarfile.REGTYPE, "../doorstep.toml"),
        foreign(tarfile.REGTYPE, "/etc/cron.d/evil"),
        foreign(tarfile.REGTYPE, "keys/../../evil"),
        foreign(tarfile.REGTYPE, "keys\\evil"),
        foreign(tarfile.REGTYPE, ".hidden"),
        foreign(tarfile.REGTYPE, "a/b/c"),
        foreign(tarfile.REGTYPE, "käse"),
        foreign(tarfile.REGTYPE, "a" * 150, form=tarfile.GNU_FORMAT),
        foreign(tarfile.REGTYPE, "ä" * 90, form=tarfile.PAX_FORMAT),
        foreign(tarfile.REGTYPE) + b"more",
    ],
)
def test_links_folders_and_names_that_lead_elsewhere_are_refused(archive: bytes) -> None:
    with pytest.raises(BackupInvalid):
        read(archive)


@pytest.mark.parametrize("name", ["", "..", "a/..", "/a", "a//b", "a" * 101])
def test_no_such_name_is_written(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a part"):
        write_member(io.BytesIO(), name, 0, 0, io.BytesIO())


def test_a_file_that_shrinks_while_it_is_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="ended before"):
        write_member(io.BytesIO(), "a", 10, 0, io.BytesIO(b"short"))
