"""A decoded picture that crosses between two processes: written into shared memory, there read without a copy.

Who sends the descriptor to whom lives in `sources`.
"""

import fcntl
import mmap
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from weakref import finalize

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from doorstep.core.errors import MediaInvalid
from doorstep.media.frame import DecodedFrame

MOST_LENT = 12  # pictures of one camera that are looked at, at once
MOST_PIXELS = 2**26  # as the decoder's own bound
_SHARED_AS_IT_IS = frozenset({"yuv420p", "yuvj420p"})
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
_LIMITED_RANGE, _FULL_RANGE = 1, 2  # AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG
_MOST_COLORSPACE = 17


@dataclass(frozen=True, slots=True)
class PictureShape:
    """How the samples lie: yuv420p, first brightness, then U, then V; a row of U or V is half a `stride`.

    `colorspace` is FFmpeg's AVColorSpace.  Raises ValueError for what no camera sends.
    """

    width: int
    height: int
    stride: int
    full_range: bool
    colorspace: int

    def __post_init__(self) -> None:
        if not (0 < self.width <= self.stride <= 2**17 and self.height > 0 and self.stride % 2 == 0):
            msg = f"a picture of {self.width}x{self.height} with rows of {self.stride} bytes is none"
            raise ValueError(msg)
        if self.stride * self.height > 2 * MOST_PIXELS or self.width * self.height > MOST_PIXELS:
            msg = f"a picture of {self.width}x{self.height} is too large"
            raise ValueError(msg)
        if not 0 <= self.colorspace <= _MOST_COLORSPACE:
            msg = f"there is no colour space {self.colorspace}"
            raise ValueError(msg)

    @property
    def rows(self) -> int:
        """Of all three planes, counted in strides; half a row counts as a whole one."""
        return self.height + self.chroma_height

    @property
    def chroma_height(self) -> int:
        """Of U and of V."""
        return (self.height + 1) // 2

    @property
    def bytes(self) -> int:
        """Of all three planes."""
        return self.rows * self.stride


