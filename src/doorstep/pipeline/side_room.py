"""Where what could be video is put when it is of no use to the house: the port, and what a store without one has."""

from collections.abc import Iterable, Sequence
from typing import Protocol


class SideRoom(Protocol):
    """What lies beside the store's blobs, and where is put what must not be deleted.  Raises StoreUnavailable."""

    def leftovers(self) -> Sequence[str]:
        """What interrupted writes left."""
        ...

    def foreign(self) -> Sequence[str]:
        """What is none of ours."""
        ...

    def clear(self, leftover: str) -> str:
        """Remove a leftover, or set it aside; the words for what was done."""
        ...

    def keep(self, key: str, begin: int, pieces: Iterable[bytes]) -> str:
        """Keep what is about to be cut from a blob, from byte `begin` on; where it lies now."""
        ...

    def set_aside(self, key: str) -> str:
        """Move a blob out of the store; where it lies now."""
        ...


class NoSideRoom:
    """Of a store that has none: what would move stays where it is, and only a torn end is lost."""

    def leftovers(self) -> Sequence[str]:
        """None."""
        return ()

    def foreign(self) -> Sequence[str]:
        """None."""
        return ()

    def clear(self, leftover: str) -> str:
        """Nothing is done."""
        return f"{leftover} was left"

    def keep(self, key: str, begin: int, pieces: Iterable[bytes]) -> str:
        """Nowhere."""
        del key, begin, pieces
        return "nowhere"

    def set_aside(self, key: str) -> str:
        """It stays."""
        return key
