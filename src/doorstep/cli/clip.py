"""`doorstep clip`: any recorded span of a camera as a file, by the same route that the web uses."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from doorstep.cli.options import ConfigOption, DataOption, refuse_unknown, settings_of
from doorstep.core.clip_form import ClipKind
from doorstep.core.errors import DoorstepError

if TYPE_CHECKING:
    import httpx

    from doorstep.cli.local import LocalServer

PIECE_BYTES = 1 << 20
ASK_AGAIN_SECONDS = 1.0
WORTH_TELLING = 0.5
"""Seconds that are not shown: less is the rest of a picture."""


class WantedCodec(StrEnum):
    """What a clip can be turned into."""

    H264 = "h264"


def clip(
    camera: Annotated[str, typer.Argument(help="The camera's id, as in the config.")],
    last: Annotated[
        float | None, typer.Option("--last", help="How many seconds, back from now or from --end.", min=0.1)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The file, or its folder; by default named by its start."),
    ] = None,
    *,
    start: Annotated[str | None, typer.Option(help="A time like 2025-11-21T14:02:00Z.")] = None,
    end: Annotated[str | None, typer.Option(help="The same; now by default.")] = None,
    kind: Annotated[
        ClipKind, typer.Option("--format", help="One film, or a ZIP with every part of the span.")
    ] = ClipKind.MP4,
    exact: Annotated[
        bool, typer.Option(help="Start just where asked; else a little before, for players that ignore edit lists.")
    ] = True,
    codec: Annotated[WantedCodec | None, typer.Option(help="Turn H.265 into this, which takes a while.")] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Save a span of a camera, by default its last minute, as an MP4.  The server must be running."""
    from doorstep.cli.local import LocalServer  # noqa: PLC0415 - httpx, which --help need not wait for

    folder = settings_of(config, data).server.data
    if not LocalServer.is_running(folder):
        msg = f"No Doorstep is running with the data folder {folder}. Start it with `doorstep run`, or name its --data."
        raise DoorstepError(msg)
    if last is None and start is None:
        last = 60.0
    asked = {"duration": f"{last:.6f}" if last is not None else None, "start": start, "end": end}
    asked |= {"format": kind.value, "exact": str(int(exact)), "codec": codec}
    query = {name: value for name, value in asked.items() if value is not None}
    with LocalServer(folder) as server:
        refuse_unknown([camera], [known["id"] for known in server.ask("GET", "/cameras")["cameras"]], "CAMERA")
        with _made(server, f"/cameras/{camera}/clip", query) as response:
            target = _target(out, response.headers.get("content-disposition", ""))
            _write(response.iter_bytes(PIECE_BYTES), int(response.headers.get("content-length", 0)), target)
            told = dict(response.headers)
    typer.echo(f"{target}: {target.stat().st_size:,} bytes")
    for line in _remarks(told, kind):
        typer.echo(line, err=True)


@contextmanager
def _made(server: "LocalServer", path: str, query: dict[str, str]) -> "Iterator[httpx.Response]":
    """The download, once the clip is converted, if it has to be.  Raises DoorstepError."""
    from rich.console import Console  # noqa: PLC0415 - 3 MiB, and every verb's module is loaded by a server too
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415 - as above

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    shows = sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=not shows, transient=True) as progress:
        task = None
        while True:
            with server.download(path, query, {"Prefer": "respond-async"}) as response:
                if response.status_code != 202:
                    progress.stop()
                    yield response
                    return
                response.read()
                told = response.json()
            if task is None:
                task = progress.add_task("converting", total=1.0)
                if not shows:
                    typer.echo("The clip is being converted; this takes a while.", err=True)
            progress.update(task, completed=told["progress"])
            path, query = told["href"].removeprefix("/api/v1"), {}
            Event().wait(ASK_AGAIN_SECONDS)


def _remarks(headers: Mapping[str, str], kind: ClipKind) -> Iterator[str]:
    """What the owner should know of the clip besides its name."""
    missing, parts = float(headers.get("doorstep-missing-seconds", 0)), int(headers.get("doorstep-parts", 1))
    if missing > WORTH_TELLING:
        more = f" It was recorded in {parts} parts; --format zip saves them all." if kind is ClipKind.MP4 else ""
        yield f"{missing:.1f} seconds of the span are not in it.{more if parts > 1 else ''}"
    if "doorstep-conversion-cpu-seconds" in headers:
        yield f"To convert it took {headers['doorstep-conversion-cpu-seconds']} seconds of one processor core."


def _target(out: Path | None, disposition: str) -> Path:
    """The file that was named, or one named by the server, in the folder that was."""
    if out is not None and not out.is_dir():
        return out
    name = Path(disposition.partition('filename="')[2].rstrip('"')).name or "clip.mp4"
    return (out or Path()) / name


def _write(pieces: Iterable[bytes], total: int, target: Path) -> None:
    """Beside the target first, so that a broken transfer leaves no half file under its name."""
    part = target.with_name(target.name + ".part")
    from rich.console import Console  # noqa: PLC0415 - 3 MiB, and every verb's module is loaded by a server too
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn  # noqa: PLC0415 - as above

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
