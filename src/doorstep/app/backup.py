"""Makes a backup of a data folder and its config, on-line; bringing one back lives in `restore`."""

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from doorstep import __version__
from doorstep.backup.backup_file import checksum, checksum_of, is_backup, write_backup
from doorstep.backup.contents import (
    CATALOG,
    CONFIG,
    KEYS,
    LARGEST_SMALL_FILE,
    MOST_FILES,
    MOST_SMALL_BYTES,
    SECRETS,
    KeptFile,
    LeftOut,
    Manifest,
    manifest_bytes,
    read_manifest,
)
from doorstep.backup.errors import BackupInvalid
from doorstep.backup.passphrase import Passphrase
from doorstep.backup.tar_members import is_member_name
from doorstep.catalog.copying import CatalogFile, copy_catalog
from doorstep.clock import SystemClock
from doorstep.config.document import Document, read_document
from doorstep.config.secrets_file import secrets_beside
from doorstep.config.without_secrets import named_files, without_secrets
from doorstep.core.errors import ConfigInvalid, DoorstepError
from doorstep.core.hub_tunnel import HUB_FOLDER

CATALOG_NAME = "doorstep.sqlite"
KEY_FOLDER = "keys"
"""In the data folder: what was made up for this house alone, such as keys that sign."""

DEVICES = ("subscriptions",)
"""Of the catalog: who knows the addresses and keys of devices may send to them.  Without our key they are no use."""

LAST_FILE = "last-backup.json"
"""In the data folder: when the newest backup was made, by whom so ever."""

WORKSHOP = ".doorstep-backup-"
FORGOTTEN_AFTER_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class SmallFile:
    """A file of the backup besides the catalog."""

    name: str
    data: bytes
    place: str = ""

    @property
    def kept(self) -> KeptFile:
        """As the manifest tells it."""
        return KeptFile(self.name, len(self.data), checksum(self.data), self.place)


def make_backup(
    data: Path, config: Path | None, target: Path, passphrase: Passphrase | None, *, replace: bool
) -> Manifest:
    """Write `target`; a passphrase means that secrets are in it, and that it is encrypted.  The server may run.

    Raises CatalogUnavailable, ConfigInvalid, and DoorstepError where `target` cannot be written, or is something that
    must not be overwritten.
    """
    if not (data / CATALOG_NAME).exists():
        msg = f"There is no catalog in {data}. Name the data folder with --data or server.data."
        raise ConfigInvalid(msg)
    try:
        _refuse_to_overwrite(target, replace=replace)
        _forget_former_workshops(data)
        # Not beside the target: that may be a stick that leaves the house, where a backup with secrets is encrypted.
        with tempfile.TemporaryDirectory(prefix=WORKSHOP, dir=data) as folder:
            manifest = _write(data, config, target, passphrase, Path(folder) / CATALOG)
    except OSError as error:
        words = error.strerror or "it was changed meanwhile"
        msg = f"The backup {target} could not be written ({words}). What lay there before is untouched."
        raise DoorstepError(msg) from error
    _note_last(data, manifest)
    return manifest


def last_backup(data: Path) -> tuple[datetime, bool] | None:
    """When the newest backup of this data folder was made, and whether with secrets; None where nobody knows."""
    try:
        told = json.loads((data / LAST_FILE).read_bytes())
        made_at = datetime.fromisoformat(told["made_at"])
        return (made_at, told["with_secrets"] is True) if made_at.tzinfo is not None else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note_last(data: Path, manifest: Manifest) -> None:
    """The backup is made whether or not this can be written."""
    told = {"made_at": manifest.made_at.isoformat(), "with_secrets": manifest.has_secrets}
    unfinished = data / f".{LAST_FILE}.part"
    with suppress(OSError):
        unfinished.write_text(json.dumps(told), encoding="utf-8")
        unfinished.replace(data / LAST_FILE)


