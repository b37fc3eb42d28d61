"""Where `doorstep recover` puts what it saves: files by their keys, each there whole or not at all, and notes of which
events they were rebuilt from, so that a second run goes on where the first stopped.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from doorstep.core.errors import StoreFull, StoreUnavailable

NOTES = "recovered.json"
_UNFINISHED = ".part"
_FULL = frozenset({28, 122})  # ENOSPC, EDQUOT


class RecoveredFolder:
    """One folder of the owner's.  Keys are known to be plain names; one thread writes a key, several write many.

    Every method raises StoreUnavailable, StoreFull where the folder cannot be used.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        with _told_plainly(root):
            root.mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        """The file of a key."""
        return self.root.joinpath(*key.split("/"))

    def size(self, key: str) -> int | None:
        """Of the file, None where there is none."""
        with _told_plainly(self.root):
            try:
                return self.path(key).stat().st_size
            except FileNotFoundError:
                return None

    def write(self, key: str, pieces: Iterable[bytes]) -> int:
        """Write or replace a file; how long it is.  Raises what `pieces` raises besides, and leaves nothing then."""
        target = self.path(key)
        unfinished = target.with_name(target.name + _UNFINISHED)
        with _told_plainly(self.root):
            target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with _told_plainly(self.root):
                size = _fill(unfinished, pieces)
                unfinished.replace(target)
        finally:
            with suppress(OSError):
                unfinished.unlink()
        return size

    def read(self, key: str, offset: int, length: int) -> bytes:
        """At most so many bytes of a file that is there."""
        with _told_plainly(self.root), self.path(key).open("rb") as file:
            return os.pread(file.fileno(), length, offset)

    @contextmanager
    def spool(self) -> Iterator[IO[bytes]]:
        """A file without a name, which is gone behind the block whatever happens."""
        with _told_plainly(self.root), tempfile.TemporaryFile(dir=self.root) as file:
            yield file

    def notes(self) -> dict[str, object]:
        """As they were kept, empty where there are none or they make no sense."""
        try:
            found = json.loads((self.root / NOTES).read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def keep_notes(self, notes: dict[str, object]) -> None:
        """Replace them."""
        self.write(NOTES, [json.dumps(notes, indent=1).encode()])


def _fill(path: Path, pieces: Iterable[bytes]) -> int:
    size = 0
    with path.open("wb") as file:
        for piece in pieces:
            size += file.write(piece)
    return size


@contextmanager
def _told_plainly(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            msg = f"The disk of {root} is full. Free some space, then run this again: it goes on where it stopped."
            raise StoreFull(msg) from error
        msg = f"{root} cannot be written or read ({error.strerror}). Choose another folder with --to."
        raise StoreUnavailable(msg) from error
