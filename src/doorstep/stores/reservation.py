"""Space on the disk set aside for a file that will grow, its length left as it is.  Linux only."""

import ctypes
import errno
import os

_FALLOC_FL_KEEP_SIZE = 1  # linux/falloc.h


def reserve(descriptor: int, offset: int, length: int) -> bool:
    """Set aside `length` bytes at `offset`, fallocate(2) with FALLOC_FL_KEEP_SIZE.

    False where the file system or the C library cannot do it.  Raises OSError, ENOSPC above all.
    """
    # Not os.posix_fallocate: it changes the length, and the length is what a reader after a power cut goes by.
    call = getattr(ctypes.CDLL(None, use_errno=True), "fallocate", None)
    if call is None:
        return False
    call.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    if call(descriptor, _FALLOC_FL_KEEP_SIZE, offset, length) == 0:
        return True
    code = ctypes.get_errno()
    if code in {errno.EOPNOTSUPP, errno.ENOSYS}:
        return False
    raise OSError(code, os.strerror(code))
