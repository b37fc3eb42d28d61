"""One growing file of the local store.  Names and folders live in `local`."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress

from doorstep.core.disk_state import DiskReading, is_full
from doorstep.core.errors import StoreUnavailable
from doorstep.stores.disk_error import disk_errors, store_error
from doorstep.stores.reservation import reserve

_STEP = 8 * 1024 * 1024


class LocalBlob:
    """Appends to an open file that it owns.  One thread at a time; implements `ports.BlobWriter`.

    `wrote` is told how many bytes each append wrote.  A disk is full for recordings while there is still room for the
    catalog's rows, and for a file that is not begun a little earlier.
    """

    def __init__(self, descriptor: int, size: int, wrote: Callable[[int], None] | None = None) -> None:
        self._wrote = wrote
        self._descriptor: int | None = descriptor
        self._size = size
        self._reserved: int | None = size
        self._ragged = False
        self._rests = size == 0

    @property
    def size(self) -> int:
        """Bytes appended so far."""
        return self._size

    def append(self, data: bytes) -> None:
        """All of `data` or nothing.  Raises StoreUnavailable, StoreFull."""
        descriptor = self._open_descriptor()
        with disk_errors():
            self._cut_ragged_end(descriptor)
            if self._reserved is None or self._size + len(data) > self._reserved:
                self._leave_room_for_others(descriptor)
        self._reserve_for(descriptor, len(data))
        try:
            _write_all(descriptor, data, self._size)
        except OSError as error:
            self._ragged = True
            # If even this fails, the next append, sync or close tries again before it does anything else.
            with suppress(OSError):
                self._cut_ragged_end(descriptor)
            raise store_error(error) from error
        self._size += len(data)
        if self._wrote is not None:
            self._wrote(len(data))

    def sync(self) -> None:
        """What was appended survives a power cut from here on.  Raises StoreUnavailable."""
        descriptor = self._open_descriptor()
        with disk_errors():
            self._cut_ragged_end(descriptor)
            os.fdatasync(descriptor)

    def close(self) -> None:
        """Give back what was reserved and not used, sync and release; idempotent.  Raises StoreUnavailable."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        with disk_errors():
            try:
                os.ftruncate(descriptor, self._size)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            msg = "This recording is closed already."
            raise StoreUnavailable(msg)
        return self._descriptor

    def _cut_ragged_end(self, descriptor: int) -> None:
        if self._ragged:
            os.ftruncate(descriptor, self._size)
            self._ragged = False
            self._reserved = None if self._reserved is None else self._size

    def _leave_room_for_others(self, descriptor: int) -> None:
        """Raises OSError (ENOSPC) where what is free is not for recordings."""
        room = os.fstatvfs(descriptor)
        reading = DiskReading(total=room.f_blocks * room.f_frsize, free=room.f_bavail * room.f_frsize)
        self._rests = is_full(reading, held=self._rests)
        if self._rests:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _reserve_for(self, descriptor: int, length: int) -> None:
        """Reserving is a courtesy to the file system; that it fails (no space for a whole step) is no error yet."""
        if self._reserved is None or self._size + length <= self._reserved:
            return
        wanted = max(_STEP, self._size + length - self._reserved)
        with suppress(OSError):
            self._reserved = self._reserved + wanted if reserve(descriptor, self._reserved, wanted) else None


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
