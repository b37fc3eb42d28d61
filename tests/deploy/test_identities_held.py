"""The two identities at a real S3 server, Ceph's, that holds them to their policies: every other verb is a 403."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped]
from deploy.aws import policies

from fakes.radosgw import Keys, missing, radosgw

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

PREFIX = "doorstep"
CLIP = f"{PREFIX}/porch/2026/11/22/20261122_101500.mp4"
BYTES = bytes(range(256)) * 40
RULE = {"ID": "x", "Status": "Enabled", "Prefix": "", "Expiration": {"Days": 1}}
EVERYBODY = '{"Version":"2012-10-17","Statement":[]}'


@dataclass(frozen=True)
class Bucket:
    """One with a clip of the recorder's in it, an upload that it began, and something of somebody else's."""

    name: str
    recorder: Keys
    viewer: Keys
    version: str
    upload: str

    def as_(self, keys: Keys) -> Any:
        return client_of(keys)


@cache
def client_of(keys: Keys) -> Any:
    """Making one takes longer than all that it is asked here."""
    return radosgw().client("s3", keys)


@pytest.fixture(scope="module")
def bucket() -> Bucket:
    server = radosgw()
    name = server.bucket()
    server.client().put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    server.client().put_object(Bucket=name, Key="elsewhere/secret", Body=b"others")
    recorder = server.user(policies.recorder(name, PREFIX))
    viewer = server.user(policies.viewer(name, PREFIX))
    writing = server.client("s3", recorder)
    version = writing.put_object(Bucket=name, Key=CLIP, Body=BYTES, ContentType="video/mp4")["VersionId"]
    upload = writing.create_multipart_upload(Bucket=name, Key=f"{PREFIX}/half.mp4")["UploadId"]
    return Bucket(name, recorder, viewer, version, upload)


def owner_of(bucket: str) -> dict[str, object]:
    """Who brings versions back; here even the bucket's owner may not read what others put."""
    allowed = {"Effect": "Allow", "Action": ["s3:GetObject*"], "Resource": f"arn:aws:s3:::{bucket}/*"}
    return {"Version": "2012-10-17", "Statement": [allowed]}


