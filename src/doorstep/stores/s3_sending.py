"""One body on its way into a bucket: at once where it is small, else in parts, so that it can be gone on with.

What the object is called, and reading it back, lives in `s3`.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from doorstep.core.errors import StoreUnavailable
from doorstep.core.upload import BegunUpload
from doorstep.stores.ordered_calls import in_order
from doorstep.stores.s3_client import S3Client
from doorstep.stores.s3_error import SPOILT, TAKEN, VANISHED, s3_errors, strange_answer
from doorstep.stores.s3_part import Gate, Read, SentPart

PART_BYTES = 8 << 20
"""A body of at most so much goes at once.  A server takes parts from 5 MiB on."""
MOST_PARTS = 10_000
AT_ONCE = 4
"""Parts on a fast line: while one is read and signed here, the server takes the others."""
SLOW_SECONDS = 2.0
"""A line on which a part takes so long has one at a time, so that less is lost when it breaks."""

_EVEN = 1 << 20

Note = Callable[[BegunUpload], None]


class NameTaken(Exception):
    """Something else lies there already; the server did not let go of it (412)."""


class UploadVanished(StoreUnavailable):
    """The server knows nothing of this upload any more: given up, too old, or completed without our hearing it."""


def part_bytes_for(size: int) -> int:
    """How long each part but the last is, so that there are not more than a server takes."""
    least = -(-size // MOST_PARTS)
    return max(PART_BYTES, -(-least // _EVEN) * _EVEN)


@dataclass(frozen=True, slots=True)
class Sending:
    """`target` is bucket and name as the library wants them, `looks` how the object lies there; `size` as it leaves.

    What `hurries` goes before everything else on a slow line.
    """

    client: S3Client
    gate: Gate
    target: Mapping[str, str]
    looks: Mapping[str, object]
    size: int
    read: Read
    hurries: bool = False

    def at_once(self, *, if_new: bool) -> None:
        """Put it there whole.  Raises StoreUnavailable, StoreRefused, BlobMissing, and NameTaken if that matters."""
        condition = {"IfNoneMatch": "*"} if if_new else {}
        client = self.client()
        first = self.gate.hurry() if self.hurries else nullcontext()
        with first, s3_errors((TAKEN, NameTaken())):
            answer = client.put_object(**self.target, **self.looks, **self._part(0, self.size), **condition)
        _etag_of(answer)

    def begin(self, salt: str, size: int) -> BegunUpload:
        """An upload that nobody sees before it is complete; `size` is the body's as it lies at home."""
        client = self.client()
        with s3_errors():
            upload_id = str(client.create_multipart_upload(**self.target, **self.looks).get("UploadId", ""))
        if not upload_id:
            raise strange_answer()
        return BegunUpload(upload_id, part_bytes_for(self.size), size, (), salt)

    def go_on(self, begun: BegunUpload, note: Note) -> None:
        """Send the parts that are missing and complete it.  Raises UploadVanished besides what `at_once` does."""
        missing, began = range(len(begun.etags), -(-self.size // begun.part_bytes)), self.gate.now()
        pace = [SLOW_SECONDS]
        for etag in in_order(partial(self._send, begun), missing, lambda: 1 if pace[0] >= SLOW_SECONDS else AT_ONCE):
            pace[0], began = self.gate.now() - began, self.gate.now()
            begun = replace(begun, etags=(*begun.etags, etag))
            note(begun)
        try:
            self._complete(begun)
        except NameTaken:
            self.give_up(begun)
            raise

    def give_up(self, begun: BegunUpload) -> None:
        """Free what lies there of it, as far as that goes: the bucket's lifecycle does it too."""
        client = self.client()
        with suppress(StoreUnavailable), s3_errors():
            client.abort_multipart_upload(**self.target, UploadId=begun.upload_id)

    def _send(self, begun: BegunUpload, number: int) -> str:
        """The ETag of the part."""
        offset = number * begun.part_bytes
        part = self._part(offset, min(begun.part_bytes, self.size - offset))
        client = self.client()
        with s3_errors((VANISHED, _vanished())):
            answer = client.upload_part(**self.target, UploadId=begun.upload_id, PartNumber=number + 1, **part)
        return _etag_of(answer)

    def _complete(self, begun: BegunUpload) -> None:
        parts = [{"ETag": etag, "PartNumber": number} for number, etag in enumerate(begun.etags, 1)]
        client = self.client()
        with s3_errors((TAKEN, NameTaken()), (VANISHED | SPOILT, _vanished())):
            answer = client.complete_multipart_upload(
                **self.target, UploadId=begun.upload_id, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
            )
        if not (answer.get("ETag") or answer.get("Key")):
            raise strange_answer()

    def _part(self, offset: int, length: int) -> Mapping[str, object]:
        """Its bytes, and by what the server knows whether they came as they left.

        Without TLS the library signs the sum of each body, and all servers check that; with it the sum is ours to send.
        """
        if not length:
            return {"Body": b""}
        part = SentPart(self.read, offset, length, self.gate, hurries=self.hurries)
        summed = {"ContentMD5": part.md5()} if self.client().meta.endpoint_url.startswith("https:") else {}
        return {"Body": part, "ContentLength": length, **summed}


def _etag_of(answer: Any) -> str:  # noqa: ANN401 - botocore's dictionary
    """A page of a captive network says 200 as well, but has none."""
    if not answer.get("ETag"):
        raise strange_answer()
    return str(answer["ETag"])


def _vanished() -> UploadVanished:
    return UploadVanished("The bucket's server forgot what was sent so far: it is sent again from its beginning.")