class Lender:
    """Copies pictures into memory that another process sees; one piece of it for each that is in use there.

    Pieces are lent again once they are `returned`, so that a camera's pictures cost no new pages.  `lend` from one
    thread, `returned` from any.
    """

    def __init__(self) -> None:
        self._numbers = count(1)
        self._size = 0
        self._pieces: dict[int, int] = {}
        self._free: deque[int] = deque()

    def lend(self, frame: DecodedFrame) -> "Loan":
        """The picture as yuv420p; whatever is not (ten bits, 4:2:2) is converted.  Raises OSError, MediaInvalid."""
        shape, planes = _planes(frame.picture)
        if shape.bytes != self._size:
            self._begin(shape.bytes)
        new = not self._free
        piece = self._new_piece() if new else self._free.popleft()
        descriptor = self._pieces[piece]
        _write(descriptor, planes)
        return Loan(shape, piece, descriptor if new else None)

    def returned(self, piece: int) -> None:
        """Nobody looks at it any more; what is not known is left."""
        if piece in self._pieces:
            self._free.append(piece)

    def close(self) -> None:
        """Release everything; what was lent stays readable for who has it."""
        self._begin(0)

    def _begin(self, size: int) -> None:
        for descriptor in self._pieces.values():
            os.close(descriptor)
        self._pieces, self._size = {}, size
        self._free.clear()

    def _new_piece(self) -> int:
        """Raises MediaInvalid when too many are out: then looking has fallen behind."""
        if len(self._pieces) >= MOST_LENT:
            msg = "nobody gives pictures back"
            raise MediaInvalid(msg)
        descriptor = os.memfd_create("picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(descriptor, self._size)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
        number = next(self._numbers)
        self._pieces[number] = descriptor
        return number


@dataclass(frozen=True, slots=True)
class Loan:
    """A picture in shared memory: the number of the piece, and its descriptor when the other side has not seen it."""

    shape: PictureShape
    piece: int
    descriptor: int | None


def _planes(picture: VideoFrame) -> tuple[PictureShape, list[memoryview]]:
    if picture.format.name not in _SHARED_AS_IT_IS:
        full = picture.color_range == _FULL_RANGE or picture.format.name.startswith("yuvj")
        picture = picture.reformat(format="yuvj420p" if full else "yuv420p", threads=1)
    stride = picture.planes[0].line_size
    tight = all(plane.line_size * 2 == stride for plane in picture.planes[1:]) and stride % 2 == 0
    try:
        shape = PictureShape(
            picture.width,
            picture.height,
            stride if tight else _even(picture.width),
            full_range=picture.format.name == "yuvj420p" or int(picture.color_range) == _FULL_RANGE,
            colorspace=int(picture.colorspace),
        )
    except ValueError as error:
        raise MediaInvalid(str(error)) from error
    return shape, _as_they_lie(picture) if tight else _packed(picture)


def _as_they_lie(picture: VideoFrame) -> list[memoryview]:
    return [memoryview(plane)[: plane.line_size * plane.height] for plane in picture.planes[:3]]


def _packed(picture: VideoFrame) -> list[memoryview]:
    packed = []
    for plane, width in zip(picture.planes[:3], (1, 2, 2), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height].reshape(
            plane.height, plane.line_size
        )
        whole = np.zeros((plane.height, _even(picture.width) // width), np.uint8)
        whole[:, : plane.width] = rows[:, : whole.shape[1]][:, : plane.width]
        packed.append(memoryview(whole.tobytes()))
    return packed


def _even(width: int) -> int:
    return width + width % 2


def _write(descriptor: int, planes: list[memoryview]) -> None:
    left, at = list(planes), 0
    while left:
        written = os.pwritev(descriptor, left, at)
        at += written
        while left and written >= left[0].nbytes:
            written -= left.pop(0).nbytes
        if left:
            left[0] = left[0][written:]


class Borrower:
    """The pictures of one other process, which is trusted in nothing.

    What it lent may still be written by it: a hostile one can garble its own pictures and no more.  Memory that
    could shrink, and so kill who reads it, is refused.  One thread; `give_back` is called from any.
    """

    def __init__(self, give_back: Callable[[int], None]) -> None:
        """`give_back` is told the number of each piece that nobody looks at any more."""
        self._give_back = give_back
        self._pieces: dict[int, mmap.mmap] = {}

    def adopt(self, loan: Loan, *, at: float, captured_at: float) -> DecodedFrame:
        """The picture where it lies, without a copy; the loan's descriptor stays the caller's.  Raises MediaInvalid."""
        if loan.descriptor is not None:
            while len(self._pieces) >= MOST_LENT:
                del self._pieces[next(iter(self._pieces))]  # frames that still show it keep it
            self._pieces[loan.piece] = _mapped(loan.descriptor, loan.shape)
        memory = self._pieces.get(loan.piece)
        if memory is None or len(memory) < loan.shape.bytes:
            msg = "a picture came in memory that was never lent"
            raise MediaInvalid(msg)
        samples = np.frombuffer(memory, np.uint8, count=loan.shape.bytes)
        finalize(samples, self._give_back, loan.piece).atexit = False
        picture = _over(samples, loan.shape)
        picture.color_range = _FULL_RANGE if loan.shape.full_range else _LIMITED_RANGE
        picture.colorspace = loan.shape.colorspace
        return DecodedFrame(picture, at=at, captured_at=captured_at)


def _mapped(descriptor: int, shape: PictureShape) -> mmap.mmap:
    try:
        seals = fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
        if seals & fcntl.F_SEAL_SHRINK == 0 or os.fstat(descriptor).st_size < shape.bytes:
            msg = "a picture came in memory that is too small or not sealed"
            raise MediaInvalid(msg)
        return mmap.mmap(descriptor, shape.bytes, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE, prot=mmap.PROT_READ)
    except OSError as error:
        msg = "a picture came in memory that cannot be read"
        raise MediaInvalid(msg) from error


def _over(samples: NDArray[np.uint8], shape: PictureShape) -> VideoFrame:
    """A frame on the memory itself; PyAV can wrap heights that four divides, others are copied."""
    form = "yuvj420p" if shape.full_range else "yuv420p"
    if shape.height % 4 == 0 and shape.width % 2 == 0:
        return VideoFrame.from_numpy_buffer(samples.reshape(shape.rows, shape.stride), format=form, width=shape.width)
    picture = av.VideoFrame(shape.width, shape.height, form)
    begin = 0
    for number, plane in enumerate(picture.planes[:3]):
        stride, height = (shape.stride // 2, shape.chroma_height) if number else (shape.stride, shape.height)
        source = samples[begin : begin + stride * height].reshape(height, stride)
        begin += stride * height
        target = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * height].reshape(height, plane.line_size)
        width = min(stride, plane.line_size)
        target[:, :width] = source[:, :width]
    return picture
