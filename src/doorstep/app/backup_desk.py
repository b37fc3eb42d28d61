"""Backups for the owner's page: made in the data folder, one at a time, and handed over as open files without name."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from doorstep.app.backup import WORKSHOP, last_backup, make_backup
from doorstep.app.catalog import refuse_postgres
from doorstep.backup.passphrase import new_passphrase
from doorstep.core.audit import AuditEntry
from doorstep.core.errors import ConfigInvalid, DoorstepError
from doorstep.core.settings import Settings
from doorstep.web.backup_parts import BackupParts, BackupRunning, LastBackup, MadeBackup


@dataclass(frozen=True, slots=True)
class BackupDesk:
    """Of one data folder and the config file that it runs by, where it has one.  Thread-safe."""

    data: Path
    config: Callable[[], Path | None]
    _making: Lock = field(default_factory=Lock, repr=False)

    def make(self, passphrase: str | None) -> MadeBackup:
        """A new one.  Blocks for seconds; raises BackupRunning, and as `make_backup`."""
        locked_by = None if passphrase is None else new_passphrase(passphrase)
        if not self._making.acquire(blocking=False):
            raise BackupRunning
        try:
            with tempfile.TemporaryDirectory(prefix=WORKSHOP, dir=self.data) as folder:
                target = Path(folder) / "backup"
                manifest = make_backup(self.data, self.config(), target, locked_by, replace=False)
                ending = "age" if manifest.has_secrets else "tar.gz"
                name = f"doorstep-{manifest.made_at:%Y%m%d-%H%M}.{ending}"
                return MadeBackup(target.open("rb"), target.stat().st_size, name)
        except OSError as error:
            msg = f"The backup could not be made ({error.strerror}). Look at the data folder's disk."
            raise DoorstepError(msg) from error
        finally:
            self._making.release()

    def last(self) -> LastBackup | None:
        """Blocks."""
        found = last_backup(self.data)
        return None if found is None else LastBackup(*found)


def backup_parts(
    settings: Settings, config: Callable[[], Path | None], note: Callable[[AuditEntry], None]
) -> BackupParts:
    """For the web; a catalog that lies elsewhere is backed up by whoever looks after it."""
    desk, why_not = BackupDesk(settings.server.data, config), ""
    try:
        refuse_postgres(settings.catalog)
    except ConfigInvalid as error:
        why_not = str(error)
    return BackupParts(desk.make, desk.last, note, why_not)
