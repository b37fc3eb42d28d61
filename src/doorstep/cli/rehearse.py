"""`doorstep test`: a visitor who is not there walks through every stage of a running server, as the page's button."""

import json
from collections.abc import Iterator
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from doorstep.cli.options import ConfigOption, DataOption, refuse_unknown, settings_of
from doorstep.core.errors import DoorstepError

if TYPE_CHECKING:
    from doorstep.cli.local import LocalServer

ASK_AGAIN_SECONDS = 0.5
LONGEST_SECONDS = 240.0


def rehearse(
    camera: Annotated[str, typer.Argument(help="The camera's id, as in the config.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The whole report, for scripts.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Test the doorstep, to the phone's answer.  Exit code 1 where it fails.  The server must be running."""
    from doorstep.cli.local import LocalServer  # noqa: PLC0415 - httpx, which --help need not wait for

    folder = settings_of(config, data).server.data
    if not LocalServer.is_running(folder):
        msg = f"No Doorstep is running with the data folder {folder}. Start it with `doorstep run`, or name its --data."
        raise DoorstepError(msg)
    with LocalServer(folder) as server:
        refuse_unknown([camera], [known["id"] for known in server.ask("GET", "/cameras")["cameras"]], "CAMERA")
        report = _report(server, camera, shows=not as_json)
    typer.echo(json.dumps(report) if as_json else report["summary"])
    if report["state"] != "passed":
        raise typer.Exit(1)


def _report(server: "LocalServer", camera: str, *, shows: bool) -> dict[str, Any]:
    """The report once it is over, each stage told as it ends.  Raises DoorstepError."""
    begun = server.ask("POST", "/test", json={"camera": camera})["id"]
    told: set[tuple[str, str | None]] = set()
    for _ in range(round(LONGEST_SECONDS / ASK_AGAIN_SECONDS)):
        report: dict[str, Any] = server.ask("GET", f"/test/{begun}")
        for stage in _ended(report, told) if shows else ():
            typer.echo(stage)
        if report["state"] != "running":
            return report
        Event().wait(ASK_AGAIN_SECONDS)
    msg = "The test did not end. See the log of Doorstep."
    raise DoorstepError(msg)


def _ended(report: dict[str, Any], told: set[tuple[str, str | None]]) -> Iterator[str]:
    """A line for each stage that ended since."""
    for stage in report["stages"]:
        key = stage["stage"], stage["channel"]
        if stage["state"] == "waiting" or key in told:
            continue
        told.add(key)
        who = f" ({stage['name']})" if stage["name"] else ""
        when = f"{stage['ms']:>7} ms" if stage["ms"] is not None else " " * 10
        yield f"{when}  {stage['state']:<8}{stage['stage']}{who}{'  ' if stage['words'] else ''}{stage['words']}"
