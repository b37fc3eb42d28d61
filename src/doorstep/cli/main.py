"""The `doorstep` command: its verbs, and how an expected error becomes one sentence and an exit code."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from doorstep import __version__
from doorstep.cli import (
    backup,
    check,
    clip,
    detect,
    downgrade,
    fsck,
    hub,
    models,
    publish,
    recover,
    rehearse,
    restore,
    run,
    serve_detector,
    tokens,
    tune,
    users,
)
from doorstep.core.errors import ConfigInvalid, DoorstepError

FAULT, WRONG_USAGE = 1, 2

app = typer.Typer(
    name="doorstep",
    help="A smart doorbell and security camera that you run yourself.",
    epilog="Exit codes: 0 fine, 1 a fault that was reported, 2 wrong usage or config.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"doorstep {__version__}")
        raise typer.Exit


@app.callback()
def _before_every_verb(
    version: Annotated[  # noqa: ARG001 - its callback does it
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Log lines go to standard error, whatever the verb: standard output is for scripts."""
    from doorstep.cli.logs import configure_logs  # noqa: PLC0415 - structlog, which --help does without

    configure_logs(as_json=False)


app.command("run")(run.run)
app.command("check")(check.check)
app.command("clip")(clip.clip)
app.command("test")(rehearse.rehearse)
app.command("detect")(detect.detect)
app.command("tune")(tune.tune)
app.command("fsck")(fsck.fsck)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.command("downgrade")(downgrade.downgrade)
app.command("recover")(recover.recover)
app.command("publish", context_settings=publish.SETTINGS)(publish.publish)
app.command("serve-detector")(serve_detector.serve_detector)
app.add_typer(hub.verbs, name="hub")
app.add_typer(models.verbs, name="models")
app.add_typer(users.verbs, name="users")
app.add_typer(tokens.verbs, name="tokens")


def main() -> None:
    """The entry point: every expected error is one sentence on standard error."""
    sys.exit(_code_of(app))


def _code_of(command: Callable[[], object]) -> int:
    try:
        command()
    except ConfigInvalid as error:
        typer.echo(str(error), err=True)
        return WRONG_USAGE
    except DoorstepError as error:
        typer.echo(str(error), err=True)
        return FAULT
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("doorstep"):
            raise
        words = f"Run: pipx install --force './doorstep-{__version__}-py3-none-any.whl[server]' (a checkout: make run)."
        typer.echo(f"This command needs {error.name}, which is not installed. {words}", err=True)
        return FAULT
    except KeyboardInterrupt:
        return 130
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else FAULT
    return 0
