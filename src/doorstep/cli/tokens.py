"""`doorstep tokens`: keys for scripts, each with just the rights it needs."""

from datetime import timedelta
from typing import Annotated

import typer

from doorstep.cli.options import (
    CameraOption,
    ConfigOption,
    DataOption,
    JsonOption,
    known_cameras,
    nearest_to,
    settings_of,
)
from doorstep.clock import SystemClock
from doorstep.core.access import Scope

verbs = typer.Typer(help="Keys for scripts and buttons.", no_args_is_help=True)

SCOPES = " ".join(scope.value for scope in Scope)


@verbs.command("create")
def create(
    scope: Annotated[list[str], typer.Option("--scope", help=f"What it may do, separated by commas, of: {SCOPES}")],
    camera: CameraOption = None,
    expires: Annotated[int | None, typer.Option("--expires", help="Days until it ends by itself.", min=1)] = None,
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "script",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Print a new token, alone on standard output.  It is shown this once."""
    scopes = _scopes(scope)
    settings = settings_of(config, data)
    cameras = known_cameras(camera, settings)
    until = SystemClock().now() + timedelta(days=expires) if expires else None
    from doorstep.cli.accounts import accounts_of  # noqa: PLC0415 - half a second that --help need not wait for

    with accounts_of(settings.server.data, settings.catalog) as accounts:
        typer.echo(accounts.create_token(name, scopes, cameras, until))


@verbs.command("list")
def list_tokens(config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Every token that was not revoked, without its secret."""
    from doorstep.cli.accounts import accounts_of  # noqa: PLC0415 - as above

    settings = settings_of(config, data)
    with accounts_of(settings.server.data, settings.catalog) as accounts:
        tokens = accounts.tokens()
    if as_json:
        for token in tokens:
            typer.echo(token.model_dump_json())
        return
    from rich.console import Console  # noqa: PLC0415 - 3 MiB, and every verb's module is loaded by a server too
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table("Id", "Name", "May", "Cameras", "Ends")
    for token in tokens:
        cameras = "all" if token.cameras is None else ", ".join(token.cameras)
        table.add_row(token.id, token.name, ", ".join(token.scopes), cameras, token.expires_at or "never")
    Console().print(table)


@verbs.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(help="Its id, as `doorstep tokens list` shows it.")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """End a token at once."""
    from doorstep.cli.accounts import accounts_of  # noqa: PLC0415 - as above

    settings = settings_of(config, data)
    with accounts_of(settings.server.data, settings.catalog) as accounts:
        ended = accounts.revoke(token_id)
    if not ended:
        typer.echo(f"There is no token {token_id}. `doorstep tokens list` shows them.", err=True)
        raise typer.Exit(1)
    typer.echo("It opens nothing any more.")


def _scopes(texts: list[str]) -> list[Scope]:
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    known = [scope.value for scope in Scope]
    for name in names:
        if name not in known:
            message = f"there is no scope {name!r}{nearest_to(name, known)}"
            raise typer.BadParameter(message, param_hint="--scope")
    if not names:
        message = f"name at least one of: {SCOPES}"
        raise typer.BadParameter(message, param_hint="--scope")
    return sorted(map(Scope, set(names)))
