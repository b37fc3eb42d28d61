"""Recordings as files under one folder.  How one of them grows lives in `local_blob`."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Lock

from doorstep.core.disk_state import DiskReading
from doorstep.core.errors import BlobMissing, StoreUnavailable
from doorstep.stores.blob_name import missing, names_of, names_to_read, names_to_write
from doorstep.stores.disk_error import disk_errors, store_error
from doorstep.stores.entries import entries_below, make_folders
from doorstep.stores.local_blob import LocalBlob

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# No link is ever followed below the root, and a FIFO that somebody put there must not make us wait.
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class LocalStore:
    """Keeps each blob in one file under `root`.  Thread-safe; implements `ports.Store`.

    Every folder of a key is opened by its own name, relative to the one above and without following links, so a key
    never leads out of `root`.  Making one raises StoreUnavailable where the folder cannot be made.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        # Held while names come and go, so that a folder is not removed between its making and its first file.
        self._naming = Lock()
        self._counting = Lock()
        self._written = 0
        with disk_errors():
            make_folders(root)

    def create(self, key: str) -> LocalBlob:
        """A new, empty blob; its name survives a power cut.  Raises StoreUnavailable, also when the key exists."""
        *folders, name = names_to_write(key)
        with disk_errors(), self._naming, self._folder(folders, make=True) as folder:
            descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FILE, 0o600, dir_fd=folder)
            try:
                os.fsync(folder)
            except OSError:
                os.close(descriptor)
                os.unlink(name, dir_fd=folder)
                raise
            return LocalBlob(descriptor, 0, self._wrote)

    def resume(self, key: str, size: int) -> LocalBlob:
        """Go on behind the first `size` bytes; what lies behind them is cut off.  Raises BlobMissing."""
        with disk_errors():
            descriptor, length = self._open(key, os.O_RDWR)
            if length < size:
                os.close(descriptor)
                raise missing(key)
            try:
                os.ftruncate(descriptor, size)
            except OSError:
                os.close(descriptor)
                raise
            return LocalBlob(descriptor, size, self._wrote)

    def put(self, key: str, data: bytes) -> None:
        """Write or replace a whole blob, atomically.  Raises StoreUnavailable, StoreFull."""
        *folders, name = names_to_write(key)
        # A leading dot: no key, so a leftover of a power cut is never listed.
        unfinished = f".{secrets.token_hex(8)}"
        with disk_errors(), ExitStack() as opened:
            with self._naming:
                folder = opened.enter_context(self._folder(folders, make=True))
                descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FILE, 0o600, dir_fd=folder)
            try:
                _fill(LocalBlob(descriptor, 0, self._wrote), data)
                os.replace(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder)
            except (OSError, StoreUnavailable):
                with suppress(OSError):
                    os.unlink(unfinished, dir_fd=folder)
                raise
            os.fsync(folder)

    def read(self, key: str, offset: int, length: int) -> bytes:
        """At most `length` bytes.  Raises BlobMissing, StoreUnavailable."""
        with disk_errors():
            descriptor, _ = self._open(key, os.O_RDONLY)
            try:
                return os.pread(descriptor, length, offset)
            finally:
                os.close(descriptor)

    def size(self, key: str) -> int:
        """In bytes.  Raises BlobMissing, and StoreUnavailable where the disk does not answer."""
        with disk_errors():
            descriptor, length = self._open(key, os.O_RDONLY)
            os.close(descriptor)
            return length

    def exists(self, key: str) -> bool:
        """Whether the key is taken.  Raises StoreUnavailable where the disk does not answer."""
        try:
            self.size(key)
        except BlobMissing:
            return False
        return True

    def delete(self, key: str) -> None:
        """No error if it is gone already; folders that become empty go too.  Raises StoreUnavailable."""
        *folders, name = names_to_write(key)
        with disk_errors(), self._naming:
            try:
                with self._folder(folders, make=False) as folder:
                    os.unlink(name, dir_fd=folder)
                    os.fsync(folder)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return
            self._remove_empty(folders)

    def keys(self) -> Iterator[str]:
        """Every key, in no order; slow, for start-up and fsck only.  Raises StoreUnavailable."""
        with disk_errors():
            for key, entry in entries_below(self._root):
                if names_of(key) and entry.is_file(follow_symlinks=False):
                    yield key

    def free_bytes(self) -> int:
        """Space that is left on the disk for a program without special rights.  Raises StoreUnavailable."""
        with disk_errors():
            room = os.statvfs(self._root)
            return room.f_bavail * room.f_frsize

    def disk_reading(self) -> DiskReading:
        """What the file system says of itself; writes nothing.  Raises StoreUnavailable."""
        with disk_errors():
            room = os.statvfs(self._root)
        size, read_only = room.f_frsize, bool(room.f_flag & os.ST_RDONLY)
        return DiskReading(total=room.f_blocks * size, free=room.f_bavail * size, read_only=read_only)

    @property
    def bytes_written(self) -> int:
        """Of recordings and pictures since the store was made: what was asked for, without the disk's own rows."""
        return self._written

    def _wrote(self, count: int) -> None:
        with self._counting:
            self._written += count

    def _open(self, key: str, access: int) -> tuple[int, int]:
        """The descriptor and the length of an existing file.  Raises BlobMissing, OSError."""
        *folders, name = names_to_read(key)
        try:
            with self._folder(folders, make=False) as folder:
                descriptor = os.open(name, access | _FILE, dir_fd=folder)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise missing(key) from error
        except OSError as error:
            if _is_link(error):
                raise missing(key) from error
            raise
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            raise missing(key)
        return descriptor, found.st_size

    @contextmanager
    def _folder(self, names: list[str], *, make: bool) -> Iterator[int]:
        """A descriptor of the folder that `names` lead to from the root."""
        try:
            descriptor = os.open(self._root, _FOLDER)
        except FileNotFoundError as error:
            # A disk that was pulled out must not look like recordings that were deleted.
            raise store_error(error) from error
        try:
            for name in names:
                if make:
                    _make_folder(name, descriptor)
                below = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)

    def _remove_empty(self, folders: list[str]) -> None:
        """From the lowest upwards, until one is not empty."""
        with suppress(OSError):
            while folders:
                *folders, name = folders
                with self._folder(folders, make=False) as above:
                    os.rmdir(name, dir_fd=above)


def _make_folder(name: str, above: int) -> None:
    try:
        os.mkdir(name, 0o700, dir_fd=above)
    except FileExistsError:
        return
    os.fsync(above)


def _fill(blob: LocalBlob, data: bytes) -> None:
    try:
        blob.append(data)
    finally:
        blob.close()


def _is_link(error: OSError) -> bool:
    """Whether O_NOFOLLOW refused a file; for a folder that is a link Linux says ENOTDIR."""
    return error.errno == errno.ELOOP
