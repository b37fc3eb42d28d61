"""What a disk may hold after a power cut: everything that was synced, and of the rest anything that the rules allow.

What was written to a file and not synced may be there or not, in any order, torn at 512 bytes, and leave zeros where
its length came first.  A name that was made, changed or removed is safe once its own folder was synced; until then a
folder's changes may be there up to any one of them.  That is less than Linux's journaling file systems promise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from random import Random

from faults.disk_trace import SYNCS, WRITES, Call

SECTOR = 512
LEFT_OUT = ("-shm", "/lock", ".sock")
"""Of no meaning after a power cut: SQLite's shared memory is made anew, a lock and a socket belong to a process."""


class Kept(Enum):
    """How much of what was not synced is there."""

    ALL = auto()
    NOTHING = auto()
    A_PREFIX = auto()
    SCATTERED = auto()


@dataclass(frozen=True, slots=True)
class _Change:
    """Bytes at an offset, or, without bytes, a new length; `done` is None while it is under way at the cut."""

    begun: int
    done: int
    offset: int
    data: bytes | None


@dataclass(slots=True)
class _File:
    """An inode: its changes in the order in which they were done, and the syncs as (begun, done)."""

    changes: list[_Change] = field(default_factory=list)
    syncs: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Folder:
    """Names of one folder: each change sets names to inodes, folders or None."""

    changes: list[tuple[int, int, dict[str, "_File | _Folder | None"]]] = field(default_factory=list)
    syncs: list[tuple[int, int]] = field(default_factory=list)


class TracedDisk:
    """The history of a folder that was empty before the first call."""

    def __init__(self, root: Path, calls: Sequence[Call]) -> None:
        self._root = str(root)
        self._live: dict[str, _File | _Folder] = {self._root: _Folder()}
        self._offsets: dict[int, int] = {}
        self.unknown: set[str] = set()
        for call in calls:
            self._take(call)

    # ---------------------------------------------------------------------------------------------------- history

    def _take(self, call: Call) -> None:
        """Calls that change nothing of the disk, and names of no meaning, are passed over."""
        inside = [path.removesuffix(" (deleted)") for path in call.paths if path.startswith(self._root)]
        if not inside or any(path.endswith(LEFT_OUT) for path in inside):
            return
        if call.kind in WRITES:
            self._write(call, inside[0])
        elif call.kind in SYNCS:
            if (synced := self._live.get(inside[0])) is not None:
                synced.syncs.append((call.begun, call.done))
        elif call.kind == "openat":
            self._open(call, inside[-1])
        elif call.kind == "ftruncate":
            self._change(call, inside[0], call.number, None)
        elif call.kind == "lseek":
            self._offsets[call.descriptor] = call.result
        else:
            self._take_name(call, inside)

    def _take_name(self, call: Call, inside: Sequence[str]) -> None:
        if call.kind in {"mkdir", "mkdirat"}:
            self._name(call, {inside[-1]: _Folder()})
        elif call.kind in {"unlink", "unlinkat", "rmdir"}:
            self._name(call, {inside[-1]: None})
        elif call.kind.startswith("rename"):  # within one folder, as all of ours are
            old, new = inside[-2:]
            self._name(call, {old: None, new: self._live.get(old)})
        else:
            self.unknown.add(call.kind)

    def _open(self, call: Call, path: str) -> None:
        self._offsets[call.result] = 0
        there = self._live.get(path)
        if "O_CREAT" in call.words and there is None:
            self._name(call, {path: _File()})
        elif "O_TRUNC" in call.words and isinstance(there, _File):
            self._change(call, path, 0, None)

    def _write(self, call: Call, path: str) -> None:
        placed = call.kind.startswith("p")
        offset = call.number if placed else self._offsets.get(call.descriptor, 0)
        if not placed:
            self._offsets[call.descriptor] = offset + call.result
        self._change(call, path, offset, call.data)

    def _change(self, call: Call, path: str, offset: int, data: bytes | None) -> None:
        file = self._live.get(path)
        if isinstance(file, _File):
            file.changes.append(_Change(call.begun, call.done, offset, data))

    def _name(self, call: Call, changed: dict[str, "_File | _Folder | None"]) -> None:
        folder = self._live.get(str(Path(next(iter(changed))).parent))
        if not isinstance(folder, _Folder):
            return
        folder.changes.append((call.begun, call.done, {Path(path).name: one for path, one in changed.items()}))
        for path, one in changed.items():
            if one is None:
                self._live.pop(path, None)
            else:
                self._live[path] = one

    # ------------------------------------------------------------------------------------------------------- cuts

    def leave(self, into: Path, cut: int, kept: Kept, chance: Random) -> None:
        """Write into an empty folder what may be left when the power goes at line `cut` of the trace."""
        root = self._live[self._root]
        assert isinstance(root, _Folder)
        self._leave_folder(root, into, cut, kept, chance)

    def _leave_folder(self, folder: _Folder, into: Path, cut: int, kept: Kept, chance: Random) -> None:
        names: dict[str, _File | _Folder | None] = {}
        begun = [change for change in folder.changes if change[0] <= cut]
        safe = _safe(folder.syncs, cut)
        synced = sum(1 for change in begun if change[1] < safe)
        whole = sum(1 for change in begun if change[1] <= cut)
        for _, _, changed in begun[: _how_many(synced, whole, len(begun), kept, chance)]:
            names.update(changed)
        into.mkdir(mode=0o700, exist_ok=True)
        for name, one in names.items():
            if isinstance(one, _Folder):
                self._leave_folder(one, into / name, cut, kept, chance)
            elif one is not None:
                (into / name).write_bytes(_content(one, cut, kept, chance))


