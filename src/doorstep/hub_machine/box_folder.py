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
from doorstep.hub_machine.refused import HubRefused, StateUnreadable
from doorstep.hub_machine.whole_file import remove_whole, sync_folder, write_together, write_whole

KEYS: Final = "authorized_keys"
_BOXES: Final = "boxes"
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
        try:
            return sorted(path.stem for path in (self._folder / _BOXES).iterdir() if path.suffix == ".json")
        except OSError as error:
            raise _unreadable(self._folder, error) from error

    def boxes(self) -> Sequence[Box]:
        """All of them by name.  Raises HubRefused or StateUnreadable, one sentence each."""
        return [box for box in map(self.box, self.names()) if box is not None]

    def readable(self) -> tuple[Sequence[Box], Mapping[str, str]]:
        """Those that can be read, and for each other record what is wrong with it."""
        found: list[Box] = []
        faults: dict[str, str] = {}
        for name in self.names():
            try:
                box = self.box(name)
            except HubRefused as fault:
                faults[name] = str(fault)
            else:
                found += [] if box is None else [box]
        return found, faults

    def box(self, name: str) -> Box | None:
        """One of them, None where there is none of the name."""
        path = self._path(name)
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

    def _path(self, name: str) -> Path:
        return self._folder / _BOXES / f"{name}.json"


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
        """The record first, then the keys: who is killed between finds a code that is used, and asks again with it."""
        others = [each for each in self.boxes() if each.name != box.name]
        keys = key_lines([*others, box], self._clock.now(), self._program)
        write_together([(self._folder / _BOXES / f"{box.name}.json", box_text(box)), (self._folder / KEYS, keys)])

    def take_away(self, name: str) -> Sequence[str]:
        """The key first: from then on it opens nothing, whatever happens to this program.

        Records that cannot be read do not hold it up, and open nothing any more; answers what is wrong with them.
        """
        readable, faults = self._boxes.readable()
        write_whole(self._folder / KEYS, self._keys([box for box in readable if box.name != name]))
        remove_whole(self._folder / _BOXES / f"{name}.json")
        return [fault for record, fault in faults.items() if record != name]

    def write_keys(self) -> None:
        """authorized_keys anew, of the records as they are."""
        write_whole(self._folder / KEYS, self._keys(self.boxes()))

    def _keys(self, boxes: Sequence[Box]) -> str:
        return key_lines(boxes, self._clock.now(), self._program)


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
