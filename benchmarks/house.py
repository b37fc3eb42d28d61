"""A real server for a benchmark: `doorstep run` in its own process, in a folder of its own, with the models at hand.

The process itself is started by the tests' own code; what is measured of it lives in the file of each benchmark.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fakes.server_process import ServerProcess, model_folder

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
CAMERA = """
[[camera]]
id = "camera-{number}"
name = "Camera {number}"
source = "{source}"
enabled = {enabled}
"""


@contextmanager
def folder_of_our_own() -> Iterator[Path]:
    """On the disk, for data."""
    with tempfile.TemporaryDirectory(prefix="doorstep-bench-") as folder:
        yield Path(folder)


@contextmanager
def memory_folder() -> Iterator[Path]:
    """In memory, for a buffer."""
    with tempfile.TemporaryDirectory(prefix="doorstep-bench-", dir=SHARED_MEMORY) as folder:
        yield Path(folder)


def models() -> Path:
    """Raises SystemExit where no model is at hand: then there is nothing to measure."""
    folder = model_folder()
    if folder is None:
        msg = "no detection model here: doorstep models fetch --data var/demo"
        raise SystemExit(msg)
    return folder


def server_of(folder: Path, config: str) -> ServerProcess:
    """Not yet started."""
    return ServerProcess(folder / "data", config, {"DOORSTEP_MODELS": str(models())})


def config_of(cameras: Sequence[str], buffer: Path | None = None, more: str = "", *, enabled: bool = True) -> str:
    """One camera for each address, called camera-0 and so on."""
    tables = [f'[buffer]\ndirectory = "{buffer}"\n'] if buffer is not None else []
    tables += [
        CAMERA.format(number=number, source=source, enabled=str(enabled).lower())
        for number, source in enumerate(cameras)
    ]
    return "\n".join([*tables, more])
