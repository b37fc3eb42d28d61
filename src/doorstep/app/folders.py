"""Where a server keeps things on this machine: data folder, its lock, and the tmpfs of the rolling buffer."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doorstep.core.errors import ConfigInvalid
from doorstep.core.settings import BufferSettings

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it, 0700, with our user's name
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SHARE_OF_MEMORY = 4
SOCKET_NAME = "doorstep.sock"


def data_folder(data: Path) -> Path:
    """The folder, made for our eyes only.  Raises ConfigInvalid in plain words."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The data folder {data} cannot be made ({error.strerror}). Name another with --data or server.data."
        raise ConfigInvalid(msg) from error
    if not os.access(data, os.W_OK | os.X_OK):
        msg = f"The data folder {data} cannot be written by this user. Name another with --data or server.data."
        raise ConfigInvalid(msg)
    return data


def catalog_url(data: Path) -> str:
    """The catalog's address."""
    return f"sqlite:///{data / 'doorstep.sqlite'}"


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """One server for one data folder; the kernel lets go when the process ends, however it ends.

    Raises ConfigInvalid.
    """
    try:
        file = (data / "lock").open("a")
    except OSError as error:
        msg = f"{data / 'lock'} cannot be opened ({error.strerror}). Did another user run Doorstep with this folder?"
        raise ConfigInvalid(msg) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            msg = f"Another Doorstep is running with the data folder {data}. Stop it, or name another folder."
            raise ConfigInvalid(msg) from error
        yield


def buffer_folder(settings: BufferSettings, data: Path) -> Path:
    """Memory by default, for a minute of video every minute wears out an SD card; the same after every restart."""
    if settings.directory is not None:
        return settings.directory
    name = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:12]
    base = Path(os.environ.get("RUNTIME_DIRECTORY", "")) if "RUNTIME_DIRECTORY" in os.environ else SHARED_MEMORY
    return base / f"doorstep-{os.getuid()}-{name}"


def buffer_bytes(settings: BufferSettings, folder: Path) -> int:
    """For all cameras together: what was asked for, else a quarter of the memory; never more than the folder has."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    wanted = settings.max_bytes or memory // SHARE_OF_MEMORY
    there = os.statvfs(folder)
    held = sum(file.stat().st_size for file in folder.rglob("*.m4s"))
    free = there.f_bavail * there.f_frsize + held
    return max(1, min(wanted, free * 9 // 10))


def boot_id() -> str:
    """Which start of the machine this is; a buffer of another one is not ours to trust."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return "unknown"
