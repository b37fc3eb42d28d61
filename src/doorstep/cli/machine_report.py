"""`doorstep check --report`: what we need to know of a machine that we cannot look at, for its owner to send."""

import json
from collections.abc import Mapping
from pathlib import Path

import typer

from doorstep.app.machine_files import MachineFiles, MachinePrograms
from doorstep.app.report import Asked, machine_report
from doorstep.app.report_processes import Watch
from doorstep.cli.options import settings_of
from doorstep.clock import SystemClock
from doorstep.core.errors import DoorstepError
from doorstep.core.machine_report import as_json, as_text
from doorstep.core.settings import ServerSettings, Settings

SENT = "It holds no names, addresses, passwords or pictures. Look through it all the same before you send it."


def report(config: Path | None, data: Path | None, output: Path | None, *, demo: bool, as_json_line: bool) -> None:
    """Print it, or write it to `output`.  Raises DoorstepError where that cannot be written."""
    settings = _settings(config, data, demo=demo)
    folder = settings.server.data if settings else data or ServerSettings().data
    asked = Asked(settings, folder, _answers(folder))
    found = machine_report(asked, MachineFiles(), MachinePrograms(), Watch(SystemClock()))
    text = json.dumps(as_json(found), ensure_ascii=False) + "\n" if as_json_line else as_text(found)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"{output} cannot be written ({error.strerror}). Name another file, or write > FILE behind the command."
        raise DoorstepError(msg) from error
    typer.echo(f"Written to {output}. {SENT}")


def _settings(config: Path | None, data: Path | None, *, demo: bool) -> Settings | None:
    """None where the config has a fault, or on a small camera, which has no server's packages and needs no config."""
    try:
        return settings_of(config, data, demo=demo)
    except (DoorstepError, ModuleNotFoundError):
        return None


def _answers(folder: Path) -> Mapping[str, object] | None:
    try:
        from doorstep.cli.local import LocalServer  # noqa: PLC0415 - httpx, which a small camera does without

        if not LocalServer.is_running(folder):
            return None
        with LocalServer(folder) as server:
            status, cameras = server.ask("GET", "/status"), server.ask("GET", "/cameras")
    except (DoorstepError, ModuleNotFoundError, OSError):
        return None
    return {"status": status, "cameras": cameras.get("cameras", []) if isinstance(cameras, dict) else []}
