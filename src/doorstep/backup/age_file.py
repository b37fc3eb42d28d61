"""Encryption with a passphrase in the format of age, so that the `age` tool opens a backup too.

age-encryption.org/v1 (C2SP, age.md): a header with one scrypt recipient, then the payload in the STREAM construction,
pieces of 64 KiB sealed with ChaCha20-Poly1305.  What is inside is not this file's business.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from doorstep.backup.errors import BackupInvalid
from doorstep.backup.passphrase import Passphrase

MAGIC = b"age-encryption.org/v1\n"

_MOST_WORK = 18
_SALT_LABEL = b"age-encryption.org/v1/scrypt"
_PIECE = 64 * 1024
_TAG = 16
_LONGEST_LINE = 128
_STANZA = re.compile(rb"-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n")
_NOT_OURS = "This file is no backup of Doorstep, or its beginning is damaged."
_DAMAGED = "The backup is damaged: a part of it was changed or is missing. Nothing of it was used."


class AgeWriter:
    """Encrypts what is written to it into `file`, which stays open.  `close` writes the end; without it nothing opens.

    Making one takes about a second on purpose, which every guess at the passphrase takes too.
    """

    def __init__(self, file: BinaryIO, passphrase: Passphrase) -> None:
        self._file = file
        file_key, salt, nonce = secrets.token_bytes(16), secrets.token_bytes(16), secrets.token_bytes(16)
        wrapped = ChaCha20Poly1305(_wrap_key(passphrase.words, salt, passphrase.work)).encrypt(
            bytes(12), file_key, None
        )
        head = MAGIC + b"-> scrypt %b %d\n%b\n---" % (_encoded(salt), passphrase.work, _encoded(wrapped))
        file.write(head + b" " + _encoded(_mac(file_key, head)) + b"\n" + nonce)
        self._pieces = _Pieces(_derived(file_key, nonce, b"payload"))
        self._waiting = b""

    def write(self, data: bytes) -> int:
        """Take all of it."""
        self._waiting += data
        # The last piece is sealed differently, so one is always held back.
        while len(self._waiting) > _PIECE:
            self._file.write(self._pieces.seal(self._waiting[:_PIECE], last=False))
            self._waiting = self._waiting[_PIECE:]
        return len(data)

    def flush(self) -> None:
        """Nothing: only whole pieces are written."""

    def close(self) -> None:
        """Write what is left, as the last piece."""
        self._file.write(self._pieces.seal(self._waiting, last=True))
        self._waiting = b""


class AgeReader:
    """Reads what an AgeWriter, or `age --passphrase`, wrote into `file`.  Raises BackupInvalid, also from `read`.

    Every piece is checked before a byte of it is given out, and the end before the reader says that it is over.
    """

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self._file = file
        self._pieces = _Pieces(_derived(self._file_key(passphrase), self._exactly(16), b"payload"))
        self._next = file.read(_PIECE + _TAG)
        self._opened = b""
        self._over = False

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, at least one unless it is over."""
        if size < 0:
            msg = "an encrypted backup is read piece by piece"
            raise ValueError(msg)
        if not self._opened and not self._over:
            self._opened = self._open_piece()
        given, self._opened = self._opened[:size], self._opened[size:]
        return given

    def _open_piece(self) -> bytes:
        sealed, self._next = self._next, self._file.read(_PIECE + _TAG)
        self._over = not self._next
        opened = self._pieces.open(sealed, last=self._over)
        if self._over and not opened and not self._pieces.is_only_one:
            raise BackupInvalid(_DAMAGED)
        return opened

    def _file_key(self, passphrase: str) -> bytes:
        magic, stanza, body = self._line(), self._line(), self._line()
        found = _STANZA.fullmatch(stanza)
        if magic != MAGIC or found is None:
            raise BackupInvalid(_NOT_OURS)
        work = int(found[2])
        if work > _MOST_WORK:
            msg = "Opening this backup would take more memory than Doorstep gives it. It was not made by Doorstep."
            raise BackupInvalid(msg)
        wrapped = _decoded(body.removesuffix(b"\n"), 32)
        key = ChaCha20Poly1305(_wrap_key(passphrase, _decoded(found[1], 16), work))
        try:
            file_key = key.decrypt(bytes(12), wrapped, None)
        except InvalidTag:
            msg = "The passphrase does not open this backup."
            raise BackupInvalid(msg) from None
        told = self._line()
        if not told.startswith(b"--- "):
            raise BackupInvalid(_NOT_OURS)
        mac = _decoded(told.removeprefix(b"--- ").removesuffix(b"\n"), 32)
        if not hmac.compare_digest(mac, _mac(file_key, magic + stanza + body + b"---")):
            raise BackupInvalid(_DAMAGED)
        return file_key

    def _line(self) -> bytes:
        line = self._file.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise BackupInvalid(_NOT_OURS)
        return line

    def _exactly(self, length: int) -> bytes:
        found = self._file.read(length)
        if len(found) != length:
            raise BackupInvalid(_DAMAGED)
        return found


class _Pieces:
    """STREAM: each piece's nonce is its number in 11 bytes, and one byte that says whether it is the last."""

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._number = 0

    @property
    def is_only_one(self) -> bool:
        return self._number == 1

    def seal(self, data: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last=last), data, None)

    def open(self, data: bytes, *, last: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(last=last), data, None)
        except InvalidTag:
            raise BackupInvalid(_DAMAGED) from None

    def _nonce(self, *, last: bool) -> bytes:
        number, self._number = self._number, self._number + 1
        return number.to_bytes(11, "big") + bytes([last])


def _wrap_key(passphrase: str, salt: bytes, work: int) -> bytes:
    cost = 2**work
    memory = 128 * 8 * cost + 1024 * 1024
    return hashlib.scrypt(passphrase.encode(), salt=_SALT_LABEL + salt, n=cost, r=8, p=1, maxmem=memory, dklen=32)


def _mac(file_key: bytes, head: bytes) -> bytes:
    return hmac.digest(_derived(file_key, b"", b"header"), head, hashlib.sha256)


def _derived(file_key: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt or None, purpose).derive(file_key)


def _encoded(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _decoded(text: bytes, length: int) -> bytes:
    """Only the one way to write it."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise BackupInvalid(_NOT_OURS) from None
    if len(data) != length or _encoded(data) != text:
        raise BackupInvalid(_NOT_OURS)
    return data
