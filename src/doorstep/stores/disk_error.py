"""What the disk says, in the words of `core.errors`.  The one place that maps OSError for the local store."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from doorstep.core.errors import StoreFull, StoreUnavailable

# EFBIG: a limit on the size of files (RLIMIT_FSIZE, FAT) is a full disk as far as this recording goes.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def store_error(error: OSError) -> StoreUnavailable:
    """The error to raise for what the operating system answered."""
    if error.errno in _FULL:
        return StoreFull("There is no space left for recordings. Free some, or lower max_bytes under [retention].")
    reason = os.strerror(error.errno) if error.errno else "unknown reason"
    return StoreUnavailable(f"The folder of the recordings cannot be used ({reason}). Check the disk and its rights.")


@contextmanager
def disk_errors() -> Iterator[None]:
    """Raises StoreFull or StoreUnavailable in place of any OSError of its block."""
    try:
        yield
    except OSError as error:
        raise store_error(error) from error
