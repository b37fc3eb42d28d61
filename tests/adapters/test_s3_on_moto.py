"""What of Amazon's rules no server here but moto knows: storage classes, and a name that is taken at a completion."""

from collections.abc import Iterator

import pytest

from doorstep.stores.s3_sending import PART_BYTES
from fakes.moto_s3 import MotoS3, moto_s3
from fakes.s3_stores import body_of, film, moto_settings, store_of, unheard

CLIP = "front-door/2026/11/21/20261121_140203.mp4"
PART = "running/front-door/20261121/event/20261121T140203000-000001.mp4"
SIZES = [10, PART_BYTES + 1]
"""What goes at once, and what goes in several parts."""


@pytest.fixture(name="moto", scope="module")
def _moto() -> Iterator[MotoS3]:
    with moto_s3() as server:
        yield server


@pytest.mark.parametrize("size", SIZES)
def test_a_clip_lies_in_the_class_that_the_owner_chose_and_a_part_of_a_running_event_does_not(
    moto: MotoS3, size: int
) -> None:
    settings = moto_settings(moto, storage_class="STANDARD_IA")
    store = store_of(settings)
    for key in (CLIP, PART):
        assert store.send(key, body_of(film(size)), None, unheard)
    head, bucket = moto.client().head_object, settings.bucket
    found = [head(Bucket=bucket, Key=f"doorstep/{key}").get("StorageClass", "STANDARD") for key in (CLIP, PART)]
    assert found == ["STANDARD_IA", "STANDARD"]


@pytest.mark.parametrize("size", SIZES)
def test_a_clip_of_any_size_leaves_what_has_its_name_as_it_is(moto: MotoS3, size: int) -> None:
    settings = moto_settings(moto)
    store = store_of(settings)
    assert store.send(CLIP, body_of(b"first"), None, unheard)
    assert not store.send(CLIP, body_of(film(size)), None, unheard)
    assert store.read(CLIP, 0, 100) == b"first"
    assert "Uploads" not in moto.client().list_multipart_uploads(Bucket=settings.bucket)
