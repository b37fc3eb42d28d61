"""A clip of which a byte is missing is told from a whole one; whatever else it is, it is refused in time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid
from doorstep.mp4.movie_check import check_movie
from fakes.footage import FORMAT, SOUND_FORMAT, plain_packets, segments_of, with_sound
from fakes.whole_clips import whole_clip

WHOLE = whole_clip(FORMAT, segments_of(plain_packets(100)), 0, 4).data
SOUNDING = whole_clip(SOUND_FORMAT, segments_of(with_sound(plain_packets(100)), sample_rate=16_000), 0, 4).data


def check(data: bytes) -> None:
    check_movie(lambda at, count: data[at : at + count], len(data))


@pytest.mark.parametrize("data", [WHOLE, SOUNDING])
def test_a_whole_clip_is_whole(data: bytes) -> None:
    check(data)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_clip_that_is_cut_off_is_not(length: int) -> None:
    with pytest.raises(MediaInvalid):
        check(WHOLE[:length])


@given(st.binary(min_size=1, max_size=200))
def test_a_clip_with_something_behind_it_is_not(more: bytes) -> None:
    with pytest.raises(MediaInvalid):
        check(WHOLE + more)


@given(st.binary(max_size=400))
def test_garbage_is_not(data: bytes) -> None:
    with pytest.raises(MediaInvalid):
        check(data)


@given(st.integers(0, 700), st.integers(0, 255))
def test_a_changed_index_is_refused_or_still_counts_all_samples(position: int, value: int) -> None:
    data = bytearray(WHOLE)
    data[position] = value
    try:
        check(bytes(data))
    except MediaInvalid:
        return
    assert len(data) == len(WHOLE)
