"""What `make release` says and writes beside the packages: version, notes, lock for a target, list of parts, sums."""

import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "front_door"))

import release
import release_version
from doorstep import __version__
from doorstep.cli.main import _code_of
from release_parts import Part, licence_in, parts_list, web_parts
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
        Part("pypi", "two", "3", (("SHA-256", "b" * 64),), "BSD License"),
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
    assert found["pkg:pypi/one@1.2"]["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]


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
