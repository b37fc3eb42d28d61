"""`doorstep tune`: what other settings would have told of the last hours.  Nothing is changed, and nothing is kept."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from doorstep.cli.options import ConfigOption, DataOption, JsonOption, model_folders, refuse_unknown, settings_of
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.replay_settings import Asked

if TYPE_CHECKING:
    from doorstep.app.tune import Progress as Say
    from doorstep.app.tuning import Tuned


def tune(
    camera: Annotated[str, typer.Argument(help="The camera's id, as in the config.")],
    hours: Annotated[float, typer.Option("--hours", help="How far back.", min=0.01, max=24 * 366)] = 24.0,
    *,
    open_score: Annotated[
        float | None, typer.Option("--open", help="Try: the score that opens an event.", min=0.05, max=1.0)
    ] = None,
    keep_score: Annotated[
        float | None, typer.Option("--keep", help="Try: the score that keeps it open.", min=0.05, max=1.0)
    ] = None,
    close_after: Annotated[
        float | None, typer.Option("--close-after", help="Try: seconds unseen that end one.", min=0.1, max=86400)
    ] = None,
    cooldown: Annotated[
        float | None, typer.Option("--alert-cooldown", help="Try: seconds between alerts.", min=0, max=86400)
    ] = None,
    least_height: Annotated[
        float | None, typer.Option("--least-height", help="Try: the least height, of the picture's.", min=0.0, max=1.0)
    ] = None,
    no_zones: Annotated[bool, typer.Option("--no-zones", help="Try: persons count everywhere.")] = False,
    against: Annotated[
        Path | None, typer.Option("--against", help="Try: all that this other config file says.", exists=True)
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Replay the recorded key frames of a camera against other settings, and say whom each would have told of.

    Without a setting to try, some around the present ones are, one at a time.  The server may run; nothing is changed.
    """
    from doorstep.app.detector import open_detector  # noqa: PLC0415 - a second of imports that --help need not wait for
    from doorstep.app.tuning import Question, give_way, tuned  # noqa: PLC0415 - as above

    settings = settings_of(config, data)
    if settings.cameras:
        refuse_unknown([camera], [one.id for one in settings.cameras], "CAMERA")
    _refuse_upside_down(open_score, keep_score)
    asked = Asked(open_score, keep_score, close_after, cooldown, least_height, no_zones)
    other = settings_of(against, data) if against is not None else None
    until = SystemClock().now()
    question = Question(CameraId(camera), until - timedelta(hours=hours), until, asked, other)
    opened = partial(open_detector, settings.detection, model_folders(settings.server.data))
    give_way()
    with _progress() as (looking, comparing):
        found = tuned(settings, question, opened, looking, comparing)
    _print(found, as_json=as_json)


def _refuse_upside_down(open_score: float | None, keep_score: float | None) -> None:
    if open_score is not None and keep_score is not None and keep_score > open_score:
        msg = "must not be more than --open: an event is kept open by less than opens it"
        raise typer.BadParameter(msg, param_hint="--keep")


def _print(found: "Tuned", *, as_json: bool) -> None:
    from doorstep.cli.tune_words import (  # noqa: PLC0415 - as above
        before_table,
        behind_table,
        json_rows,
        plain_table,
        rich_table,
    )

    if as_json:
        for row in json_rows(found):
            typer.echo(json.dumps(row))
        return
    for line in before_table(found):
        typer.echo(line)
    if sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415 - 3 MiB, and every verb's module is loaded by a server too

        Console().print(rich_table(found))
    else:
        for line in plain_table(found):
            typer.echo(line)
    for line in behind_table(found):
        typer.echo(line)


@contextmanager
def _progress() -> Iterator[tuple["Say", "Say"]]:
    """One bar for looking, by bytes of video, and one for the settings; none where there is no terminal."""
    from rich.console import Console  # noqa: PLC0415 - 3 MiB, and every verb's module is loaded by a server too
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - as above

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    hidden = not sys.stderr.isatty()
    if hidden:
        typer.echo("Looking at what was recorded; this takes a while.", err=True)
    with Progress(*columns, console=Console(stderr=True), disable=hidden, transient=True) as progress:
        tasks = [progress.add_task(words, total=None) for words in ("Looking", "Comparing")]

        def say(task: TaskID) -> "Say":
            return lambda done, total: progress.update(task, completed=done, total=total)

        yield say(tasks[0]), say(tasks[1])
