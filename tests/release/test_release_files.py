"""What `make release` says and writes beside the packages: version, notes, lock for a target, list of parts, sums."""

import fnmatch
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "front_door"))

import release
import release_version
from doorstep import __version__
from doorstep.cli.main import _code_of
from fakes.bare_debian import PACKAGE
from release_parts import Part, libraries_in, licence_in, parts_list, web_parts
from release_tree import Package
from release_wheels import LOCK, MACHINES, SUITES, Target, pinned

CHANGELOG = """# Changelog

## 1.1.0 - 2026-12-01

### Added
- A bell.

## 1.0.0 - 2026-11-01

- A door.

## 0.9.0
"""
ENTRY = "one==1.2 ; python_full_version < '3.12' \\\n    --hash=sha256:{a} \\\n    --hash=sha256:{b}\n    # via x\n"
GUIDES = sorted((ROOT / "docs" / "guide").glob("*.md"))
OF_BEFORE = "0.1.0"
TYPED = re.compile(r"    (?!doorstep )")
"""A line for the shell; what Doorstep itself is given there is the owner's."""

TAKEN = re.compile(
    r"(?<!> )(?<![\w/.*-])(?:\./)?([\w*-][\w.*-]*\.(?:sh|service|toml|txt|whl)\b|Containerfile|SHA256SUMS)(?!/)"
)
"""A file of the folder that somebody is in, unless the line writes it."""

MOMENT = 1795382205
EVERY_TARGET = [Target(suite, arch) for suite in SUITES.values() for arch in MACHINES]


def test_the_version_is_the_same_wherever_it_stands() -> None:
    assert release_version.version_of((ROOT / "pyproject.toml").read_text("utf-8")) == __version__


def test_the_notes_are_the_changelogs_section_of_the_version() -> None:
    assert release_version.notes_of(CHANGELOG, "1.1.0") == "### Added\n- A bell."
    assert release_version.notes_of(CHANGELOG, "1.0.0") == "- A door."


