"""The folders of the local store: what lies below them, and making them so that they last."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from doorstep.stores.blob_name import is_plain


def entries_below(root: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything by its path relative to `root`, but folders that are looked into: those that a key may have.

    So `lost+found` at the top of a disk, which is root's alone, is told and left alone.  What goes away meanwhile is
    passed over.  Raises OSError, also where `root` is gone.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as found:
                entries = list(found)
        except FileNotFoundError:
            if not folder:
                raise
            continue
        for entry in entries:
            name = folder + entry.name
            if is_plain(entry.name) and entry.is_dir(follow_symlinks=False):
                waiting.append(f"{name}/")
            else:
                yield name, entry


def make_folders(folder: Path) -> None:
    """It and all above it that are missing, for our eyes only; their names survive a power cut.  Raises OSError."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        sync_folder(one.parent)
    if not missing and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def sync_folder(folder: Path) -> None:
    """The names in it survive a power cut from here on.  Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
