"""Which keys a store takes: relative paths of plain names.  What lies under a key is the store's business."""

import re

from doorstep.core.errors import BlobMissing, StoreUnavailable

# Letters, digits, `_`, `-` and, not in front, `.`: so `..`, hidden names, NUL, backslashes and look-alike Unicode
# letters cannot occur, and a store may keep names of its own that begin with a dot.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_LONGEST = 1024


def is_plain(name: str) -> bool:
    """Whether a part of a key may be called so."""
    return _NAME.fullmatch(name) is not None


def names_of(key: str) -> tuple[str, ...]:
    """The key's parts, folders first; empty when the key is none."""
    names = tuple(key.split("/"))
    return names if len(key) <= _LONGEST and all(map(is_plain, names)) else ()


def names_to_write(key: str) -> tuple[str, ...]:
    """The same, where something is about to be written.  Raises StoreUnavailable."""
    if names := names_of(key):
        return names
    msg = "The store does not take a recording with this name; only plain names are allowed."
    raise StoreUnavailable(msg)


def names_to_read(key: str) -> tuple[str, ...]:
    """The same, where something should lie already.  Raises BlobMissing."""
    if names := names_of(key):
        return names
    raise missing(key)


def missing(key: str) -> BlobMissing:
    """That nothing lies under the key."""
    shown = key if names_of(key) else "with this name"
    return BlobMissing(f"The recording {shown} is not in the store any more.")
