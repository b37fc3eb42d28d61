"""What the disks are, how they are mounted: that part of `doorstep check --report`.  By what they are for, no path."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from doorstep.app.buffer_folder import buffer_folder
from doorstep.app.machine_files import MachineFiles
from doorstep.core.errors import DoorstepError
from doorstep.core.machine_report import ReportLine, ReportSection
from doorstep.core.machine_texts import Mount, mount_of, mounts_in
from doorstep.core.settings import Settings
from doorstep.stores.disk_kind import disk_kind

GIGABYTE = 1_000_000_000
MEGABYTE = 1024 * 1024
MEMORY_FOLDERS = ("/dev/shm", "/run", "/tmp", "/var/log")  # noqa: S108 - asked about, never written


def disk_section(files: MachineFiles, settings: Settings | None) -> ReportSection:
    """Of the system's disk, and of those where the settings put data and buffer."""
    mounts = mounts_in(files.text("proc/self/mountinfo"))
    places: dict[str, Path] = {"system": files.at("/")}
    if settings is not None:
        places["data folder"] = settings.server.data
        try:
            places["rolling buffer"] = buffer_folder(settings.buffer, settings.server.data)
        except DoorstepError:
            places.pop("rolling buffer", None)
    lines = [ReportLine(what, _words(files, folder, mounts)) for what, folder in places.items()]
    return ReportSection("Disks", (*lines, ReportLine("in memory (tmpfs)", tuple(_in_memory(mounts)))))


def _words(files: MachineFiles, folder: Path, mounts: Sequence[Mount]) -> str | None:
    """None where this user may not look."""
    try:
        there = next(each for each in (folder, *folder.parents) if each.exists()).resolve()
        room = os.statvfs(there)
    except OSError:
        return None
    root = files.root.resolve()
    inside = Path("/") / there.relative_to(root) if there.is_relative_to(root) else there
    mount = mount_of(str(inside), mounts)
    how = f", {mount.kind}, {mount.told}" if mount is not None else ""
    free, size = (blocks * room.f_frsize / GIGABYTE for blocks in (room.f_bavail, room.f_blocks))
    return f"{disk_kind(inside, files.disks)}{how}; {free:.1f} of {size:.1f} GB free"


def _in_memory(mounts: Sequence[Mount]) -> Iterator[str]:
    for point in MEMORY_FOLDERS:
        mount = next((each for each in reversed(mounts) if each.point == point), None)
        if mount is not None and mount.kind == "tmpfs":
            yield f"{point} {f'{mount.size // MEGABYTE} MiB' if mount.size else 'of half the memory'}"
