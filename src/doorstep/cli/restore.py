"""`doorstep restore`: what `doorstep backup` wrote, onto a machine that has no catalog yet."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from doorstep.cli.options import DEFAULT_CONFIG, ConfigOption, DataOption, JsonOption, settings_of
from doorstep.cli.passphrase import PassphraseOption, known_passphrase


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    passphrase_file: PassphraseOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put catalog, config and keys of a backup in place.  The server must be stopped; nothing is overwritten.

    Without --data the folder is the one that the config names.  What cannot go to its own place lies in the folder
    `restored` of the data folder.
    """
    from doorstep.app.restore import restore_backup  # noqa: PLC0415 - as in `backup`

    target = config or DEFAULT_CONFIG
    folder = settings_of(target, data).server.data if data is None and target.exists() else data
    restored = restore_backup(file, folder, target, partial(known_passphrase, passphrase_file))
    if as_json:
        placed = [str(path) for path in restored.placed]
        row = {"data": str(restored.data), "placed": placed, "notes": list(restored.notes)}
        typer.echo(
            json.dumps({**row, "made_at": restored.manifest.made_at.isoformat(), "rows": restored.manifest.rows})
        )
        return
    typer.echo(f"restored what was kept at {restored.manifest.made_at:%Y-%m-%d %H:%M} UTC")
    for path in restored.placed:
        typer.echo(f"placed {path}")
    for note in restored.notes:
        typer.echo(f"to do: {note}")
