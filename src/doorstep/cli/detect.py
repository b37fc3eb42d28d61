"""`doorstep detect`: pictures or videos in, persons out."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from doorstep.cli.options import ConfigOption, DataOption, JsonOption, model_folders, refuse_unknown, settings_of
from doorstep.clock import SystemClock
from doorstep.core.detection import Detection
from doorstep.core.errors import DoorstepError
from doorstep.core.settings import Settings
from doorstep.ports import Detector, Frame

VIDEO_LOOKS_PER_SECOND = 4.0
PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}


def detect(
    files: Annotated[list[Path], typer.Argument(help="Pictures or videos.")],
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="The least score to list, 0..1.", min=0.0, max=1.0)
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="A model's name, or a path to an ONNX file.")] = None,
    *,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Watch it as a camera is watched, and say why each event opens and closes."),
    ] = False,
    camera: Annotated[
        str | None, typer.Option("--camera", help="With --explain: by the zones of this camera of the config.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Say who is in pictures and videos (four looks a second).  Exit code 1 when a file could not be read."""
    from doorstep.app.detector import open_detector  # noqa: PLC0415 - a second of imports that --help need not wait for

    settings = settings_of(config, data)
    _refuse_odd(settings, camera, threshold, explain=explain)
    wanted = settings.detection
    detector = open_detector(replace(wanted, model=model or wanted.model), model_folders(settings.server.data))
    least = detector.thresholds.open if threshold is None else threshold
    if explain:
        lines = partial(_explained, settings=settings, camera=camera, as_json=as_json)
    else:
        lines = partial(_listed, least=least, as_json=as_json)
    unreadable = 0
    hidden = not sys.stderr.isatty() or len(files) < 2
    from rich.console import Console  # noqa: PLC0415 - 3 MiB, and every verb's module is loaded by a server too
    from rich.progress import Progress  # noqa: PLC0415 - as above

    with Progress(console=Console(stderr=True), disable=hidden, transient=True) as progress:
        task = progress.add_task("Looking", total=len(files))
        for file in files:
            try:
                for line in lines(file, detector):
                    typer.echo(line)
            except DoorstepError as error:
                unreadable += 1
                words = str(error)
                typer.echo(words if str(file) in words else f"{file}: {words}", err=True)
            progress.advance(task)
    if unreadable:
        raise typer.Exit(1)


def _refuse_odd(settings: Settings, camera: str | None, threshold: float | None, *, explain: bool) -> None:
    """What goes without --explain only, or with it only."""
    if camera is not None and not explain:
        msg = "only --explain asks what a camera would make of it"
        raise typer.BadParameter(msg, param_hint="--camera")
    if threshold is not None and explain:
        msg = "--explain shows what is weak too, and judges by the model's own scores"
        raise typer.BadParameter(msg, param_hint="--threshold")
    if camera is not None:
        refuse_unknown([camera], [one.id for one in settings.cameras], "--camera")


def _explained(
    file: Path, detector: Detector, settings: Settings, camera: str | None, *, as_json: bool
) -> Iterator[str]:
    """As `explained_lines`; with --json an object a look, and one more for each event that is over."""
    from doorstep.app.explain import explained_video  # noqa: PLC0415 - PyAV, as above
    from doorstep.cli.explain_words import event_json, explained_lines, look_json  # noqa: PLC0415 - as above
    from doorstep.media.pictures import frames_of  # noqa: PLC0415 - as above

    looks = explained_video(frames_of(file), settings, camera, detector)
    if not as_json:
        yield from explained_lines(str(file), looks)
        return
    for look in looks:
        yield json.dumps(look_json(str(file), look))
        if look.over is not None:
            yield json.dumps(event_json(str(file), look.over))


def _listed(file: Path, detector: Detector, least: float, *, as_json: bool) -> Iterator[str]:
    """A line for each look."""
    for row in _rows(file, detector, least):
        yield json.dumps(row) if as_json else _words(row)


def _rows(file: Path, detector: Detector, least: float) -> Iterator[dict[str, object]]:
    from doorstep.app.explain import due  # noqa: PLC0415 - PyAV, as above
    from doorstep.media.pictures import frames_of  # noqa: PLC0415 - as above

    video = file.suffix.lower() not in PICTURES
    for frame in due(frames_of(file), VIDEO_LOOKS_PER_SECOND):
        yield _look(file, frame, detector, least, video=video)


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
    return [round(corner, 5) for corner in person.box.corners]


def _words(row: dict[str, object]) -> str:
    persons = row["persons"] if isinstance(row["persons"], list) else []
    where = f"{row['file']} at {row['at']} s" if "at" in row else f"{row['file']}"
    if not persons:
        return f"{where}: nobody"
    scores = ", ".join(f"{person['score']:.2f}" for person in persons)
    return f"{where}: {len(persons)} {'person' if len(persons) == 1 else 'persons'} ({scores})"
