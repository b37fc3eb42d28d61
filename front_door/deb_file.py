"""The format of a Debian package (deb(5)): an `ar` archive with two tarballs.  Same entries, same bytes, anywhere.

What lies in ours: `release_tree.py`.
"""

import hashlib
import io
import lzma
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import IO

FILE_RIGHTS, PROGRAM_RIGHTS = 0o644, 0o755
PRESET = 2
"""How hard xz tries: most of what it is given is machine code, where more costs minutes and saves little."""
_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or a link where `link` says to what.  `path` begins without a slash; `read` is asked once or twice."""

    path: str
    read: Callable[[], bytes] = bytes
    rights: int = FILE_RIGHTS
    link: str = ""


def write_deb(
    path: Path, control: Mapping[str, str], entries: Sequence[Entry], moment: int, preset: int = PRESET
) -> None:
    """`control` has the text of `control` and the scripts; the sums and the size are added to it here."""
    ordered = sorted(entries, key=lambda entry: entry.path)
    with TemporaryFile(dir=path.parent) as packed:
        with lzma.open(packed, "wb", preset=preset) as stream:
            sums, size = _write_tree(stream, ordered, moment)
        description = f"Installed-Size: {size // _BLOCK}\n{control['control']}"
        told = {**control, "control": description, "md5sums": sums}
        with path.open("wb") as deb:
            deb.write(b"!<arch>\n")
            _append(deb, "debian-binary", io.BytesIO(b"2.0\n"), moment)
            _append(deb, "control.tar.xz", io.BytesIO(_control(told, moment)), moment)
            _append(deb, "data.tar.xz", packed, moment)


def _write_tree(stream: IO[bytes], entries: Sequence[Entry], moment: int) -> tuple[str, int]:
    """The sums of all files as dpkg keeps them, and what they take on a disk."""
    sums: list[str] = []
    size = 0
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for folder in _folders(entries):
            tar.addfile(_member(folder, tarfile.DIRTYPE, PROGRAM_RIGHTS, moment))
            size += _BLOCK
        for entry in entries:
            if entry.link:
                member = _member(entry.path, tarfile.SYMTYPE, 0o777, moment)
                member.linkname = entry.link
                tar.addfile(member)
                continue
            content = entry.read()
            member = _member(entry.path, tarfile.REGTYPE, entry.rights, moment)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
            sums.append(f"{hashlib.md5(content, usedforsecurity=False).hexdigest()}  {entry.path}\n")
            size += -(-len(content) // _BLOCK) * _BLOCK
    return "".join(sums), size


def _folders(entries: Sequence[Entry]) -> Iterator[str]:
    """Each once, before what is in it."""
    known = {str(parent) for entry in entries for parent in PurePosixPath(entry.path).parents}
    yield from sorted(known)


def _member(path: str, kind: bytes, rights: int, moment: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo("./" if path == "." else f"./{path}")
    member.type, member.mode, member.mtime = kind, rights, moment
    member.uname = member.gname = "root"
    return member


def _control(files: Mapping[str, str], moment: int) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(_member(".", tarfile.DIRTYPE, PROGRAM_RIGHTS, moment))
        for name, text in sorted(files.items()):
            content = text.encode()
            rights = PROGRAM_RIGHTS if text.startswith("#!") else FILE_RIGHTS
            member = _member(name, tarfile.REGTYPE, rights, moment)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _append(archive: IO[bytes], name: str, content: IO[bytes], moment: int) -> None:
    length = content.seek(0, io.SEEK_END)
    content.seek(0)
    archive.write(f"{name:<16}{moment:<12}{0:<6}{0:<6}{'100644':<8}{length:<10}`\n".encode())
    while chunk := content.read(1 << 20):
        archive.write(chunk)
    if length % 2:
        archive.write(b"\n")
