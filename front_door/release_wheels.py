"""The pinned wheels that a Debian package holds, fetched for its Python and processor, whatever this machine's own.

What the lock says for another Python is decided here: pip would ask its own.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from steps import PYTHON, ROOT, run

LOCK = ROOT / "requirements" / "installed.lock"
BUILD_LOCK = ROOT / "requirements" / "build.lock"
NO_WHEEL = frozenset({"http-ece"})
"""Their makers give source alone, all of it Python, so that one wheel made here serves everywhere."""
WHEELS = ROOT / "var" / "release" / "wheels"
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Debian's word for a processor, and Python's."""
_QUIET = ("--quiet", "--no-input", "--disable-pip-version-check")
_ENTRY = re.compile(r"^(?P<what>[a-zA-Z0-9][^\\\n]*?) *\\\n(?P<hashes>(?: +--hash=\S+(?: \\)?\n?)+)", re.MULTILINE)
_HASH = re.compile(r"sha256:([0-9a-f]{64})")
_LEAST_GLIBC = 5


@dataclass(frozen=True, slots=True)
class Suite:
    """A Debian: its name and number, its Python, and the newest glibc that its wheels may ask for (2.x).

    `from_debian` are packages without a wheel for this Python, which the system itself has where they are of use.
    """

    name: str
    number: int
    python: tuple[int, int]
    glibc: int
    from_debian: frozenset[str] = frozenset()


SUITES = {
    suite.name: suite
    for suite in (
        Suite("bookworm", 12, (3, 11), 36),
        Suite("trixie", 13, (3, 13), 41, frozenset({"lgpio"})),
    )
}


@dataclass(frozen=True, slots=True)
class Target:
    """What one package is for."""

    suite: Suite
    arch: str

    @property
    def python(self) -> str:
        """Such as 3.11."""
        return ".".join(map(str, self.suite.python))

    @property
    def marker_values(self) -> Mapping[str, str]:
        """What markers ask for (PEP 508)."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": MACHINES[self.arch],
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }

    def platforms(self) -> Iterator[str]:
        """What its wheels may be for, newest first (PEP 600)."""
        machine = MACHINES[self.arch]
        yield from (f"manylinux_2_{minor}_{machine}" for minor in range(self.suite.glibc, _LEAST_GLIBC - 1, -1))
        yield from (f"{old}_{machine}" for old in ("manylinux2014", "manylinux2010", "manylinux1"))


@dataclass(frozen=True, slots=True)
class Pinned:
    """One package of the lock: its name, version, and each file that is accepted, as SHA-256."""

    name: str
    version: str
    hashes: tuple[str, ...]

    @property
    def line(self) -> str:
        """For pip."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{each}" for each in self.hashes)])


def pinned(lock: str, target: Target) -> list[Pinned]:
    """What the lock (of `uv pip compile --universal --generate-hashes`) holds for this target."""
    found: list[Pinned] = []
    for entry in _ENTRY.finditer(lock):
        requirement = Requirement(entry["what"])
        if requirement.name in target.suite.from_debian:
            continue
        if requirement.marker is None or requirement.marker.evaluate(dict(target.marker_values)):
            [version] = [each.version for each in requirement.specifier]
            found.append(Pinned(requirement.name, version, tuple(_HASH.findall(entry["hashes"]))))
    return found


def fetch(target: Target, moment: int) -> list[Path]:
    """The wheels of everything that is locked, compared with their hashes; what was fetched before is kept."""
    everything = pinned(LOCK.read_text(encoding="utf-8"), target)
    folder = WHEELS / f"{target.suite.name}-{target.arch}"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = _listed(folder, [each for each in everything if each.name not in NO_WHEEL])
    what = ("--no-deps", "--only-binary=:all:", "--implementation=cp", f"--python-version={target.python}")
    where = (*(f"--platform={each}" for each in target.platforms()), f"--dest={folder}")
    pip = (str(PYTHON), "-m", "pip", "download", *_QUIET, "--require-hashes", f"--requirement={wanted}")
    run(f"fetching packages for {target.suite.name} {target.arch}", [*pip, *what, *where])
    wheels = [_wheel_of(each, folder) for each in everything if each.name not in NO_WHEEL]
    return sorted([*wheels, *_made([each for each in everything if each.name in NO_WHEEL], moment)])


def _made(sources: list[Pinned], moment: int) -> list[Path]:
    """Wheels of what has none, made with pinned tools and without a compiler."""
    folder = WHEELS / "made-here"
    folder.mkdir(parents=True, exist_ok=True)
    tools: list[str | Path] = [PYTHON, "-m", "pip", "install", *_QUIET, "--require-hashes", "-r", BUILD_LOCK]
    run("installing what builds", tools)
    what = ("--no-deps", "--no-build-isolation", "--no-binary=:all:", f"--wheel-dir={folder}")
    command: list[str | Path] = [PYTHON, "-m", "pip", "wheel", *_QUIET, "--no-cache-dir", "--require-hashes", *what]
    dated = {**os.environ, "SOURCE_DATE_EPOCH": str(moment)}
    run("making wheels", [*command, f"--requirement={_listed(folder, sources)}"], environment=dated)
    return [_wheel_of(each, folder) for each in sources]


def _listed(folder: Path, packages: list[Pinned]) -> Path:
    listed = folder / "requirements.txt"
    listed.write_text("".join(f"{each.line}\n" for each in packages), encoding="utf-8")
    return listed


def _wheel_of(package: Pinned, folder: Path) -> Path:
    """The one that pip put there; a version of another day may lie beside it."""
    name = re.sub(r"[-_.]+", "_", package.name).lower()
    same = [
        path
        for path in folder.glob("*.whl")
        if (parts := path.name.split("-"))[1] == package.version and re.sub(r"[-_.]+", "_", parts[0]).lower() == name
    ]
    return max(same, key=lambda path: path.stat().st_mtime)
