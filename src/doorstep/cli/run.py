"""`doorstep run`: the server."""

import asyncio
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from doorstep.cli.left_out import left_out
from doorstep.cli.memory import give_back_pictures, share_heaps
from doorstep.cli.options import ConfigOption, DataOption, model_folders, named_config, own_config, settings_of
from doorstep.core.settings import Settings

if TYPE_CHECKING:
    from doorstep.app.settings_file import SettingsPlace

LONGEST_START_SECONDS = 600.0
"""After a night without its catalog a start reads every recording of that night."""

SETUP_MARK = "/setup#"
UNUSED = ("rich", "httpx._main", "pydantic.v1")
"""Colours for terminals, a client's own command line, and models as they were: 6 MiB, loaded because they are there."""

SWITCH_SECONDS = 0.001
"""How long a thread may keep the interpreter while another wants it, a fifth of Python's default: with sixteen cameras
the event loop is served more than twice as soon (p99), for a tenth more CPU."""


def run(
    config: ConfigOption = None,
    data: DataOption = None,
    listen: Annotated[
        str | None, typer.Option("--listen", help="HOST:PORT instead of server.listen; port 0 picks one.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="A drawn porch with a visitor every 45 s; needs no camera.")
    ] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log lines as JSON.")] = False,
) -> None:
    """Watch the cameras, record, tell, and serve the page, until stopped; SIGHUP reads the config again."""
    from doorstep.cli.logs import configure_logs  # noqa: PLC0415 - structlog, which --help does without

    share_heaps()
    give_back_pictures()
    sys.setswitchinterval(SWITCH_SECONDS)
    configure_logs(as_json=log_json)
    read = partial(settings_of, config, data, listen, demo=demo)
    settings = read()
    place = _place(config, data, listen, read, demo=demo)
    with left_out(*UNUSED):
        asyncio.run(_serve(settings, model_folders(settings.server.data), place))


def _place(
    config: Path | None, data: Path | None, listen: str | None, read: Callable[[], Settings], *, demo: bool
) -> "SettingsPlace":
    """The file that holds the settings.

    The demo is tried from a terminal: there a hang-up ends the server, as it ends other programs.
    """
    from doorstep.app.settings_file import SettingsPlace  # noqa: PLC0415 - as below
    from doorstep.config.load import DEMO_TEXT  # noqa: PLC0415 - as below

    named = named_config(config, demo=demo)
    own = own_config(data, demo=demo)
    return SettingsPlace(
        path=(named or own).absolute(),
        read=read,
        data=data.absolute() if data else None if named else own.parent,
        listen=listen,
        text=DEMO_TEXT if demo else "",
        environment=os.environ,
        hears_signal=not demo,
    )


async def _serve(settings: Settings, folders: list[Path], place: "SettingsPlace") -> None:
    from doorstep.app.server import serve  # noqa: PLC0415 - a second of imports that --help need not wait for

    if await serve(settings, folders, _say, place):
        _begin_anew()


def _begin_anew() -> NoReturn:
    """The same process from its first line, so that whoever started it notices nothing, and nothing of the run before
    is left: not its memory, nor a thread that a disk holds, for which the end of the event loop would wait.
    """
    from doorstep.app.systemd import begins_anew  # noqa: PLC0415 - as above

    begins_anew(LONGEST_START_SECONDS)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - itself, by its own words


def _say(line: str) -> None:
    """Standard output belongs to the owner; logs go to standard error.  A set-up address comes with its QR code."""
    typer.echo(line)
    if SETUP_MARK in line and sys.stdout.isatty():
        import segno  # noqa: PLC0415 - once in the life of a house

        segno.make(line.rsplit(maxsplit=1)[-1], micro=False).terminal(compact=True)
    sys.stdout.flush()