Verb = Callable[[Any, Bucket], object]
READING: dict[str, Verb] = {
    "GetObject": lambda s3, b: s3.get_object(Bucket=b.name, Key=CLIP),
    "HeadObject": lambda s3, b: s3.head_object(Bucket=b.name, Key=CLIP),
}
WRITING: dict[str, Verb] = {
    "PutObject": lambda s3, b: s3.put_object(Bucket=b.name, Key=f"{PREFIX}/new.mp4", Body=b"x"),
    "PutObject over a clip": lambda s3, b: s3.put_object(Bucket=b.name, Key=CLIP, Body=b"x"),
    "CreateMultipartUpload": lambda s3, b: s3.create_multipart_upload(Bucket=b.name, Key=f"{PREFIX}/new.mp4"),
    "UploadPart": lambda s3, b: s3.upload_part(
        Bucket=b.name, Key=f"{PREFIX}/half.mp4", UploadId=b.upload, PartNumber=2, Body=b"x"
    ),
    "AbortMultipartUpload": lambda s3, b: s3.abort_multipart_upload(
        Bucket=b.name, Key=f"{PREFIX}/half.mp4", UploadId=b.upload
    ),
}
NEVER: dict[str, Verb] = {
    "GetObjectVersion": lambda s3, b: s3.get_object(Bucket=b.name, Key=CLIP, VersionId=b.version),
    "GetObject elsewhere": lambda s3, b: s3.get_object(Bucket=b.name, Key="elsewhere/secret"),
    "DeleteObject": lambda s3, b: s3.delete_object(Bucket=b.name, Key=CLIP),
    "DeleteObjectVersion": lambda s3, b: s3.delete_object(Bucket=b.name, Key=CLIP, VersionId=b.version),
    "DeleteObjects": lambda s3, b: s3.delete_objects(Bucket=b.name, Delete={"Objects": [{"Key": CLIP}]}),
    "ListBucket": lambda s3, b: s3.list_objects_v2(Bucket=b.name, Prefix=f"{PREFIX}/"),
    "ListObjectVersions": lambda s3, b: s3.list_object_versions(Bucket=b.name),
    "ListMultipartUploads": lambda s3, b: s3.list_multipart_uploads(Bucket=b.name),
    "ListParts": lambda s3, b: s3.list_parts(Bucket=b.name, Key=f"{PREFIX}/half.mp4", UploadId=b.upload),
    "ListBuckets": lambda s3, _: s3.list_buckets(),
    "HeadBucket": lambda s3, b: s3.head_bucket(Bucket=b.name),
    "CreateBucket": lambda s3, b: s3.create_bucket(Bucket=f"{b.name}-more"),
    "DeleteBucket": lambda s3, b: s3.delete_bucket(Bucket=b.name),
    "GetBucketPolicy": lambda s3, b: s3.get_bucket_policy(Bucket=b.name),
    "PutBucketPolicy": lambda s3, b: s3.put_bucket_policy(Bucket=b.name, Policy=EVERYBODY),
    "GetBucketLifecycle": lambda s3, b: s3.get_bucket_lifecycle_configuration(Bucket=b.name),
    "PutBucketLifecycle": lambda s3, b: s3.put_bucket_lifecycle_configuration(
        Bucket=b.name, LifecycleConfiguration={"Rules": [RULE]}
    ),
    "GetBucketVersioning": lambda s3, b: s3.get_bucket_versioning(Bucket=b.name),
    "PutBucketVersioning": lambda s3, b: s3.put_bucket_versioning(
        Bucket=b.name, VersioningConfiguration={"Status": "Suspended"}
    ),
    "PutBucketAcl": lambda s3, b: s3.put_bucket_acl(Bucket=b.name, ACL="public-read"),
    "GetObjectAcl": lambda s3, b: s3.get_object_acl(Bucket=b.name, Key=CLIP),
    "PutObjectAcl": lambda s3, b: s3.put_object_acl(Bucket=b.name, Key=CLIP, ACL="public-read"),
    "PutObject open to all": lambda s3, b: s3.put_object(Bucket=b.name, Key=f"{PREFIX}/open", ACL="public-read"),
    "PutObjectTagging": lambda s3, b: s3.put_object_tagging(
        Bucket=b.name, Key=CLIP, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}
    ),
    "DeleteObjectTagging": lambda s3, b: s3.delete_object_tagging(Bucket=b.name, Key=CLIP),
    "PutObject elsewhere": lambda s3, b: s3.put_object(Bucket=b.name, Key="elsewhere/x", Body=b"x"),
    "PutObject beside": lambda s3, b: s3.put_object(Bucket=b.name, Key=f"{PREFIX}2/x", Body=b"x"),
    "CopyObject from elsewhere": lambda s3, b: s3.copy_object(
        Bucket=b.name, Key=f"{PREFIX}/copy", CopySource={"Bucket": b.name, "Key": "elsewhere/secret"}
    ),
    "CopyObject of a clip": lambda s3, b: s3.copy_object(
        Bucket=b.name, Key=f"{PREFIX}/copy", CopySource={"Bucket": b.name, "Key": CLIP}
    ),
    "UploadPartCopy": lambda s3, b: s3.upload_part_copy(
        Bucket=b.name,
        Key=f"{PREFIX}/half.mp4",
        UploadId=b.upload,
        PartNumber=1,
        CopySource={"Bucket": b.name, "Key": "elsewhere/secret"},
    ),
}


def status(act: Callable[[], object]) -> int:
    try:
        act()
    except ClientError as error:
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    return 200


@pytest.mark.parametrize("verb", [*NEVER, *READING])
def test_stolen_keys_of_the_recorder_can_do_no_more_than_put(bucket: Bucket, verb: str) -> None:
    act = (NEVER | READING)[verb]
    assert status(lambda: act(bucket.as_(bucket.recorder), bucket)) == 403


@pytest.mark.parametrize("verb", [*NEVER, *WRITING])
def test_the_viewer_can_do_no_more_than_read(bucket: Bucket, verb: str) -> None:
    act = (NEVER | WRITING)[verb]
    assert status(lambda: act(bucket.as_(bucket.viewer), bucket)) == 403


