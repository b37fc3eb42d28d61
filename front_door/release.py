"""`make release`: what people install, in dist/.  The order of the steps; each is a file beside this one.

SUITES and ARCHES name fewer Debian packages, for a quick try: `make release SUITES=bookworm ARCHES=amd64`.  A try may
hold what was not committed; a release may not.
"""

import argparse
import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deb_file import write_deb
from hub_program import write_hub_program
from release_parts import Part, libraries_in, licence_of, parts_list, web_parts
from release_tree import Package, control_of, entries_of, open_wheels
from release_version import epoch, no_release_for, release_notes, version_of
from release_wheels import BUILD_LOCK, LOCK, MACHINES, SUITES, Target, fetch, pinned
from steps import PYTHON, ROOT, give_up, run, say

DIST = ROOT / "dist"
WORK = ROOT / "var" / "release"
DEPLOY = ROOT / "deploy"
BESIDE = (
    DEPLOY / "debian" / "doorstep.toml",
    DEPLOY / "docker" / "Containerfile",
    DEPLOY / "pi" / "install.sh",
    DEPLOY / "systemd" / "doorstep-publish.service",
    DEPLOY / "systemd" / "doorstep.service",
)
"""What the guide takes out of a release besides its packages."""
SUMS = "SHA256SUMS"
_LINE_GOES_ON = "\\"


@dataclass(frozen=True, slots=True)
class Release:
    """What every step needs."""

    version: str
    moment: int
    folder: Path


def main(words: Sequence[str] | None = None) -> None:
    """Everything, or what was asked for; dist/ holds one release, whole, once this has ended."""
    asked = argparse.ArgumentParser(description="Build what people install, into dist/.")
    asked.add_argument("--suites", default="", help=f"of {', '.join(SUITES)}; all without")
    asked.add_argument("--arches", default="", help=f"of {', '.join(MACHINES)}; all without")
    chosen = asked.parse_args(words)
    targets = targets_of(chosen.suites.split(), chosen.arches.split())
    version = version_of((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    notes = release_notes(version)
    for fault in no_release_for(version):
        if not (chosen.suites or chosen.arches):
            give_up(f"{fault} Or build a try: make release SUITES=bookworm ARCHES=amd64")
        say(f"This is a try, not a release. {fault}")
    WORK.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=WORK) as folder:  # not under the lock of set-up, for the wheel's build takes that
        release = Release(version, epoch(), Path(folder) / "dist")
        release.folder.mkdir()
        (release.folder / f"doorstep-{version}-notes.md").write_text(notes, encoding="utf-8")
        build(release, targets)
        shutil.rmtree(DIST, ignore_errors=True)
        release.folder.rename(DIST)
    for path in sorted(DIST.iterdir()):
        say(f"  {path.stat().st_size / 1e6:7.2f} MB  {DIST.name}/{path.name}")


def targets_of(suites: Sequence[str], arches: Sequence[str]) -> list[Target]:
    """Those that were asked for, all where nothing was; ends with a sentence at a name that is none."""
    _refuse_unknown(suites, SUITES)
    _refuse_unknown(arches, MACHINES)
    return [Target(SUITES[suite], arch) for suite in suites or SUITES for arch in arches or MACHINES]


def build(release: Release, targets: Sequence[Target]) -> None:
    """All files of it into its folder, the sums last."""
    say(f"Doorstep {release.version}: wheel and sdist")
    dated = {**os.environ, "SOURCE_DATE_EPOCH": str(release.moment)}
    command: list[str | Path] = [PYTHON, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", release.folder]
    run("building the wheel", command, environment=dated)
    fetched = {}
    for target in targets:
        say(f"Fetching packages for {target.suite.name} {target.arch}, pinned by hash")
        fetched[target] = fetch(target, release.moment)
    licences = {_name_of(wheel): licence_of(wheel) for wheels in fetched.values() for wheel in wheels}
    lay_beside(release, targets, licences)
    say("Packing doorstep-hub, for the public machine")
    write_hub_program(release.folder, release.version, release.moment)
    say(f"Packing {len(targets)} Debian packages (some minutes)")
    with ProcessPoolExecutor() as pool:
        for made in [pool.submit(pack, release, target, wheels, licences) for target, wheels in fetched.items()]:
            say(f"  {made.result()}")
    (release.folder / SUMS).write_text(sums_of(release.folder.iterdir()), encoding="utf-8")


def pack(release: Release, target: Target, wheels: Sequence[Path], licences: Mapping[str, str]) -> str:
    """One Debian package and its list of parts; answers its name.  In a process of its own."""
    parts = [_part_of(wheel, licences) for wheel in wheels]
    package = Package(target, release.version, release.moment)
    text = parts_list("doorstep", package.debian_version, [*parts, *_web_parts()], release.moment)
    own = release.folder / f"doorstep-{release.version}-py3-none-any.whl"
    with ExitStack() as stack:
        opened = [stack.enter_context(wheel) for wheel in open_wheels([own, *wheels])]
        entries = list(entries_of(package, opened, text))
        write_deb(release.folder / package.file_name, control_of(package), entries, release.moment)
    (release.folder / package.file_name).with_suffix(".cdx.json").write_text(text, encoding="utf-8")
    return package.file_name


def lay_beside(release: Release, targets: Sequence[Target], licences: Mapping[str, str]) -> None:
    """What the ways to install need beside packages and wheel, and the wheel's list of parts: all that is locked."""
    lock = LOCK.read_text(encoding="utf-8")
    for path in BESIDE:
        shutil.copyfile(path, release.folder / path.name)
    shutil.copyfile(LOCK, release.folder / "packages.lock")
    shutil.copyfile(BUILD_LOCK, release.folder / BUILD_LOCK.name)
    (release.folder / "constraints.txt").write_text(constraints(lock), encoding="utf-8")
    known = {(each.name, each.version): each for target in targets for each in pinned(lock, target)}
    parts = [
        Part("pypi", each.name, each.version, _hashes(each.hashes), licences.get(_plain(each.name), ""))
        for each in known.values()
    ]
    text = parts_list("doorstep", release.version, [*parts, *_web_parts()], release.moment)
    (release.folder / f"doorstep-{release.version}.cdx.json").write_text(text, encoding="utf-8")


def constraints(lock: str) -> str:
    """The lock without its hashes: pip takes it beside a wheel that is in no lock."""
    lines = [line for line in lock.splitlines() if "==" in line and line[0] not in " #"]
    return "".join(f"{line.removesuffix(_LINE_GOES_ON).rstrip()}\n" for line in lines)


def sums_of(paths: Iterable[Path]) -> str:
    """As `sha256sum --check` reads them."""
    return "".join(f"{_sum(path)}  {path.name}\n" for path in sorted(paths))


def _refuse_unknown(names: Sequence[str], known: Iterable[str]) -> None:
    if unknown := sorted(set(names) - set(known)):
        give_up(f"There is no package for {', '.join(unknown)}. Choose of {', '.join(known)}.")


def _part_of(wheel: Path, licences: Mapping[str, str]) -> Part:
    name = _name_of(wheel)
    version, hashes = wheel.name.split("-")[1], _hashes([_sum(wheel)])
    return Part("pypi", name, version, hashes, licences[name], libraries_in(wheel))


def _hashes(digests: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple(("SHA-256", digest) for digest in digests)


def _web_parts() -> list[Part]:
    return web_parts((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))


def _name_of(wheel: Path) -> str:
    return _plain(wheel.name.split("-")[0])


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
