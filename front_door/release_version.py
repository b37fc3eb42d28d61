"""Which version is released, what the changelog says about it, and the one moment that all its files bear."""

import os
import re
import subprocess
import tomllib

from steps import ROOT, give_up

_HEADING = re.compile(r"^## +\[?(?P<version>[^\s\]]+)\]?(?P<rest>.*)$", re.MULTILINE)


def version_of(pyproject: str) -> str:
    """What pyproject.toml says."""
    version = tomllib.loads(pyproject)["project"]["version"]
    return str(version)


def notes_of(changelog: str, version: str) -> str | None:
    """The version's section without its heading; None where there is none, or nothing in it."""
    headings = list(_HEADING.finditer(changelog))
    for place, heading in enumerate(headings):
        if heading["version"] == version:
            end = headings[place + 1].start() if place + 1 < len(headings) else len(changelog)
            return changelog[heading.end() : end].strip() or None
    return None


def release_notes(version: str) -> str:
    """The notes of this checkout; ends with a sentence where CHANGELOG.md has none."""
    notes = notes_of((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    if notes is None:
        give_up(f'CHANGELOG.md says nothing about {version}. Write what is new below a line "## {version} - DATE".')
    return f"# Doorstep {version}\n\n{notes}\n"


def no_release_for(version: str) -> list[str]:
    """Why this checkout is no release of it yet, in sentences that say what to do; none where it is one."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    faults = []
    if not is_dated(changelog, version):
        faults.append(f'CHANGELOG.md has no date for {version}. Write it there: "## {version} - YEAR-MONTH-DAY".')
    if _said_by_git("status", "--porcelain"):
        faults.append("What is here is not what was committed, so nobody else could build just this. Commit it first.")
    return faults


def is_dated(changelog: str, version: str) -> bool:
    """Whether the version's heading says when it was released."""
    rest = next((each["rest"] for each in _HEADING.finditer(changelog) if each["version"] == version), "")
    return re.fullmatch(r" - \d{4}-\d\d-\d\d", rest.rstrip()) is not None


def epoch() -> int:
    """Seconds since 1970: SOURCE_DATE_EPOCH, else the commit's, so that whoever builds it gets the same bytes."""
    asked = os.environ.get("SOURCE_DATE_EPOCH") or _said_by_git("log", "-1", "--format=%ct")
    if not asked.isdigit():
        give_up("There is no commit here to date the release by. Build in a clone, or set SOURCE_DATE_EPOCH.")
    return int(asked)


def _said_by_git(*words: str) -> str:
    """Empty where there is no git, or no repository."""
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()
