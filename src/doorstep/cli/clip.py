"""`doorstep clip`: the last minutes of a camera as a file, by the same route that the web uses."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from doorstep.cli.options import ConfigOption, DataOption, refuse_unknown, settings_of
from doorstep.core.errors import DoorstepError

PIECE_BYTES = 1 << 20


def clip(
    camera: Annotated[str, typer.Argument(help="The camera's id, as in the config.")],
    last: Annotated[float, typer.Option("--last", help="How many seconds, back from now.", min=1)] = 60.0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file to write; by default named by its start.")
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Save the last seconds of a camera as an MP4.  The server must be running."""
    from doorstep.cli.local import LocalServer  # noqa: PLC0415 - httpx, which --help need not wait for

    folder = settings_of(config, data).server.data
    if not LocalServer.is_running(folder):
        msg = f"No Doorstep is running with the data folder {folder}. Start it with `doorstep run`, or name its --data."
        raise DoorstepError(msg)
    with LocalServer(folder) as server:
        refuse_unknown([camera], [known["id"] for known in server.ask("GET", "/cameras")["cameras"]], "CAMERA")
        with server.download(f"/cameras/{camera}/clip", {"duration": f"{last:g}"}) as response:
            target = out or Path(_name_in(response.headers.get("content-disposition", "")))
            _write(response.iter_bytes(PIECE_BYTES), int(response.headers.get("content-length", 0)), target)
    typer.echo(f"{target}: {target.stat().st_size:,} bytes")


def _name_in(disposition: str) -> str:
    return Path(disposition.partition('filename="')[2].rstrip('"')).name or "clip.mp4"


def _write(pieces: Iterable[bytes], total: int, target: Path) -> None:
    """Beside the target first, so that a broken transfer leaves no half file under its name."""
    part = target.with_name(target.name + ".part")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    try:
        with (
            part.open("wb") as file,
            Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress,
        ):
            task = progress.add_task(target.name, total=total)
            for piece in pieces:
                file.write(piece)
                progress.advance(task, len(piece))
        part.replace(target)
    except OSError as error:
        msg = f"{target} could not be written ({error.strerror}). Nothing was kept; choose another place with -o."
        raise DoorstepError(msg) from error
    finally:
        part.unlink(missing_ok=True)
