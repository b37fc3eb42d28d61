"""The real Home Assistant of a version, installed once into var/test: with a Python of this machine, or with Debian's.

It wants a newer Python than Doorstep does; so it may stand in a Debian root of its own, entered by chroot, in which
nothing of the machine's is seen but the loopback network.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "var" / "test" / "home-assistant"
SCRIPT = "sid"
"""What debootstrap calls the way in which every later Debian is made."""

INTEGRATIONS = ("api", "config", "hassio", "manual", "mobile_app", "mqtt", "onboarding")
"""What the campaign uses, besides what Home Assistant always loads; of `hassio` MQTT's set-up needs the library."""

OLD_JOSE = "josepy<2"
"""Home Assistant of 2024 begins only with that, and does not say so."""

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
STEP_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Installed:
    """Where it stands; `root` is the folder that it takes for the whole machine."""

    version: str
    root: Path
    venv: Path

    @property
    def python(self) -> tuple[str, ...]:
        """The beginning of a command line that runs its Python."""
        words = (f"{self.venv}/bin/python",)
        return words if self.root == Path("/") else ("chroot", str(self.root), *words)

    def of(self, path: str) -> Path:
        """A file of the package."""
        here = self.root / str(self.venv).lstrip("/")
        return next(here.glob("lib/python3.*/site-packages")) / "homeassistant" / path

    def says(self, *words: str) -> str:
        """What a script prints that its Python runs, and its last words."""
        done = subprocess.run([*self.python, *words], capture_output=True, text=True, timeout=120, check=False)
        return done.stdout + done.stderr

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder that it sees, gone afterwards; within, it is called `seen_as(folder)`."""
        folder = (KEPT if self.root == Path("/") else self.root / "srv") / uuid4().hex
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def seen_as(self, path: Path) -> str:
        """A path of this machine as it knows it."""
        return f"/{path.relative_to(self.root)}"


def installed(version: str, *, python: str = "", suite: str = "") -> Installed:
    """This version, by a Python of this machine or by that of a Debian `suite`; made where there is none yet."""
    place = KEPT / (suite or "venvs")
    root, venv = (place, Path("/srv") / version) if suite else (Path("/"), place / version)
    made = Installed(version, root, venv)
    done = place / f"{version}.done"
    if not done.exists():
        place.mkdir(parents=True, exist_ok=True)
        if suite and not (place / "srv").exists():
            _debian(suite, place)
        _fill(made, python or "/usr/bin/python3")
        done.touch()
    return made


def _debian(suite: str, place: Path) -> None:
    include = "--include=ca-certificates,g++,python3-dev,python3-venv"
    _run("debootstrap", "--variant=minbase", include, suite, str(place), "", SCRIPT)
    for file in (Path("/etc/resolv.conf"), Path("/etc/hosts"), CERTIFICATES):
        shutil.copy(file, place / str(file).lstrip("/"))


def _fill(made: Installed, python: str) -> None:
    enter = () if made.root == Path("/") else ("chroot", str(made.root))
    _run(*enter, python, "-m", "venv", str(made.venv))
    pip = (*made.python, "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check")
    _run(*pip, f"homeassistant=={made.version}", "setuptools")
    if made.version.startswith("2024."):
        _run(*pip, OLD_JOSE)
    constraints = made.seen_as(made.of("package_constraints.txt").resolve())
    for one in _requirements(made):
        _run(*pip, f"--constraint={constraints}", one, may_fail=True)


def _requirements(made: Installed) -> Sequence[str]:
    """What it would fetch while it runs, by the manifests of all that may be loaded.

    What cannot be built here is left out: nothing of it belongs to MQTT.
    """
    always = re.search(r"DEFAULT_INTEGRATIONS = \{(.*?)\n\}", made.of("bootstrap.py").read_text(), re.DOTALL)
    assert always is not None
    wanted = {*INTEGRATIONS, *re.findall(r'^\s*"(\w+)"', always[1], re.MULTILINE)}
    known, needed = set[str](), set[str]()
    while wanted:
        domain = wanted.pop()
        known.add(domain)
        manifest = json.loads(made.of(f"components/{domain}/manifest.json").read_text())
        needed.update(manifest.get("requirements", []))
        wanted.update({*manifest.get("dependencies", []), *manifest.get("after_dependencies", [])} - known)
    return sorted(needed)


def _run(*command: str, may_fail: bool = False) -> None:
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}
    subprocess.run(command, env=environment, timeout=STEP_SECONDS, check=not may_fail)
