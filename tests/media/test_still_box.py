import io

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.detection import Box
from doorstep.media.still_box import FRONT_BYTES, box_in, with_box

BOX = Box(0.1, 1 / 3, 0.5, 0.9999999999)
PARTS = st.floats(0.0, 1.0)
BOXES = st.builds(
    lambda across, down: Box(min(across), min(down), max(across), max(down)),
    st.tuples(PARTS, PARTS),
    st.tuples(PARTS, PARTS),
)
# SOI, JFIF's segment, a table, start of scan, some picture, EOI.
BARE = bytes.fromhex("ffd8 ffe00004abcd ffdb0003aa ffda0002 1234 fffe 5678 ffd9")


def picture() -> bytes:
    """A JPEG as an encoder makes it."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="image2pipe") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 120, np.uint8), format="rgb24")
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return buffer.getvalue()


@given(BOXES)
def test_a_still_says_exactly_where_somebody_is(box: Box) -> None:
    assert box_in(with_box(BARE, box)[:FRONT_BYTES]) == box


def test_a_picture_with_a_box_decodes_as_it_did() -> None:
    plain = picture()
    boxed = with_box(plain, BOX)
    assert box_in(boxed[:FRONT_BYTES]) == BOX
    shown = []
    for jpeg in (plain, boxed):
        with av.open(io.BytesIO(jpeg), "r") as container:
            shown.append(next(container.decode(video=0)).to_ndarray(format="rgb24"))
    assert np.array_equal(shown[0], shown[1])


def test_the_first_segment_of_the_file_format_stays_first() -> None:
    assert with_box(BARE, BOX).startswith(BARE[:8])


def test_without_a_box_nothing_is_added() -> None:
    assert with_box(BARE, None) == BARE
    assert box_in(BARE) is None


@pytest.mark.parametrize("comment", [b"", b"doorstep box", b"doorstep box 1 2", b"doorstep box 0.9 0 0.1 1", b"other"])
def test_a_comment_that_says_no_sound_box_is_none(comment: bytes) -> None:
    segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    assert box_in(BARE[:2] + segment + BARE[2:]) is None


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_break_it(noise: bytes, is_jpeg: bool) -> None:
    box_in(b"\xff\xd8" + noise if is_jpeg else noise)
    with_box(b"\xff\xd8" + noise if is_jpeg else noise, BOX)
