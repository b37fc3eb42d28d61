"""`doorstep check`: read the config, then reach every camera, store and channel; one line each.  Or, with `--report`,
say what this machine is.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer

from doorstep.app.finding import Finding
from doorstep.cli.options import (
    ConfigOption,
    DataOption,
    JsonOption,
    is_file,
    model_folders,
    named_config,
    own_config,
    settings_of,
)
from doorstep.clock import SystemClock
from doorstep.core.settings import Settings


def check(
    config: ConfigOption = None,
    data: DataOption = None,
    demo: Annotated[bool, typer.Option("--demo", help="Check the demo's set-up.")] = False,
    aws: Annotated[bool, typer.Option("--aws", help="Try what lies in the cloud, nothing else.")] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Say what this machine is and does, without secrets or pictures.")
    ] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file for the report.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Try everything the config names, a line each.  Exit code 1 when something does not work."""
    if output is not None and not report:
        msg = "goes with --report, which it is the file for"
        raise typer.BadParameter(msg, param_hint="--output")
    if report:
        _report(config, data, output, demo=demo, as_json=as_json)
        return
    settings = settings_of(config, data, demo=demo)
    used = named_config(config, demo=demo) or own_config(data, demo=demo)
    if not asyncio.run(_is_fine(_cloud_findings(settings) if aws else _findings(settings, used), as_json=as_json)):
        raise typer.Exit(1)


def _report(config: Path | None, data: Path | None, output: Path | None, *, demo: bool, as_json: bool) -> None:
    from doorstep.cli import machine_report  # noqa: PLC0415 - as below

    machine_report.report(config, data, output, demo=demo, as_json_line=as_json)


async def _is_fine(findings: AsyncIterator[Finding], *, as_json: bool) -> bool:
    fine = True
    async for finding in findings:
        row = {"what": finding.what, "ok": finding.ok, "detail": finding.detail}
        words = f"{'ok   ' if finding.ok else 'FAULT'} {finding.what}: {finding.detail}"
        typer.echo(json.dumps(row) if as_json else words)
        fine = fine and finding.ok
    return fine


def _cloud_findings(settings: Settings) -> AsyncIterator[Finding]:
    from doorstep.app.check_aws import aws_findings  # noqa: PLC0415 - as below

    return aws_findings(settings, SystemClock())


async def _findings(settings: Settings, config: Path) -> AsyncIterator[Finding]:
    """What a running server has open is not opened twice: some cameras allow but one viewer, pins one program."""
    from doorstep.app.check import findings  # noqa: PLC0415 - a second of imports that --help need not wait for
    from doorstep.app.doorbell import untried_doorbell  # noqa: PLC0415 - as above
    from doorstep.app.older_names import names_finding  # noqa: PLC0415 - as above
    from doorstep.cli.local import LocalServer  # noqa: PLC0415 - as above

    if is_file(config) and (found := names_finding(config)) is not None:
        yield found
    folder = settings.server.data
    running = await asyncio.to_thread(LocalServer.is_running, folder)
    async for finding in findings(settings, model_folders(folder), beside_server=running):
        yield finding
    if running:
        with LocalServer(folder) as server:
            for camera in (await asyncio.to_thread(server.ask, "GET", "/cameras"))["cameras"]:
                yield _of_running(camera)
            problems = (await asyncio.to_thread(server.ask, "GET", "/status"))["problems"]
            for finding in untried_doorbell(settings, SystemClock(), {one["key"]: one["what"] for one in problems}):
                yield finding


def _of_running(camera: dict[str, str]) -> Finding:
    """As `GET /cameras` tells it."""
    words = f"{camera['state']} since {camera['since']}" + (f": {camera['reason']}" if camera["reason"] else "")
    return Finding(f"camera {camera['id']}", camera["state"] in {"live", "off"}, words)
