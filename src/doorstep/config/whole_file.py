"""A small file that is old or new and never half: written beside, synced, and moved into its place."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from doorstep.core.settings_edit import SettingsUnwritable

_USUAL = 0o640


def write_whole(path: Path, text: str, rights: int | None = None) -> None:
    """`rights` None keeps those of the file.  A link is not followed.  Raises SettingsUnwritable: nothing changed."""
    if words := why_not_writable(path):
        raise SettingsUnwritable(words)
    with _plainly(path):
        if rights is None:
            rights = stat.S_IMODE(path.stat().st_mode) if path.exists() else _USUAL
        with NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as beside:
            try:
                beside.write(text.encode())
                beside.flush()
                os.fchmod(beside.fileno(), rights)
                _same_owner(beside.fileno(), path)
                os.fsync(beside.fileno())
                Path(beside.name).replace(path)
            except BaseException:
                with suppress(OSError):
                    Path(beside.name).unlink()
                raise
        _sync_folder(path.parent)


def why_not_writable(path: Path) -> str:
    """In words for its owner, with what to do; empty where it can be written."""
    if path.is_symlink():
        return f"{path} is a link to another file, which Doorstep does not follow. Put the file itself there."
    if path.exists() and not path.is_file():
        return f"{path} is not a file. Put the settings there, or name another file with --config."
    if not path.parent.is_dir():
        return f"The folder {path.parent} does not exist. Make it, or name another file with --config."
    if not os.access(path.parent, os.W_OK | os.X_OK) or _is_read_only(path.parent):
        return (
            f"Doorstep may not write into {path.parent}. Edit {path.name} there by hand, or give that folder to the "
            "user that Doorstep runs as."
        )
    if path.exists() and not os.access(path, os.W_OK):
        return f"Doorstep may not write {path}. Edit it by hand, or give it to the user that Doorstep runs as."
    return ""


def _is_read_only(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


@contextmanager
def _plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = f"{path} could not be written ({error.strerror}). Nothing was changed. Look at the disk, then save again."
        raise SettingsUnwritable(msg) from error


def _same_owner(descriptor: int, path: Path) -> None:
    """Where Doorstep runs as root the file stays its owner's."""
    with suppress(OSError):
        before = path.stat()
        os.fchown(descriptor, before.st_uid, before.st_gid)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