@pytest.mark.parametrize("verb", READING)
def test_the_viewer_reads_what_the_recorder_put(bucket: Bucket, verb: str) -> None:
    assert status(lambda: READING[verb](bucket.as_(bucket.viewer), bucket)) == 200


def test_what_stolen_keys_write_over_a_clip_can_be_undone() -> None:
    server = radosgw()
    name, admin = server.bucket(), server.client()
    admin.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    thief = server.client("s3", server.user(policies.recorder(name, PREFIX)))
    for body in (BYTES, b"nothing to see"):
        thief.put_object(Bucket=name, Key=CLIP, Body=body)
    versions = [one["VersionId"] for one in admin.list_object_versions(Bucket=name, Prefix=CLIP)["Versions"]]
    owner = server.client("s3", server.user(owner_of(name)))
    assert BYTES in [owner.get_object(Bucket=name, Key=CLIP, VersionId=one)["Body"].read() for one in versions]


def test_the_recorder_sends_in_parts_and_gives_up_what_it_began() -> None:
    server = radosgw()
    name = server.bucket()
    s3 = server.client("s3", server.user(policies.recorder(name, PREFIX)))
    key = {"Bucket": name, "Key": CLIP}
    for completes in (True, False):
        upload = s3.create_multipart_upload(**key)["UploadId"]
        tag = s3.upload_part(**key, UploadId=upload, PartNumber=1, Body=BYTES)["ETag"]
        if completes:
            parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
            s3.complete_multipart_upload(**key, UploadId=upload, MultipartUpload=parts)
        else:
            s3.abort_multipart_upload(**key, UploadId=upload)
    assert server.keys_in(name) == {CLIP: len(BYTES)}
    assert server.uploads_in(name) == []


def link(bucket: Bucket, keys: Keys, seconds: int = 3600, key: str = CLIP) -> str:
    signed = bucket.as_(keys).generate_presigned_url(
        "get_object", Params={"Bucket": bucket.name, "Key": key}, ExpiresIn=seconds
    )
    return str(signed)


def test_a_link_of_the_viewer_plays_from_any_place(bucket: Bucket) -> None:
    answer = httpx.get(link(bucket, bucket.viewer), headers={"Range": "bytes=1000-1999"})
    assert (answer.status_code, answer.content) == (206, BYTES[1000:2000])
    assert answer.headers["content-range"] == f"bytes 1000-1999/{len(BYTES)}"


def test_a_link_of_the_viewer_dies_at_its_hour(bucket: Bucket) -> None:
    """An hour is two seconds here."""
    address = link(bucket, bucket.viewer, seconds=2)
    began = time.monotonic()
    assert httpx.get(address).status_code == 200
    while (answer := httpx.get(address).status_code) == 200 and time.monotonic() - began < 60:
        time.sleep(0.1)
    assert answer == 403
    assert time.monotonic() - began >= 1, "it died too early"


@pytest.mark.parametrize("change", [("10150", "10160"), ("X-Amz-Expires=3600", "X-Amz-Expires=7200")])
def test_a_link_that_was_changed_opens_nothing(bucket: Bucket, change: tuple[str, str]) -> None:
    address = link(bucket, bucket.viewer)
    assert change[0] in address
    assert httpx.get(address.replace(*change)).status_code == 403


def test_a_link_that_the_recorder_signed_opens_nothing(bucket: Bucket) -> None:
    assert httpx.get(link(bucket, bucket.recorder)).status_code == 403


def test_a_link_of_the_viewer_opens_nothing_beyond_the_prefix(bucket: Bucket) -> None:
    assert httpx.get(link(bucket, bucket.viewer, key="elsewhere/secret")).status_code == 403


def test_without_keys_nothing_is_opened(bucket: Bucket) -> None:
    assert httpx.get(link(bucket, bucket.viewer).partition("?")[0]).status_code == 403


def test_a_deleted_identity_opens_nothing(bucket: Bucket) -> None:
    keys = radosgw().user(policies.viewer(bucket.name, PREFIX))
    address = link(bucket, keys)
    assert httpx.get(address).status_code == 200
    radosgw().forget(keys)
    assert httpx.get(address).status_code == 403
