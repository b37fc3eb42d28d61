"""Wheel and sdist: the web app inside, nothing else by accident, and the same bytes from a clone and from the sdist."""

import os
import subprocess
import sys
import tarfile
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

from doorstep import __version__

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "src" / "doorstep" / "web" / "dist"
NOT_PYTHON = {"py.typed", "vision/convert.lock", "web/share_page.css"}
"""What the modules read beside them, apart from the pages."""
IN_THE_SDIST = {
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "PKG-INFO",
    "README.md",
    "hatch_build.py",
    "pyproject.toml",
    "src",
}
SECONDS = 300

pytestmark = pytest.mark.skipif(not (PAGES / "index.html").is_file(), reason="the web app is not built here")


def build(source: Path, folder: Path, *kinds: str) -> Path:
    words = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-d",
        str(folder),
        *(word for kind in kinds for word in ("-t", kind)),
    ]
    dated = {**os.environ, "SOURCE_DATE_EPOCH": "1795382205"}
    done = subprocess.run(words, cwd=source, env=dated, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("built"), "sdist", "wheel")


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return built / f"doorstep-{__version__}-py3-none-any.whl"


def names_in(wheel: Path) -> set[str]:
    with ZipFile(wheel) as packed:
        return set(packed.namelist())


def test_the_pages_are_in_the_wheel_as_they_were_built(wheel: Path) -> None:
    there = {f"doorstep/web/dist/{path.relative_to(PAGES)}" for path in PAGES.rglob("*") if path.is_file()}
    assert "doorstep/web/dist/index.html" in there
    assert {name for name in names_in(wheel) if name.startswith("doorstep/web/dist/")} == there


def test_nothing_else_is_in_the_wheel_by_accident(wheel: Path) -> None:
    modules = {f"doorstep/{path.relative_to(ROOT / 'src' / 'doorstep')}" for path in (ROOT / "src").rglob("*.py")}
    own = {name for name in names_in(wheel) if name.startswith("doorstep/") and "/web/dist/" not in name}
    assert own == modules | {f"doorstep/{name}" for name in NOT_PYTHON}
    assert {PurePosixPath(name).parts[0] for name in names_in(wheel)} == {
        "doorstep",
        f"doorstep-{__version__}.dist-info",
    }


def test_the_wheel_names_its_licence_its_python_and_its_extras(wheel: Path) -> None:
    with ZipFile(wheel) as packed:
        told = HeaderParser().parsestr(packed.read(f"doorstep-{__version__}.dist-info/METADATA").decode())
    assert (told["Version"], told["Requires-Python"], told["License-Expression"]) == (
        __version__,
        ">=3.11",
        "Apache-2.0",
    )
    assert {"server", "gpio", "aws", "postgres", "publish"} <= set(told.get_all("Provides-Extra", []))


def test_the_sdist_has_what_builds_the_same_wheel_and_no_more(built: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(built / f"doorstep-{__version__}.tar.gz") as packed:
        packed.extractall(tmp_path, filter="data")
    source = tmp_path / f"doorstep-{__version__}"
    assert {path.name for path in source.iterdir()} == IN_THE_SDIST
    again = build(source, tmp_path / "again", "wheel") / wheel.name
    assert again.read_bytes() == wheel.read_bytes()
