"""A shelf in a folder: one small file a segment, in tmpfs or on a disk.  Which segments stay is the index's business.

FOLDER/.boot                                    the kernel's boot id, and the mark that the folder is ours
FOLDER/camera/connection/init.mp4               the format
FOLDER/camera/connection/0000000001.m4s         fragment and index record, named by its sequence
"""

import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreFull, StoreUnavailable
from doorstep.core.media import VideoFormat
from doorstep.core.segment import ConnectionId, Segment
from doorstep.mp4.fragment import read_fragment
from doorstep.mp4.index_record import index_record, read_index_record
from doorstep.mp4.init_segment import init_segment, read_init
from doorstep.ports import ShelvedConnection

BOOT = ".boot"
INIT = "init.mp4"

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_SEGMENT_NAME = re.compile(r"[0-9]{10,20}\.m4s")
_OUR_NAME = re.compile(r"(?:[0-9]{10,20}\.m4s|init\.mp4)(?:\.new)?")
_UNFINISHED = ".new"
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderShelf:
    """Implements `ports.SegmentShelf` with files; the folder belongs to one process at a time.

    The folder is made for this user's eyes only; one that exists must be empty or made by an earlier shelf.  What was
    written under another `boot_id` is wiped.  Nothing is synced: a power cut ends the boot, and with it the buffer.
    Links are never followed.  Raises StoreUnavailable where the folder cannot be used.
    """

    def __init__(self, directory: Path, boot_id: str) -> None:
        self._root = directory
        self._known: tuple[str, str] | None = None
        with _told_plainly(directory):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_is_ours(directory)
            directory.chmod(0o700)
            self._enter(boot_id.encode())

    def open(self, camera: CameraId, connection: ConnectionId, fmt: VideoFormat) -> None:
        """Begin a connection.  Raises StoreUnavailable, also for an id that is no plain name."""
        folder = self._folder(camera, connection)
        with _told_plainly(self._root):
            for path in (folder.parent, folder):
                path.mkdir(mode=0o700, exist_ok=True)
                _check_is_ours(path)
            _write(folder / INIT, init_segment(fmt))

    def put(self, segment: Segment, fragment: bytes) -> None:
        """Keep one fragment whole or not at all.  Raises StoreUnavailable, StoreFull."""
        with _told_plainly(self._root):
            _write(self._path(segment), fragment, index_record(segment, fragment))

    def read(self, segment: Segment, offset: int, length: int) -> bytes:
        """Bytes of the fragment.  Raises BlobMissing when it is gone or shorter, StoreUnavailable for other faults."""
        found = b""
        if 0 <= offset <= offset + length <= segment.size:
            with _told_plainly(self._root), suppress(FileNotFoundError):
                found = _read(self._place(segment), offset, length)
                if len(found) == length:
                    return found
        msg = "this part of the buffer was overwritten by newer video"
        raise BlobMissing(msg)

    def remove(self, segment: Segment) -> None:
        """Forget one fragment; no error if it is gone already.  Raises StoreUnavailable."""
        with _told_plainly(self._root):
            self._path(segment).unlink(missing_ok=True)

    def close(self, camera: CameraId, connection: ConnectionId) -> None:
        """Forget a connection of which no segment is left.  Raises StoreUnavailable."""
        folder = self._folder(camera, connection)
        with _told_plainly(self._root), suppress(FileNotFoundError):
            if not any(_SEGMENT_NAME.fullmatch(path.name) for path in folder.iterdir()):
                _wipe(folder)

    def reindex(self) -> Sequence[ShelvedConnection]:
        """What survived, oldest connection first; each byte is read and checked, and what fails is removed.

        Blocks for about a second a gigabyte.  Raises StoreUnavailable.
        """
        with _told_plainly(self._root):
            found = [_reindexed(folder) for folder in _connection_folders(self._root)]
        return sorted((one for one in found if one is not None), key=lambda one: one.segments[0].starts_at)

    def _enter(self, boot_id: bytes) -> None:
        """Wipe what another boot left.  Raises StoreUnavailable for a folder that somebody else filled."""
        mark = self._root / BOOT
        if not mark.exists() and any(path.name != BOOT + _UNFINISHED for path in self._root.iterdir()):
            msg = f"The folder {self._root} holds other files. Choose an empty one for the buffer."
            raise StoreUnavailable(msg)
        if mark.exists() and _read(mark, 0, 1024) == boot_id:
            return
        for folder in _connection_folders(self._root):
            _wipe(folder)
        _write(mark, boot_id)

    def _path(self, segment: Segment) -> Path:
        return Path(self._place(segment))

    def _place(self, segment: Segment) -> str:
        """The same as text: to put a Path together takes longer than to read a segment, and a clip reads hundreds."""
        if (segment.camera, segment.connection) != self._known:
            self._folder(segment.camera, segment.connection)
            self._known = segment.camera, segment.connection
        return f"{self._root}/{segment.camera}/{segment.connection}/{_name(segment)}"

    def _folder(self, camera: CameraId, connection: ConnectionId) -> Path:
        if not (_PLAIN_NAME.fullmatch(camera) and _PLAIN_NAME.fullmatch(connection)):
            msg = f"{camera!r} and {connection!r} cannot name a folder: letters, digits, '.', '_' and '-' can."
            raise StoreUnavailable(msg)
        return self._root / camera / connection


