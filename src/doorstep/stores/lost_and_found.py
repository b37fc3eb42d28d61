"""What lies in the local store's folder and is no blob of it, and where `fsck` puts what it must not delete.

Names that begin with a dot are what an interrupted `LocalStore.put` left.  Nothing here is needed while recording.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from doorstep.core.errors import DoorstepError, StoreUnavailable
from doorstep.stores.blob_name import is_plain, names_of, names_to_write
from doorstep.stores.disk_error import disk_errors
from doorstep.stores.entries import entries_below, make_folders, sync_folder

FOLDER = "set+aside"
"""Below the store's own folder, so that moving there copies nothing.  The plus sign keeps it from being a key.

Not `lost+found`: at the top of a disk that is root's, and the file system's own check puts things there.
"""

_LEFTOVER = re.compile(r"\.[0-9a-f]{16}")
_VIDEO_HEAD = b"ftyp"


@dataclass(frozen=True, slots=True)
class LostAndFound:
    """The side room of a LocalStore with the same `root`.  One thread at a time; raises StoreUnavailable."""

    root: Path

    def leftovers(self) -> Sequence[str]:
        """What interrupted writes left: paths relative to the root, sorted."""
        with disk_errors():
            return sorted(name for name in self._strangers() if self._is_leftover(name))

    def foreign(self) -> Sequence[str]:
        """What is none of ours, links included: paths relative to the root, sorted."""
        with disk_errors():
            return sorted(name for name in self._strangers() if not self._is_leftover(name))

    def held(self) -> tuple[int, int]:
        """How many files were set aside, and their bytes together."""
        with disk_errors():
            sizes = [path.lstat().st_size for path in self.folder.rglob("*") if not path.is_dir()]
        return len(sizes), sum(sizes)

    def clear(self, leftover: str) -> str:
        """Remove a leftover, or set it aside where it might be video; the words for what was done."""
        path = self.root / leftover
        with disk_errors():
            if not self._is_leftover(leftover):
                msg = f"{leftover} is no leftover of an interrupted write."
                raise StoreUnavailable(msg)
            if _may_be_video(path):
                return f"moved to {self._move(path, leftover)}"
            path.unlink()
        return "removed"

    def set_aside(self, key: str) -> str:
        """Move a blob out of the store, its bytes untouched; where it lies now, relative to the root."""
        names_to_write(key)
        with disk_errors():
            return self._move(self.root / key, key)

    def keep(self, key: str, begin: int, pieces: Iterable[bytes]) -> str:
        """Keep what is about to be cut from a blob, from byte `begin` on; where it lies now, relative to the root."""
        names_to_write(key)
        with disk_errors():
            target = self._free(f"{key}.from-{begin}")
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.writelines(pieces)
                    file.flush()
                    os.fsync(file.fileno())
            except (OSError, DoorstepError):  # the disk here, or what `pieces` reads
                target.unlink()
                raise
            sync_folder(target.parent)
        return target.relative_to(self.root).as_posix()

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.root / FOLDER

    def _move(self, path: Path, name: str) -> str:
        target = self._free(name.replace("/.", "/"))
        path.rename(target)
        for folder in (target.parent, path.parent):
            sync_folder(folder)
        with suppress(OSError):
            path.parent.rmdir()
        return target.relative_to(self.root).as_posix()

    def _free(self, name: str) -> Path:
        """A path for it that nothing has yet."""
        wanted = self.folder / name
        target, number = wanted, 2
        while os.path.lexists(target):
            target, number = wanted.with_name(f"{wanted.name}.{number}"), number + 1
        make_folders(target.parent)
        return target

    def _is_leftover(self, name: str) -> bool:
        """By its exact form: a file of that name where a blob could lie."""
        *folders, last = name.split("/")
        path = self.root / name
        is_name = _LEFTOVER.fullmatch(last) is not None and all(map(is_plain, folders))
        return is_name and os.path.lexists(path) and stat.S_ISREG(path.lstat().st_mode)

    def _strangers(self) -> Iterator[str]:
        for name, entry in entries_below(self.root):
            if name != FOLDER and not (names_of(name) and entry.is_file(follow_symlinks=False)):
                yield name


def _may_be_video(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] == _VIDEO_HEAD