def _how_many(synced: int, whole: int, begun: int, kept: Kept, chance: Random) -> int:
    """How many changes of a folder's names are there; each is atomic, in flight it may be done or not."""
    if kept is Kept.ALL:
        return whole
    if kept is Kept.NOTHING:
        return synced
    return chance.randint(synced, begun)


def _safe(syncs: Sequence[tuple[int, int]], cut: int) -> int:
    """What was done before this line is safe: where the last sync that was over by the cut began."""
    return max((begun for begun, done in syncs if done <= cut), default=-1)


def _content(file: _File, cut: int, kept: Kept, chance: Random) -> bytes:
    begun = [change for change in file.changes if change.begun <= cut]
    safe = _safe(file.syncs, cut)
    content = bytearray()
    loose = []
    for change in begun:
        if change.done < safe:
            _apply(content, change)
        else:
            loose.append(change)
    if kept is Kept.ALL:
        for change in loose:
            if change.done <= cut:
                _apply(content, change)
    elif kept is Kept.A_PREFIX and loose:
        upto = chance.randint(0, len(loose))
        for change in loose[:upto]:
            _apply(content, change)
        if upto < len(loose) and (data := loose[upto].data) is not None:
            sectors = chance.randint(0, -(-len(data) // SECTOR))
            _apply(content, _Change(0, 0, loose[upto].offset, data[: sectors * SECTOR]))
    elif kept is Kept.SCATTERED and loose:
        _scatter(content, loose, chance)
    return bytes(content)


def _scatter(content: bytearray, loose: Sequence[_Change], chance: Random) -> None:
    """Each sector of each write for itself, in any order; a cut of the length is an order of its own."""
    lengths = [len(content)]
    sectors: list[_Change] = []
    for change in loose:
        if change.data is None:
            if chance.random() < 0.5:
                continue
            for one in sorted(sectors, key=lambda _: chance.random()):
                _apply(content, one)
            sectors.clear()
            _apply(content, change)
            lengths = [len(content)]
            continue
        lengths.append(change.offset + len(change.data))
        sectors += [
            _Change(0, 0, change.offset + at, change.data[at : at + SECTOR])
            for at in range(0, len(change.data), SECTOR)
            if chance.random() < 0.5
        ]
    for one in sorted(sectors, key=lambda _: chance.random()):
        _apply(content, one)
    length = chance.choice(lengths)
    if length > len(content):
        content.extend(bytes(length - len(content)))
    elif chance.random() < 0.5 and length >= lengths[0]:
        del content[max(length, lengths[0]) :]


def _apply(content: bytearray, change: _Change) -> None:
    if change.data is None:
        if change.offset < len(content):
            del content[change.offset :]
        else:
            content.extend(bytes(change.offset - len(content)))
        return
    if change.offset > len(content):
        content.extend(bytes(change.offset - len(content)))
    content[change.offset : change.offset + len(change.data)] = change.data
