"""Memory that is lent for pictures: as much as is in use, and soon no more of it."""

import os
from collections.abc import Iterator

import av
import numpy as np
import pytest

from doorstep.core.errors import MediaInvalid
from doorstep.media.borrowed_frame import Borrower
from doorstep.media.frame import DecodedFrame
from doorstep.media.shared_frame import IDLE_SECONDS, MOST_LENT, Lender, Loan
from doorstep.ports import Plane


def frame(at: float, width: int = 64, height: int = 48, luma: int = 90, form: str = "yuv420p") -> DecodedFrame:
    picture = av.VideoFrame(width, height, form)
    for number, plane in enumerate(picture.planes):
        rows = np.full((plane.height, plane.line_size), 7, np.uint8)  # what stands beside the picture is no part of it
        rows[:, : plane.width] = (luma, 128, 130)[number]
        plane.update(rows.tobytes())
    return DecodedFrame(picture, at=at, captured_at=at)


def samples(plane: Plane) -> bytes:
    rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, plane.stride)
    return rows[:, : plane.width].tobytes()


class Line:
    """Both ends without the processes between: what is lent is adopted, what is let go comes back."""

    def __init__(self) -> None:
        self.lender = Lender()
        self.borrower = Borrower(self.lender.returned)
        self.told: list[int] = []

    def show(self, shown: DecodedFrame) -> DecodedFrame:
        loan = self.lender.lend(shown)
        for piece in self.lender.given_up():
            self.borrower.forget(piece)
            self.told.append(piece)
        return self.borrower.adopt(loan, at=shown.at, captured_at=shown.captured_at)

    @property
    def pieces(self) -> int:
        assert len(self.lender._pieces) == len(self.borrower._pieces)
        return len(self.lender._pieces)


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.lender.close()


def test_memory_that_a_visit_took_is_given_back_after_it(line: Line) -> None:
    seen = [line.show(frame(0.25 * number)) for number in range(5)]
    assert line.pieces == 5
    del seen
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted, not read
    for number in range(8):
        assert line.show(frame(2.0 * (number + 1))).width == 64
    assert line.pieces == 1
    assert len(os.listdir("/proc/self/fd")) <= before - 4  # noqa: PTH208 - as above


def test_memory_that_is_used_again_and_again_stays(line: Line) -> None:
    for number in range(100):
        held = [line.show(frame(number + 0.2 * more)) for more in range(3)]
        del held
    assert (line.pieces, line.told) == (3, [])


def test_what_is_still_looked_at_stays_as_it_was_however_long(line: Line) -> None:
    kept = line.show(frame(0.0, luma=200))
    for number in range(50):
        line.show(frame(float(number), luma=30))
    assert samples(kept.luma()) == bytes([200]) * 64 * 48
    assert line.pieces == 2


def test_memory_of_another_size_is_given_back_at_once(line: Line) -> None:
    seen = [line.show(frame(0.1 * number)) for number in range(4)]
    larger = line.show(frame(1.0, 128, 96))
    assert (line.pieces, len(line.told)) == (1, 4)
    del seen
    assert line.show(frame(2.0, 128, 96)).width == larger.width == 128


def test_who_never_gives_back_gets_no_more(line: Line) -> None:
    seen = [line.show(frame(0.1 * number)) for number in range(MOST_LENT)]
    with pytest.raises(MediaInvalid, match="gives pictures back"):
        line.show(frame(IDLE_SECONDS * 10))
    assert len(seen) == line.pieces == MOST_LENT


def test_what_was_never_lent_cannot_be_given_up(line: Line) -> None:
    line.show(frame(0.0))
    with pytest.raises(MediaInvalid, match="never lent"):
        line.borrower.forget(77)


def test_a_write_that_fails_costs_nothing_but_its_picture(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError

    kept = line.show(frame(0.0))
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwritev", full)
        for number in range(2 * MOST_LENT):
            with pytest.raises(OSError):  # noqa: PT011 - it has no words
                line.lender.lend(frame(1.0 + number))
    assert line.pieces == 1
    assert line.show(frame(1.0 + 2 * MOST_LENT)).width == kept.width


@pytest.mark.parametrize(("width", "height"), [(64, 48), (63, 47), (98, 50), (101, 33), (2, 2)])
def test_a_picture_arrives_as_it_is_however_odd_its_size(line: Line, width: int, height: int) -> None:
    shown = line.show(frame(0.0, width, height, luma=201))
    assert (shown.width, shown.height) == (width, height)
    assert samples(shown.luma()) == bytes([201]) * width * height
    colours = np.frombuffer(samples(shown.bgr(width, height)), np.uint8).astype(int)
    assert abs(colours - 214).max() < 10  # also at the edges: nothing of what stood beside the picture came along


def test_a_loan_names_its_memory_once() -> None:
    lender = Lender()
    first = lender.lend(frame(0.0))
    assert isinstance(first, Loan)
    assert first.descriptor is not None
    lender.returned(first.piece)
    assert lender.lend(frame(1.0)) == Loan(first.shape, first.piece, None)
    lender.close()
