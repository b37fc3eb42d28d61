"""Where the last minutes lie on this machine, how many bytes they may take, and what the owner should know of it."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from doorstep.core.disk_kind import BUFFER_WEAR_REMEDY, WEARS_OUT, DiskKind, durability_of, durability_words
from doorstep.core.errors import ConfigInvalid
from doorstep.core.settings import BufferSettings, Settings
from doorstep.stores.disk_kind import disk_kind

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it, 0700, with our user's name
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
CGROUPS, MY_CGROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
RUNTIME = "RUNTIME_DIRECTORY"
FIRST_LOGIN_USER = 1000
SHARE_OF_MEMORY = 4


def buffer_folder(settings: BufferSettings, data: Path) -> Path:
    """Memory by default, for a minute of video every minute wears out an SD card; the same after every restart.

    Never a disk unless the owner named one.  Raises ConfigInvalid where this machine has no memory to write files to.
    """
    if settings.directory is not None:
        return settings.directory
    name = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:12]
    own = f"doorstep-{os.getuid()}-{name}"
    # Of a service's folders the first counts: below /run, which is memory (systemd.exec(5), RuntimeDirectory=).
    if runtime := os.environ.get(RUNTIME, "").partition(":")[0]:
        return Path(runtime) / own
    if disk_kind(SHARED_MEMORY) is DiskKind.MEMORY and os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
        return SHARED_MEMORY / own
    msg = (
        f"No folder in memory was found for the last minutes ({SHARED_MEMORY} is not a tmpfs that this user may "
        "write). Mount one there, or name a folder with directory under [buffer]."
    )
    raise ConfigInvalid(msg)


def buffer_bytes(settings: BufferSettings, folder: Path) -> int:
    """For all cameras together: what was asked for, else a quarter of the memory; never more than the folder has."""
    wanted = settings.max_bytes or memory_bytes() // SHARE_OF_MEMORY
    there = os.statvfs(folder)
    held = sum(file.stat().st_size for file in folder.rglob("*.m4s"))
    free = there.f_bavail * there.f_frsize + held
    return max(1, min(wanted, free * 9 // 10))


def buffer_note(settings: BufferSettings, folder: Path) -> str:
    """What the owner should know of where the last minutes lie; "" where there is nothing to know."""
    kind = disk_kind(folder)
    if settings.directory is None and RUNTIME not in os.environ and os.getuid() >= FIRST_LOGIN_USER:
        return (
            f"The last minutes lie in {folder.parent}, which the system may empty when you log out. "
            "Run Doorstep as a service, or let it linger: loginctl enable-linger."
        )
    if kind in WEARS_OUT:
        return f"The last minutes are written to a disk that wears out ({kind}). {BUFFER_WEAR_REMEDY}"
    return ""


def storage_notes(settings: Settings) -> list[str]:
    """What the owner should know of where things lie, told at every start and by `doorstep check`."""
    data = settings.server.data
    kind = disk_kind(data)
    durability = durability_words(durability_of(settings.store.durability, kind), kind)
    note = buffer_note(settings.buffer, buffer_folder(settings.buffer, data))
    return [durability, note] if note else [durability]


def memory_bytes(cgroups: Path = CGROUPS, mine: Path = MY_CGROUP) -> int:
    """What this process may use: the machine's memory, or less where its control group is limited (cgroups(7), v2)."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError):
        named = [line.removeprefix("0::/") for line in mine.read_text().splitlines() if line.startswith("0::")]
        group = cgroups / (named[0] if named else "")
        while group == cgroups or cgroups in group.parents:
            memory = min(memory, _limit_of(group, memory))
            group = group.parent
    return memory


def _limit_of(group: Path, otherwise: int) -> int:
    try:
        return int((group / "memory.max").read_text())
    except (OSError, ValueError):  # "max", or no such file at the root
        return otherwise


def boot_id() -> str:
    """Which start of the machine this is; a buffer of another one is not ours to trust."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return "unknown"
