"""A fresh Debian of this machine's processor, kept in var/test, and a run of it: its own systemd, alone in the world.

`debootstrap` makes the root with what every installed Debian has, systemd and apt, and nothing that compiles.  A run
is a copy of it in namespaces of its own, with the loopback network alone.
"""

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "var" / "test"
WITH = "ca-certificates,systemd,systemd-sysv,sudo"
TOOLS = ("debootstrap", "unshare", "nsenter", "chroot", "ip")
CGROUPS = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
STEP_SECONDS = 900
BOOT_SECONDS = 60
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

_BOOT = r"""
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t sysfs sysfs "$1/sys"
mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
for device in null zero full random urandom tty; do
    touch "$1/dev/$device"
    mount --bind "/dev/$device" "$1/dev/$device"
done
mkdir "$1/dev/shm" "$1/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
ln -s pts/ptmx "$1/dev/ptmx"
ln -s /proc/self/fd "$1/dev/fd"
touch "$1/dev/console"
mount -t tmpfs -o mode=755 tmpfs "$1/run"
ip link set lo up
hostname fresh
cd "$1"
pivot_root . mnt
umount -l /mnt
exec env -i container=fresh PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system
"""


class NoFreshDebian(Exception):
    """Why there can be none here, in a sentence."""


@dataclass(frozen=True, slots=True)
class Running:
    """One that runs: where its files lie, and its first process."""

    folder: Path
    first: int

    def words(self, *command: str) -> list[str]:
        """The command line that runs this in it, as its root."""
        inside = ["env", "-i", f"PATH={PATH}", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"]
        return ["nsenter", f"--target={self.first}", "--all", *inside, *command]

    def run(self, *command: str, check: bool = True, seconds: float = STEP_SECONDS) -> str:
        """What it printed.  Raises AssertionError with its words where it failed."""
        done = subprocess.run(
            self.words(*command), capture_output=True, text=True, errors="replace", timeout=seconds, check=False
        )
        said = done.stdout + done.stderr
        assert not check or done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{said}"
        return said


def missing() -> str | None:
    """Why this machine can have none."""
    if os.geteuid() != 0:
        return "a fresh Debian is made and entered by root alone"
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    absent = [name for name in TOOLS if shutil.which(name, path=path) is None]
    if absent:
        return f"no {', no '.join(absent)} here"
    return None if _cgroups() else "no version 2 of control groups is mounted here"


def fresh_root(suite: str) -> Path:
    """Made once, in half a minute.  Raises NoFreshDebian."""
    if why := missing():
        raise NoFreshDebian(why)
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = KEPT / f"fresh-{suite}"
    with kept.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not kept.exists():
            part = kept.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            _step("debootstrap", "--variant=minbase", f"--include={WITH}", suite, str(part))
            part.rename(kept)
    return kept


@contextmanager
def copy_of(root: Path) -> Iterator[Path]:
    """With this machine's way into the network, for apt and pip, as long as it does not run."""
    folder = KEPT / f"fresh-{uuid4().hex[:8]}"
    try:
        _step("cp", "-a", "--reflink=auto", str(root), str(folder))
        shutil.copy("/etc/resolv.conf", folder / "etc" / "resolv.conf")
        for authority in Path("/usr/local/share/ca-certificates").glob("*.crt"):  # of a network with one of its own
            shutil.copy(authority, folder / "usr" / "local" / "share" / "ca-certificates")
        shutil.copy("/etc/ssl/certs/ca-certificates.crt", folder / "etc" / "ssl" / "certs" / "ca-certificates.crt")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def in_root(folder: Path, *command: str, **environment: str) -> str:
    """Run in it while it does not run itself, with the network.  Raises NoFreshDebian with the last words."""
    settings = {"PATH": PATH, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **environment}
    return _step("chroot", str(folder), "env", "-i", *(f"{key}={value}" for key, value in settings.items()), *command)


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """Its systemd runs; at the end everything in it is gone."""
    group = _group()
    group.mkdir()
    words = ("unshare", "--fork", "--kill-child", "--pid", "--mount", "--uts", "--ipc", "--net", "--cgroup")
    enter = f'echo $$ > "{group}/cgroup.procs" && exec "$@"'
    boot = ("sh", "-c", enter, "sh", *words, "sh", "-c", _BOOT, "sh", str(folder))
    with subprocess.Popen(
        boot, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as outer:
        try:
            yield _booted(folder, outer)
        finally:
            outer.kill()
            outer.wait()
            _empty(group)


def _booted(folder: Path, outer: subprocess.Popen[bytes]) -> Running:
    until = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < until and outer.poll() is None:
        children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
        if children:
            run = Running(folder, int(children[0]))
            if run.run("systemctl", "is-system-running", check=False).strip() in {"running", "degraded"}:
                return run
        time.sleep(0.2)
    msg = "its systemd did not start"
    raise NoFreshDebian(msg)


def _cgroups() -> Path | None:
    return next((path for path in CGROUPS if (path / "cgroup.procs").exists()), None)


def _group() -> Path:
    top = _cgroups()
    assert top is not None
    return top / f"fresh-{uuid4().hex[:8]}"


def _empty(group: Path) -> None:
    """Innermost first; the kernel needs a moment to let go of the last process."""
    for _ in range(50):
        try:
            for folder in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
                folder.rmdir()
            group.rmdir()
        except OSError:
            time.sleep(0.1)
        else:
            return


def _step(*command: str) -> str:
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, errors="replace", timeout=STEP_SECONDS, check=False
    )
    if done.returncode != 0:
        last: Sequence[str] = (done.stdout + done.stderr).strip().splitlines()[-8:]
        msg = f"{' '.join(command[:4])} … failed: {' / '.join(last)}"
        raise NoFreshDebian(msg)
    return done.stdout + done.stderr
