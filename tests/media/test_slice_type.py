"""B pictures are told from others by their first slice."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.media import Packet
from doorstep.media.demux import read_file
from doorstep.media.slice_type import is_b_picture
from fakes.clock import FakeClock
from media.make_clips import Recipe, make_video


@pytest.mark.parametrize("b_frames", [0, 1, 2])
def test_pictures_that_are_shown_before_an_earlier_one_are_b_pictures(tmp_path: Path, b_frames: int) -> None:
    items = read_file(make_video(tmp_path / "clip.mp4", Recipe(b_frames=b_frames, gop=30)), FakeClock())
    packets = [item for item in items if isinstance(item, Packet)]
    found = [is_b_picture(packet.data) for packet in packets]
    newest, backward = -1, []
    for packet in packets:
        backward.append(packet.pts < newest)
        newest = max(newest, packet.pts)
    assert found == backward
    assert any(found) == (b_frames > 0)


@given(st.binary(max_size=64))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    assert is_b_picture(data) in {True, False}
    assert is_b_picture(len(data).to_bytes(4) + data) in {True, False}


def test_what_stands_before_the_slice_is_passed_over() -> None:
    prefix = (3).to_bytes(4) + b"\x06\x05\x00"
    assert is_b_picture(prefix + (3).to_bytes(4) + b"\x01\xa0\x00")  # first_mb 0 is "1", slice_type 1 is "010"
    assert not is_b_picture(prefix + (3).to_bytes(4) + b"\x01\xc0\x00")  # slice_type 0 is "1"
