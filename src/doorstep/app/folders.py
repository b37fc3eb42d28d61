"""Where a server keeps things on this machine: the data folder, and the lock that one server holds on it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doorstep.core.cloud_settings import CatalogSettings
from doorstep.core.errors import ConfigInvalid

SOCKET_NAME = "doorstep.sock"


def data_folder(data: Path) -> Path:
    """The folder, made for our eyes only.  Raises ConfigInvalid in plain words."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The data folder {data} cannot be made ({error.strerror}). Name another with --data or server.data."
        raise ConfigInvalid(msg) from error
    if not os.access(data, os.W_OK | os.X_OK):
        msg = (
            f"The data folder {data} cannot be written by this user. If it is the service's, say `sudo doorstep …`; "
            "else name another with --data or server.data."
        )
        raise ConfigInvalid(msg)
    return data


def catalog_path(data: Path) -> Path:
    """The catalog's file."""
    return data / "doorstep.sqlite"


def lock_path(data: Path) -> Path:
    """What its one server holds."""
    return data / "lock"


def catalog_url(data: Path, kept: CatalogSettings | None = None) -> str:
    """The catalog's address: what the config names, else the file."""
    return (kept.url if kept else "") or f"sqlite:///{catalog_path(data)}"


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """One server for one data folder; the kernel lets go when the process ends, however it ends.

    Raises ConfigInvalid.
    """
    try:
        file = lock_path(data).open("a")
    except OSError as error:
        msg = f"{lock_path(data)} cannot be opened ({error.strerror}). Did another user run Doorstep with this folder?"
        raise ConfigInvalid(msg) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            msg = f"Another Doorstep is running with the data folder {data}. Stop it, or name another folder."
            raise ConfigInvalid(msg) from error
        yield
