"""Ed25519 keys as OpenSSH writes them: one line for the public one, a file for the private one.  No cryptography.

What is read is kept as 32 bytes and written anew, so nothing that stood beside a key goes on into another file.
"""

import base64
import binascii
from typing import Final

from doorstep.core.errors import HubKeyInvalid

KEY_BYTES: Final = 32
LONGEST_KEY_LINE: Final = 1000
LONGEST_KEY_FILE: Final = 4000

_TYPE: Final = b"ssh-ed25519"
_MAGIC: Final = b"openssh-key-v1\0"
_BEGIN, _END = "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"


def public_line(key: bytes) -> str:
    """`ssh-ed25519 AAAA...` of the 32 bytes, without a comment (RFC 8709, 4; RFC 4253, 6.6)."""
    if len(key) != KEY_BYTES:
        msg = "This is no Ed25519 key: it has not 32 bytes."
        raise HubKeyInvalid(msg)
    blob = _string(_TYPE) + _string(key)
    return f"{_TYPE.decode()} {base64.b64encode(blob).decode()}"


def read_public_line(line: str) -> bytes:
    """The 32 bytes of a public key's line, whatever comment follows.  Raises HubKeyInvalid."""
    words = line[:LONGEST_KEY_LINE].split()
    if len(line) > LONGEST_KEY_LINE or len(words) < 2 or words[0] != _TYPE.decode():
        raise HubKeyInvalid(_NO_PUBLIC_KEY)
    blob = _decoded(words[1], _NO_PUBLIC_KEY)
    kind, rest = _split(blob, _NO_PUBLIC_KEY)
    key, rest = _split(rest, _NO_PUBLIC_KEY)
    if kind != _TYPE or len(key) != KEY_BYTES or rest:
        raise HubKeyInvalid(_NO_PUBLIC_KEY)
    return key


def read_private_seed(text: str) -> tuple[bytes, bytes]:
    """Seed and public key, 32 bytes each, of a private key file without a passphrase, as `ssh-keygen` writes it.

    By OpenSSH's PROTOCOL.key; the seed is the private key of RFC 8032, 5.1.5.  Raises HubKeyInvalid.
    """
    lines = [line.strip() for line in text[:LONGEST_KEY_FILE].split("\n") if line.strip()]
    if len(lines) < 3 or lines[0] != _BEGIN or lines[-1] != _END:
        raise HubKeyInvalid(_NO_PRIVATE_KEY)
    blob = _decoded("".join(lines[1:-1]), _NO_PRIVATE_KEY)
    if not blob.startswith(_MAGIC):
        raise HubKeyInvalid(_NO_PRIVATE_KEY)
    cipher, rest = _split(blob[len(_MAGIC) :], _NO_PRIVATE_KEY)
    kdf, rest = _split(rest, _NO_PRIVATE_KEY)
    _, rest = _split(rest, _NO_PRIVATE_KEY)
    if cipher != b"none" or kdf != b"none" or rest[:4] != b"\0\0\0\1":
        raise HubKeyInvalid(_NO_PRIVATE_KEY)
    _, rest = _split(rest[4:], _NO_PRIVATE_KEY)
    section, _ = _split(rest, _NO_PRIVATE_KEY)
    return _seed_and_key(section)


def _seed_and_key(section: bytes) -> tuple[bytes, bytes]:
    """Two check numbers that are the same, then type, public key, and seed with public key."""
    kind, rest = _split(section[8:], _NO_PRIVATE_KEY)
    key, rest = _split(rest, _NO_PRIVATE_KEY)
    both, _ = _split(rest, _NO_PRIVATE_KEY)
    if section[:4] != section[4:8] or kind != _TYPE or len(key) != KEY_BYTES or both[KEY_BYTES:] != key:
        raise HubKeyInvalid(_NO_PRIVATE_KEY)
    return both[:KEY_BYTES], key


_NO_PUBLIC_KEY = "This is no public Ed25519 key of OpenSSH: it begins with ssh-ed25519 and is one line."
_NO_PRIVATE_KEY = "This is no private Ed25519 key of OpenSSH without a passphrase."


def _string(value: bytes) -> bytes:
    """By RFC 4251, 5."""
    return len(value).to_bytes(4, "big") + value


def _split(blob: bytes, words: str) -> tuple[bytes, bytes]:
    """The first string of it, and what is behind that."""
    length = int.from_bytes(blob[:4], "big")
    if len(blob) < 4 + length or len(blob) < 4:
        raise HubKeyInvalid(words)
    return blob[4 : 4 + length], blob[4 + length :]


def _decoded(text: str, words: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise HubKeyInvalid(words) from error
