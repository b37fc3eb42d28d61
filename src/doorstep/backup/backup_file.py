"""A backup as one file: a gzipped tar, in an age envelope where it holds secrets.  Written whole or not at all."""

import gzip
import hashlib
import io
import os
import secrets
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from doorstep.backup.contents import CATALOG, LARGEST_SMALL_FILE, MANIFEST, KeptFile, Manifest, manifest_bytes
from doorstep.backup.contents import read_manifest as _read_manifest
from doorstep.backup.errors import BackupInvalid
from doorstep.backup.passphrase import Passphrase
from doorstep.backup.tar_members import Member, read_members, write_end, write_member

AGE_MAGIC = b"age-encryption.org/v1"
_GZIP_MAGIC = b"\x1f\x8b"
_PIECE = 1024 * 1024
_UNSUSPICIOUS = 64 * 1024 * 1024
_MOST_TIMES = 200
"""A real catalog shrinks to a tenth; gzip could make a thousandth of nothing but zeros."""

_NO_BACKUP = "This file is no backup of Doorstep."
_DAMAGED = "The backup is damaged. Nothing of it was used."
_BOMB = "This backup would grow far beyond what a catalog does. It was not made by Doorstep; nothing of it was used."


def is_backup(path: Path) -> bool:
    """Whether the file begins like one.  Raises OSError."""
    with path.open("rb") as file:
        head = file.read(len(AGE_MAGIC))
    return head.startswith(_GZIP_MAGIC) or head == AGE_MAGIC


def write_backup(
    target: Path, manifest: Manifest, files: Mapping[str, bytes], catalog: BinaryIO, passphrase: Passphrase | None
) -> None:
    """Write `target`, mode 0600, in place of what lies there; cut short, there is what there was before.

    `files` are the manifest's but the catalog, which is read from `catalog`.  Raises OSError.
    """
    if manifest.has_secrets and passphrase is None:
        msg = "a backup with secrets is encrypted"
        raise ValueError(msg)
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with _sealed(file, passphrase) as out:
                _write_archive(out, manifest, files, catalog)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
        _sync_folder(target.parent)
    finally:
        with suppress(FileNotFoundError):
            unfinished.unlink()


@dataclass(frozen=True, slots=True)
class OpenBackup:
    """A backup of which everything but the catalog was read and checked; the catalog comes last."""

    manifest: Manifest
    files: Mapping[str, bytes]
    save_catalog: Callable[[BinaryIO], None]
    """Writes it to a file, once.  Raises BackupInvalid where it is not the manifest's, OSError."""


@contextmanager
def open_backup(path: Path, passphrase: Callable[[], str]) -> Iterator[OpenBackup]:
    """The backup at `path`; `passphrase` is asked where it is encrypted.  Raises BackupInvalid, OSError."""
    with ExitStack() as held, _damage_told():
        if not is_backup(path):
            raise BackupInvalid(_NO_BACKUP)
        file = held.enter_context(path.open("rb"))
        most = max(_UNSUSPICIOUS, _MOST_TIMES * os.fstat(file.fileno()).st_size)
        inside: BinaryIO = file
        if file.peek(len(AGE_MAGIC)).startswith(AGE_MAGIC):
            from doorstep.backup.age_file import AgeReader  # noqa: PLC0415 - only then is `cryptography` needed

            inside = cast("BinaryIO", AgeReader(file, passphrase()))  # gzip asks it for `read` alone
        members = read_members(held.enter_context(gzip.GzipFile(fileobj=inside, mode="rb")))
        manifest = _manifest(members)
        if sum(kept.size for kept in manifest.files) > most:
            raise BackupInvalid(_BOMB)
        small = {kept.name: _small(kept, members) for kept in manifest.files[:-1]}
        yield OpenBackup(manifest, small, lambda target: _save(manifest.files[-1], members, target))


def checksum(data: bytes) -> str:
    """As the manifest names it."""
    return hashlib.sha256(data).hexdigest()


def checksum_of(file: BinaryIO) -> tuple[int, str]:
    """Length and checksum of the rest of a file."""
    found, size = hashlib.sha256(), 0
    while piece := file.read(_PIECE):
        found.update(piece)
        size += len(piece)
    return size, found.hexdigest()


@contextmanager
def _sealed(file: BinaryIO, passphrase: Passphrase | None) -> Iterator[BinaryIO]:
    if passphrase is None:
        yield file
        return
    from doorstep.backup.age_file import AgeWriter  # noqa: PLC0415 - only then is `cryptography` needed

    envelope = AgeWriter(file, passphrase)
    yield cast("BinaryIO", envelope)  # gzip asks it for `write` and `flush` alone
    envelope.close()


def _write_archive(out: BinaryIO, manifest: Manifest, files: Mapping[str, bytes], catalog: BinaryIO) -> None:
    told, mtime = manifest_bytes(manifest), int(manifest.made_at.timestamp())
    with gzip.GzipFile("", "wb", 6, out, mtime) as archive:
        write_member(archive, MANIFEST, len(told), mtime, io.BytesIO(told))
        for kept in manifest.files:
            source = catalog if kept.name == CATALOG else io.BytesIO(files[kept.name])
            write_member(archive, kept.name, kept.size, mtime, source)
        write_end(archive)


def _manifest(members: Iterator[Member]) -> Manifest:
    first = next(members, None)
    if first is None or first.name != MANIFEST or first.size > LARGEST_SMALL_FILE:
        raise BackupInvalid(_DAMAGED)
    return _read_manifest(b"".join(first.pieces))


def _next(kept: KeptFile, members: Iterator[Member]) -> Member:
    member = next(members, None)
    if member is None or (member.name, member.size) != (kept.name, kept.size):
        raise BackupInvalid(_DAMAGED)
    return member


def _small(kept: KeptFile, members: Iterator[Member]) -> bytes:
    data = b"".join(_next(kept, members).pieces)
    if checksum(data) != kept.sha256:
        raise BackupInvalid(_DAMAGED)
    return data


def _save(kept: KeptFile, members: Iterator[Member], target: BinaryIO) -> None:
    found = hashlib.sha256()
    with _damage_told():
        for piece in _next(kept, members).pieces:
            found.update(piece)
            target.write(piece)
        # To the very end: only there a cut-off file shows itself.
        if next(members, None) is not None or found.hexdigest() != kept.sha256:
            raise BackupInvalid(_DAMAGED)


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BackupInvalid(_DAMAGED) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
