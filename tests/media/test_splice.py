"""How a connection begins: a CRA becomes a BLA, and nothing else is touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.media import Codec
from doorstep.media.nal import join_length_prefixed
from doorstep.media.splice import as_beginning


def unit(kind: int) -> bytes:
    return bytes([kind << 1 | 1, 1, 2, 3])


def test_a_clean_random_access_picture_becomes_a_broken_link() -> None:
    data = join_length_prefixed([unit(39), unit(21), unit(21)])

    assert as_beginning(Codec.HEVC, data) == join_length_prefixed([unit(39), unit(18), unit(18)])


@pytest.mark.parametrize("kind", [0, 1, 8, 9, 16, 18, 19, 20, 32, 33, 34, 35, 40])
def test_other_units_stay(kind: int) -> None:
    data = join_length_prefixed([unit(kind)])

    assert as_beginning(Codec.HEVC, data) == data


@given(st.binary(max_size=60), st.sampled_from(Codec))
def test_any_bytes_come_back_as_long_as_they_were_or_shorter(data: bytes, codec: Codec) -> None:
    assert len(as_beginning(codec, data)) <= len(data)
    assert as_beginning(Codec.H264, data) == data
