"""The Doorstep that was released before this one, from the history of this checkout, run for real with our libraries.

Its source is enough: what it needs is what we need, and more.
"""

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from fakes.server_process import PASSWORD, ROOT, ServerProcess
from fakes.warm_verbs import WarmVerbs

NAMES = ("v0.1.0", "35d7a873d929e903d7e8b93ffe7c44e1affcf598")
"""Its tag, and its commit, for a clone may have no tags."""

OWNER = "Kim"


@cache
def why_not() -> str:
    """Why there is none; empty where there is."""
    for name in NAMES:
        words = ("git", "-C", str(ROOT), "cat-file", "-e", f"{name}:src/doorstep/__init__.py")
        try:
            if subprocess.run(words, capture_output=True, check=False, timeout=60).returncode == 0:
                return ""
        except OSError:
            return "there is no git"
    return "this checkout has no history: Doorstep 0.1.0 is not in it"


@cache
def _kept() -> "TemporaryDirectory[str]":
    folder = TemporaryDirectory(prefix="doorstep-0.1.0-")
    for name in NAMES:
        packed = subprocess.run(
            ("git", "-C", str(ROOT), "archive", name, "src"), capture_output=True, check=False, timeout=120
        )
        if packed.returncode == 0:
            subprocess.run(("tar", "-x", "-C", folder.name), input=packed.stdout, check=True, timeout=120)
            return folder
    raise AssertionError(why_not())


def older_environment() -> dict[str, str]:
    """In which `python -m doorstep` is the older one."""
    return {"PYTHONPATH": str(Path(_kept().name) / "src"), "PYTHONSAFEPATH": "1"}


def older_file(path: str) -> str:
    """What stood in this file of the checkout."""
    for name in NAMES:
        words = ("git", "-C", str(ROOT), "show", f"{name}:{path}")
        shown = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        if shown.returncode == 0:
            return shown.stdout
    raise AssertionError(why_not())


@cache
def warm_verbs(*, is_older: bool) -> WarmVerbs:
    """The commands of either version, until this process ends."""
    return WarmVerbs(older_environment() if is_older else {})


def older(*words: str, stdin: str = "") -> str:
    """What a verb of it prints.  Raises AssertionError."""
    return _ran(warm_verbs(is_older=True), words, stdin)


def ran(*words: str, stdin: str = "") -> str:
    """The same of ours."""
    return _ran(warm_verbs(is_older=False), words, stdin)


def _ran(verbs: WarmVerbs, words: tuple[str, ...], stdin: str) -> str:
    code, told, complaint = verbs.run(*words, stdin=stdin)
    assert code == 0, (words, code, complaint[-2000:])
    return told


class House:
    """A data folder `data` and its config `data.toml` beside it, of whichever version wrote them last."""

    def __init__(self, folder: Path, secret: str = "") -> None:
        self.data = folder / "data"
        self.config = folder / "data.toml"
        self.secret = secret
        self.written = self.config.read_bytes() if self.config.exists() else b""

    @property
    def catalog(self) -> Path:
        return self.data / "doorstep.sqlite"

    @property
    def words(self) -> tuple[str, ...]:
        return ("--config", str(self.config), "--data", str(self.data))

    def server(self, *, is_older: bool) -> "HouseServer":
        return HouseServer(self, older_environment() if is_older else {})


class HouseServer(ServerProcess):
    """A server of either version, on a house as it is: its config is not written."""

    def __init__(self, house: House, environment: dict[str, str]) -> None:
        super().__init__(house.data, house.config.read_text(encoding="utf-8"), environment)
        self._token = house.secret


def make_house(folder: Path, config: str) -> House:
    """With an owner and a token, made by the older one."""
    house = House(folder)
    house.config.write_text(config, encoding="utf-8")
    house.written = house.config.read_bytes()
    older("users", "add", OWNER, "--password-stdin", *house.words, stdin=f"{PASSWORD}\n")
    house.secret = older("tokens", "create", "--scope", "admin", *house.words).split()[-1]
    return house
