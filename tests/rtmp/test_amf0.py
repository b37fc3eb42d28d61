"""AMF 0: values to bytes and back, and limits on what somebody else's bytes may build."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.rtmp.amf0 import Amf0, decode, encode
from doorstep.rtmp.errors import RtmpInvalid

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES: st.SearchStrategy[Amf0] = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT.filter(bool), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(VALUES, max_size=4))
def test_what_is_encoded_is_decoded(values: list[Amf0]) -> None:
    try:
        assert decode(encode(values)) == values
    except RtmpInvalid:
        assert depth(values) > 8


def depth(value: Amf0) -> int:
    match value:
        case list():
            return 1 + max(map(depth, value), default=0)
        case dict():
            return 1 + max(map(depth, value.values()), default=0)
        case _:
            return 0


def test_what_only_others_write_is_read() -> None:
    array = b"\x08\x00\x00\x00\x07\x00\x01a\x05\x00\x00\x09"
    date = b"\x0b" + struct.pack(">d", 1.5) + b"\x00\x00"
    typed = b"\x10\x00\x01T\x00\x01b\x01\x01\x00\x00\x09"
    assert decode(array + date + typed + b"\x06\x0d" + b"\x0f\x00\x00\x00\x01x") == [
        {"a": None},
        1.5,
        {"b": True},
        None,
        None,
        "x",
    ]


def test_a_long_text_comes_back() -> None:
    assert decode(encode(["x" * 70_000])) == ["x" * 70_000]


def test_nan_is_a_number() -> None:
    (value,) = decode(encode([math.nan]))
    assert isinstance(value, float)
    assert math.isnan(value)


def test_a_name_too_long_is_refused() -> None:
    with pytest.raises(RtmpInvalid):
        encode([{"x" * 70_000: None}])


@pytest.mark.parametrize(
    "payload",
    [
        b"\x02\x00\x05abc",
        b"\x00\x00",
        b"\x03\x00\x01a",
        b"\x07\x00\x00",
        b"\x11\x0a",
        b"\x0a\xff\xff\xff\xff" + b"\x05" * 2000,
        b"\x0a\x00\x00\x00\x01" * 50,
        b"\x03\x00\x01a" * 5000,
    ],
    ids=["text", "number", "object", "reference", "amf3", "count", "depth", "deep objects"],
)
def test_what_is_cut_off_or_too_much_is_refused(payload: bytes) -> None:
    with pytest.raises(RtmpInvalid):
        decode(payload)


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_else(payload: bytes) -> None:
    try:
        decode(payload)
    except RtmpInvalid:
        return
