"""The secrets that sessions, tokens and the set-up address consist of.  Only their hashes are ever kept."""

import hashlib
import secrets

_LONGEST = 256


def new_secret() -> str:
    """256 random bits, safe in an address, a header and a cookie."""
    return secrets.token_urlsafe(32)


def new_id() -> str:
    """A short name for a row, no secret."""
    return secrets.token_hex(8)


def hash_of(secret: str) -> str:
    """What is kept of a secret; plain SHA-256, for 256 random bits cannot be guessed however fast the hash is."""
    return hashlib.sha256(secret[:_LONGEST].encode("utf-8", "replace")).hexdigest()


def are_same(one: str, other: str) -> bool:
    """Compares in a time that tells nothing about where they differ."""
    return secrets.compare_digest(hash_of(one), hash_of(other))
