"""`doorstep hub`: the public machine through which this house is reached from anywhere."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from doorstep.cli.hub_words import TO_JOIN, joined_words, left_words, status_words, steps_words
from doorstep.cli.options import ConfigOption, DataOption, JsonOption, settings_of
from doorstep.core.errors import DoorstepError
from doorstep.core.hub_code import LONGEST_TEXT
from doorstep.core.hub_names import is_host_name

verbs = typer.Typer(help="Reach this house from anywhere, through a machine of your own.", no_args_is_help=True)

_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*")


@verbs.command("init")
def init(
    host: Annotated[str, typer.Argument(help="The hub's name on the internet, like door.example.org.")],
    apply: Annotated[
        str | None, typer.Option("--apply", help="Do it over your own ssh to this USER@HOST, who may use sudo there.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the hub's program.")] = Path(),
) -> None:
    """Write the hub's program, and say what to do with it; or do it with --apply."""
    from doorstep.hub.hub_program import NAME, hub_program  # noqa: PLC0415 - what --help does without

    host = host.lower().rstrip(".")
    if not is_host_name(host) or "." not in host:
        message = f"{host!r} is no name on the internet, like door.example.org"
        raise typer.BadParameter(message, param_hint="HOST")
    if apply is not None and not _ACCOUNT.fullmatch(apply):
        message = f"{apply!r} is not of the form USER@HOST"
        raise typer.BadParameter(message, param_hint="--apply")
    file = output / NAME if output.is_dir() else output
    try:
        file.write_bytes(hub_program())
        file.chmod(0o755)
    except OSError as error:
        msg = f"{file} cannot be written ({error.strerror}). Nothing was changed; name another place with --output."
        raise DoorstepError(msg) from error
    if apply is None:
        typer.echo(steps_words(host, str(file)))
        return
    _apply(host, apply, file)
    typer.echo(f"The hub is set up. With the pairing code above, here: {TO_JOIN}")


@verbs.command("join")
def join(
    code: Annotated[str, typer.Argument(help="What the hub printed; - reads it from standard input.")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Join the hub that printed this pairing code.  A hub that was joined before is left once that has worked."""
    text = sys.stdin.read(LONGEST_TEXT) if code == "-" else code
    folder = settings_of(config, data).server.data
    typer.echo("Calling the hub; that takes up to half a minute.", err=True)
    view = _asked(folder, "POST", json={"code": text})
    if view is None:
        view = _joined_on_files(text, folder)
    typer.echo(joined_words(view))


@verbs.command("status")
def status(config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """How the way from outside is.  Exit code 1 where there should be one and is none."""
    folder = settings_of(config, data).server.data
    view = _asked(folder, "GET")
    if view is None:
        view = _view_of_files(folder)
    typer.echo(json.dumps(view) if as_json else status_words(view))
    if view["state"] == "down" or view["reached"] is False:
        raise typer.Exit(1)


@verbs.command("leave")
def leave(config: ConfigOption = None, data: DataOption = None) -> None:
    """Forget the hub: the house is reached at home only."""
    folder = settings_of(config, data).server.data
    view = _asked(folder, "GET")
    if view is None:
        view = _view_of_files(folder)
        _leave_on_files(folder)
    elif view["paired"]:
        _asked(folder, "DELETE")
    typer.echo(left_words(view["box"]) if view["paired"] else "There was no hub to leave.")


def _apply(host: str, account: str, file: Path) -> None:
    """By the owner's own ssh, with his settings, keys and terminal."""
    calls = (
        ("scp", "--", str(file.resolve()), f"{account}:doorstep-hub"),
        ("ssh", "-t", "--", account, f"sudo python3 doorstep-hub init {host}"),
    )
    for call in calls:
        try:
            done = subprocess.run(call, check=False)  # noqa: S603 - no shell; both names were looked at
        except FileNotFoundError as error:
            msg = f"The program {call[0]} is not installed: sudo apt install openssh-client"
            raise DoorstepError(msg) from error
        if done.returncode != 0:
            msg = (
                f"{call[0]} to {account} failed; what it said stands above. What was done there is kept: mend it, and "
                "say the same command again."
            )
            raise DoorstepError(msg)


def _asked(data: Path, method: str, **options: Any) -> Any:  # noqa: ANN401 - JSON
    """What a running server answers, None where none runs."""
    from doorstep.cli.local import LocalServer  # noqa: PLC0415 - httpx, which --help does without

    if not LocalServer.is_running(data):
        return None
    with LocalServer(data) as server:
        return server.ask(method, "/hub", **options) or {}


def _joined_on_files(text: str, data: Path) -> dict[str, Any]:
    from doorstep.app.folders import data_folder, locked  # noqa: PLC0415 - as above
    from doorstep.clock import SystemClock  # noqa: PLC0415 - as above
    from doorstep.hub.pairing import join_hub  # noqa: PLC0415 - cryptography

    with locked(data_folder(data)):
        kept = asyncio.run(join_hub(text, data, SystemClock().now()))
    return {"address": kept.pairing.address}


def _leave_on_files(data: Path) -> None:
    from doorstep.app.folders import data_folder, locked  # noqa: PLC0415 - as above
    from doorstep.hub.hub_folder import HubFolder  # noqa: PLC0415 - as above

    with locked(data_folder(data)):
        HubFolder(data).leave()


def _view_of_files(data: Path) -> dict[str, Any]:
    """As GET /hub would say it while no server runs: whether there is a hub, and nothing of how it is."""
    from doorstep.hub.hub_folder import HubFolder  # noqa: PLC0415 - as above

    kept = HubFolder(data).kept()
    return {
        "paired": kept is not None,
        "box": kept.pairing.box if kept else "",
        "host": kept.pairing.host if kept else "",
        "address": kept.pairing.address if kept else "",
        "state": "down" if kept else "off",
        "since": None,
        "reason": "Doorstep does not run." if kept else "",
        "round_trip_ms": None,
        "certificate_ends_at": None,
        "bytes_this_month": None,
        "reached": None,
        "reached_why": "",
        "at_home": True,
        "home_address": "",
        "enabled": True,
    }
