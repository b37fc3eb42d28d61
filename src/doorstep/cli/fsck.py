"""`doorstep fsck`: do recordings and catalog agree, and is every byte of every recording as it was written?"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from doorstep.cli.options import ConfigOption, DataOption, JsonOption, settings_of

if TYPE_CHECKING:
    from rich.progress import Progress

    from doorstep.app.fsck import FsckResult, Outcome

LINE_EVERY = 0.1
"""Of the whole, between two lines of progress where there is no terminal."""

SOON_DONE_BYTES = 100_000_000
"""Fewer than these take no line at all."""


def fsck(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended; the server must be stopped.")
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare recordings and catalog both ways and check every byte.  Exit code 1 when something is wrong.

    Without --repair nothing is changed, and the server may run.  With it, no video is ever deleted: what cannot be
    used moves to recordings/set+aside.  What was mended no longer counts as wrong.
    """
    from doorstep.app.fsck import check_recordings  # noqa: PLC0415 - a second of imports that --help need not wait for

    settings = settings_of(config, data)
    with _progress(quiet=as_json) as progress:
        data_folder, post_roll = settings.server.data, settings.events.post_roll
        result = check_recordings(data_folder, post_roll, progress, repair=repair, kept=settings.catalog)
    for outcome in result.outcomes:
        typer.echo(json.dumps(_row(outcome)) if as_json else _line(outcome))
    typer.echo(json.dumps(_summary(result)) if as_json else _last_words(result, repair=repair))
    if not result.is_well:
        raise typer.Exit(1)


def _row(outcome: "Outcome") -> dict[str, object]:
    found = outcome.found
    return {
        "fault": found.fault,
        "key": found.key,
        "event": found.event,
        "detail": found.words,
        "mended": outcome.mended,
        "trouble": outcome.trouble,
    }


def _line(outcome: "Outcome") -> str:
    found = outcome.found
    words = f"{found.key}: {found.words}"
    if outcome.mended is not None:
        return f"MENDED {words}: {outcome.mended}"
    return f"FAULT  {words}" + (f"; not mended: {outcome.trouble}" if outcome.trouble else "")


def _summary(result: "FsckResult") -> dict[str, object]:
    findings = result.findings
    return {
        "ok": result.is_well,
        "events": findings.events,
        "recordings": findings.recordings,
        "bytes": findings.recorded_bytes,
        "faults": sum(outcome.mended is None for outcome in result.outcomes),
        "mended": sum(outcome.mended is not None for outcome in result.outcomes),
        "notes": list(findings.notes),
        "server_running": result.running,
    }


def _last_words(result: "FsckResult", *, repair: bool) -> str:
    findings = result.findings
    lines = [f"note   {note}" for note in findings.notes]
    if result.running:
        lines.append("note   a server runs; what it wrote in the last minute was not judged")
    left = sum(outcome.mended is None for outcome in result.outcomes)
    looked = f"{findings.events} events, {findings.recordings} recordings, {findings.recorded_bytes / 1e6:.1f} MB"
    verdict = "no faults" if not left else f"{left} fault{'s' if left > 1 else ''}"
    advice = "" if not left or repair else "; stop the server and run `doorstep fsck --repair`"
    return "\n".join([*lines, f"{looked}: {verdict}{advice}"])


class _Lines:
    """Progress for a log: a line every tenth."""

    def __init__(self) -> None:
        self._next = LINE_EVERY

    def __call__(self, done: int, total: int) -> None:
        part = done / total if total else 1.0
        if total >= SOON_DONE_BYTES and self._next <= part < 1.0:
            typer.echo(f"checked {done / 1e6:.1f} of {total / 1e6:.1f} MB", err=True)
            self._next = part + LINE_EVERY


@contextmanager
def _progress(*, quiet: bool) -> Iterator["_Bar | _Lines"]:
    if quiet or not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console  # noqa: PLC0415 - 3 MiB, and every verb's module is loaded by a server too
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - as above

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bar(progress)


class _Bar:
    """Progress on a terminal."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._task = progress.add_task("checking", total=None)

    def __call__(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)
