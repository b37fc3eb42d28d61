"""What lies in our Debian package, and what it says of itself: its wheels in a virtual environment, a unit, scripts.

The texts stand in deploy/debian, the unit in deploy/systemd.
"""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from zipfile import ZipFile

from deb_file import PROGRAM_RIGHTS, Entry
from release_wheels import MACHINES, Target
from steps import ROOT

TEXTS = ROOT / "deploy" / "debian"
UNIT = ROOT / "deploy" / "systemd" / "doorstep.service"
HOME = "opt/doorstep"
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")
MAINTAINER = "The Doorstep developers <nobody@doorstep.invalid>"
_DOC = "usr/share/doc/doorstep"
_START = """#!/opt/doorstep/bin/python3
import sys

from doorstep.cli.main import main

sys.exit(main())
"""
_ENVIRONMENT = """home = /usr/bin
include-system-site-packages = false
version = {python}
executable = /usr/bin/python{python}
"""


@dataclass(frozen=True, slots=True)
class Package:
    """One Debian package: for whom, of which version, and the moment that it bears."""

    target: Target
    version: str
    moment: int

    @property
    def debian_version(self) -> str:
        """One for each Debian, the newer Debian's later."""
        return f"{self.version}+deb{self.target.suite.number}"

    @property
    def file_name(self) -> str:
        """As apt calls it."""
        return f"doorstep_{self.debian_version}_{self.target.arch}.deb"


def control_of(package: Package) -> dict[str, str]:
    """The package's control file and scripts."""
    suite = package.target.suite
    major, minor = suite.python
    words = {
        "version": package.debian_version,
        "arch": package.target.arch,
        "maintainer": MAINTAINER,
        "python": package.target.python,
        "next_python": f"{major}.{minor + 1}",
        "glibc": f"2.{suite.glibc}",
        "from_debian": "".join(f", python3-{name}" for name in sorted(suite.from_debian)),
    }
    texts = {name: (TEXTS / name).read_text(encoding="utf-8") for name in SCRIPTS}
    return {**texts, "control": (TEXTS / "control").read_text(encoding="utf-8").format_map(words)}


def entries_of(package: Package, wheels: Sequence[ZipFile], parts: str) -> Iterator[Entry]:
    """Every file of it, with its list of parts.  The wheels stay open until all were read."""
    target = package.target
    library = f"{HOME}/lib/python{target.python}/site-packages"
    yield Entry(f"{HOME}/bin/python3", link=f"/usr/bin/python{target.python}")
    yield Entry(f"{HOME}/bin/python", link="python3")
    yield Entry(f"{HOME}/bin/doorstep", _START.encode, PROGRAM_RIGHTS)
    yield Entry(f"{HOME}/pyvenv.cfg", _ENVIRONMENT.format(python=target.python).encode)
    for wheel in wheels:
        yield from _unpacked(wheel, library)
    for name in sorted(target.suite.from_debian):
        yield from _links_to_debian(name, library, target)
    for path, text in _texts(parts).items():
        yield Entry(path, text.encode, PROGRAM_RIGHTS if text.startswith("#!") else 0o644)
    packed = {
        f"{_DOC}/changelog.gz": changelog_of(package).encode(),
        f"{_DOC}/CHANGELOG.md.gz": (ROOT / "CHANGELOG.md").read_bytes(),
        "usr/share/man/man1/doorstep.1.gz": (TEXTS / "doorstep.1").read_bytes(),
    }
    for path, content in packed.items():
        yield Entry(path, partial(gzip.compress, content, 9, mtime=0))


def changelog_of(package: Package) -> str:
    """One entry, deb-changelog(5); what is new stands in CHANGELOG.md beside it."""
    day = format_datetime(datetime.fromtimestamp(package.moment, UTC))
    what = f"  * What is new: zless /{_DOC}/CHANGELOG.md.gz"
    heading = f"doorstep ({package.debian_version}) {package.target.suite.name}; urgency=medium"
    return f"{heading}\n\n{what}\n\n -- {MAINTAINER}  {day}\n"


def _texts(parts: str) -> Mapping[str, str]:
    files = {
        "usr/bin/doorstep": TEXTS / "doorstep",
        "usr/lib/systemd/system/doorstep.service": UNIT,
        "usr/share/doorstep/doorstep.toml": TEXTS / "doorstep.toml",
        f"{_DOC}/copyright": TEXTS / "copyright",
    }
    texts = {path: file.read_text(encoding="utf-8") for path, file in files.items()}
    return {**texts, f"{_DOC}/sbom.cdx.json": parts}


def _unpacked(wheel: ZipFile, library: str) -> Iterator[Entry]:
    """A wheel's modules (PEP 427), without the programs and manual pages of others."""
    for member in wheel.infolist():
        first, _, rest = member.filename.partition("/")
        if member.is_dir():
            continue
        if first.endswith(".data"):
            scheme, _, inside = rest.partition("/")
            if scheme not in {"purelib", "platlib"}:
                continue
            yield Entry(f"{library}/{inside}", partial(wheel.read, member))
        else:
            yield Entry(f"{library}/{member.filename}", partial(wheel.read, member))


def _links_to_debian(name: str, library: str, target: Target) -> Iterator[Entry]:
    """A module and its compiled half as Debian installs them; they lead nowhere until somebody does."""
    tag = f"cpython-{target.python.replace('.', '')}-{MACHINES[target.arch]}-linux-gnu"
    for file in (f"{name}.py", f"_{name}.{tag}.so"):
        yield Entry(f"{library}/{file}", link=f"/usr/lib/python3/dist-packages/{file}")


def open_wheels(paths: Sequence[Path]) -> list[ZipFile]:
    """For `entries_of`."""
    return [ZipFile(path) for path in paths]
