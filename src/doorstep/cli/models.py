"""`doorstep models`: the files that know what a person looks like."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from doorstep.app import models as files
from doorstep.app.folders import data_folder
from doorstep.cli.options import ConfigOption, DataOption, JsonOption, model_folders, settings_of
from doorstep.vision.models import Accuracy

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

ABOUT_ACCURACY = (
    "Right pictures: of a hundred of doors and streets, in how many it is right whether anybody is there."
    " F1 is for the boxes it draws; COCO AP is what its authors tell."
)

verbs = typer.Typer(help="The files that know what a person looks like.", no_args_is_help=True)


@verbs.command("list")
def list_models(config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Every file Doorstep knows, its licence, how good it is, and whether it is here."""
    here = {verdict.name: str(verdict.soundness) for verdict in _here(config, data)}
    rows = [(known, here.get(known.name, "no")) for known in files.FILES]
    if as_json:
        for known, state in rows:
            row = {"name": known.name, "licence": known.licence, "bytes": known.pins[0].length, "state": state}
            typer.echo(json.dumps(row | {"accuracy": asdict(known.accuracy) if known.accuracy else None}))
        return
    from rich.console import Console  # noqa: PLC0415 - 3 MiB, and every verb's module is loaded by a server too
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table("Name", "Size", "Licence", "Right pictures", "Here", caption=ABOUT_ACCURACY, caption_justify="left")
    for known, state in rows:
        size = f"{known.pins[0].length / 1e6:.1f} MB"
        table.add_row(known.name, size, known.licence, _accuracy_words(known.accuracy), state)
    Console().print(table)


def _accuracy_words(accuracy: Accuracy | None) -> str:
    if accuracy is None:
        return ""
    told = f"COCO AP {accuracy.coco_ap:g} %"
    if accuracy.f1 is None or accuracy.images is None:
        return f"not measured ({told})"
    return f"{100 * accuracy.images:.0f} % (F1 {accuracy.f1:.2f}, {told})"


@verbs.command("fetch")
def fetch(
    name: Annotated[
        str | None, typer.Argument(help="A name of `models list`; without one, what a new system needs.")
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Bring a file here, verified against its pinned hash.  Interrupted downloads go on where they stopped."""
    folder = data_folder(settings_of(config, data).server.data) / "models"
    folder.mkdir(exist_ok=True)
    with _bar() as bar:
        if name is None:
            paths = files.fetch_what_is_needed(folder, bar, lambda line: typer.echo(line, err=True))
        else:
            paths = [files.fetch_named(name, folder, bar)]
    for path in paths:
        typer.echo(str(path))


@verbs.command("verify")
def verify(
    model: Annotated[
        Path | None, typer.Argument(help="The path of your own ONNX file: say what it is, and whether it can look.")
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare every file that is here with its pinned hash, or try out your own.  Exit code 1 when one is wrong."""
    if model is not None:
        row = _own(model)
        typer.echo(json.dumps(row) if as_json else "{name}: {family}, {side} pixels, knows {labels}".format(**row))
        return
    verdicts = _here(config, data)
    for verdict in verdicts:
        row = {"name": verdict.name, "path": str(verdict.path), "state": verdict.soundness, "reason": verdict.reason}
        words = verdict.reason or f"{verdict.name}: sound ({verdict.path})"
        typer.echo(json.dumps(row) if as_json else words)
    if not verdicts:
        typer.echo("No file is here yet. Run `doorstep models fetch`.", err=True)
    if any(verdict.soundness is files.Soundness.WRONG for verdict in verdicts):
        raise typer.Exit(1)


def _own(model: Path) -> dict[str, object]:
    """What an owner's file is.  Raises ModelInvalid, DetectorUnavailable."""
    from doorstep.vision.own_model import try_own_model  # noqa: PLC0415 - onnxruntime, a second of imports

    found = try_own_model(model)
    return {"name": found.name, "family": found.family, "side": found.side, "labels": ", ".join(found.labels)}


def _here(config: Path | None, data: Path | None) -> list[files.Verdict]:
    """What lies in the model folders.  The last one wins a name in `list`, so the first folder comes last."""
    folders = reversed(model_folders(settings_of(config, data).server.data))
    found = [verdict for folder in folders for verdict in files.verify(folder)]
    return [verdict for verdict in found if verdict.soundness is not files.Soundness.MISSING]


class _Bars:
    """A progress bar a file on a terminal, a line a file elsewhere."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, name: str, had: int, wanted: int | None) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=wanted)
            if self._progress.disable:
                typer.echo(f"fetching {name}", err=True)
        self._progress.update(self._tasks[name], completed=had, total=wanted)


@contextmanager
def _bar() -> Iterator[_Bars]:
    from rich.console import Console  # noqa: PLC0415 - 3 MiB, and every verb's module is loaded by a server too
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn  # noqa: PLC0415 - as above

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        yield _Bars(progress)
