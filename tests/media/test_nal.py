"""Start codes and lengths, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import Codec
from doorstep.media.nal import (
    is_annex_b,
    join_annex_b,
    join_length_prefixed,
    nal_type,
    split_annex_b,
    split_length_prefixed,
)


def escaped(payload: bytes) -> bytes:
    """A unit as an encoder writes it: no start code within, no zero at its end."""
    unit = bytearray(b"\x65")
    for value in payload:
        if unit[-2:] == b"\x00\x00" and value <= 3:
            unit.append(3)
        unit.append(value)
    return bytes(unit) + b"\x80"


units = st.lists(st.binary(max_size=40).map(escaped), max_size=6)


@given(units)
def test_units_survive_start_codes(given_units: list[bytes]) -> None:
    assert split_annex_b(join_annex_b(given_units)) == given_units


@given(units)
def test_units_survive_lengths(given_units: list[bytes]) -> None:
    assert split_length_prefixed(join_length_prefixed(given_units), 4) == given_units


def test_short_start_codes_and_zeros_between_units_are_understood() -> None:
    assert split_annex_b(b"\x00\x00\x01\x67\x11\x00\x00\x00\x00\x01\x68\x22\x00\x00") == [b"\x67\x11", b"\x68\x22"]


def test_bytes_without_a_start_code_hold_no_unit() -> None:
    assert split_annex_b(b"nothing here") == []


@pytest.mark.parametrize("data", [b"\x00\x00\x00\x09abc", b"\x00\x00", b"\xff\xff\xff\xff"])
def test_a_length_that_lies_is_invalid(data: bytes) -> None:
    with pytest.raises(MediaInvalid):
        split_length_prefixed(data, 4)


def test_lengths_of_one_and_two_bytes_are_understood() -> None:
    assert split_length_prefixed(b"\x02ab\x01c", 1) == [b"ab", b"c"]
    assert split_length_prefixed(b"\x00\x02ab\x00\x01c", 2) == [b"ab", b"c"]


def test_start_codes_are_told_from_records() -> None:
    assert is_annex_b(b"\x00\x00\x00\x01\x67")
    assert is_annex_b(b"\x00\x00\x01\x67")
    assert not is_annex_b(b"\x01\x64\x00\x16")


def test_the_type_is_read_by_codec() -> None:
    assert nal_type(Codec.H264, b"\x67") == 7
    assert nal_type(Codec.HEVC, b"\x42\x01") == 33
