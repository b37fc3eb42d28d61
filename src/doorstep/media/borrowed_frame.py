"""A picture in memory that another process lent, read where it lies.  That process's half is `shared_frame`."""

import fcntl
import mmap
import os
from collections.abc import Callable
from weakref import finalize

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from doorstep.core.errors import MediaInvalid
from doorstep.media.frame import DecodedFrame
from doorstep.media.shared_frame import FULL_RANGE, LIMITED_RANGE, MOST_LENT, Loan, PictureShape


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
        picture.color_range = FULL_RANGE if loan.shape.full_range else LIMITED_RANGE
        picture.colorspace = loan.shape.colorspace
        return DecodedFrame(picture, at=at, captured_at=captured_at)

    def forget(self, piece: int) -> None:
        """It will not be lent again; frames that still show it keep it.  Raises MediaInvalid if it never was lent."""
        if self._pieces.pop(piece, None) is None:
            msg = "memory was given up that was never lent"
            raise MediaInvalid(msg)


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
