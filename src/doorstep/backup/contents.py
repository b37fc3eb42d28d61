"""What a backup holds, as its manifest tells: the first file of the archive, JSON.

Version 1: `format` "doorstep-backup", `version` 1, `made_at` (RFC 3339), `doorstep` (the version that made it),
`revision` and `rows` of the catalog, `has_secrets`, `left_out` (a key of the config and the environment variable that
stands for its value) and `files` in the archive's order: `name`, `size`, `sha256`, and `place`, which is the path as
the config names it.  Names: `doorstep.toml`, `secrets/N`, `keys/NAME`, and last `catalog.sqlite`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from doorstep.backup.errors import BackupInvalid
from doorstep.backup.tar_members import LARGEST_MEMBER, is_member_name

MANIFEST, CONFIG, CATALOG = "manifest.json", "doorstep.toml", "catalog.sqlite"
SECRETS, KEYS = "secrets/", "keys/"
LARGEST_SMALL_FILE = 1024 * 1024
"""Bytes of anything but the catalog."""

MOST_FILES = 300
MOST_SMALL_BYTES = 16 * 1024 * 1024
"""Of all but the catalog together: they are held in memory."""

_FORMAT, _VERSION = "doorstep-backup", 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_TEXT = 4096
_NOT_OURS = "This file is no backup of Doorstep, or it is damaged. Nothing of it was used."


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file in the archive; `place` is where the config says that it lies, "" where that goes without saying."""

    name: str
    size: int
    sha256: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A value of the config that is not in the backup, and the environment variable that stands in its place."""

    key: str
    variable: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything but the bytes.  `rows` counts those of each table of the catalog."""

    made_at: datetime
    doorstep: str
    revision: str
    rows: Mapping[str, int]
    has_secrets: bool
    files: tuple[KeptFile, ...]
    left_out: tuple[LeftOut, ...] = ()

    def file(self, name: str) -> KeptFile | None:
        """By its name in the archive."""
        return next((file for file in self.files if file.name == name), None)


def manifest_bytes(manifest: Manifest) -> bytes:
    """As it stands in the archive."""
    told = {"format": _FORMAT, "version": _VERSION, **asdict(manifest), "made_at": manifest.made_at.isoformat()}
    return json.dumps(told, indent=1).encode()


def read_manifest(data: bytes) -> Manifest:
    """The opposite.  Raises BackupInvalid, with its own words for a backup that a newer Doorstep made."""
    try:
        told = json.loads(data)
        if told["format"] == _FORMAT and type(told["version"]) is int and told["version"] > _VERSION:
            msg = "A newer Doorstep made this backup. Install that version, then restore."
            raise BackupInvalid(msg)
        if told["format"] != _FORMAT or type(told["version"]) is not int or told["version"] != _VERSION:
            raise BackupInvalid(_NOT_OURS)
        return _manifest(told)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BackupInvalid(_NOT_OURS) from None


def _manifest(told: dict[str, Any]) -> Manifest:
    """Raises KeyError, TypeError, ValueError."""
    manifest = Manifest(
        made_at=datetime.fromisoformat(told["made_at"]),
        doorstep=_text(told["doorstep"]),
        revision=_text(told["revision"]),
        rows={_text(table): _count(rows) for table, rows in told["rows"].items()},
        has_secrets=told["has_secrets"] is True,
        files=tuple(_file(**file) for file in told["files"]),
        left_out=tuple(LeftOut(_text(one["key"]), _text(one["variable"])) for one in told["left_out"]),
    )
    names = [file.name for file in manifest.files]
    if manifest.made_at.tzinfo is None or len(set(names)) != len(names) or len(names) > MOST_FILES:
        raise ValueError
    if names[-1:] != [CATALOG] or sum(file.size for file in manifest.files[:-1]) > MOST_SMALL_BYTES:
        raise ValueError
    return manifest


def _file(name: str, size: int, sha256: str, place: str) -> KeptFile:
    file = KeptFile(_text(name), _count(size), _text(sha256), _text(place))
    is_known = file.name in {CONFIG, CATALOG} or file.name.startswith((SECRETS, KEYS))
    most = LARGEST_MEMBER if file.name == CATALOG else LARGEST_SMALL_FILE
    if not is_known or not is_member_name(file.name) or file.size > most or not _SHA256.fullmatch(file.sha256):
        raise ValueError
    return file


def _text(value: object) -> str:
    """Also keeps terminals safe: what is printed to the owner holds no control character."""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not value.isprintable():
        raise TypeError
    return value


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError
    return value
