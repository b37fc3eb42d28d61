"""Recordings in a bucket: Amazon S3, or any server that speaks its protocol.

How a body gets there lives in `s3_sending`, how it is read in `s3_reading` and sealed in `sealed_object`.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from doorstep.core.cloud_settings import S3Settings
from doorstep.core.errors import BlobMissing, StoreUnavailable
from doorstep.core.off_site_key import RUNNING, SEALED
from doorstep.core.upload import BegunUpload, Body
from doorstep.ports import Clock
from doorstep.stores.blob_name import names_of, names_to_read, names_to_write
from doorstep.stores.s3_client import ANSWER_SECONDS, S3Client
from doorstep.stores.s3_error import s3_errors
from doorstep.stores.s3_part import Gate, block
from doorstep.stores.s3_reading import Reading
from doorstep.stores.s3_sending import PART_BYTES, NameTaken, Note, Sending, UploadVanished
from doorstep.stores.sealed_object import SALT_BYTES, SealedObject, sealed_size

LONGEST_LINK_SECONDS = 7 * 86400.0
"""Signature Version 4 allows no more."""
_TYPES = {".mp4": "video/mp4", ".jpg": "image/jpeg", ".json": "application/json"}
_UNKNOWN = "application/octet-stream"


class S3Store:
    """Keeps blobs in one bucket under one prefix.  Thread-safe; raises StoreUnavailable, never botocore's errors.

    Implements `ports.Store` and `ports.OffSite`.  Sending needs the recorder's keys alone, which may neither read, nor
    list, nor delete; reading and links are the viewer's, or the recorder's where no viewer is named.  The library is
    loaded by the first call.  With a seal key it sends and sees sealed objects alone, without one all as they lie.
    """

    def __init__(
        self,
        settings: S3Settings,
        clock: Clock,
        *,
        pause: Callable[[float], object] = block,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        """`pause` blocks for so many seconds; `answer_seconds` is how long an answer may take."""
        self._settings = settings
        self._gate = Gate(clock, settings.max_kbit, pause)
        self._writer = S3Client(settings, settings.recorder, answer_seconds)
        self._reader = S3Client(settings, settings.viewer, answer_seconds) if settings.viewer else self._writer
        self._reading = Reading(self._reader, settings.seal_key)

    # Sending.

    def send(self, key: str, body: Body, begun: BegunUpload | None, note: Note) -> bool:
        """Whether it lies there whole now; False where something else has the key.

        A body of one part goes at once; of a larger one `note` hears after each part how far it is.  What the server
        forgot, and what belongs to a body of another size, begins anew.
        """
        names_to_write(key)
        try:
            if self._leaving(body.size) <= PART_BYTES:
                self._sending(key, body, self._new_salt()).at_once(if_new=True)
            elif begun is None or not self._went_on(key, body, begun, note):
                salt = self._new_salt()
                sending = self._sending(key, body, salt)
                sending.go_on(sending.begin(salt, body.size), note)
        except NameTaken:
            return self._is_ours(key, body)
        return True

    def put(self, key: str, data: bytes) -> None:
        """Write or replace a whole blob, atomically.  Raises StoreUnavailable."""
        names_to_write(key)
        kind = next((kind for end, kind in _TYPES.items() if key.endswith(end)), _UNKNOWN)
        body = Body(len(data), lambda offset, length: iter((data[offset : offset + length],)), kind)
        self._sending(key, body, self._new_salt()).at_once(if_new=False)

    def _went_on(self, key: str, body: Body, begun: BegunUpload, note: Note) -> bool:
        """Whether what was begun is complete now; False where there is nothing to go on with."""
        if begun.size != body.size or bool(begun.salt) != self._seals:
            self._sending(key, body, "").give_up(begun)
            return False
        try:
            self._sending(key, body, begun.salt).go_on(begun, note)
        except UploadVanished:
            return self._is_ours(key, body)
        return True

    def _is_ours(self, key: str, body: Body) -> bool:
        """Whether what has the key is this body, sent by a try of which no answer came; only a viewer can look.

        By its words, so that it is known also where nobody here remembers that try.  Where these changed since, or
        nobody may look, whoever remembers it decides: `core/upload.is_ours`.
        """
        if not (self._settings.viewer and body.words):
            return False
        client = self._reader()
        try:
            with s3_errors():
                found = client.head_object(**self._target(key))
        except StoreUnavailable:
            return False
        words = {name.lower(): value for name, value in body.words.items()}
        return bool(found.get("ContentLength") == self._leaving(body.size) and found.get("Metadata") == words)

    def _sending(self, key: str, body: Body, salt: str) -> Sending:
        size, read = body.size, body.read
        if salt:
            sealed = SealedObject(self._settings.seal_key, bytes.fromhex(salt), key, body.size)
            size, read = sealed.sealed_size, lambda offset, length: sealed.seal(body.read, offset, length)
        target, looks, hurries = self._target(key), self._looks(key, body), key.startswith(f"{RUNNING}/")
        return Sending(self._writer, self._gate, target, looks, size, read, hurries)

    def _looks(self, key: str, body: Body) -> Mapping[str, object]:
        """How it lies there.  A part of a running event is gone after days: no class that is paid for a month."""
        settings = self._settings
        looks: dict[str, object] = {"ContentType": _UNKNOWN if self._seals else body.content_type}
        if body.words:
            looks["Metadata"] = dict(body.words)
        if settings.encryption != "none":
            looks["ServerSideEncryption"] = settings.encryption
        if settings.encryption == "aws:kms" and settings.kms_key:
            looks["SSEKMSKeyId"] = settings.kms_key
        if settings.storage_class != "STANDARD" and not key.startswith(f"{RUNNING}/"):
            looks["StorageClass"] = settings.storage_class
        return looks

    # Reading.

    def read(self, key: str, offset: int, length: int) -> bytes:
        """At most `length` bytes.  Raises BlobMissing, StoreUnavailable."""
        names_to_read(key)
        read = self._reading.open if self._seals else self._reading.fetch
        return read(self._target(key), key, offset, length)

    def size(self, key: str) -> int:
        """In bytes.  Raises BlobMissing, StoreUnavailable."""
        names_to_read(key)
        size = self._reading.opened_size if self._seals else self._reading.size
        return size(self._target(key), key)

    def exists(self, key: str) -> bool:
        """Whether the key is taken.  Raises StoreUnavailable."""
        try:
            names_to_read(key)
            self._reading.size(self._target(key), key)
        except BlobMissing:
            return False
        return True

    def link(self, key: str, seconds: float, file_name: str) -> str | None:
        """An address that opens it for so long, for whoever has it; None without a viewer, and for what is sealed.

        It is not asked whether the object is there.  Raises StoreRefused where the keys cannot sign.
        """
        names_to_read(key)
        if self._seals or not self._settings.viewer:
            return None
        asked = {**self._target(key), "ResponseCacheControl": "private, no-store"}
        if file_name:
            asked["ResponseContentDisposition"] = f"inline; filename*=UTF-8''{quote(file_name, safe='')}"
        client, lasts = self._reader(), int(max(1.0, min(seconds, LONGEST_LINK_SECONDS)))
        with s3_errors():
            return str(client.generate_presigned_url("get_object", Params=asked, ExpiresIn=lasts))

    # What the box's own keys may not do: for a bucket that an owner sweeps, and for recovery.

    def delete(self, key: str) -> None:
        """No error if it is gone already.  Raises StoreUnavailable."""
        names_to_write(key)
        client = self._writer()
        with s3_errors():
            client.delete_object(**self._target(key))

    def keys(self) -> Iterator[str]:
        """Every key, a thousand with each question.  Raises StoreUnavailable."""
        client, begin, end = self._writer(), self._name(""), SEALED if self._seals else ""
        with s3_errors():
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=self._settings.bucket, Prefix=begin):
                names = (str(found.get("Key", ""))[len(begin) :] for found in page.get("Contents", ()))
                yield from (name.removesuffix(end) for name in names if name.endswith(end) and names_of(name))

    def free_bytes(self) -> int | None:
        """A bucket has no end."""
        return None

    # What an object is called.

    @property
    def _seals(self) -> bool:
        return bool(self._settings.seal_key)

    def _leaving(self, size: int) -> int:
        """How long a body of this size is when it leaves."""
        return sealed_size(size) if self._seals else size

    def _new_salt(self) -> str:
        return secrets.token_hex(SALT_BYTES) if self._seals else ""

    def _name(self, key: str) -> str:
        return f"{self._settings.prefix}/{key}" if self._settings.prefix else key

    def _target(self, key: str) -> Mapping[str, str]:
        return {"Bucket": self._settings.bucket, "Key": self._name(key) + (SEALED if self._seals else "")}