def _write(data: Path, config: Path | None, target: Path, passphrase: Passphrase | None, copy: Path) -> Manifest:
    """Raises as `make_backup`, and OSError."""
    copy.touch(mode=0o600)
    # The catalog first: a key or a camera that is added meanwhile is then in the backup without rows, never rows
    # without it.
    catalog = copy_catalog(data / CATALOG_NAME, copy, () if passphrase is not None else DEVICES)
    files, left_out = _of_config(config, with_secrets=passphrase is not None)
    keys = list(_keys(data / KEY_FOLDER))
    if passphrase is not None:
        files += keys
    elif keys:
        left_out.append(LeftOut("the devices that are told by Web Push (turn notifications on again there)", ""))
        left_out.append(LeftOut(f"the folder {KEY_FOLDER} of the data folder", ""))
    if (data / HUB_FOLDER).is_dir():  # never, or a house restored elsewhere and this one would fight for one place
        left_out.append(LeftOut("the way through the hub (join it anew: `sudo doorstep-hub pair` there)", ""))
    with copy.open("rb") as copied:
        size, digest = checksum_of(copied)
        copied.seek(0)
        kept = (*(file.kept for file in files), KeptFile(CATALOG, size, digest))
        manifest = _manifest(catalog, kept, left_out, with_secrets=passphrase is not None)
        _refuse_what_cannot_be_restored(manifest)
        write_backup(target.absolute(), manifest, {file.name: file.data for file in files}, copied, passphrase)
    return manifest


def _manifest(
    catalog: CatalogFile, files: tuple[KeptFile, ...], left_out: list[LeftOut], *, with_secrets: bool
) -> Manifest:
    made_at = SystemClock().now().replace(microsecond=0)
    return Manifest(made_at, __version__, catalog.revision, catalog.rows, with_secrets, files, tuple(left_out))


def _refuse_what_cannot_be_restored(manifest: Manifest) -> None:
    """Raises ConfigInvalid."""
    try:
        read_manifest(manifest_bytes(manifest))
    except BackupInvalid as error:
        msg = (
            f"A backup cannot hold this house: more than {MOST_FILES} files or {MOST_SMALL_BYTES // 2**20} MiB of keys "
            "and secrets, or a file name in the config with a control character."
        )
        raise ConfigInvalid(msg) from error


def _forget_former_workshops(data: Path) -> None:
    """What a backup left that was killed; a younger one may still be at work."""
    now = SystemClock().now().timestamp()
    for folder in data.glob(f"{WORKSHOP}*"):
        with suppress(OSError):
            if now - folder.lstat().st_mtime > FORGOTTEN_AFTER_SECONDS:
                shutil.rmtree(folder)


def _refuse_to_overwrite(target: Path, *, replace: bool) -> None:
    """Raises DoorstepError, OSError."""
    if not os.path.lexists(target):
        return
    if not target.is_file() or target.is_symlink() or not is_backup(target):
        msg = f"{target} is there already, and is no backup. Choose another name."
        raise DoorstepError(msg)
    if not replace:
        msg = f"{target} is there already. Choose another name, or add --replace."
        raise DoorstepError(msg)


def _of_config(config: Path | None, *, with_secrets: bool) -> tuple[list[SmallFile], list[LeftOut]]:
    if config is None:
        return [], []
    document, text = read_document(config), _text(config)
    if not with_secrets:
        shown = without_secrets(text, str(config))
        left_out = [LeftOut(*one) for one in shown.left_out]
        left_out += [LeftOut(f"the file {name}", "") for name in _secret_files(document, config)]
        return [SmallFile(CONFIG, shown.text.encode())], left_out
    named = enumerate(_secret_files(document, config), 1)
    secrets = [SmallFile(f"{SECRETS}{number}", _read(document.folder / name), name) for number, name in named]
    return [SmallFile(CONFIG, text.encode()), *secrets], []


def _secret_files(document: Document, config: Path) -> list[str]:
    """As the config names them, and the one beside it in which the page keeps passwords."""
    beside = secrets_beside(config)
    return [*named_files(document), *([beside.name] if beside.is_file() else [])]


def _keys(folder: Path) -> Iterator[SmallFile]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if is_member_name(f"{KEYS}{path.name}") and stat.S_ISREG(path.lstat().st_mode):
            yield SmallFile(f"{KEYS}{path.name}", _read(path))


def _text(config: Path) -> str:
    try:
        return config.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{config}: the config file changed while it was read. Try again."
        raise ConfigInvalid(msg) from error


def _read(path: Path) -> bytes:
    """Raises ConfigInvalid: a backup that lacks what it promises must not be made."""
    try:
        with path.open("rb") as file:
            found = file.read(LARGEST_SMALL_FILE + 1)
    except OSError as error:
        msg = f"{path} cannot be read for the backup ({error.strerror}). Check its rights."
        raise ConfigInvalid(msg) from error
    if len(found) > LARGEST_SMALL_FILE:
        msg = f"{path} is larger than 1 MiB; that is no secret's file."
        raise ConfigInvalid(msg)
    return found
