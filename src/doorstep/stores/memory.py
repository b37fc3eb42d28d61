"""Recordings in memory: for tests, and for a demo that leaves nothing behind."""

from collections.abc import Iterator
from threading import Lock

from doorstep.core.errors import StoreFull, StoreUnavailable
from doorstep.stores.blob_name import missing, names_of, names_to_read, names_to_write


class MemoryStore:
    """Keeps blobs until the process ends, `capacity` bytes at most.  Thread-safe; implements `ports.Store`."""

    def __init__(self, capacity: int | None = None) -> None:
        self._capacity = capacity
        self._blobs: dict[str, bytearray] = {}
        self._lock = Lock()

    def create(self, key: str) -> "MemoryBlob":
        """A new, empty blob.  Raises StoreUnavailable, also when the key exists."""
        names_to_write(key)
        with self._lock:
            self._refuse_folder_clash(key)
            if key in self._blobs:
                msg = "A recording with this name exists already."
                raise StoreUnavailable(msg)
            blob = self._blobs[key] = bytearray()
        return MemoryBlob(self, blob)

    def resume(self, key: str, size: int) -> "MemoryBlob":
        """Go on behind the first `size` bytes; what lies behind them is cut off.  Raises BlobMissing."""
        with self._lock:
            blob = self._blob(key)
            if len(blob) < size:
                raise missing(key)
            del blob[size:]
        return MemoryBlob(self, blob)

    def put(self, key: str, data: bytes) -> None:
        """Write or replace a whole blob.  Raises StoreUnavailable, StoreFull."""
        names_to_write(key)
        with self._lock:
            self._refuse_folder_clash(key)
            self._refuse_when_full(len(data))
            self._blobs[key] = bytearray(data)

    def read(self, key: str, offset: int, length: int) -> bytes:
        """At most `length` bytes.  Raises BlobMissing."""
        with self._lock:
            return bytes(self._blob(key)[offset : offset + length])

    def size(self, key: str) -> int:
        """In bytes.  Raises BlobMissing."""
        with self._lock:
            return len(self._blob(key))

    def exists(self, key: str) -> bool:
        """Whether the key is taken."""
        with self._lock:
            return key in self._blobs

    def delete(self, key: str) -> None:
        """No error if it is gone already.  Raises StoreUnavailable."""
        names_to_write(key)
        with self._lock:
            self._blobs.pop(key, None)

    def keys(self) -> Iterator[str]:
        """Every key."""
        with self._lock:
            return iter(tuple(self._blobs))

    def free_bytes(self) -> int | None:
        """What is left of the capacity, None where there is none."""
        with self._lock:
            return None if self._capacity is None else max(0, self._capacity - self._used())

    def extend(self, blob: bytearray, data: bytes) -> None:
        """Append for a MemoryBlob.  Raises StoreFull."""
        with self._lock:
            self._refuse_when_full(len(data))
            blob.extend(data)

    def _blob(self, key: str) -> bytearray:
        names_to_read(key)
        try:
            return self._blobs[key]
        except KeyError:
            raise missing(key) from None

    def _used(self) -> int:
        return sum(map(len, self._blobs.values()))

    def _refuse_when_full(self, length: int) -> None:
        if self._capacity is not None and self._used() + length > self._capacity:
            msg = "There is no space left for recordings."
            raise StoreFull(msg)

    def _refuse_folder_clash(self, key: str) -> None:
        """A name is a folder or a blob, never both, as on a disk."""
        names = names_of(key)
        above = {"/".join(names[:depth]) for depth in range(1, len(names))}
        if above & self._blobs.keys() or any(taken.startswith(f"{key}/") for taken in self._blobs):
            msg = "This name is a folder's already."
            raise StoreUnavailable(msg)


class MemoryBlob:
    """One growing blob; implements `ports.BlobWriter`."""

    def __init__(self, store: MemoryStore, blob: bytearray) -> None:
        self._store = store
        self._blob = blob
        self._closed = False
        self._size = len(blob)

    @property
    def size(self) -> int:
        """Bytes appended so far."""
        return self._size

    def append(self, data: bytes) -> None:
        """All of `data` or nothing.  Raises StoreUnavailable, StoreFull."""
        self._refuse_when_closed()
        self._store.extend(self._blob, data)
        self._size += len(data)

    def sync(self) -> None:
        """Nothing to do but to say so when it is too late.  Raises StoreUnavailable."""
        self._refuse_when_closed()

    def close(self) -> None:
        """No more appends; idempotent."""
        self._closed = True

    def _refuse_when_closed(self) -> None:
        if self._closed:
            msg = "This recording is closed already."
            raise StoreUnavailable(msg)
