"""Stores in buckets of the servers that tests have, with one identity for everything unless somebody says otherwise."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from doorstep.clock import SystemClock
from doorstep.core.cloud_settings import AccessKey, S3Settings
from doorstep.core.upload import BegunUpload, Body
from doorstep.stores.s3 import S3Store
from fakes.moto_s3 import MotoS3
from fakes.radosgw import Keys, Radosgw

SEAL_KEY = bytes(range(32))


def access_key(keys: Keys) -> AccessKey:
    return AccessKey(keys.access_key_id, keys.secret_access_key)


def moto_settings(moto: MotoS3, **more: Any) -> S3Settings:
    """Of a new bucket there."""
    key = AccessKey("testing", "testing")
    return S3Settings(moto.bucket(), endpoint=moto.endpoint, recorder=key, viewer=key, **more)


def ceph_settings(ceph: Radosgw, **more: Any) -> S3Settings:
    """Of a new bucket there."""
    key = access_key(ceph.admin)
    given = {"endpoint": ceph.endpoint, "recorder": key, "viewer": key, **more}
    return S3Settings(ceph.bucket(), **given)


def store_of(settings: S3Settings, **more: Any) -> S3Store:
    return S3Store(settings, SystemClock(), **more)


def sealed(settings: S3Settings) -> S3Settings:
    return replace(settings, seal_key=SEAL_KEY)


def film(size: int, seed: int = 1) -> bytes:
    """Bytes that nothing could confuse with others."""
    return random.Random(seed).randbytes(size)


class FilmBody:
    """A body in memory, which remembers what was read of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.spans: list[tuple[int, int]] = []

    def __call__(self, **words: str) -> Body:
        return Body(len(self.data), self._read, words=words)

    def _read(self, offset: int, length: int) -> Iterator[bytes]:
        self.spans.append((offset, length))
        for at in range(offset, offset + length, 1 << 18):
            yield self.data[at : min(at + (1 << 18), offset + length)]


def body_of(data: bytes, **words: str) -> Body:
    return FilmBody(data)(**words)


def unheard(_begun: BegunUpload) -> None:
    """Nobody notes how far it came."""
