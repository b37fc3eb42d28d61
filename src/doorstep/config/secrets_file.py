"""Secrets that were typed in the page: `secrets.toml` beside the config file, for its owner's eyes only.

A flat table, NAME = "value".  The config says `${NAME}`; the environment is asked first.
"""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

import tomlkit

from doorstep.core.errors import ConfigInvalid

SECRETS_FILE = "secrets.toml"
RIGHTS = 0o600
_LARGEST = 1024 * 1024
_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,79}")
_LONGEST = 4096
_HEAD = (
    "# Secrets that were typed in Doorstep's page; its settings refer to them by ${NAME}.  Nobody else may read this.\n"
)


def secrets_beside(config: Path) -> Path:
    """Where they lie."""
    return config.with_name(SECRETS_FILE)


def read_secrets(path: Path) -> dict[str, str]:
    """All of them, none where there is no file.  Raises ConfigInvalid, also for a file that others may read."""
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            content = stream.read(_LARGEST + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        msg = f"{path}: the secrets cannot be read ({error.strerror}). Check its owner and rights."
        raise ConfigInvalid(msg) from error
    if stat.S_IMODE(mode) & 0o077:
        msg = f"{path}: others on this machine may read the secrets. Close it: chmod 600 {path}"
        raise ConfigInvalid(msg)
    try:
        return _flat(tomllib.loads(content.decode()), path)
    except (ValueError, RecursionError):
        msg = f'{path}: this is not a list of secrets. Each line must be NAME = "value".'
        raise ConfigInvalid(msg) from None


def secrets_text(secrets: Mapping[str, str]) -> str:
    """As they are written down."""
    return _HEAD + "".join(f"{name} = {tomlkit.item(value).as_string()}\n" for name, value in sorted(secrets.items()))


def wrong_secret(name: str, value: str) -> str:
    """Why this cannot be kept; empty where it can."""
    if not _NAME.fullmatch(name):
        return "needs a name of A-Z, 0-9 and _, at most 80 of them"
    if not value or len(value) > _LONGEST:
        return f"must have 1 to {_LONGEST} characters"
    if any(letter < " " or "\x7f" <= letter <= "\x9f" or "\ud800" <= letter <= "\udfff" for letter in value):
        return "must not hold line breaks or control characters"
    return ""


def _flat(tables: dict[str, object], path: Path) -> dict[str, str]:
    found = {name: value for name, value in tables.items() if isinstance(value, str)}
    if len(found) < len(tables):
        msg = f'{path}: this is not a list of secrets. Each line must be NAME = "value".'
        raise ConfigInvalid(msg)
    return found
