"""`deploy/pi/install.sh` on machines that are made up: what it refuses, what it does, and that it can be run again."""

import shutil
import subprocess
from pathlib import Path

import pytest

from fakes.bare_debian import OS_RELEASE, PACKAGE, SCRIPT, BareDebian

CAMERA = "apt-get install -y -q --no-install-recommends python3-picamera2 rpicam-apps-lite"
DOORSTEP = f"apt-get install -y -q {PACKAGE}"
UPDATE, MODEL = "apt-get update -q", "doorstep models fetch"
STARTED = ["systemctl enable doorstep", "systemctl restart doorstep"]
STARTS = "systemctl enable --now doorstep"


@pytest.fixture
def machine(tmp_path: Path) -> BareDebian:
    return BareDebian(tmp_path)


def refused(machine: BareDebian, *words: str, package: str = PACKAGE) -> str:
    """What it says when it changes nothing: one paragraph, and no shell's own complaint."""
    done = machine.install("--yes", *words, package=package)
    assert done.returncode == 1, done.stdout + done.stderr
    assert machine.changes == []
    said = done.stderr.strip()
    assert "\n" not in said
    assert "not found" not in said
    return said


def test_it_installs_and_says_the_address_to_go_to(machine: BareDebian) -> None:
    done = machine.install("--yes")
    assert done.returncode == 0, done.stderr
    assert machine.changes == [UPDATE, CAMERA, DOORSTEP, MODEL, *STARTED]
    assert "http://192.0.2.20:8080/setup#CodeCodeCodeCodeCodeCode" in done.stdout
    assert "sudo doorstep check" in done.stdout
    assert done.stderr == ""


def test_a_dry_run_changes_nothing_and_needs_no_root(machine: BareDebian) -> None:
    machine.has_program("id", "echo 1000")
    done = machine.install("--dry-run", "--spare-the-card")
    assert done.returncode == 0, done.stderr
    assert machine.changes == []
    assert f"+ {CAMERA}" in done.stdout
    assert "Nothing was changed." in done.stdout
    assert not (machine.root / "etc/systemd").exists()


def test_nothing_is_done_before_somebody_agrees(machine: BareDebian) -> None:
    done = machine.install()
    assert done.returncode == 1
    assert "Add --yes" in done.stderr
    assert machine.changes == []


def test_a_second_run_finds_nothing_to_do(machine: BareDebian) -> None:
    machine.has_program("dpkg-query", "echo 'ii 0.2.0+deb12'")
    done = machine.install("--yes", "--no-camera")
    assert done.returncode == 0, done.stderr
    assert machine.changes == [MODEL, STARTS]
    assert "installed already" in done.stdout


def test_a_run_with_a_newer_package_upgrades(machine: BareDebian) -> None:
    machine.has_program("dpkg-query", "echo 'ii 0.1.0+deb12'")
    done = machine.install("--yes")
    assert done.returncode == 0, done.stderr
    assert machine.changes == [UPDATE, CAMERA, DOORSTEP, MODEL, STARTS]
    assert "from 0.1.0+deb12 to 0.2.0+deb12" in done.stdout
    assert "Settings and recordings are as they were" in done.stdout


def test_an_older_package_is_refused_with_the_way_back(machine: BareDebian) -> None:
    machine.has_program("dpkg-query", "echo 'ii 0.3.0+deb12'")
    assert "docs/guide/upgrade.md" in refused(machine)


def test_a_held_package_is_refused_with_what_lets_it_go(machine: BareDebian) -> None:
    machine.has_program("dpkg-query", "echo 'hi 0.1.0+deb12'")
    said = refused(machine)
    assert "Doorstep 0.1.0+deb12 is held" in said
    assert "sudo apt-mark unhold doorstep" in said
    machine.has_program("dpkg-query", "echo 'hi 0.3.0+deb12'")
    assert "docs/guide/upgrade.md" in refused(machine)


def test_a_held_package_of_this_version_is_left_as_it_is(machine: BareDebian) -> None:
    machine.has_program("dpkg-query", "echo 'hi 0.2.0+deb12'")
    done = machine.install("--yes", "--no-camera")
    assert done.returncode == 0, done.stderr
    assert machine.changes == [MODEL, STARTS]


def test_only_root_may(machine: BareDebian) -> None:
    machine.has_program("id", "echo 1000")
    assert "sudo sh" in refused(machine)


