"""What /proc and /sys tell of the disk below a folder, on a machine that is made up."""

from pathlib import Path

import pytest

from doorstep.core.disk_kind import DiskKind
from doorstep.stores.disk_kind import Machine, disk_kind, written_to_disk


class MadeUpMachine:
    """One disk with one partition, mounted at a folder of its own."""

    def __init__(self, folder: Path, disk: str = "sda", file_system: str = "ext4") -> None:
        self.mounted = folder / "mounted here"
        self.mounted.mkdir()
        self._sys = folder / "devices" / disk
        partition = self._sys / f"{disk}1"
        partition.mkdir(parents=True)
        (partition / "partition").write_text("1\n")
        numbers = folder / "numbers"
        numbers.mkdir()
        (numbers / "8:1").symlink_to(partition)
        (folder / "names").mkdir()
        (folder / "names" / f"{disk}1").symlink_to(partition)
        spoken = str(self.mounted).replace(" ", r"\040")
        mounts = folder / "mountinfo"
        mounts.write_text(
            "22 1 0:99 / / rw - overlay overlay rw\n"
            f"23 22 8:1 / {spoken} rw,relatime shared:1 - {file_system} /dev/{disk}1 rw\n"
        )
        self.tells = Machine(mounts, numbers, folder / "names")

    def says(self, name: str, what: str) -> None:
        path = self._sys / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(what + "\n")

    def kind(self, below: str = "recordings/front") -> DiskKind:
        return disk_kind(self.mounted / below, self.tells)


@pytest.mark.parametrize(
    ("disk", "told", "kind"),
    [
        ("mmcblk0", {"device/type": "SD", "queue/rotational": "0"}, DiskKind.SD_CARD),
        ("mmcblk1", {"device/type": "MMC", "queue/rotational": "0"}, DiskKind.EMMC),
        ("mmcblk0", {}, DiskKind.SD_CARD),
        ("sda", {"removable": "1", "queue/rotational": "1"}, DiskKind.USB_STICK),
        ("sda", {"removable": "0", "queue/rotational": "0"}, DiskKind.SSD),
        ("sda", {"removable": "0", "queue/rotational": "1"}, DiskKind.HARD_DISK),
        ("nvme0n1", {}, DiskKind.SSD),
        ("vda", {"queue/rotational": "1"}, DiskKind.UNKNOWN),
        ("sda", {}, DiskKind.UNKNOWN),
    ],
)
def test_a_disk_is_known_by_what_the_kernel_says(
    tmp_path: Path, disk: str, told: dict[str, str], kind: DiskKind
) -> None:
    machine = MadeUpMachine(tmp_path, disk)
    for name, what in told.items():
        machine.says(name, what)
    assert machine.kind() is kind


@pytest.mark.parametrize(("file_system", "kind"), [("tmpfs", DiskKind.MEMORY), ("nfs4", DiskKind.NETWORK)])
def test_memory_and_networks_are_known_by_their_file_system(tmp_path: Path, file_system: str, kind: DiskKind) -> None:
    assert MadeUpMachine(tmp_path, file_system=file_system).kind() is kind


def test_below_a_mapper_the_real_disk_counts(tmp_path: Path) -> None:
    machine = MadeUpMachine(tmp_path, "dm-0")
    card = tmp_path / "devices" / "mmcblk0" / "device"
    card.mkdir(parents=True)
    (card / "type").write_text("SD\n")
    (tmp_path / "devices" / "dm-0" / "slaves").mkdir()
    (tmp_path / "devices" / "dm-0" / "slaves" / "mmcblk0").symlink_to(card.parent)
    assert machine.kind() is DiskKind.SD_CARD


def test_a_file_system_with_its_own_device_numbers_is_found_by_its_source(tmp_path: Path) -> None:
    machine = MadeUpMachine(tmp_path, "sda", "btrfs")
    machine.says("queue/rotational", "0")
    (tmp_path / "numbers" / "8:1").unlink()
    assert machine.kind() is DiskKind.SSD


def test_what_was_written_to_the_disk_is_told_in_bytes(tmp_path: Path) -> None:
    machine = MadeUpMachine(tmp_path)
    assert written_to_disk(machine.mounted, machine.tells) is None
    machine.says("stat", "  100 5 2000 9 300 1 4096 7 0 1 1 0 0 0 0 0 0")
    assert written_to_disk(machine.mounted, machine.tells) == 4096 * 512


def test_a_machine_that_tells_nothing_is_no_error(tmp_path: Path) -> None:
    nothing = Machine(tmp_path / "a", tmp_path / "b", tmp_path / "c")
    assert disk_kind(tmp_path, nothing) is DiskKind.UNKNOWN
    assert written_to_disk(tmp_path, nothing) is None
