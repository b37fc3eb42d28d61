"""The side room of a memory store: what was moved there, by key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from doorstep.stores.memory import MemoryStore


@dataclass
class MemoryRoom:
    """A `SideRoom` whose bytes a test can look at."""

    store: MemoryStore
    aside: dict[str, bytes] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def leftovers(self) -> Sequence[str]:
        return tuple(self.left)

    def foreign(self) -> Sequence[str]:
        return ()

    def clear(self, leftover: str) -> str:
        self.left.remove(leftover)
        return "removed"

    def keep(self, key: str, begin: int, pieces: Iterable[bytes]) -> str:
        return self._put(f"{key}.from-{begin}", b"".join(pieces))

    def set_aside(self, key: str) -> str:
        place = self._put(key, self.store.read(key, 0, self.store.size(key)))
        MemoryStore.delete(self.store, key)
        return place

    def _put(self, name: str, data: bytes) -> str:
        while name in self.aside:
            name += "+"
        self.aside[name] = data
        return f"aside/{name}"
