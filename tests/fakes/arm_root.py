"""A small Debian for arm64 on a machine of another kind, and its Python under `qemu-user`: made once, kept in var/test.

Nothing of the machine's is mounted or visible in it but the loopback network.  Debian's packages are unpacked and
never configured, which Python does not need and emulation would take minutes for.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "var" / "test" / "arm64"
SUITE = "bookworm"
PYTHON = "/usr/bin/python3.11"
PACKAGES = ("libstdc++6", "python3")
QEMU = "qemu-aarch64-static"
TASK = "/var/task"
PLATFORMS = ("manylinux2014_aarch64", "manylinux_2_27_aarch64", "manylinux_2_28_aarch64")
STEP_SECONDS = 900


@dataclass(frozen=True, slots=True)
class ArmRoot:
    """Where it lies; packages of Python are in `/var/task`."""

    folder: Path

    @property
    def python(self) -> tuple[str, ...]:
        """The beginning of a command line that runs its Python in it."""
        return ("chroot", str(self.folder), f"/usr/bin/{QEMU}", PYTHON)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder in it for one test, gone afterwards; within, it is called `seen_as(folder)`."""
        folder = self.folder / "srv" / uuid4().hex
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def seen_as(self, path: Path) -> str:
        """A path of this machine as whoever runs in it knows it."""
        return f"/{path.relative_to(self.folder)}"


def missing() -> str | None:
    """Why there can be none on this machine."""
    if platform.machine() == "aarch64":
        return "this machine is arm64 itself: every other test runs on it"
    if os.geteuid() != 0:
        return "an arm64 root is made and entered by root alone"
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    absent = [name for name in (QEMU, "debootstrap", "dpkg-deb", "chroot") if shutil.which(name, path=path) is None]
    return f"no {', no '.join(absent)} here: Debian's qemu-user-static and debootstrap" if absent else None


def arm_root(lock: Path) -> ArmRoot:
    """With the packages that `lock` pins by hash; made where there is none of today's kind, which takes a minute.

    Skips the test, with the reason, where it cannot be made.
    """
    if why := missing():
        pytest.skip(why)
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(lock.read_bytes() + repr((SUITE, PACKAGES, PLATFORMS)).encode()).hexdigest()
    with KEPT.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not (KEPT / digest).exists():
            _make(lock)
            (KEPT / digest).touch()
    return ArmRoot(KEPT)


def _make(lock: Path) -> None:
    shutil.rmtree(KEPT, ignore_errors=True)
    part = KEPT.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    include = f"--include={','.join(PACKAGES)}"
    _run("debootstrap", "--foreign", "--arch=arm64", "--variant=minbase", include, SUITE, str(part))
    archives = part / "var" / "cache" / "apt" / "archives"
    for package in sorted(archives.glob("*.deb")):
        _run("dpkg-deb", "--extract", str(package), str(part))
    shutil.rmtree(archives)
    _install(lock, part / TASK.lstrip("/"))
    qemu = shutil.which(QEMU)
    assert qemu is not None
    shutil.copy(qemu, part / "usr" / "bin" / QEMU)
    part.rename(KEPT)


def _install(lock: Path, folder: Path) -> None:
    platforms = [f"--platform={each}" for each in PLATFORMS]
    what = ("--no-deps", "--no-compile", "--only-binary=:all:", "--implementation=cp", "--python-version=3.11")
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes")
    pip = (sys.executable, "-m", "pip", "install", *quiet, *what, *platforms)
    _run(*pip, f"--target={folder}", f"--requirement={lock}")


def _run(*command: str) -> None:
    """Skips the test where it fails: without a network there is no such root."""
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, errors="replace", timeout=STEP_SECONDS, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"no arm64 root: {command[0]} failed ({_last_line(done.stdout + done.stderr)})")


def _last_line(text: str) -> str:
    lines: Sequence[str] = text.strip().splitlines() or [""]
    return lines[-1][:200]