@contextmanager
def _told_plainly(root: Path) -> Iterator[None]:
    """Map the machine's errors to ours."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            msg = f"The buffer's folder {root} is full. Give it more room or lower buffer.max_bytes."
            raise StoreFull(msg) from error
        msg = f"The buffer's folder {root} cannot be used ({error.strerror}). Check its disk and its permissions."
        raise StoreUnavailable(msg) from error


def _check_is_ours(folder: Path) -> None:
    """Raises StoreUnavailable for a link and for a folder of another user, who could change what is in it."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        msg = f"{folder} is a link or belongs to somebody else. Choose another folder for the buffer."
        raise StoreUnavailable(msg)


def _write(path: Path, *parts: bytes) -> None:
    """The file whole under its name, or not at all."""
    unfinished = path.with_name(path.name + _UNFINISHED)
    try:
        _fill(unfinished, parts)
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise


def _fill(path: Path, parts: Sequence[bytes]) -> None:
    descriptor = os.open(path, _WRITE, 0o600)
    try:
        written = os.writev(descriptor, parts)
        if written < sum(map(len, parts)):
            rest = b"".join(parts)[written:]
            while rest:
                rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def _read(path: Path | str, offset: int, length: int) -> bytes:
    descriptor = os.open(path, _READ)
    try:
        return os.pread(descriptor, length, offset)
    finally:
        os.close(descriptor)


def _wipe(folder: Path) -> None:
    """Remove what is ours of a connection's folder, and the folders that are empty then."""
    for path in list(folder.iterdir()):
        if _OUR_NAME.fullmatch(path.name):
            path.unlink()
    with suppress(OSError):
        folder.rmdir()
        folder.parent.rmdir()


def _connection_folders(root: Path) -> list[Path]:
    return [folder for camera in _folders(root) for folder in _folders(camera)]


def _folders(within: Path) -> list[Path]:
    """Folders with plain names, links to folders left out."""
    with os.scandir(within) as entries:
        return sorted(
            within / entry.name
            for entry in entries
            if entry.is_dir(follow_symlinks=False) and _PLAIN_NAME.fullmatch(entry.name)
        )


def _reindexed(folder: Path) -> ShelvedConnection | None:
    """What verifies of one connection; the rest of it is removed."""
    camera, connection = CameraId(folder.parent.name), ConnectionId(folder.name)
    segments = []
    try:
        fmt = read_init(_whole(folder / INIT))
    except (MediaInvalid, OSError):
        _wipe(folder)
        return None
    for path in sorted(folder.iterdir()):
        if not _OUR_NAME.fullmatch(path.name) or path.name == INIT:
            continue
        try:
            segments.append(_verified(path, camera, connection, fmt))
        except (MediaInvalid, OSError):
            path.unlink()
    if not segments:
        _wipe(folder)
        return None
    return ShelvedConnection(camera, connection, fmt, tuple(segments))


def _verified(path: Path, camera: CameraId, connection: ConnectionId, fmt: VideoFormat) -> Segment:
    """The segment in a file.  Raises MediaInvalid, OSError."""
    content = _whole(path)
    fragment = read_fragment(content)
    record = read_index_record(content[fragment.size :], content[: fragment.data_offset])
    segment = record.segment(camera, fmt, fragment)
    checked = crc32(memoryview(content)[: fragment.size]) == record.fragment_crc
    if not checked or record.connection != connection or path.name != _name(segment):
        msg = f"{path.name} is not the segment that it claims to be"
        raise MediaInvalid(msg)
    return segment


def _whole(path: Path) -> bytes:
    return _read(path, 0, path.lstat().st_size)


def _name(segment: Segment) -> str:
    return f"{segment.sequence:010d}.m4s"
