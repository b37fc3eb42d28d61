"""A whole bucket as `doorstep recover` sees it: what lies in it, by whole keys.  How copies get there lives in `s3`."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from doorstep.core.cloud_settings import AccessKey, S3Settings
from doorstep.core.errors import MediaInvalid, StoreForbidden
from doorstep.core.recovery_plan import Listed
from doorstep.stores.blob_name import missing
from doorstep.stores.s3_client import S3Client
from doorstep.stores.s3_error import MISSING, s3_errors
from doorstep.stores.s3_reading import Reading
from doorstep.stores.sealed_object import sealed_size

READ_BYTES = 4 << 20
"""How much is held at once."""

PAGE = 1000
"""Objects that are listed with each question: as many as S3 allows."""


class BucketReader:
    """By keys that may list and read.  Thread-safe; blocks, each call for bounded time.

    Each method raises StoreUnavailable, and StoreRefused where only the owner can help: StoreForbidden names the right
    that the keys lack.
    """

    def __init__(self, settings: S3Settings, key: AccessKey) -> None:
        self._bucket = settings.bucket
        self._prefix = f"{settings.prefix}/" if settings.prefix else ""
        self._client = S3Client(settings, key)
        self._reading = Reading(self._client, settings.seal_key)

    def listing(self, prefix: str) -> Iterator[Listed]:
        """Every object whose key begins so, page by page."""
        with self._needs("list the bucket", f"s3:ListBucket on arn:aws:s3:::{self._bucket}"), s3_errors():
            pager = self._client().get_paginator("list_objects_v2")
            for page in pager.paginate(Bucket=self._bucket, Prefix=prefix, PaginationConfig={"PageSize": PAGE}):
                for found in page.get("Contents", ()):
                    yield Listed(str(found["Key"]), int(found["Size"]))

    def words(self, at: Listed, name: str) -> str:
        """What stands beside an object under that name, empty where nothing does.  Raises BlobMissing."""
        client = self._client()
        with self._may_read(), s3_errors((MISSING, missing(at.key))):
            found = client.head_object(**self._target(at))
        return str(found.get("Metadata", {}).get(name, ""))

    def read(self, at: Listed, name: str) -> Iterator[bytes]:
        """What lies there, piece by piece; what is sealed is opened, as that which was sealed under this name.

        Raises BlobMissing, and MediaInvalid where there is less than was listed.
        """
        with self._may_read():
            yield from self._opened(at, name) if at.is_sealed else self._as_it_lies(at)

    @staticmethod
    def size_there(at: Listed, size: int) -> int:
        """How long a file of so many bytes is as this object."""
        return sealed_size(size) if at.is_sealed else size

    def _as_it_lies(self, at: Listed) -> Iterator[bytes]:
        target = self._target(at)
        for offset in range(0, at.size, READ_BYTES):
            yield _whole(self._reading.fetch(target, at.key, offset, min(READ_BYTES, at.size - offset)), at, offset)

    def _opened(self, at: Listed, name: str) -> Iterator[bytes]:
        target = self._target(at)
        size = self._reading.opened_size(target, name)
        for offset in range(0, size, READ_BYTES):
            yield self._reading.open(target, name, offset, READ_BYTES)

    def _may_read(self) -> AbstractContextManager[None]:
        right = f"s3:GetObject on arn:aws:s3:::{self._bucket}/{self._prefix}*"
        return self._needs("read what lies there", f"{right} (and kms:Decrypt, where a key of KMS encrypts it)")

    @contextmanager
    def _needs(self, what: str, right: str) -> Iterator[None]:
        try:
            yield
        except StoreForbidden as error:
            msg = f"The keys may not {what}: they lack the right {right}, or a policy denies it."
            raise StoreForbidden(msg) from error

    def _target(self, at: Listed) -> Mapping[str, str]:
        return {"Bucket": self._bucket, "Key": at.key}


def _whole(data: bytes, at: Listed, offset: int) -> bytes:
    if len(data) != min(READ_BYTES, at.size - offset):
        msg = "it became shorter while it was read"
        raise MediaInvalid(msg)
    return data
