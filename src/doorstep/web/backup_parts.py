"""What the web needs to make a backup, as functions and plain values.  `app` fills it in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from doorstep.core.audit import AuditEntry


class BackupRunning(Exception):
    """Another one is being made: they take a core and memory, so there is one at a time."""


@dataclass(frozen=True, slots=True)
class MadeBackup:
    """A backup: `size` bytes to be read from `file`, which is gone once that is closed."""

    file: BinaryIO
    size: int
    name: str


@dataclass(frozen=True, slots=True)
class LastBackup:
    """When the newest one was made, here or by the verb, and whether it holds the secrets."""

    made_at: datetime
    with_secrets: bool


@dataclass(frozen=True, slots=True)
class BackupParts:
    """`make` takes the passphrase, None for one without secrets; it and `last` block, `note` returns at once.

    `make` raises BackupRunning, and DoorstepError with a plain sentence.  `why_not` says why none can be made, else
    empty.
    """

    make: Callable[[str | None], MadeBackup]
    last: Callable[[], LastBackup | None]
    note: Callable[[AuditEntry], None]
    why_not: str = ""
