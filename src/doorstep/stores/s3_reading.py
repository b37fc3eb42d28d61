"""Reading objects of a bucket, a range at a time, and opening those that are sealed.  Their names are `s3`'s."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from doorstep.core.errors import StoreRefused
from doorstep.stores.blob_name import missing
from doorstep.stores.s3_client import S3Client
from doorstep.stores.s3_error import BEHIND_THE_END, MISSING, cut_short, s3_errors, strange_answer
from doorstep.stores.sealed_object import HEADER_BYTES, SealedObject, damaged

_SEALS_KEPT = 64
_LEAST_CHUNK_BYTES = 1 << 12
"""A header is anybody's until a chunk opens: with one byte a chunk thirty times as much would be fetched."""

Target = Mapping[str, str]
"""Bucket and name, as the library wants them."""


class _BehindTheEnd(Exception):
    """Nothing lies there any more."""


class Reading:
    """Reads with one identity.  Thread-safe; holds what was asked for in memory, so callers ask for pieces."""

    def __init__(self, client: S3Client, seal_key: bytes) -> None:
        self._client = client
        self._seal_key = seal_key
        self._seals: OrderedDict[str, SealedObject] = OrderedDict()
        self._keeping = Lock()

    def size(self, target: Target, key: str) -> int:
        """Of the object as it lies there.  Raises BlobMissing, StoreUnavailable, StoreRefused."""
        client = self._client()
        with s3_errors((MISSING, missing(key))):
            return _length_of(client.head_object(**target))

    def fetch(self, target: Target, key: str, offset: int, length: int) -> bytes:
        """At most `length` bytes as they lie there, none behind its end.  Raises as `size` does."""
        if length <= 0:
            self.size(target, key)
            return b""
        client = self._client()
        try:
            with s3_errors((MISSING, missing(key)), (BEHIND_THE_END, _BehindTheEnd())):
                answer = client.get_object(**target, Range=f"bytes={offset}-{offset + length - 1}")
                with answer["Body"] as body:
                    if not str(answer.get("ContentRange", "")).startswith(f"bytes {offset}-"):
                        raise strange_answer()
                    wanted = min(length, _length_of(answer))
                    data = bytes(body.read(wanted)) if wanted else b""
                    if len(data) < wanted:
                        raise cut_short()
                    return data
        except _BehindTheEnd:
            return b""

    def open(self, target: Target, key: str, offset: int, length: int) -> bytes:
        """At most `length` bytes of what was sealed.  Raises as `size` does, StoreRefused also where it is damaged."""
        kept = self._seals.get(key)
        if kept is not None:
            try:
                return self._opened(kept, target, key, offset, length)
            except StoreRefused:
                pass  # It may have been put there anew, with another salt.
        return self._opened(self._seal(target, key), target, key, offset, length)

    def opened_size(self, target: Target, key: str) -> int:
        """Of what was sealed.  Raises as `open` does."""
        lies = self.size(target, key)
        sealed = self._seal(target, key)
        if sealed.sealed_size != lies:
            raise damaged(key)
        return sealed.size

    def _opened(self, sealed: SealedObject, target: Target, key: str, offset: int, length: int) -> bytes:
        return sealed.open(lambda at, count: self.fetch(target, key, at, count), offset, length)

    def _seal(self, target: Target, key: str) -> SealedObject:
        """From the object's header, kept for the reads that follow."""
        sealed = SealedObject.of(self.fetch(target, key, 0, HEADER_BYTES), self._seal_key, key)
        if sealed.chunk_bytes < _LEAST_CHUNK_BYTES:
            raise damaged(key)
        with self._keeping:
            self._seals[key] = sealed
            if len(self._seals) > _SEALS_KEPT:
                self._seals.popitem(last=False)
        return sealed


def _length_of(answer: Any) -> int:  # noqa: ANN401 - botocore's dictionary
    """As the server says it; who is no S3 server need not."""
    length = answer.get("ContentLength")
    if not isinstance(length, int) or length < 0:
        raise strange_answer()
    return length
