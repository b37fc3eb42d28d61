"""The Debian package: what lies in it, what it asks for, and what its scripts do with what lies there already."""

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "front_door"))

from deb_file import Entry, write_deb
from release_tree import SCRIPTS, TEXTS, UNIT, Package, control_of, entries_of
from release_wheels import SUITES, Target

MOMENT = 1795382205
NEEDS_DPKG = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no dpkg-deb here")


def stand_in_wheel(name: str) -> ZipFile:
    """A package with a module, a program that nobody here wants, and a compiled half."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", "SAYS = 1\n")
        wheel.writestr(f"{name}-1.0.data/scripts/{name}", "#!python\n")
        wheel.writestr(f"{name}-1.0.data/platlib/_{name}.so", b"\x7fELF")
        wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Name: {name}\n")
    return ZipFile(packed)


@cache
def package_of(suite: str, arch: str) -> Package:
    return Package(Target(SUITES[suite], arch), "1.2.3", MOMENT)


def entries(suite: str = "bookworm", arch: str = "amd64") -> dict[str, Entry]:
    wheels = [stand_in_wheel("doorstep"), stand_in_wheel("one")]
    return {entry.path: entry for entry in entries_of(package_of(suite, arch), wheels, "{}")}


def written(folder: Path, suite: str = "bookworm", arch: str = "amd64") -> Path:
    package = package_of(suite, arch)
    path = folder / package.file_name
    write_deb(path, control_of(package), list(entries(suite, arch).values()), MOMENT, preset=0)
    return path


def told(path: Path, field: str) -> str:
    done = subprocess.run(["dpkg-deb", "-f", str(path), field], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@NEEDS_DPKG
@pytest.mark.parametrize(
    ("suite", "arch", "version", "needs"),
    [
        ("bookworm", "amd64", "1.2.3+deb12", "python3 (>= 3.11), python3 (<< 3.12), python3.11, libc6 (>= 2.36)"),
        ("trixie", "arm64", "1.2.3+deb13", "python3 (>= 3.13), python3 (<< 3.14), python3.13, libc6 (>= 2.41)"),
    ],
)
def test_it_asks_for_the_python_that_it_was_made_for(
    suite: str, arch: str, version: str, needs: str, tmp_path: Path
) -> None:
    path = written(tmp_path, suite, arch)
    assert path.name == f"doorstep_{version}_{arch}.deb"
    assert (told(path, "Version"), told(path, "Architecture")) == (version, arch)
    assert told(path, "Depends").startswith(needs)
    assert int(told(path, "Installed-Size")) > 0
    assert "build" not in told(path, "Depends")


@NEEDS_DPKG
def test_dpkg_reads_what_is_written_and_all_of_it_is_roots(tmp_path: Path) -> None:
    path = written(tmp_path)
    listed = subprocess.run(["dpkg-deb", "-c", str(path)], capture_output=True, text=True, check=True).stdout
    assert all(" root/root " in line for line in listed.splitlines())
    unpacked = tmp_path / "tree"
    subprocess.run(["dpkg-deb", "-R", str(path), str(unpacked)], check=True)
    subprocess.run(["md5sum", "--check", "--quiet", "DEBIAN/md5sums"], cwd=unpacked, check=True)
    assert (unpacked / "opt/doorstep/bin/python3").readlink() == Path("/usr/bin/python3.11")
    for script in SCRIPTS:
        assert os.access(unpacked / "DEBIAN" / script, os.X_OK)
    assert os.access(unpacked / "usr/bin/doorstep", os.X_OK)


def test_the_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    assert written(first).read_bytes() == written(second).read_bytes()


def test_the_environment_has_the_wheels_modules_and_nobody_elses_programs() -> None:
    files = entries()
    library = "opt/doorstep/lib/python3.11/site-packages"
    assert {f"{library}/one/__init__.py", f"{library}/_one.so", f"{library}/one-1.0.dist-info/METADATA"} <= set(files)
    assert sorted(path for path in files if path.startswith("opt/doorstep/bin/")) == [
        "opt/doorstep/bin/doorstep",
        "opt/doorstep/bin/python",
        "opt/doorstep/bin/python3",
    ]
    assert b"include-system-site-packages = false" in files["opt/doorstep/pyvenv.cfg"].read()


def test_the_unit_is_the_one_of_the_guide() -> None:
    assert entries()["usr/lib/systemd/system/doorstep.service"].read() == UNIT.read_bytes()


def test_its_changelog_is_one_that_debian_reads() -> None:
    text = gzip.decompress(entries()["usr/share/doc/doorstep/changelog.gz"].read())
    assert b"doorstep (1.2.3+deb12) bookworm; urgency=medium\n" in text
    assert b"  Sun, 22 Nov 2026 21:16:45 +0000\n" in text
    notes = gzip.decompress(entries()["usr/share/doc/doorstep/CHANGELOG.md.gz"].read())
    assert notes == (ROOT / "CHANGELOG.md").read_bytes()


def test_nothing_in_it_lies_where_the_owner_writes() -> None:
    assert [path for path in entries() if path.startswith(("etc/", "var/", "run/", "home/"))] == []


def test_what_has_no_wheel_for_this_python_is_taken_from_the_system() -> None:
    links = {path: entry.link for path, entry in entries("trixie", "arm64").items() if "lgpio" in path}
    assert set(links.values()) == {
        "/usr/lib/python3/dist-packages/lgpio.py",
        "/usr/lib/python3/dist-packages/_lgpio.cpython-313-aarch64-linux-gnu.so",
    }
    assert "python3-lgpio" in control_of(package_of("trixie", "arm64"))["control"]


@pytest.mark.parametrize("script", [*SCRIPTS, "doorstep"])
def test_its_scripts_are_plain_sh(script: str) -> None:
    subprocess.run(["sh", "-n", str(TEXTS / script)], check=True)


@pytest.mark.parametrize("script", SCRIPTS)
def test_its_scripts_ask_no_network(script: str) -> None:
    text = (TEXTS / script).read_text("utf-8")
    commands = [line for line in text.splitlines() if not line.lstrip().startswith(("#", "echo "))]
    assert [line for line in commands if any(word in line for word in ("pip", "fetch", "curl", "wget"))] == []


def test_the_first_config_is_one_that_starts(tmp_path: Path) -> None:
    from doorstep.config.load import load_settings  # noqa: PLC0415 - pydantic, which the other tests do without

    config = tmp_path / "doorstep.toml"
    shutil.copy(TEXTS / "doorstep.toml", config)
    settings = load_settings(config, {}, only_built=True)
    assert settings.server.data == Path("/var/lib/doorstep")
    assert settings.cameras == ()


def test_an_archive_is_what_deb_5_says(tmp_path: Path) -> None:
    content = written(tmp_path).read_bytes()
    assert content.startswith(b"!<arch>\ndebian-binary   ")
    assert content[68:72] == b"2.0\n"
    begin = content.index(b"data.tar.xz") + 60
    with tarfile.open(fileobj=io.BytesIO(content[begin:]), mode="r:xz") as data:
        assert {member.mtime for member in data} == {MOMENT}
