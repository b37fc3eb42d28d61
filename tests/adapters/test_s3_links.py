"""Where a presigned link leads at Amazon's own: made here without asking anybody."""

from urllib.parse import urlsplit

import pytest

from doorstep.aws.clients import client
from doorstep.clock import SystemClock
from doorstep.core.cloud_settings import AccessKey, S3Settings
from doorstep.stores.s3 import S3Store

REGION = "eu-central-1"


def store_of(bucket: str) -> S3Store:
    recorder, viewer = AccessKey("recorder", "secret"), AccessKey("viewer", "secret")
    return S3Store(S3Settings(bucket, region=REGION, recorder=recorder, viewer=viewer), SystemClock())


@pytest.mark.parametrize(
    ("bucket", "host"),
    [("door-clips", f"door-clips.s3.{REGION}.amazonaws.com"), ("door.clips", f"s3.{REGION}.amazonaws.com")],
)
def test_a_link_names_the_host_of_the_buckets_own_region_and_one_that_certificates_know(bucket: str, host: str) -> None:
    """The global host leads on to the region's, where the signature is good no more."""
    link = store_of(bucket).link("porch/2026/11/21/20261121_140203.mp4", 3600, "porch.mp4")
    assert link is not None
    assert urlsplit(link).hostname == host


def test_a_link_that_a_function_mails_names_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    s3 = client("s3", key_id="viewer", secret="secret")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "door-clips", "Key": "clip.mp4"})
    assert urlsplit(link).hostname == f"door-clips.s3.{REGION}.amazonaws.com"
