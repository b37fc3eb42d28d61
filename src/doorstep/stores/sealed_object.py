"""The format of a sealed object: AES-256-GCM in chunks, so that any part of it can be read, or sent, by itself.

    object   header chunk*                      all numbers big-endian
    header   "DOORSEAL" version:u8=1 zero:3 chunk_bytes:u32 size:u64 salt:32 zero:8             64 bytes
    chunk    nonce:12 ciphertext tag:16         chunk_bytes of the plain text, the last what is left; at least one

    key, nonce_key = HKDF-SHA256(seal key, salt, "doorstep sealed object 1", 64 bytes), 32 bytes each
    nonce          = the first 12 bytes of HMAC-SHA256(nonce_key, number:u64 plain text)
    associated     = header number:u64 name     of the chunk, counted from 0, and of the object without its prefix

Each object has a salt and so a key of its own.  A nonce is made from what it hides (as in SIV, RFC 5297): sealing the
same body again gives the same bytes, and a body that changed meanwhile cannot meet a nonce that was used.  Chunks
cannot be changed, left out, added, reordered, nor an object be passed off as another: each is bound to its number, to
the size of the whole and to the name.  Sending and fetching live in `s3`.
"""

import hmac
import struct
from collections.abc import Callable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from doorstep.core.cloud_settings import SEAL_KEY_BYTES
from doorstep.core.errors import StoreRefused

SALT_BYTES = 32
HEADER_BYTES = 64
CHUNK_BYTES = 1 << 16
_MOST_CHUNK_BYTES = 1 << 24
_MAGIC, _VERSION = b"DOORSEAL", 1
_HEADER = struct.Struct(">8sB3xIQ32s8x")
_NUMBER = struct.Struct(">Q")
_NONCE_BYTES, _TAG_BYTES = 12, 16
_MORE_BYTES = _NONCE_BYTES + _TAG_BYTES

Read = Callable[[int, int], Iterator[bytes]]
"""The bytes [offset, offset + length), in pieces."""
Fetch = Callable[[int, int], bytes]
"""The same in one; fewer where the object ends."""


def sealed_size(size: int, chunk_bytes: int = CHUNK_BYTES) -> int:
    """How long so many bytes are, sealed."""
    return HEADER_BYTES + size + _MORE_BYTES * _chunks(size, chunk_bytes)


class SealedObject:
    """One object's seal.  Thread-safe; nothing of it may be logged."""

    def __init__(self, key: bytes, salt: bytes, name: str, size: int, chunk_bytes: int = CHUNK_BYTES) -> None:
        """`salt` is random and new for each object; `name` the object's, `size` of its plain text."""
        self.size = size
        self._chunk_bytes = chunk_bytes
        self._header = _HEADER.pack(_MAGIC, _VERSION, chunk_bytes, size, salt)
        self._name = name.encode()
        both = HKDF(SHA256(), 2 * SEAL_KEY_BYTES, salt, b"doorstep sealed object 1").derive(key)
        self._cipher, self._nonce_key = AESGCM(both[:SEAL_KEY_BYTES]), both[SEAL_KEY_BYTES:]

    @classmethod
    def of(cls, header: bytes, key: bytes, name: str) -> "SealedObject":
        """From the first bytes of an object, not yet believed.  Raises StoreRefused where it is none."""
        if len(header) < HEADER_BYTES:
            raise damaged(name)
        magic, version, chunk_bytes, size, salt = _HEADER.unpack(header[:HEADER_BYTES])
        sealed = cls(key, salt, name, size, chunk_bytes)
        known = magic == _MAGIC and version == _VERSION and 0 < chunk_bytes <= _MOST_CHUNK_BYTES
        if not known or sealed._header != header[:HEADER_BYTES]:
            raise damaged(name)
        return sealed

    @property
    def chunk_bytes(self) -> int:
        """Of the plain text, in each chunk but the last."""
        return self._chunk_bytes

    @property
    def sealed_size(self) -> int:
        """Of the whole object, as it lies off-site."""
        return sealed_size(self.size, self._chunk_bytes)

    def seal(self, plain: Read, offset: int, length: int) -> Iterator[bytes]:
        """The bytes [offset, offset + length) of the sealed object, in pieces, from a reader of the plain text."""
        end = min(offset + length, self.sealed_size)
        if offset < HEADER_BYTES:
            yield self._header[offset:end]
        if end <= HEADER_BYTES:
            return
        step = self._chunk_bytes + _MORE_BYTES
        first = max(0, offset - HEADER_BYTES) // step
        for number in range(first, -(-(end - HEADER_BYTES) // step)):
            begins = HEADER_BYTES + number * step
            chunk = self._sealed(number, _whole(plain, *self._span(number)))
            yield chunk[max(0, offset - begins) : end - begins]

    def open(self, fetch: Fetch, offset: int, length: int) -> bytes:
        """The bytes [offset, offset + length) of the plain text, from a reader of the sealed object.

        Fewer where it ends.  Raises StoreRefused where they are not what was sealed under this name with this key.
        """
        end = min(offset + length, self.size)
        if offset >= end and (offset or self.size):
            return b""
        step = self._chunk_bytes + _MORE_BYTES
        first, behind = offset // self._chunk_bytes, max(1, -(-end // self._chunk_bytes))
        ends_at = min(HEADER_BYTES + behind * step, self.sealed_size)
        begins = HEADER_BYTES + first * step
        fetched = memoryview(fetch(begins, ends_at - begins))
        numbered = ((number, fetched[at : at + step]) for number, at in enumerate(range(0, len(fetched), step), first))
        opened = [self._opened(number, chunk) for number, chunk in numbered]
        if len(opened) != behind - first:
            raise damaged(self._name.decode())
        skipped = offset - first * self._chunk_bytes
        return b"".join(opened)[skipped : skipped + max(0, end - offset)]

    def _span(self, number: int) -> tuple[int, int]:
        """Offset and length of a chunk's plain text."""
        begins = number * self._chunk_bytes
        return begins, min(self._chunk_bytes, self.size - begins)

    def _sealed(self, number: int, plain: bytes) -> bytes:
        counted = _NUMBER.pack(number)
        nonce = hmac.digest(self._nonce_key, counted + plain, "sha256")[:_NONCE_BYTES]
        return nonce + self._cipher.encrypt(nonce, plain, self._header + counted + self._name)

    def _opened(self, number: int, chunk: memoryview) -> bytes:
        if len(chunk) != self._span(number)[1] + _MORE_BYTES:
            raise damaged(self._name.decode())
        associated = self._header + _NUMBER.pack(number) + self._name
        try:
            return self._cipher.decrypt(bytes(chunk[:_NONCE_BYTES]), chunk[_NONCE_BYTES:], associated)
        except InvalidTag:
            raise damaged(self._name.decode()) from None


def damaged(name: str) -> StoreRefused:
    """That what lies there is not what was sealed."""
    return StoreRefused(f"{name} was sealed with another key, or changed off-site: check [store] seal_key_file.")


def _chunks(size: int, chunk_bytes: int) -> int:
    return max(1, -(-size // chunk_bytes))


def _whole(read: Read, offset: int, length: int) -> bytes:
    return b"".join(read(offset, length)) if length else b""
