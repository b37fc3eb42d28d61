"""`doorstep detect`: pictures or videos in, persons out."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from doorstep.cli.options import ConfigOption, DataOption, JsonOption, model_folders, settings_of
from doorstep.clock import SystemClock
from doorstep.core.detection import Detection
from doorstep.core.errors import DoorstepError
from doorstep.ports import Detector, Frame

VIDEO_LOOKS_PER_SECOND = 4.0
PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}


def detect(
    files: Annotated[list[Path], typer.Argument(help="Pictures or videos.")],
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="The least score to list, 0..1.", min=0.0, max=1.0)
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="A model's name, or a path to an ONNX file.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Say who is in pictures and videos (four looks a second).  Exit code 1 when a file could not be read."""
    from doorstep.app.detector import open_detector  # noqa: PLC0415 - a second of imports that --help need not wait for

    settings = settings_of(config, data)
    detector = open_detector(model or settings.detection.model, model_folders(settings.server.data))
    least = detector.thresholds.open if threshold is None else threshold
    unreadable = 0
    hidden = not sys.stderr.isatty() or len(files) < 2
    with Progress(console=Console(stderr=True), disable=hidden, transient=True) as progress:
        task = progress.add_task("Looking", total=len(files))
        for file in files:
            try:
                for row in _rows(file, detector, least):
                    typer.echo(json.dumps(row) if as_json else _words(row))
            except DoorstepError as error:
                unreadable += 1
                words = str(error)
                typer.echo(words if str(file) in words else f"{file}: {words}", err=True)
            progress.advance(task)
    if unreadable:
        raise typer.Exit(1)


def _rows(file: Path, detector: Detector, least: float) -> Iterator[dict[str, object]]:
    from doorstep.media.pictures import frames_of  # noqa: PLC0415 - PyAV, as above

    due = 0.0
    many = file.suffix.lower() not in PICTURES
    for frame in frames_of(file):
        if many and frame.at + 1e-6 < due:
            continue
        due = frame.at + 1 / VIDEO_LOOKS_PER_SECOND
        yield _look(file, frame, detector, least, video=many)


def _look(file: Path, frame: Frame, detector: Detector, least: float, *, video: bool) -> dict[str, object]:
    clock = SystemClock()
    began = clock.monotonic()
    persons = detector.detect(frame, least)
    milliseconds = (clock.monotonic() - began) * 1000
    row: dict[str, object] = {"file": str(file)}
    if video:
        row["at"] = round(frame.at, 3)
    return row | {
        "persons": [{"box": _corners(person), "score": round(person.score, 4)} for person in persons],
        "model": detector.name,
        "ms": round(milliseconds, 1),
    }


def _corners(person: Detection) -> list[float]:
    box = person.box
    return [round(edge, 5) for edge in (box.left, box.top, box.right, box.bottom)]


def _words(row: dict[str, object]) -> str:
    persons = row["persons"] if isinstance(row["persons"], list) else []
    where = f"{row['file']} at {row['at']} s" if "at" in row else f"{row['file']}"
    if not persons:
        return f"{where}: nobody"
    scores = ", ".join(f"{person['score']:.2f}" for person in persons)
    return f"{where}: {len(persons)} {'person' if len(persons) == 1 else 'persons'} ({scores})"
