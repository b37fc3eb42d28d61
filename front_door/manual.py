"""The manual: `python3 front_door/manual.py` builds it into var/manual/site, with an environment of its own.

Strict: a link or anchor that leads nowhere fails.  `docs/gather.py` says what the pages are, `mkdocs.yml` how they
look.
"""

import shutil
import sys
from pathlib import Path

from environment import QUIET, check_python
from steps import ROOT, done, fingerprint, is_done, one_at_a_time, run, say

LOCK = ROOT / "requirements" / "docs.lock"
MANUAL = ROOT / "var" / "manual"
VENV = MANUAL / "venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "docs.stamp"
SITE = MANUAL / "site"
SILENT = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}


def main() -> None:
    """Make what is missing, then the manual."""
    check_python()
    with one_at_a_time():
        install()
        run("gathering the manual's pages", [sys.executable, ROOT / "docs" / "gather.py"])
        build: list[str | Path] = [PYTHON, "-m", "mkdocs", "build", "--strict", "--quiet", "--clean"]
        run("building the manual", build, environment=SILENT)
    say(f"The manual is {SITE.relative_to(ROOT)}/index.html: open it in a browser, no server is needed.")


def install() -> None:
    """The locked packages, unless they are there for just this lock."""
    wanted = fingerprint([LOCK], sys.version, str(ROOT))
    if is_done(STAMP, wanted):
        return
    say("Installing what the manual is built with (30 packages, pinned by hash)")
    shutil.rmtree(VENV, ignore_errors=True)
    run("making the manual's environment", [sys.executable, "-m", "venv", VENV])
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "-q", "--only-binary", ":all:", "--require-hashes"]
    run("installing what the manual is built with", [*pip, "-r", LOCK], environment=QUIET)
    done(STAMP, wanted)


if __name__ == "__main__":
    main()
