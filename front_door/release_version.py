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


def epoch() -> int:
    """Seconds since 1970: SOURCE_DATE_EPOCH, else the commit's, so that whoever builds it gets the same bytes."""
    asked = os.environ.get("SOURCE_DATE_EPOCH") or _said_by_git("log", "-1", "--format=%ct")
    if not asked.isdigit():
        give_up("There is no commit here to date the release by. Build in a clone, or set SOURCE_DATE_EPOCH.")
    return int(asked)


def is_as_committed() -> bool:
    """Whether what is built is what the commit holds."""
    return not _said_by_git("status", "--porcelain")


def _said_by_git(*words: str) -> str:
    """Empty where there is no git, or no repository."""
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()
