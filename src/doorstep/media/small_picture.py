"""A key frame made small: what a process without secrets decodes for us, and what we make of the bare pixels it sends.

The process reads requests from its standard input and answers each with planes.  JPEGs are made here, by us: nothing
that it says is trusted but how bright its pixels are.  Who starts it lives in `pipeline`.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import av
import numpy as np

from doorstep.core.media import Codec, VideoFormat
from doorstep.core.past_picture import COLUMNS, LARGEST_PICTURE, rows_of
from doorstep.core.segment import LARGEST_SEGMENT
from doorstep.media.jpeg import encode_jpeg, fitting
from doorstep.media.key_picture import KeyPictures

QUALITY = 75
LARGEST_CONFIG = 1 << 20

_REQUEST = struct.Struct("!BHHHHII")  # codec, width and height, at most so wide and high, bytes of config and sample
_ANSWER = struct.Struct("!HH")
ANSWER_BYTES = _ANSWER.size
_CODECS = tuple(Codec)
_BLACK, _GREY = 0, 128  # of yuvj420p


@dataclass(frozen=True, slots=True)
class SmallPicture:
    """Pixels as yuvj420p without padding: all of the brightness, then both colours; even sides."""

    width: int
    height: int
    pixels: bytes

    def jpeg(self, quality: int = QUALITY) -> bytes:
        """As a JPEG; blocks for some milliseconds."""
        return _jpeg(np.frombuffer(self.pixels, np.uint8).reshape(self.height * 3 // 2, self.width), quality)


def request_of(fmt: VideoFormat, sample: bytes, most: tuple[int, int]) -> bytes | None:
    """What the process is told to decode one key frame; None where it is too large to be one."""
    if len(sample) > LARGEST_SEGMENT or len(fmt.decoder_config) > LARGEST_CONFIG:
        return None
    sizes = len(fmt.decoder_config), len(sample)
    head = _REQUEST.pack(_CODECS.index(fmt.codec), fmt.width, fmt.height, *most, *sizes)
    return head + fmt.decoder_config + sample


def claimed_size(head: bytes, most: tuple[int, int]) -> tuple[int, int] | None:
    """Width and height of the picture that follows the head of an answer; None where there is none.

    Raises ValueError for what was not asked for.
    """
    width, height = _ANSWER.unpack(head)
    if not width and not height:
        return None
    if width % 2 or height % 2 or not (0 < width <= max(2, most[0]) and 0 < height <= max(2, most[1])):
        msg = f"a picture of {width}x{height} was not asked for"
        raise ValueError(msg)
    return width, height


def sheet(tiles: Sequence[SmallPicture | None], width: int, height: int, columns: int = COLUMNS) -> bytes:
    """A JPEG of tiles of `width` x `height`, row by row, each picture in the middle of its own; black where it is None.

    Even sides; no picture larger than its tile.  Blocks for some milliseconds.
    """
    rows = rows_of(tiles, columns)
    whole = np.full((rows * height * 3 // 2, columns * width), _GREY, np.uint8)
    whole[: rows * height] = _BLACK
    brightness = whole[: rows * height]
    colours = whole[rows * height :].reshape(2, rows * height // 2, columns * width // 2)
    for number, tile in enumerate(tiles):
        if tile is not None:
            left = number % columns * width + (width - tile.width) // 4 * 2
            top = number // columns * height + (height - tile.height) // 4 * 2
            _put(tile, brightness, colours, left, top)
    return _jpeg(whole, QUALITY)


def serve(read: Callable[[int], bytes], write: Callable[[bytes], object]) -> None:
    """Answer requests until there are no more; in the process without secrets.  `read` blocks for exactly so much."""
    known: tuple[VideoFormat, KeyPictures] | None = None
    while len(head := read(_REQUEST.size)) == _REQUEST.size:
        codec, width, height, most_wide, most_high, config_size, size = _REQUEST.unpack(head)
        fmt = VideoFormat(_CODECS[codec], width, height, 1, read(config_size))
        if known is None or known[0] != fmt:
            known = fmt, KeyPictures(fmt)
        write(_answer(known[1], read(size), most_wide, most_high))


def _answer(pictures: KeyPictures, sample: bytes, most_wide: int, most_high: int) -> bytes:
    found = pictures.picture(sample, 0.0)
    if found is None:
        return _ANSWER.pack(0, 0)
    width, height = fitting(found.width, found.height, min(most_wide, LARGEST_PICTURE), most_high)
    try:
        small = found.picture.reformat(width, height, "yuvj420p", threads=1)
    except (av.FFmpegError, ValueError):
        return _ANSWER.pack(0, 0)
    return _ANSWER.pack(width, height) + small.to_ndarray().tobytes()


def _put(tile: SmallPicture, brightness: np.ndarray, colours: np.ndarray, left: int, top: int) -> None:
    pixels = np.frombuffer(tile.pixels, np.uint8)
    luma = tile.width * tile.height
    brightness[top : top + tile.height, left : left + tile.width] = pixels[:luma].reshape(tile.height, tile.width)
    halves = pixels[luma:].reshape(2, tile.height // 2, tile.width // 2)
    half_top, half_left = top // 2, left // 2
    colours[:, half_top : half_top + tile.height // 2, half_left : half_left + tile.width // 2] = halves


def _jpeg(planes: np.ndarray, quality: int) -> bytes:
    return encode_jpeg(av.VideoFrame.from_ndarray(planes, format="yuvj420p"), quality)
