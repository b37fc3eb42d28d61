"""The records of all boxes on the disk, and authorized_keys made of them; one writer at a time.

Written by root (pair, revoke) and by the tunnel's user (pair-in).  Root does it as that user, so that nothing that he
could put in the way leads root anywhere.
"""

import fcntl
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from doorstep.hub_machine.box import LONGEST_RECORD, Box, box_text, key_lines, read_box
from doorstep.hub_machine.hub_clock import HubClock
from doorstep.hub_machine.refused import HubFull, HubRefused, StateUnreadable
from doorstep.hub_machine.whole_file import remove_whole, sync_folder, write_together, write_whole

KEYS: Final = "authorized_keys"
_BOXES: Final = "boxes"
_RECORD, _LEAVING = ".json", ".gone"
"""How the record of a box is called, and that of one that is being revoked: as long, so that a full disk takes it."""

_LOCK: Final = "lock"
_WAIT_SECONDS: Final = 10.0
_LOOK_AGAIN_SECONDS: Final = 0.05


class BoxFolder:
    """The folder `state` of a hub.  Reading takes no lock: each file is whole at any time."""

    def __init__(self, folder: Path, program: str, clock: HubClock) -> None:
        self._folder = folder
        self._program = program
        self._clock = clock

    def names(self) -> Sequence[str]:
        """Of all that have a record, readable or not."""
        return self._named(_RECORD)

    def leaving(self) -> Sequence[str]:
        """Of those whose key opens nothing any more, and of whom something else may still be there."""
        return self._named(_LEAVING)

    def boxes(self) -> Sequence[Box]:
        """All of them by name.  Raises HubRefused or StateUnreadable, one sentence each."""
        return [box for box in map(self.box, self.names()) if box is not None]

    def readable(self) -> tuple[Sequence[Box], Mapping[str, str]]:
        """Those that can be read, and for each other record, or box that is not wholly revoked, what is wrong."""
        found: list[Box] = []
        faults: dict[str, str] = {}
        for name in self.names():
            try:
                box = self.box(name)
            except HubRefused as fault:
                faults[name] = str(fault)
            else:
                found += [] if box is None else [box]
        faults |= {name: not_wholly(name) for name in self.leaving()}
        return found, faults

    def box(self, name: str) -> Box | None:
        """One of them, None where there is none of the name."""
        path = _record(self._folder, name)
        try:
            with path.open("rb") as file:
                raw = file.read(LONGEST_RECORD + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(path, error) from error
        box = read_box(raw[:LONGEST_RECORD].decode("utf-8", "replace"), str(path))
        if box.name != name:
            msg = f"{path} is the record of another box, {box.name}. It was left as it is; move it away."
            raise StateUnreadable(msg)
        return box

    @contextmanager
    def changing(self) -> Iterator["BoxChange"]:
        """Alone with the records, as the user whose they are.  Raises HubRefused where another change takes long."""
        with _as_owner(self._folder), self._lock():
            yield BoxChange(self, self._folder, self._program, self._clock)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        try:
            descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unreadable(self._folder, error) from error
        try:
            self._take(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int) -> None:
        until = self._clock.monotonic() + _WAIT_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if self._clock.monotonic() >= until:
                    msg = "Another doorstep-hub is changing the boxes. Nothing was changed; try again in a moment."
                    raise HubRefused(msg) from error
                self._clock.sleep(_LOOK_AGAIN_SECONDS)
            else:
                return

    def _named(self, suffix: str) -> Sequence[str]:
        try:
            return sorted(path.stem for path in (self._folder / _BOXES).iterdir() if path.suffix == suffix)
        except OSError as error:
            raise _unreadable(self._folder, error) from error


class BoxChange:
    """What may be done while one is alone with the records."""

    def __init__(self, boxes: BoxFolder, folder: Path, program: str, clock: HubClock) -> None:
        self._boxes = boxes
        self._folder = folder
        self._program = program
        self._clock = clock

    def boxes(self) -> Sequence[Box]:
        """As they are now."""
        return self._boxes.boxes()

    def box(self, name: str) -> Box | None:
        """One of them, None where there is none of the name."""
        return self._boxes.box(name)

    def put(self, box: Box) -> None:
        """The record first, then the keys: who is killed between finds a code that is used, and asks again with it.

        No new box while one is not wholly revoked, for it might be given that one's port.
        """
        known = self.boxes()
        if box.name not in {each.name for each in known} and (leaving := self._boxes.leaving()):
            msg = f"{not_wholly(leaving[0])} Then the same again. Nothing was changed."
            raise HubRefused(msg)
        keys = self._keys([*(each for each in known if each.name != box.name), box])
        write_together([(_record(self._folder, box.name), box_text(box)), (self._folder / KEYS, keys)])

    def shut_out(self, name: str) -> None:
        """Neither key nor code of the box opens anything any more, and no later change gives them back.

        Works on a full disk too, and whatever the records hold: its lines are struck out where they stand, its record
        is renamed.  May be repeated.  Raises HubRefused.
        """
        try:
            struck_out(self._folder / KEYS, name)
        except OSError:
            remove_whole(self._folder / KEYS)  # no key opens anything until `forget`, or `init`, has written them anew
        try:
            _record(self._folder, name).rename(_record(self._folder, name, _LEAVING))
            sync_folder(self._folder / _BOXES)
        except FileNotFoundError:
            return
        except OSError as error:
            msg = (
                f"The key of {name} opens nothing any more, but {_record(self._folder, name)} could not be renamed "
                f"({error.strerror}). Free some space, and run: sudo doorstep-hub revoke {name}"
            )
            raise HubRefused(msg) from error

    def forget(self, name: str) -> None:
        """Nothing is left of a box that was shut out; name and port are free.  Raises HubRefused."""
        if not (self._folder / KEYS).exists():
            readable, _ = self._boxes.readable()
            try:
                write_whole(self._folder / KEYS, self._keys(readable))
            except HubFull as fault:
                msg = f"{fault} Until then no box's key opens anything."
                raise HubFull(msg) from fault
        remove_whole(_record(self._folder, name, _LEAVING))

    def write_keys(self) -> None:
        """authorized_keys anew, of the records as they are."""
        write_whole(self._folder / KEYS, self._keys(self.boxes()))

    def _keys(self, boxes: Sequence[Box]) -> str:
        return key_lines(boxes, self._clock.now(), self._program)


def struck_out(path: Path, name: str) -> None:
    """The box's lines of authorized_keys are comments of the same length from now on.  Raises OSError.

    In place, for that asks for no space; cut off anywhere it leaves a line that opens nothing.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        at = 0
        for line in file.read().splitlines(keepends=True):
            if _is_of(line, name.encode()):
                os.pwrite(descriptor, b"#" * len(line.rstrip(b"\r\n")), at)
            at += len(line)
        os.fsync(descriptor)


def not_wholly(name: str) -> str:
    """Of a box whose revoking was cut off."""
    return (
        f"{name} is not wholly revoked: its key opens nothing any more, its sessions, TURN secret and site may still "
        f"be there. Run: sudo doorstep-hub revoke {name}"
    )


def _record(folder: Path, name: str, suffix: str = _RECORD) -> Path:
    return folder / _BOXES / f"{name}{suffix}"


def _is_of(line: bytes, name: bytes) -> bool:
    """By its last word, or by what its key runs."""
    commands = (b' serve %s"' % name, b' pair-in %s"' % name)
    return line.split()[-1:] == [name] or any(command in line for command in commands)


def make_folder(folder: Path) -> None:
    """The folder's inside, as the user whose it is.  Raises HubRefused."""
    with _as_owner(folder):
        try:
            folder.chmod(0o700)
            (folder / _BOXES).mkdir(mode=0o700, exist_ok=True)
            sync_folder(folder)
        except OSError as error:
            raise _unreadable(folder, error) from error


@contextmanager
def _as_owner(folder: Path) -> Iterator[None]:
    """Root becomes the folder's owner meanwhile (seteuid(2)); anybody else stays who he is."""
    try:
        owner = folder.lstat()
    except OSError as error:
        raise _unreadable(folder, error) from error
    if not stat.S_ISDIR(owner.st_mode):
        msg = f"{folder} is no folder. Move it away and run `sudo doorstep-hub init HOST` again."
        raise HubRefused(msg)
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    group = os.getegid()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)


def _unreadable(path: Path, error: OSError) -> HubRefused:
    words = f"{path} cannot be read or written ({error.strerror})."
    if isinstance(error, PermissionError):
        return HubRefused(
            f"{words} Run this with sudo; if that does not help, run `sudo doorstep-hub init HOST` again."
        )
    if isinstance(error, FileNotFoundError):
        return HubRefused(f"{words} This machine is no hub yet: run `sudo doorstep-hub init HOST`.")
    return HubRefused(f"{words} Nothing was changed.")
