"""A small Debian for arm64 on a machine of another kind, and its Python under `qemu-user`: made once, kept in var/test.

Nothing of the machine's is mounted or visible in it but the loopback network.  Debian's packages are unpacked and
never configured, which Python does not need and emulation would take minutes for.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "var" / "test" / "arm64"
SUITE = "bookworm"
PYTHON = "/usr/bin/python3.11"
PACKAGES = ("ca-certificates", "libstdc++6", "python3", "python3-venv")
QEMU = "qemu-aarch64-static"
TASK = "/var/task"
PLATFORMS = ("manylinux2014_aarch64", "manylinux_2_27_aarch64", "manylinux_2_28_aarch64")
VENVS = "/opt/venvs"
STEP_SECONDS = 900
OUTSIDE = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")
"""What of this machine's configuring stands in it too: by these a program in it finds others and trusts them."""

ELF = r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
MASK = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
"""The beginning of an arm64 program, and which bits of it count (ELF header: class, data, version, type, machine)."""

ENTER = """set -e
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
printf %s ':arm64:M::{elf}:{mask}:/usr/bin/{qemu}:F' > /proc/sys/fs/binfmt_misc/register
mount --rbind /dev "$0/dev"
mount -t proc proc "$0/proc"
exec chroot "$0" "$@"
"""


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

    def runs(self, *words: str, environment: Mapping[str, str], seconds: float) -> "subprocess.CompletedProcess[str]":
        """A command of it, to its end, and whatever that starts: the kernel gives each arm64 program to the emulator.

        That holds in a user namespace of its own, of which this machine learns nothing (Linux 6.7).
        """
        script = ENTER.format(elf=ELF, mask=MASK, qemu=QEMU)
        alone = ("unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c")
        told = [f"{name}={value}" for name, value in {"LC_ALL": "C.UTF-8", "HOME": "/root", **environment}.items()]
        command = (*alone, script, str(self.folder), "/usr/bin/env", "-i", *told, *words)
        return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds, check=False)

    def venv(self, lock: Path) -> str:
        """An environment with what `lock` pins, as this root knows it; filled where it is not yet.

        What has no wheel at all is built here, as far as it is pure Python.
        """
        digest = hashlib.sha256(lock.read_bytes() + repr(PLATFORMS).encode()).hexdigest()
        place = self.folder / VENVS.lstrip("/") / digest
        with KEPT.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not place.exists():
                shutil.rmtree(place.parent, ignore_errors=True)
                _fill(lock, place.with_suffix(".part"))
                place.with_suffix(".part").rename(place)
        return f"{VENVS}/{digest}"

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


def skip_where_it_starts_nothing(root: ArmRoot) -> None:
    """A kernel older than Linux 6.7, or one that gives root no user namespace: `runs` is not for that machine."""
    done = root.runs(PYTHON, "-c", "", environment={}, seconds=STEP_SECONDS)
    if done.returncode != 0:
        pytest.skip(f"no arm64 programs in a namespace of their own: {_last_line(done.stderr)}")


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
    for name in OUTSIDE:
        (part / name.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, part / name.lstrip("/"))
    part.rename(KEPT)


NO_WHEEL = ("http-ece",)
"""Of which there is no wheel for any machine: pure Python."""

PIP = (sys.executable, "-m", "pip")


def _fill(lock: Path, part: Path) -> None:
    """As `python -m venv` makes one, for which emulation would take its time."""
    packages = part / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (part / "bin").mkdir()
    (part / "bin" / "python").symlink_to(PYTHON)
    (part / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n", encoding="utf-8")
    wheels = part / "lock"
    wheels.write_text(without_sources(lock), encoding="utf-8")
    _install(wheels, packages)
    _run(*PIP, "install", "--quiet", "--no-deps", "--no-compile", f"--target={packages}", *sources(lock))


def without_sources(lock: Path) -> str:
    """A lock, but for what has no wheel."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8"))
    return "\n".join(entry for entry in entries if entry.split("==")[0] not in NO_WHEEL) + "\n"


def sources(lock: Path) -> list[str]:
    """The pins of a lock of which there is no wheel."""
    return re.findall(rf"^(?:{'|'.join(NO_WHEEL)})==\S+", lock.read_text(encoding="utf-8"), re.MULTILINE)


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
