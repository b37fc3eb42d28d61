"""A disk that was made read-only under an open catalog, where SQLite's next touch may end the whole process.

SQLite maps its index of the WAL (the file -shm) into memory and writes there even to read.  Where the kernel refuses
such a write there is no error to catch, but a SIGBUS (docs/decisions, "The catalog's index is mapped").
"""

import errno
import os
from pathlib import Path

from doorstep.core.errors import CatalogUnavailable
from doorstep.core.machine_texts import mount_of, mounts_in

MOUNTS = Path("/proc/self/mountinfo")
_WORDS = (
    "The catalog's disk was made read-only, as the system does with one that has errors. See `dmesg`, check the disk, "
    "mount it for writing again, and start Doorstep anew."
)


def refuse_deadly_disk(folder: Path, mounts: Path = MOUNTS) -> None:
    """Before each transaction; a few microseconds where all is well.  Raises CatalogUnavailable."""
    try:
        is_read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
        # XFS shuts itself down without a word of read-only, but from then on opens nothing.  The folder, never the
        # catalog: to close any descriptor of a file gives up SQLite's locks on it (fcntl_locking(2)).
        os.close(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    except OSError as error:
        if error.errno == errno.EIO:
            raise CatalogUnavailable(_WORDS) from error
        return  # SQLite finds out by itself what is wrong
    if is_read_only and not _may_write_mapped(folder, mounts):
        raise CatalogUnavailable(_WORDS)


def _may_write_mapped(folder: Path, mounts: Path) -> bool:
    """Ext4 asks its journal for no block that is there already, unless it journals what is in the files too."""
    try:
        told = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    mount = mount_of(str(folder.resolve()), mounts_in(told))
    return mount is not None and mount.kind in {"ext2", "ext3", "ext4"} and "data=journal" not in mount.options
