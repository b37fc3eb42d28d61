"""What a box keeps of its hub, in the folder `hub` of the data folder: its own key, the hub's, and what was agreed.

It is there as a whole or not at all, also when the power fails: it is made beside and takes the old one's place.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from doorstep.core.errors import HubWordInvalid, StoreFull, StoreUnavailable
from doorstep.core.hub_pairing import KeptPairing, kept_text, read_kept
from doorstep.core.hub_tunnel import HUB_FOLDER, KEY_NAME, KNOWN_HOSTS_NAME, PAIRING_NAME

_FULL = (28, 122)  # ENOSPC, EDQUOT


class HubFolder:
    """Of one data folder.  Blocks; thread-safe as long as one at a time changes it."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.path = data / HUB_FOLDER
        self._beside = data / f"{HUB_FOLDER}.new"
        self._former = data / f"{HUB_FOLDER}.old"

    def kept(self) -> KeptPairing | None:
        """What was agreed, None where the box is not paired or not with a whole folder.  Raises StoreUnavailable."""
        try:
            self._finish_change()
            text = (self.path / PAIRING_NAME).read_text(encoding="utf-8", errors="replace")
            whole = all((self.path / name).is_file() for name in (KEY_NAME, KNOWN_HOSTS_NAME))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unusable(self.path, error) from error
        try:
            return read_kept(text) if whole else None
        except HubWordInvalid:
            return None

    def prepare(self, key: bytes, known_hosts: str) -> Path:
        """A folder beside, with a key and the hub's, from which to pair.  Raises StoreUnavailable, StoreFull."""
        try:
            shutil.rmtree(self._beside, ignore_errors=True)
            self._beside.mkdir(mode=0o700)
            self._write(self._beside, {KEY_NAME: key, KNOWN_HOSTS_NAME: known_hosts.encode()})
        except OSError as error:
            self.give_up()
            raise _unusable(self._beside, error) from error
        return self._beside

    def keep(self, kept: KeptPairing, key: bytes) -> None:
        """What was prepared, with the box's own key, is the hub from now on.  Raises StoreUnavailable, StoreFull."""
        try:
            self._write(self._beside, {KEY_NAME: key})
            self._write(self._beside, {PAIRING_NAME: kept_text(kept).encode()})
            _sync(self._beside)
            shutil.rmtree(self._former, ignore_errors=True)
            if self.path.exists():
                self.path.rename(self._former)
            self._beside.rename(self.path)
            _sync(self._data)
        except OSError as error:
            with suppress(OSError):
                self._finish_change()
            raise _unusable(self.path, error) from error
        shutil.rmtree(self._former, ignore_errors=True)

    def give_up(self) -> None:
        """What was prepared is thrown away; what was there before stays."""
        shutil.rmtree(self._beside, ignore_errors=True)

    def leave(self) -> bool:
        """Forget hub and key, also where they cannot be read; whether there was anything.  Raises StoreUnavailable."""
        was = any(folder.exists() for folder in (self.path, self._beside, self._former))
        try:
            for folder in (self._beside, self._former):
                shutil.rmtree(folder, ignore_errors=True)
            (self.path / PAIRING_NAME).unlink(missing_ok=True)
            if self.path.exists():
                _sync(self.path)
                shutil.rmtree(self.path)
        except OSError as error:
            raise _unusable(self.path, error) from error
        return was

    def _finish_change(self) -> None:
        """Of one that broke off between the two names: the new folder if it is whole, else the former."""
        if self.path.exists():
            return
        for folder in (self._beside, self._former):
            if (folder / PAIRING_NAME).is_file():
                folder.rename(self.path)
                return

    @staticmethod
    def _write(folder: Path, files: Mapping[str, bytes]) -> None:
        """Each whole or not at all, for our eyes alone."""
        for name, content in files.items():
            half = folder / f".{name}.half"
            half.unlink(missing_ok=True)
            descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            half.replace(folder / name)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(path: Path, error: OSError) -> StoreUnavailable:
    if error.errno in _FULL:
        return StoreFull(f"What belongs to the hub cannot be kept in {path}: the disk is full. Free some space.")
    return StoreUnavailable(
        f"What belongs to the hub, {path}, cannot be read or kept ({error.strerror}). Check the disk and its rights."
    )
