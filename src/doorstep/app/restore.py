"""Brings a backup back onto a machine that has no catalog yet.  Everything is checked before anything is in place."""

import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from doorstep.app.backup import CATALOG_NAME, KEY_FOLDER
from doorstep.app.folders import data_folder, locked
from doorstep.backup.backup_file import OpenBackup, open_backup
from doorstep.backup.contents import CATALOG, CONFIG, KEYS, SECRETS, KeptFile, Manifest
from doorstep.backup.errors import BackupInvalid
from doorstep.catalog.copying import check_catalog, sync
from doorstep.catalog.tables import HEAD
from doorstep.config.document import parse
from doorstep.core.errors import ConfigInvalid, DoorstepError

ASIDE = "restored"
"""In the data folder: what could not go to its own place."""

WORKSHOP = ".restoring-"
DEFAULT_DATA = "/var/lib/doorstep"
LEAST_FREE_BYTES = 64 * 1024 * 1024
_NO_TEXT = "The config in the backup is no text. Nothing of the backup was used."


@dataclass(frozen=True, slots=True)
class Restored:
    """Where everything is now; `notes` are one line each for what the owner has yet to do."""

    manifest: Manifest
    data: Path
    placed: tuple[Path, ...]
    notes: tuple[str, ...]


def restore_backup(source: Path, data: Path | None, config: Path, passphrase: Callable[[], str]) -> Restored:
    """Put catalog, config and keys of `source` in place; `passphrase` is asked where it is encrypted.

    Without `data` the folder is the one that the config in the backup names.  Refuses, having changed nothing, where
    the folder has a catalog already; a config or key that is there already stays.  Raises BackupInvalid,
    CatalogUnavailable, ConfigInvalid, and DoorstepError where something cannot be read or written.
    """
    try:
        with open_backup(source, passphrase) as backup:
            folder = data_folder(data or _named_data(backup, config))
            with locked(folder):
                return _restore(backup, folder, config)
    except OSError as error:
        words = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        msg = f"The backup could not be restored ({words})."
        raise DoorstepError(msg) from error


def _restore(backup: OpenBackup, data: Path, config: Path) -> Restored:
    _refuse_second_catalog(data)
    for former in data.glob(f"{WORKSHOP}*"):  # of one that was killed: the folder is ours alone now
        shutil.rmtree(former)
    workshop = data / f"{WORKSHOP}{secrets.token_hex(8)}"
    workshop.mkdir(mode=0o700)
    try:
        catalog = _checked_catalog(backup, workshop)
        placed, notes = _place_small_files(backup, data, config)
        # The catalog last: a restore that was cut short can be run again.
        catalog.rename(data / CATALOG_NAME)
        sync(data)
    finally:
        shutil.rmtree(workshop)
    return Restored(backup.manifest, data, (data / CATALOG_NAME, *placed), tuple(notes))


def _refuse_second_catalog(data: Path) -> None:
    """Also where only a part of one is left: SQLite would take it for the new one's own."""
    for name in (CATALOG_NAME, f"{CATALOG_NAME}-wal", f"{CATALOG_NAME}-journal"):
        if os.path.lexists(data / name):
            msg = f"{data / name} is there already. Move it away, or name an empty folder with --data."
            raise ConfigInvalid(msg)


def _checked_catalog(backup: OpenBackup, workshop: Path) -> Path:
    """Written and compared with what the manifest says.  Raises BackupInvalid, CatalogUnavailable, OSError."""
    if backup.manifest.revision > HEAD:
        msg = "A newer Doorstep made this backup. Install that version, then restore."
        raise BackupInvalid(msg)
    kept = backup.manifest.file(CATALOG)
    room = os.statvfs(workshop)
    if kept is None or kept.size > room.f_bavail * room.f_frsize - LEAST_FREE_BYTES:
        msg = f"There is not enough space for the catalog in {workshop.parent}. Free some, then restore again."
        raise DoorstepError(msg)
    path = workshop / CATALOG
    with path.open("xb") as file:
        path.chmod(0o600)
        backup.save_catalog(file)
        file.flush()
        os.fsync(file.fileno())
    found = check_catalog(path)
    if (found.revision, dict(found.rows)) != (backup.manifest.revision, dict(backup.manifest.rows)):
        msg = "The catalog in the backup is not the one that its manifest describes. Nothing of it was used."
        raise BackupInvalid(msg)
    return path


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a file goes, and the folder that it must not leave, whatever links there are on the way."""

    path: Path
    base: Path


def _place_small_files(backup: OpenBackup, data: Path, config: Path) -> tuple[list[Path], list[str]]:
    placed, notes = [], []
    for kept in backup.manifest.files[:-1]:
        wanted = _place_of(kept, data, config)
        path = _put(backup.files[kept.name], wanted, _Place(data / ASIDE / kept.name, data))
        placed.append(path)
        if wanted is None or path != wanted.path:
            meant = wanted.path if wanted else kept.place
            notes.append(f"{path} belongs to {meant}: put it there, or change the config")
    for one in backup.manifest.left_out:
        wish = f"set the environment variable {one.variable} for {one.key}" if one.variable else f"bring back {one.key}"
        notes.append(wish)
    notes.append("no video is in a backup: copy the folder `recordings` too, then run `doorstep fsck --repair`")
    return placed, notes


def _place_of(kept: KeptFile, data: Path, config: Path) -> _Place | None:
    """Never outside the folders of the data and of the config: a place further off is the owner's to fill."""
    folder = config.absolute().parent
    if kept.name == CONFIG:
        return _Place(config.absolute(), folder)
    if kept.name.startswith(KEYS):
        return _Place(data / KEY_FOLDER / kept.name.removeprefix(KEYS), data)
    place = PurePosixPath(kept.place)
    # No name with a dot in front: the config may lie in a home, where such files are read by shells and by sshd.
    hidden = any(part.startswith(".") for part in place.parts)
    is_near = not place.is_absolute() and place.parts and not hidden and "\\" not in kept.place
    return _Place(folder / place, folder) if is_near and kept.name.startswith(SECRETS) else None


def _put(content: bytes, wanted: _Place | None, aside: _Place) -> Path:
    """At its place where that is free, or holds the very same; else aside.  Raises OSError."""
    for place in (wanted, aside):
        if place is not None and _written(content, place):
            return place.path
    msg = f"{aside.path} is there already. Move it away, then restore again."
    raise DoorstepError(msg)


def _written(content: bytes, place: _Place) -> bool:
    """Whether it is there now; nothing is overwritten, and no link followed.  Raises OSError for a full disk."""
    path = place.path
    try:
        if not path.parent.resolve().is_relative_to(place.base.resolve()):
            return False
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return path.is_file() and not path.is_symlink() and path.read_bytes() == content
    except OSError:
        return False
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
    sync(path.parent)
    return True


def _named_data(backup: OpenBackup, config: Path) -> Path:
    """As the config in the backup says, seen from where the config goes."""
    try:
        text = backup.files.get(CONFIG, b"").decode()
    except UnicodeDecodeError:
        raise BackupInvalid(_NO_TEXT) from None
    named = parse(text, CONFIG, Path()).table("server").get("data", DEFAULT_DATA)
    return config.absolute().parent / str(named)
