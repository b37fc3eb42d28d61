"""A decoded picture that crosses between two processes: written into shared memory.  There it is a `borrowed_frame`.

Who sends the descriptor to whom lives in `sources`.
"""

import fcntl
import os
from collections import deque
from dataclasses import dataclass
from itertools import count

from av.video.frame import VideoFrame

from doorstep.core.errors import MediaInvalid
from doorstep.media.frame import DecodedFrame

MOST_LENT = 12  # pictures of one camera that are looked at, at once
IDLE_SECONDS = 10.0
MOST_PIXELS = 2**26  # as the decoder's own bound
_SHARED_AS_IT_IS = frozenset({"yuv420p", "yuvj420p"})
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
LIMITED_RANGE, FULL_RANGE = 1, 2  # AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG
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

    Pieces are lent again once they are `returned`, the last one first, so that a camera's pictures cost no new pages;
    one that was not needed for a while is given up.  `returned` from any thread, all else from one.
    """

    def __init__(self) -> None:
        self._numbers = count(1)
        self._size = 0
        self._pieces: dict[int, int] = {}
        self._free: deque[_Free] = deque()
        self._given_up: list[int] = []
        self._now = float("-inf")

    def lend(self, frame: DecodedFrame) -> "Loan":
        """The picture as yuv420p; whatever is not (ten bits, 4:2:2) is converted.  Raises OSError, MediaInvalid."""
        shape, planes = _planes(frame.picture)
        if shape.bytes != self._size:
            self._begin(shape.bytes)
        self._now = frame.captured_at
        known = self._known_piece()
        piece = self._new_piece() if known is None else known
        descriptor = self._pieces[piece]
        try:
            _write(descriptor, planes)
        except OSError:
            if known is None:
                os.close(self._pieces.pop(piece))  # nobody else has heard of it
            else:
                self.returned(piece)
            raise
        return Loan(shape, piece, descriptor if known is None else None)

    def returned(self, piece: int) -> None:
        """Nobody looks at it any more; what is not known is left."""
        if piece in self._pieces:
            self._free.append(_Free(piece, self._now))

    def given_up(self) -> list[int]:
        """The numbers that will not be lent again and were not told yet, for the other side to forget.

        They are of another size, or were free for `IDLE_SECONDS` of pictures: a visit takes five pieces where an empty
        doorstep takes two, and each is 3 MiB of a small machine.
        """
        while self._free and self._now - self._free[0].since > IDLE_SECONDS:
            self._release(self._free.popleft().piece)
        told, self._given_up = self._given_up, []
        return told

    def close(self) -> None:
        """Give everything up; what was lent stays readable for who has it."""
        self._begin(0)

    def _begin(self, size: int) -> None:
        self._free.clear()
        for piece in list(self._pieces):
            self._release(piece)
        self._size = size

    def _release(self, piece: int) -> None:
        if piece in self._pieces:
            os.close(self._pieces.pop(piece))
            self._given_up.append(piece)

    def _known_piece(self) -> int | None:
        """The one that came back last; one of another size may have come back while its size was left."""
        while self._free:
            piece = self._free.pop().piece
            if piece in self._pieces:
                return piece
        return None

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
class _Free:
    """A piece that may be lent, and the time of the newest picture when it came back."""

    piece: int
    since: float


@dataclass(frozen=True, slots=True)
class Loan:
    """A picture in shared memory: the number of the piece, and its descriptor when the other side has not seen it."""

    shape: PictureShape
    piece: int
    descriptor: int | None


def _planes(picture: VideoFrame) -> tuple[PictureShape, list[memoryview]]:
    if picture.format.name not in _SHARED_AS_IT_IS:
        full = picture.color_range == FULL_RANGE or picture.format.name.startswith("yuvj")
        picture = picture.reformat(format="yuvj420p" if full else "yuv420p", threads=1)
    stride = picture.planes[0].line_size
    tight = all(plane.line_size * 2 == stride for plane in picture.planes[1:]) and stride % 2 == 0
    try:
        shape = PictureShape(
            picture.width,
            picture.height,
            stride if tight else _even(picture.width),
            full_range=picture.format.name == "yuvj420p" or int(picture.color_range) == FULL_RANGE,
            colorspace=int(picture.colorspace),
        )
    except ValueError as error:
        raise MediaInvalid(str(error)) from error
    return shape, _as_they_lie(picture) if tight else _packed(picture)


def _as_they_lie(picture: VideoFrame) -> list[memoryview]:
    return [memoryview(plane)[: plane.line_size * plane.height] for plane in picture.planes[:3]]


def _packed(picture: VideoFrame) -> list[memoryview]:
    """Row by row without numpy, which in each child would be 6 MiB for this alone."""
    packed = []
    for plane, parts in zip(picture.planes[:3], (1, 2, 2), strict=True):
        samples, size = memoryview(plane), plane.line_size
        filler = bytes(_even(picture.width) // parts - plane.width)
        rows = (samples[begin : begin + plane.width] for begin in range(0, size * plane.height, size))
        packed.append(memoryview(b"".join(piece for row in rows for piece in (row, filler))))
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
