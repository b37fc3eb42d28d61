"""The virtual environment: `python3 front_door/environment.py run|dev`.  Does nothing when it is there already.

This file and `steps` are read by whatever Python there is, also one that is too old, which then says so.
"""

from __future__ import annotations

import platform
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from steps import PYTHON, ROOT, VENV, done, fingerprint, give_up, is_done, one_at_a_time, run, say

LOCKS = {"run": ROOT / "requirements" / "run.lock", "dev": ROOT / "requirements" / "dev.lock"}
BUILD_LOCK = ROOT / "requirements" / "build.lock"
"""First, for what has no wheel is built with these and with nothing that is fetched unpinned."""
LEAST_PYTHON = (3, 11)
QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def main(kind: str) -> None:
    """Make what is missing."""
    check_python()
    wanted = {
        name: fingerprint([lock, ROOT / "pyproject.toml"], sys.version, str(ROOT)) for name, lock in LOCKS.items()
    }
    enough = {"run": ("run", "dev"), "dev": ("dev",)}[kind]
    with one_at_a_time():
        if any(is_done(VENV / f"{name}.stamp", wanted[name]) for name in enough) and works():
            return
        make_venv()
        install(kind)
        done(VENV / f"{kind}.stamp", wanted[kind])


def check_python() -> None:
    """Say what is missing before anything is made."""
    if sys.version_info < LEAST_PYTHON:
        give_up(
            f"Doorstep needs Python 3.11 or later, and python3 is {sys.version.split()[0]}. "
            "Install a newer one, or use Debian 12, Raspberry Pi OS 12 or later."
        )
    if sys.maxsize < 2**32:
        give_up(
            f"Doorstep needs a 64-bit system, and this Python is of 32 bits (the kernel says {platform.machine()}). "
            "Use Raspberry Pi OS (64-bit), or Debian for amd64 or arm64."
        )
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        give_up("Python's venv module is missing. Install it with: sudo apt install python3-venv")


def make_venv() -> None:
    """A new one unless the one here works with this Python."""
    if not works():
        shutil.rmtree(VENV, ignore_errors=True)
        say("Making a virtual environment in .venv")
        run("making the virtual environment", [sys.executable, "-m", "venv", VENV])


def works() -> bool:
    """An interrupted venv has no pip; a moved one has another folder in its paths."""
    config = VENV / "pyvenv.cfg"
    pip = VENV / "bin" / "pip"
    if not (PYTHON.exists() and config.exists() and pip.exists()):
        return False
    return str(VENV) in pip.read_text(encoding="utf-8", errors="replace")[:2048]


def install(kind: str) -> None:
    """The locked packages, then Doorstep itself from here."""
    lock = LOCKS[kind]
    count = sum(
        1 for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line and not line.startswith(" ")
    )
    say(f"Installing about {count} packages, pinned by hash (a minute or two)")
    seen = 0

    def progress(line: str) -> None:
        nonlocal seen
        if line.startswith("Collecting "):
            seen += 1
            if sys.stdout.isatty():
                print(f"\r  {seen} of about {count}", end="", flush=True)
            elif seen % 20 == 0:
                say(f"  {seen} of about {count}")

    pip: list[str | Path] = [PYTHON, "-m", "pip", "install"]
    run("installing what builds", [*pip, "-q", "--require-hashes", "-r", BUILD_LOCK], environment=QUIET)
    locked = [*pip, "--require-hashes", "--no-build-isolation", "-r", lock]
    run("installing packages", locked, environment=QUIET, progress=progress)
    if sys.stdout.isatty():
        print("\r", end="")
    local: list[str | Path] = [*pip, "-q", "--no-deps", "--no-build-isolation", "-e", "."]
    run("installing doorstep", local, environment=QUIET)


if __name__ == "__main__":
    main(sys.argv[1])
