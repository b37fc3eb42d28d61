"""`doorstep backup`: everything but the video in one file, while the server runs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from doorstep.cli.options import DEFAULT_CONFIG, ConfigOption, DataOption, JsonOption, settings_of
from doorstep.cli.passphrase import PassphraseOption, new_passphrase


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Camera passwords and keys too; then it is encrypted.")
    ] = False,
    passphrase_file: PassphraseOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of an older backup.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write catalog and config into one file; the server may run.  Video is not in it.

    Without --with-secrets the config's addresses and keys are replaced by names of environment variables.
    """
    from doorstep.app.backup import make_backup  # noqa: PLC0415 - a second of imports that --help need not wait for
    from doorstep.app.catalog import refuse_postgres  # noqa: PLC0415 - as above

    settings = settings_of(config, data)
    refuse_postgres(settings.catalog)
    folder = settings.server.data
    passphrase = new_passphrase(passphrase_file) if with_secrets or passphrase_file else None
    manifest = make_backup(folder, _config_file(config), file, passphrase, replace=replace)
    size = file.stat().st_size
    if as_json:
        left_out = {one.key: one.variable for one in manifest.left_out}
        row = {"file": str(file), "bytes": size, "encrypted": manifest.has_secrets}
        typer.echo(json.dumps({**row, "rows": manifest.rows, "left_out": left_out}))
        return
    for one in manifest.left_out:
        hint = f" (after a restore, set {one.variable})" if one.variable else ""
        typer.echo(f"left out: {one.key}{hint}", err=True)
    typer.echo(f"{file}: {size:,} bytes, {'encrypted' if manifest.has_secrets else 'without secrets'}")


def _config_file(config: Path | None) -> Path | None:
    return DEFAULT_CONFIG if config is None and DEFAULT_CONFIG.exists() else config