@pytest.mark.parametrize(
    ("kernel", "packages", "sentence"),
    [
        ("aarch64", "armhf", "The kernel is a 64-bit one, but the system on it is of 32 bits (armhf)"),
        ("x86_64", "i386", "of 32 bits (i386)"),
        ("armv7l", "armhf", "This is a 32-bit system (armv7l)"),
        ("armv6l", "armhf", "a Pi Zero 2 W, 3, 4 or 5"),
        ("riscv64", "riscv64", "no package for this processor (riscv64)"),
    ],
)
def test_a_system_of_32_bits_is_refused(machine: BareDebian, kernel: str, packages: str, sentence: str) -> None:
    machine.has_program("uname", f"echo {kernel}")
    machine.has_program("dpkg", f"echo {packages}")
    assert sentence in refused(machine)


@pytest.mark.parametrize(
    ("number", "name", "sentence"),
    [("11", "bullseye", "needs Debian 12 (bookworm) or 13 (trixie)"), ("", "forky", "needs Debian 12")],
)
def test_another_debian_is_refused(machine: BareDebian, number: str, name: str, sentence: str) -> None:
    machine.says("etc/os-release", OS_RELEASE.replace("12", number).replace("bookworm", name))
    assert sentence in refused(machine)


def test_a_system_that_is_no_debian_is_refused(machine: BareDebian) -> None:
    machine.says("etc/os-release", 'PRETTY_NAME="Fedora Linux 43"\nID=fedora\nVERSION_ID=43\n')
    assert "Fedora Linux 43" in refused(machine)
    machine.has_program("apt-get", "")
    (machine.programs / "apt-get").unlink()
    assert "This is not Debian" in refused(machine)


def test_an_old_python_is_refused(machine: BareDebian) -> None:
    program = "#!/bin/sh\ncase $2 in *version_info*) exit 1 ;; *) echo 3.10.12 ;; esac\n"
    machine.says("usr/bin/python3", program)
    assert "needs Python 3.11 or later, and the system's is 3.10.12" in refused(machine)


def test_a_full_disk_is_told_before_anything_is_changed(machine: BareDebian) -> None:
    machine.has_program("df", "printf 'Filesystem 1024-blocks Used Available\\nx 3000000 1 204800\\n'")
    assert "Only 200 MB are free for /, and 1050 are needed" in refused(machine)
    assert "and 550 are needed" in refused(machine, "--no-camera")


def test_a_machine_with_too_little_memory_is_sent_to_publish(machine: BareDebian) -> None:
    machine.says("proc/meminfo", "MemTotal: 200000 kB\n")
    assert "docs/guide/publish.md" in refused(machine)


def test_a_zero_2_w_is_told_what_it_is_good_at(machine: BareDebian) -> None:
    machine.says("proc/meminfo", "MemTotal: 427000 kB\n")
    done = machine.install("--yes")
    assert done.returncode == 0
    assert "one camera at most" in done.stdout


@pytest.mark.parametrize(
    ("mounts", "remedy"),
    [
        ("overlay / overlay rw,lowerdir=/lower 0 0\n", "raspi-config nonint do_overlayfs 1"),
        ("/dev/mmcblk0p2 / ext4 ro,noatime 0 0\n", "mount -o remount,rw"),
    ],
)
def test_a_system_that_cannot_be_written_is_refused(machine: BareDebian, mounts: str, remedy: str) -> None:
    machine.says("proc/mounts", mounts)
    assert remedy in refused(machine)


def test_a_wrong_checksum_is_refused(machine: BareDebian) -> None:
    (machine.folder / PACKAGE).write_bytes(b"a packagE")
    assert "its checksum is another" in refused(machine)


def test_a_package_without_its_checksum_is_refused(machine: BareDebian) -> None:
    (machine.folder / "SHA256SUMS").write_text(f"{'0' * 64}  other.whl\n", encoding="utf-8")
    assert "does not name" in refused(machine)
    (machine.folder / "SHA256SUMS").unlink()
    assert "SHA256SUMS is not beside" in refused(machine)
    assert "There is no file" in refused(machine, package="elsewhere.deb")


def test_a_package_for_another_machine_is_refused(machine: BareDebian) -> None:
    machine.has_program("dpkg-deb", "case $3 in Package) echo doorstep ;; *) echo amd64 ;; esac")
    assert "_arm64.deb" in refused(machine)
    machine.has_program("dpkg-deb", "echo firefox")
    assert "no package of Doorstep" in refused(machine)


def test_a_package_for_another_debian_is_refused(machine: BareDebian) -> None:
    machine.says("etc/os-release", OS_RELEASE.replace("12", "13").replace("bookworm", "trixie"))
    assert "+deb13 in its name" in refused(machine)


