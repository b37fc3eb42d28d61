"""`doorstep recover`: playable clips from what arrived off-site, on any machine, without the box."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from doorstep.cli.options import CameraOption, JsonOption, settings_of

if TYPE_CHECKING:
    from rich.progress import Progress

    from doorstep.app.recover import RecoverySource
    from doorstep.core.recovery_plan import RecoveryWish
    from doorstep.pipeline.bucket_recovery import Outcome

LINE_EVERY = 0.1
"""Of the whole, between two lines of progress where there is no terminal."""


def recover(
    source: Annotated[
        str | None, typer.Option("--from", help="The bucket and what its keys begin with: s3://BUCKET/PREFIX.")
    ] = None,
    to: Annotated[Path, typer.Option("--to", help="The folder that gets the clips.")] = Path("recovered"),
    *,
    endpoint: Annotated[str, typer.Option(help="Where an S3-compatible server is; Amazon's own, without it.")] = "",
    region: Annotated[str, typer.Option(help="The bucket's region, such as eu-central-1.")] = "",
    camera: CameraOption = None,
    since: Annotated[str | None, typer.Option(help="Only what begins then or later: 2026-11-21T14:00.")] = None,
    until: Annotated[str | None, typer.Option(help="Only what begins before.")] = None,
    seal_key_file: Annotated[
        Path | None, typer.Option("--seal-key-file", help="The key that opens what was sealed at home.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A config file to take bucket, keys and seal key from.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Save all clips that lie in the bucket, and build those of events that broke off.

    It needs neither the box nor its config, only keys that may list and read the bucket: AWS_ACCESS_KEY_ID and
    AWS_SECRET_ACCESS_KEY, or wherever AWS's own tools look.  Run it again and it goes on where it stopped.
    Exit code 1 when something could not be used.
    """
    from doorstep.app.recover import open_recovery  # noqa: PLC0415 - what --help need not wait for
    from doorstep.cli.recover_words import is_well, lines, row  # noqa: PLC0415 - as above

    asked = _source(source, endpoint, region, config, seal_key_file)
    wish = _wish(camera, since, until)
    opened = open_recovery(asked, wish, to, _Counted(quiet=as_json))
    outcomes: list[Outcome] = []
    with _progress(quiet=as_json) as progress:
        for outcome in opened.run(progress):
            outcomes.append(outcome)
            if as_json:
                typer.echo(json.dumps(row(outcome)))
    well = is_well(outcomes)
    if as_json:
        typer.echo(json.dumps({"ok": well, "folder": str(to), "strangers": opened.plan.strangers}))
    else:
        for line in lines(opened.plan, outcomes, str(to)):
            typer.echo(line)
    if not well:
        raise typer.Exit(1)


def _source(
    source: str | None, endpoint: str, region: str, config: Path | None, seal_key_file: Path | None
) -> "RecoverySource":
    from doorstep.app.recover import configured_source, parse_source, with_seal_key  # noqa: PLC0415 - as above

    if config is None and source is None:
        message = "name the bucket: --from s3://BUCKET/PREFIX (or the config that names it: --config)"
        raise typer.BadParameter(message, param_hint="--from")
    if source is not None and config is not None:
        message = "name the bucket or the config, not both"
        raise typer.BadParameter(message, param_hint="--from")
    if source is not None:
        found = parse_source(source, endpoint, region)
    else:
        found = configured_source(settings_of(config, None).store.s3, os.environ)
    return found if seal_key_file is None else with_seal_key(found, seal_key_file)


def _wish(camera: list[str] | None, since: str | None, until: str | None) -> "RecoveryWish":
    from doorstep.core.camera import CameraId  # noqa: PLC0415 - as above
    from doorstep.core.recovery_plan import RecoveryWish  # noqa: PLC0415 - as above

    return RecoveryWish(frozenset(map(CameraId, camera or ())), _instant(since, "--since"), _instant(until, "--until"))


def _instant(text: str | None, option: str) -> datetime | None:
    """Without a zone it is this machine's."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        message = f"{text!r} is no time such as 2026-11-21T14:00 or 2026-11-21T13:00:00Z"
        raise typer.BadParameter(message, param_hint=option) from None


class _Counted:
    """How far the listing is, for people."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._next = 0

    def __call__(self, count: int) -> None:
        if not self._quiet and count >= self._next:
            typer.echo(f"{count} objects seen", err=True)
            self._next = count * 2


class _Lines:
    """Progress for a log: a line every tenth."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._next = LINE_EVERY

    def __call__(self, done: int, total: int) -> None:
        part = done / total if total else 1.0
        if not self._quiet and self._next <= part < 1.0:
            typer.echo(f"fetched {done / 1e6:.1f} of {total / 1e6:.1f} MB", err=True)
            self._next = part + LINE_EVERY


class _Bar:
    """Progress on a terminal."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._task = progress.add_task("fetching", total=None)

    def __call__(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)


@contextmanager
def _progress(*, quiet: bool) -> Iterator["_Bar | _Lines"]:
    if quiet or not sys.stderr.isatty():
        yield _Lines(quiet=quiet)
        return
    from rich.console import Console  # noqa: PLC0415 - 3 MiB, and every verb's module is loaded by a server too
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - as above

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bar(progress)
