"""`doorstep serve-detector`: the detector for other machines."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from doorstep.cli.options import ConfigOption, DataOption, model_folders, settings_of
from doorstep.core.errors import ConfigInvalid

if TYPE_CHECKING:
    from doorstep.app.detect_server import DetectServerSettings
    from doorstep.ports import Detector

TOKEN_VARIABLE = "DOORSTEP_DETECTOR_TOKEN"  # noqa: S105 - where it stands, not what it is


def serve_detector(
    listen: Annotated[
        str, typer.Option("--listen", help="HOST:PORT; port 0 picks one. Beyond this machine a token is needed.")
    ] = "127.0.0.1:8090",
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help=f"A file with the token; without it, {TOKEN_VARIABLE}.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="A model's name, or a path to an ONNX file.")] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Look at the pictures that other machines send, until stopped."""
    from doorstep.app.detect_server import check_door  # noqa: PLC0415 - a second of imports that --help need not wait for
    from doorstep.app.detector import open_detector  # noqa: PLC0415 - as above

    door = _door(listen, _token(token_file))
    check_door(door)
    settings = settings_of(config, data)
    wanted = settings.detection
    detector = open_detector(replace(wanted, model=model or wanted.model), model_folders(settings.server.data))
    asyncio.run(_serve(door, detector))


async def _serve(door: "DetectServerSettings", detector: "Detector") -> None:
    from doorstep.app.detect_server import serve_detector as serve  # noqa: PLC0415 - as above
    from doorstep.app.signals import stop_signals  # noqa: PLC0415 - as above
    from doorstep.clock import SystemClock  # noqa: PLC0415 - as above

    with stop_signals() as stopped:
        await serve(door, detector, SystemClock(), stopped, typer.echo)


def _door(listen: str, token: str) -> "DetectServerSettings":
    from doorstep.app.detect_server import DetectServerSettings  # noqa: PLC0415 - as above

    host, _, port = listen.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        msg = f"{listen!r} is no HOST:PORT; write it like 127.0.0.1:8090"
        raise typer.BadParameter(msg, param_hint="--listen")
    return DetectServerSettings(host.strip("[]"), int(port), token)


def _token(file: Path | None) -> str:
    """Never an option of its own: everybody on the machine sees those."""
    if file is None:
        return os.environ.get(TOKEN_VARIABLE, "").strip()
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        token = ""
    if not token:
        msg = f"No token can be read from {file}; write one line into it, readable by this user."
        raise ConfigInvalid(msg)
    return token
