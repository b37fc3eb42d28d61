"""A place outside the house in memory: it can be cut off, refuse, lose its answers, and break off in mid-sending."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from doorstep.core.errors import BlobMissing, StoreRefused, StoreUnavailable
from doorstep.core.upload import BegunUpload, Body


@dataclass
class MemoryOffSite:
    """Implements `ports.OffSite`; `objects` is what lies there whole, `words` beside it.

    `cut`: nobody answers.  `refuses`: the keys are wrong.  `refused`: keys of objects that are not taken.
    `loses_answers`: so many sendings arrive and nobody hears of it.  `takes_all`: each key is said to be taken.
    `unseen`: so often nobody tells what lies there.  `part_bytes`: what is larger goes in parts, and `parts_left` of
    them are taken before the line is cut.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)
    cut: bool = False
    refuses: bool = False
    refused: set[str] = field(default_factory=set)
    loses_answers: int = 0
    part_bytes: int = 1 << 20
    parts_left: int | None = None
    may_look: bool = True
    takes_all: bool = False
    unseen: int = 0
    resumed: list[int] = field(default_factory=list)
    _begun: dict[str, list[bytes]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def send(self, key: str, body: Body, begun: BegunUpload | None, note: Callable[[BegunUpload], None]) -> bool:
        self.tried.append(key)
        self._check()
        if key in self.refused:
            msg = "The bucket's server refuses what was asked of it (EntityTooLarge)."
            raise StoreRefused(msg)
        if self.takes_all:
            return False
        data = self._all(body, begun, note)
        with self._lock:
            is_new = key not in self.objects
            if is_new:
                self.objects[key], self.words[key] = data, dict(body.words)
        if self.loses_answers > 0:
            self.loses_answers -= 1
            msg = "Nobody knows what became of it."
            raise StoreUnavailable(msg)
        return is_new

    def read(self, key: str, offset: int, length: int) -> bytes:
        self._look()
        if key not in self.objects:
            raise BlobMissing(key)
        return self.objects[key][offset : offset + length]

    def size(self, key: str) -> int:
        self._look()
        if key not in self.objects:
            raise BlobMissing(key)
        return len(self.objects[key])

    def link(self, key: str, seconds: float, file_name: str) -> str | None:
        del seconds, file_name
        return f"https://bucket.example.org/{key}"

    def delete(self, key: str) -> None:
        self._check()
        self.objects.pop(key, None)

    def _look(self) -> None:
        self._check()
        if self.unseen > 0:
            self.unseen -= 1
            msg = "Nobody answers just now."
            raise StoreUnavailable(msg)
        if not self.may_look:
            msg = "These keys may not read."
            raise StoreRefused(msg)

    def _check(self) -> None:
        if self.cut:
            msg = "The bucket does not answer."
            raise StoreUnavailable(msg)
        if self.refuses:
            msg = "The bucket refuses the key. Check access_key_id."
            raise StoreRefused(msg)

    def _all(self, body: Body, begun: BegunUpload | None, note: Callable[[BegunUpload], None]) -> bytes:
        if body.size <= self.part_bytes:
            return b"".join(body.read(0, body.size))
        if begun is None or begun.size != body.size or begun.upload_id not in self._begun:
            begun = BegunUpload(f"upload {len(self._begun)}", self.part_bytes, body.size)
            self._begun[begun.upload_id] = []
        else:
            self.resumed.append(len(begun.etags))
        parts = self._begun[begun.upload_id][: len(begun.etags)]
        while (offset := len(parts) * self.part_bytes) < body.size:
            if self.parts_left is not None:
                if self.parts_left == 0:
                    self.cut = True
                    self._check()
                self.parts_left -= 1
            parts.append(b"".join(body.read(offset, min(self.part_bytes, body.size - offset))))
            self._begun[begun.upload_id] = parts
            begun = BegunUpload(begun.upload_id, begun.part_bytes, body.size, tuple(map(str, range(len(parts)))))
            note(begun)
        return b"".join(parts)
