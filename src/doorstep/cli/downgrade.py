"""`doorstep downgrade`: gives the catalog back to an older Doorstep, before that is installed again."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from doorstep.cli.options import ConfigOption, DataOption, JsonOption, named_config, own_config, settings_of

if TYPE_CHECKING:
    from doorstep.catalog.putting_back import Snapshot


def downgrade(
    to: Annotated[
        str | None, typer.Option("--to", metavar="VERSION", help="The version to go back to, such as 0.1.0.")
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put back the catalog as it was before an upgrade.  The server must be stopped; no recording is touched.

    Without --to it shows what could be put back.  The catalog of now stays beside it.
    """
    from doorstep.app.downgrade import downgrade as put_back  # noqa: PLC0415 - as in `backup`
    from doorstep.app.downgrade import kept_catalogs  # noqa: PLC0415 - as above

    settings = settings_of(config, data)
    folder, kept = settings.server.data, settings.catalog
    if to is None:
        found = kept_catalogs(folder, kept)
        for snapshot in found:
            typer.echo(json.dumps(_row(snapshot)) if as_json else _line(snapshot))
        if not found and not as_json:
            typer.echo("no copy of a catalog of before an upgrade lies there")
        return
    done = put_back(folder, kept, to, named_config(config), own_config(data))
    if done is None:
        typer.echo(json.dumps({"to": to, "changed": False}) if as_json else f"{to} reads the catalog as it is")
        return
    if as_json:
        row = {"put_back": _row(done.snapshot), "aside": str(done.aside), "lost_events": done.lost_events}
        typer.echo(json.dumps({"to": to, "changed": True, **row, "notes": list(done.notes)}))
        return
    typer.echo(f"put back {_line(done.snapshot)}")
    typer.echo(f"the catalog of now lies in {done.aside}, with {done.lost_events} events that the other does not know")
    typer.echo("people, passwords, links and tokens are as they were then: what was revoked since holds again")
    for note in (f"install {to}, then run its `doorstep fsck --repair` before it starts", *done.notes):
        typer.echo(f"to do: {note}")


def _line(snapshot: "Snapshot") -> str:
    from doorstep.core.releases import versions_with  # noqa: PLC0415 - as in `downgrade`

    events = snapshot.rows.get("events", 0)
    return (
        f"{snapshot.path.name}: for {versions_with(snapshot.revision)}, {events} events, {snapshot.size / 1e6:.1f} MB"
    )


def _row(snapshot: "Snapshot") -> dict[str, object]:
    return {
        "file": str(snapshot.path),
        "revision": snapshot.revision,
        "rows": snapshot.rows,
        "bytes": snapshot.size,
    }
