"""`doorstep users`: who may sign in."""

import getpass
import sys
from typing import Annotated

import typer

from doorstep.cli.options import CameraOption, ConfigOption, DataOption, known_cameras, settings_of
from doorstep.core.access import Role

verbs = typer.Typer(help="Who may sign in.", no_args_is_help=True)


@verbs.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[
        Role | None, typer.Option("--role", help="Without it: owner for the first user, then family.")
    ] = None,
    camera: CameraOption = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Make a user; the password is asked for.  The first one is the owner and closes the set-up page."""
    settings = settings_of(config, data)
    cameras = known_cameras(camera, settings)
    from doorstep.cli.accounts import accounts_of  # noqa: PLC0415 - half a second that --help need not wait for

    with accounts_of(settings.server.data, settings.catalog) as accounts:
        is_first = not accounts.is_set_up()
        if is_first and role not in {None, Role.OWNER}:
            message = "the first user is the owner"
            raise typer.BadParameter(message, param_hint="--role")
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _ask_password()
        accounts.add(name, password, role or (Role.OWNER if is_first else Role.FAMILY), cameras)
    typer.echo(f"{name} can sign in now.")


@verbs.command("reset")
def reset(
    name: Annotated[str, typer.Argument(help="Whose password.")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Print a link that sets this person's password, once, within a day; for the owner who forgot it, too."""
    settings = settings_of(config, data)
    from doorstep.app.address import link_address  # noqa: PLC0415 - as above
    from doorstep.app.hub_place import with_hub  # noqa: PLC0415 - as above
    from doorstep.cli.accounts import accounts_of  # noqa: PLC0415 - as above

    address = link_address(with_hub(settings).server, settings.server.port)
    with accounts_of(settings.server.data, settings.catalog, address) as accounts:
        typer.echo(accounts.reset(name))


def _ask_password() -> str:
    if not sys.stdin.isatty():
        message = "there is no terminal to ask for the password; give --password-stdin"
        raise typer.BadParameter(message)
    first = getpass.getpass("Password (12 characters or more): ")
    if getpass.getpass("Once more: ") != first:
        typer.echo("The two differ. Nothing was changed.", err=True)
        raise typer.Exit(1)
    return first
