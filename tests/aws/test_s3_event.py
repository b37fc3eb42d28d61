"""What a bucket says: Amazon's and Ceph's, other people's, and nonsense."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.aws.s3_event import MadeObject, made_objects

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Records", "s3", "bucket", "name", "object", "key", "eventSource"]), inner)
    ),
    max_leaves=12,
)


def record(key: str, source: str = "aws:s3", name: str = "ObjectCreated:Put") -> dict[str, Any]:
    return {"eventSource": source, "eventName": name, "s3": {"bucket": {"name": "b"}, "object": {"key": key}}}


def keys(*records: Any) -> list[str]:
    return [made.key for made in made_objects({"Records": list(records)})]


def test_amazons_keys_are_written_as_in_an_address_and_cephs_as_they_are() -> None:
    assert keys(record("p/a+b%C3%BC%25.mp4"), record("p/a b+%20.mp4", "ceph:s3")) == ["p/a bü%.mp4", "p/a b+%20.mp4"]


def test_every_way_to_make_an_object_counts_and_nothing_else() -> None:
    made = ["ObjectCreated:CompleteMultipartUpload", "s3:ObjectCreated:Copy", "ObjectCreated:Post"]
    others = ["ObjectRemoved:Delete", "ObjectRestore:Completed", "", "TestEvent"]
    found = keys(*(record(name, name=name) for name in [*made, *others]))
    assert found == made
    assert keys(record("k", source="aws:sns")) == []


def test_an_object_is_told_once_and_in_the_order_of_the_event() -> None:
    assert keys(record("b"), record("a"), record("b")) == ["b", "a"]


@given(JSON)
def test_no_json_breaks_it(event: Any) -> None:
    made_objects(event)


@pytest.mark.parametrize("key", [7, None, "%ff", ["k"]])
def test_a_key_that_is_none_is_left_out_or_kept_as_text(key: Any) -> None:
    assert len(keys(record(key), record("good"))) <= 2
    assert "good" in keys(record(key), record("good"))


@pytest.mark.parametrize(
    ("key", "prefix", "is_clip"),
    [
        ("d/cam/2026/11/22/x.mp4", "d", True),
        ("d/cam/2026/11/22/x.mp4.enc", "d", True),
        ("d/cam/2026/11/22/x.jpg", "d", False),
        ("d/cam/2026/11/22/x.jpg.enc", "d", False),
        ("d/running/cam/x.mp4", "d", False),
        ("d/told/cam/x.mp4", "d", False),
        ("cam/x.mp4", "d", False),
        ("dd/cam/x.mp4", "d", False),
        ("cam/x.mp4", "", True),
        ("running/x.mp4", "", False),
    ],
)
def test_a_clip_is_a_whole_one_under_the_prefix(key: str, prefix: str, is_clip: bool) -> None:
    assert MadeObject("b", key).is_clip(prefix) is is_clip