def test_a_camera_package_that_apt_does_not_know_stops_it(machine: BareDebian) -> None:
    machine.has_program("apt-cache", "exit 100")
    done = machine.install("--yes")
    assert done.returncode == 1
    assert "add --no-camera" in done.stderr
    assert machine.changes == [UPDATE]


def test_camera_tools_that_are_there_are_not_replaced(machine: BareDebian) -> None:
    machine.has_program("rpicam-hello", "echo '0 : imx708 [4608x2592] (/base)'")
    assert machine.install("--yes").returncode == 0
    assert machine.changes[1] == CAMERA.removesuffix(" rpicam-apps-lite")


def test_camera_tools_that_apt_does_not_know_are_left_out(machine: BareDebian) -> None:
    machine.has_program("apt-cache", '[ "$2" = python3-picamera2 ]')
    assert machine.install("--yes").returncode == 0
    assert machine.changes[1] == CAMERA.removesuffix(" rpicam-apps-lite")


def test_a_failed_update_leaves_everything(machine: BareDebian) -> None:
    machine.has_program("apt-get", "exit 100")
    done = machine.install("--yes")
    assert done.returncode == 1
    assert "Check the network" in done.stderr
    assert machine.changes == [UPDATE]


def test_a_package_that_cannot_be_installed_leaves_the_old_one_running(machine: BareDebian) -> None:
    machine.has_program("apt-get", f'[ "${{*%{PACKAGE}}}" = "$*" ]')
    done = machine.install("--yes")
    assert done.returncode == 1
    assert "What was there before still is" in done.stderr
    assert set(machine.changes).isdisjoint({*STARTED, STARTS})


def test_a_model_that_cannot_be_fetched_is_a_note(machine: BareDebian) -> None:
    machine.has_program("doorstep", "exit 1")
    done = machine.install("--yes")
    assert done.returncode == 0, done.stderr
    assert "sudo doorstep models fetch && sudo systemctl restart doorstep" in done.stdout
    assert machine.changes[-1] == STARTED[-1]


def test_a_service_that_does_not_start_is_told_with_its_log(machine: BareDebian) -> None:
    machine.has_program("systemctl", '[ "$1" != restart ]')
    done = machine.install("--yes")
    assert done.returncode == 1
    assert "sudo journalctl -u doorstep -n 50" in done.stderr


def test_a_camera_that_is_not_attached_is_a_note(machine: BareDebian) -> None:
    machine.has_program("rpicam-hello", "echo 'No cameras available!'")
    done = machine.install("--yes")
    assert done.returncode == 0, done.stderr
    assert "no camera is attached" in done.stdout


def test_a_camera_that_doorstep_has_open_is_not_asked_for(machine: BareDebian) -> None:
    machine.has_program("rpicam-hello", "exit 0")
    machine.has_program("systemctl", "exit 0")
    assert machine.install("--yes").returncode == 0
    assert "rpicam-hello" not in machine.calls.read_text(encoding="utf-8")


def test_another_machine_than_a_pi_gets_no_camera_packages(machine: BareDebian) -> None:
    (machine.root / "proc/device-tree/model").unlink()
    done = machine.install("--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.changes == [UPDATE, DOORSTEP, MODEL, *STARTED]


def test_the_card_is_spared_once(machine: BareDebian) -> None:
    written = machine.root / "etc/systemd/journald.conf.d/50-doorstep.conf"
    assert machine.install("--yes", "--no-camera", "--spare-the-card").returncode == 0
    assert "Storage=volatile" in written.read_text(encoding="utf-8")
    assert machine.changes == [UPDATE, DOORSTEP, MODEL, "systemctl restart systemd-journald", *STARTED]
    machine.calls.unlink()
    machine.has_program("dpkg-query", "echo 'ii 0.2.0+deb12'")
    assert machine.install("--yes", "--no-camera", "--spare-the-card").returncode == 0
    assert machine.changes == [MODEL, STARTS]


def test_without_systemd_it_says_how_to_start(machine: BareDebian) -> None:
    shutil.rmtree(machine.root / "run")
    done = machine.install("--yes")
    assert done.returncode == 0
    assert "doorstep run" in done.stdout
    assert set(machine.changes).isdisjoint({*STARTED, STARTS})


def test_wrong_words_are_told_how_it_is_used(machine: BareDebian) -> None:
    done = machine.install("--spare-the-crad")
    assert done.returncode == 2
    assert "--spare-the-card" in done.stderr


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_the_script_is_clean() -> None:
    done = subprocess.run(["shellcheck", "-s", "sh", SCRIPT], capture_output=True, text=True, check=False)
    assert done.stdout == ""
