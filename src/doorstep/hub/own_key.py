"""Ed25519 key pairs as OpenSSH wants them: the box's own, and the one-time key that a pairing code holds."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


@dataclass(frozen=True, slots=True)
class OwnKey:
    """`public` are its 32 bytes, `file` is the private one in OpenSSH's format."""

    public: bytes
    file: bytes = field(repr=False)


def new_own_key() -> OwnKey:
    """A new one, of the system's randomness."""
    return _own_key(Ed25519PrivateKey.generate())


def own_key_of(seed: bytes) -> OwnKey:
    """The one of a seed of 32 bytes (RFC 8032, 5.1.5)."""
    return _own_key(Ed25519PrivateKey.from_private_bytes(seed))


def _own_key(key: Ed25519PrivateKey) -> OwnKey:
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return OwnKey(public, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
