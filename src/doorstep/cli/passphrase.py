"""The passphrase of a backup: typed, or from a file for scripts; never from the command line, where others see it."""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from doorstep.backup.passphrase import Passphrase
from doorstep.backup.passphrase import new_passphrase as long_enough
from doorstep.core.errors import ConfigInvalid

_LARGEST = 4096

PassphraseOption = Annotated[
    Path | None, typer.Option("--passphrase-file", help="A file whose one line is the passphrase; else it is asked.")
]


def new_passphrase(file: Path | None) -> Passphrase:
    """For a backup that is made: long enough, and typed twice.  Raises ConfigInvalid."""
    typed = _from(file) if file else _asked("Passphrase for the backup: ")
    passphrase = long_enough(typed)
    if file is None and _asked("The same again: ") != typed:
        msg = "The two were not the same. Nothing was written; try again."
        raise ConfigInvalid(msg)
    return passphrase


def known_passphrase(file: Path | None) -> str:
    """For a backup that is there.  Raises ConfigInvalid."""
    return _from(file) if file else _asked("Passphrase of the backup: ")


def _from(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            text = stream.read(_LARGEST).decode().strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The passphrase cannot be read from {file}. Check its path and rights."
        raise ConfigInvalid(msg) from error
    if not text or "\n" in text:
        msg = f"{file} must hold the passphrase in one line and nothing else."
        raise ConfigInvalid(msg)
    return text


def _asked(question: str) -> str:
    if not sys.stdin.isatty():
        msg = "There is no terminal to ask for the passphrase. Name a file with --passphrase-file."
        raise ConfigInvalid(msg)
    return getpass.getpass(question)
