"""Finds out on what kind of disk a folder lies, and how much was written to it.  Linux: /proc and /sys; no rights."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from doorstep.core.disk_kind import DiskKind
from doorstep.core.machine_texts import Mount, mount_of, mounts_in

MEMORY = frozenset({"tmpfs", "ramfs"})
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuse.s3fs", "fuse.rclone", "afs"})
SECTOR_BYTES = 512

_WRITTEN_SECTORS = 6  # Documentation/block/stat.rst: the seventh figure, in sectors of 512 bytes whatever the disk's


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the kernel tells of mounts and of disks."""

    mounts: Path = Path("/proc/self/mountinfo")
    disks: Path = Path("/sys/dev/block")
    names: Path = Path("/sys/class/block")

    def disk_of(self, mount: Mount) -> Path | None:
        """The whole disk's folder in /sys.  Btrfs counts its own devices: there the source's name tells."""
        return _whole_disk(self.disks / mount.device) or _whole_disk(self.names / Path(mount.source).name)


def disk_kind(folder: Path, machine: Machine | None = None) -> DiskKind:
    """Of the folder, or where it will be: the nearest one above that exists.  UNKNOWN where nothing can be read."""
    machine = machine or Machine()
    mount = _mount_of(folder, machine)
    if mount is None:
        return DiskKind.UNKNOWN
    if mount.kind in MEMORY:
        return DiskKind.MEMORY
    if mount.kind in NETWORK:
        return DiskKind.NETWORK
    disk = machine.disk_of(mount)
    return DiskKind.UNKNOWN if disk is None else _kind_of(disk)


def written_to_disk(folder: Path, machine: Machine | None = None) -> int | None:
    """Bytes written since the machine started to the whole disk on which the folder lies, by every program.

    None where the kernel does not tell (memory, network, overlays).
    """
    machine = machine or Machine()
    mount = _mount_of(folder, machine)
    disk = machine.disk_of(mount) if mount is not None else None
    if disk is None:
        return None
    figures = _text(disk / "stat").split()
    return int(figures[_WRITTEN_SECTORS]) * SECTOR_BYTES if len(figures) > _WRITTEN_SECTORS else None


def _mount_of(folder: Path, machine: Machine) -> Mount | None:
    there = folder.resolve()
    while not there.exists() and there != there.parent:
        there = there.parent
    return mount_of(str(there), mounts_in(_text(machine.mounts)))


def _whole_disk(device: Path) -> Path | None:
    """Of a disk or a partition; below a mapper or RAID the first that is real."""
    with suppress(OSError):
        disk = device.resolve(strict=True)
        if (disk / "partition").exists():
            disk = disk.parent
        below = sorted((disk / "slaves").iterdir()) if (disk / "slaves").is_dir() else []
        return _whole_disk(below[0]) if below else disk
    return None


def _kind_of(disk: Path) -> DiskKind:
    """An SD card says so in device/type (Documentation/driver-api/mmc/mmc-dev-attrs.rst), as does an eMMC."""
    card = _text(disk / "device" / "type").strip()
    if card in {"SD", "SDIO", "SDcombo"}:
        return DiskKind.SD_CARD
    if card == "MMC" or disk.name.startswith("mmcblk"):
        return DiskKind.EMMC if card == "MMC" else DiskKind.SD_CARD
    if _text(disk / "removable").strip() == "1":
        return DiskKind.USB_STICK
    rotational = _text(disk / "queue" / "rotational").strip()
    if disk.name.startswith("nvme") or rotational == "0":
        return DiskKind.SSD
    # A virtual disk calls itself rotational by habit: nobody knows what is below it.
    return DiskKind.HARD_DISK if rotational == "1" and not disk.name.startswith("vd") else DiskKind.UNKNOWN


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