@pytest.mark.parametrize("version", ["2.0.0", "0.9.0", "1.0"])
def test_a_version_that_the_changelog_does_not_tell_ends_the_release(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    monkeypatch.setattr(release_version, "ROOT", tmp_path)
    with pytest.raises(SystemExit):
        release_version.release_notes(version)
    [sentence] = capsys.readouterr().err.strip().splitlines()
    assert f"CHANGELOG.md says nothing about {version}." in sentence


@pytest.mark.parametrize(
    ("version", "is_dated"), [("1.1.0", True), ("1.0.0", True), ("0.9.0", False), ("2.0.0", False)]
)
def test_a_version_is_dated_by_its_heading(version: str, is_dated: bool) -> None:
    assert release_version.is_dated(CHANGELOG, version) is is_dated


def checkout(folder: Path) -> None:
    """One commit with the changelog above, and nothing else."""
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    name = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    for words in (["init", "-q"], ["add", "."], [*name, "commit", "-q", "-m", "A door"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
def test_a_release_is_refused_until_it_is_dated_and_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout(tmp_path)
    monkeypatch.setattr(release_version, "ROOT", tmp_path)
    assert release_version.no_release_for("1.1.0") == []
    (tmp_path / "more").touch()
    [fault] = release_version.no_release_for("1.1.0")
    assert "Commit it first." in fault
    assert '"## 0.9.0 - YEAR-MONTH-DAY"' in release_version.no_release_for("0.9.0")[0]


def test_a_release_that_is_refused_builds_nothing_and_a_try_says_what_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built: list[release.Release] = []
    monkeypatch.setattr(release, "no_release_for", lambda _version: ["Not yet."])
    monkeypatch.setattr(release, "build", lambda asked, _targets: built.append(asked))
    monkeypatch.setattr(release, "DIST", tmp_path / "dist")
    monkeypatch.setattr(release, "WORK", tmp_path)
    with pytest.raises(SystemExit):
        release.main([])
    assert built == []
    assert "Not yet. Or build a try:" in capsys.readouterr().err
    release.main(["--suites", "bookworm"])
    assert len(built) == 1
    assert "This is a try, not a release. Not yet." in capsys.readouterr().out


def test_the_package_is_called_as_the_guides_call_it() -> None:
    names = {Package(target, __version__, MOMENT).file_name for target in EVERY_TARGET}
    assert PACKAGE in names
    told = [name for page in GUIDES for name in re.findall(r"doorstep_[\w.+*-]+\.deb", page.read_text("utf-8"))]
    assert {name.replace("VERSION", __version__) for name in told if OF_BEFORE not in name} <= names
    assert len(told) > 4


def test_what_the_guides_take_out_of_a_release_is_in_it(tmp_path: Path) -> None:
    made = release.Release(__version__, MOMENT, tmp_path)
    release.lay_beside(made, [], {})
    laid = {path.name for path in tmp_path.iterdir()} | {release.SUMS, f"doorstep-{__version__}-py3-none-any.whl"}
    lines = [line for page in GUIDES for line in page.read_text("utf-8").splitlines() if TYPED.match(line)]
    copied = re.findall(r"(?m)^COPY ([^-].*) \S+$", (ROOT / "deploy" / "docker" / "Containerfile").read_text("utf-8"))
    taken = {name for line in lines for name in TAKEN.findall(line)} | set(" ".join(copied).split())
    assert {name for name in taken if OF_BEFORE not in name and not fnmatch.filter(laid, name)} == set()
    assert len(taken) > 8


def test_without_a_commit_the_release_says_how_to_date_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setattr(release_version, "ROOT", tmp_path)
    with pytest.raises(SystemExit):
        release_version.epoch()
    assert "SOURCE_DATE_EPOCH" in capsys.readouterr().err
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "12")
    assert release_version.epoch() == 12


@pytest.mark.parametrize(("suites", "arches", "named"), [(["buster"], [], "buster"), ([], ["armhf"], "armhf")])
def test_a_debian_or_processor_without_a_package_is_named(
    suites: list[str], arches: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        release.targets_of(suites, arches)
    assert f"There is no package for {named}." in capsys.readouterr().err


def test_all_are_built_unless_fewer_are_asked_for() -> None:
    assert release.targets_of([], []) == EVERY_TARGET
    assert release.targets_of(["trixie"], ["arm64"]) == [Target(SUITES["trixie"], "arm64")]


def test_a_lock_is_read_for_the_python_of_the_target() -> None:
    lock = ENTRY.format(a="a" * 64, b="b" * 64)
    [found] = pinned(lock, Target(SUITES["bookworm"], "amd64"))
    assert found.line == f"one==1.2 --hash=sha256:{'a' * 64} --hash=sha256:{'b' * 64}"
    assert pinned(lock, Target(SUITES["trixie"], "amd64")) == []


@pytest.mark.parametrize("target", EVERY_TARGET, ids=lambda target: f"{target.suite.name}-{target.arch}")
def test_what_the_server_and_its_extras_need_is_locked_for_every_package(target: Target) -> None:
    locked = {each.name for each in pinned(LOCK.read_text("utf-8"), target)} | target.suite.from_debian
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = [
        *project["dependencies"],
        *(line for name in ("server", "gpio", "aws", "postgres") for line in extras[name]),
    ]
    wanted = {re.split(r"[\[<>=~; ]", line)[0] for line in named}
    assert wanted - locked == set()
    assert "pip" in locked  # `doorstep models fetch` asks it


def test_the_constraints_are_the_lock_without_hashes() -> None:
    text = release.constraints(ENTRY.format(a="a" * 64, b="b" * 64))
    assert text == "one==1.2 ; python_full_version < '3.12'\n"


def test_the_sums_are_those_that_sha256sum_checks(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"two")
    (tmp_path / "a").write_bytes(b"one")
    lines = [f"{hashlib.sha256(word).hexdigest()}  {name}\n" for name, word in (("a", b"one"), ("b", b"two"))]
    assert release.sums_of(tmp_path.iterdir()) == "".join(lines)


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ("License-Expression: MIT\nLicense: whatever\n", "MIT"),
        ("Classifier: License :: OSI Approved :: MIT License\n", "MIT License"),
        ("License: BSD-3-Clause\n", "BSD-3-Clause"),
        (f"License: {'a whole text ' * 40}\n", ""),
        ("Name: nobody\n", ""),
    ],
)
def test_a_licence_is_what_its_maker_says(metadata: str, licence: str) -> None:
    assert licence_in(metadata) == licence


def test_the_list_of_parts_names_each_with_hash_and_licence_and_is_the_same_every_time() -> None:
    parts = [
        Part("pypi", "One", "1.2", (("SHA-256", "a" * 64),), "MIT OR Apache-2.0"),
        Part("pypi", "two", "3", (("SHA-256", "b" * 64),), "BSD License", (("two.libs/libone.so.1", "d" * 64),)),
        Part("pypi", "three", "3", (("SHA-256", "c" * 64),)),
    ]
    text = parts_list("doorstep", "1.0", parts, 1795382205)
    assert text == parts_list("doorstep", "1.0", list(reversed(parts)), 1795382205)
    told = json.loads(text)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told["metadata"]["timestamp"] == "2026-11-22T21:16:45Z"
    found = {each["purl"]: each for each in told["components"]}
    assert found["pkg:pypi/one@1.2"]["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert found["pkg:pypi/two@3"]["licenses"] == [{"license": {"name": "BSD License"}}]
    assert "licenses" not in found["pkg:pypi/three@3"]
    [library] = found["pkg:pypi/two@3"]["components"]
    assert (library["type"], library["name"]) == ("file", "two.libs/libone.so.1")
    assert library["hashes"] == [{"alg": "SHA-256", "content": "d" * 64}]
    assert found["pkg:pypi/one@1.2"]["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]


def test_libraries_inside_a_wheel_are_found(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "one.whl", "w") as wheel:
        wheel.writestr("one.libs/", "")
        wheel.writestr("one.libs/libx.so.1", b"x")
        wheel.writestr("one/code.so", b"not another's")
    assert libraries_in(tmp_path / "one.whl") == (("one.libs/libx.so.1", hashlib.sha256(b"x").hexdigest()),)


def test_what_the_pages_hold_of_others_is_listed() -> None:
    found = web_parts((ROOT / "web" / "package-lock.json").read_text("utf-8"))
    assert {part.name for part in found} == {"hls.js", "svelte"}
    assert all(part.licence and len(part.hashes[0][1]) == 128 for part in found)


def test_a_wheel_without_the_server_names_the_line_that_mends_it(capsys: pytest.CaptureFixture[str]) -> None:
    def run() -> None:
        raise ModuleNotFoundError(name="tomlkit")

    assert _code_of(run) == 1
    line = f"pipx install --force './doorstep-{__version__}-py3-none-any.whl[server]'"
    assert line in capsys.readouterr().err
