"""What can be wrong with a backup."""

from doorstep.core.errors import DoorstepError


class BackupInvalid(DoorstepError):
    """The file is no backup, is damaged, needs another passphrase, or was made to do harm; nothing of it was used."""
