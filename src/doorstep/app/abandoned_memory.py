"""Gives back memory that nobody will take up: what servers left in /dev/shm whose data folder is gone since.

A server that was stopped or killed leaves its last minutes for its next start.  Where its data folder was deleted there
is none, and they would take memory until the machine starts anew.  One on a disk that is only away was not deleted.  A
service's minutes are systemd's to remove.
"""

import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

from doorstep.app.buffer_folder import SHARED_MEMORY
from doorstep.app.folders import lock_path
from doorstep.core.machine_texts import lock_holder

NOTE = ".data-folder"
"""Beside the minutes: whose they are.  Their folder's name is a sum of that path."""

LOCKS = Path("/proc/locks")

log = structlog.get_logger()


def settle_memory(folder: Path, data: Path, shared: Path = SHARED_MEMORY) -> None:
    """Note whose minutes `folder` holds, and clear away those of nobody.  A folder elsewhere is left alone.

    Blocks; raises nothing: a buffer works without it.
    """
    if folder.parent != shared:
        return
    with suppress(OSError):
        noted = _Noted(str(data.resolve()), data.stat().st_dev, lock_path(data).stat().st_ino)
        (folder / NOTE).write_text(json.dumps(asdict(noted)), encoding="ascii")
    for abandoned in _abandoned(shared):
        for each in (abandoned, abandoned.with_name(f"{abandoned.name}-alerts")):
            shutil.rmtree(each, ignore_errors=True)
        log.info("memory of a deleted data folder given back", folder=str(abandoned))


@dataclass(frozen=True, slots=True)
class _Noted:
    """A data folder: its path, the device that it lies on, and the inode of its server's lock."""

    path: str
    device: int
    lock: int


def _abandoned(shared: Path) -> list[Path]:
    """Folders of this user whose data folder is known and gone."""
    ours = re.compile(rf"doorstep-{os.geteuid()}-[0-9a-f]{{12}}")
    found = []
    with suppress(OSError), os.scandir(shared) as entries:
        for entry in entries:
            if ours.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                noted = _noted_in(Path(entry.path))
                if noted is not None and _is_deleted(noted) and not _is_held(noted.lock):
                    found.append(Path(entry.path))
    return found


def _noted_in(folder: Path) -> _Noted | None:
    """None where it is not said, or where somebody else said it."""
    with suppress(OSError, ValueError, TypeError):
        if folder.stat().st_uid == os.geteuid():
            return _Noted(**json.loads((folder / NOTE).read_text(encoding="ascii")))
    return None


def _is_deleted(noted: _Noted) -> bool:
    """What is left of the way there lies on its device; of a disk that is not mounted it lies on another's."""
    for place in (Path(noted.path), *Path(noted.path).parents):
        try:
            return place.lstat().st_dev == noted.device and place != Path(noted.path)
        except FileNotFoundError:
            continue
        except OSError:  # a disk that does not answer
            return False
    return False


def _is_held(lock: int) -> bool:
    """Whether a server still runs, deleted or not."""
    try:
        return lock_holder(LOCKS.read_text(encoding="ascii"), lock) is not None
    except (OSError, ValueError):
        return True
