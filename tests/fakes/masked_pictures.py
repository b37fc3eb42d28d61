"""Pictures of one loud colour, a mask in them, and the proof that nothing under the mask can be seen."""

import asyncio
import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from typing import cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.media.mask import HIDDEN_LUMA
from doorstep.ports import Frame, FrameTap, Source
from fakes.taps import ListTap

Pixels = NDArray[np.uint8]
MASK = ((0.1, 0.2), (0.6, 0.2), (0.6, 0.4), (0.1, 0.4))
"""In no way symmetrical, so that a turn too many or too few shows."""

LOUD_LUMA, LOUD_U, LOUD_V = 180, 90, 200
_HIDDEN_BGR_AT_MOST = 60
_EDGE_PIXELS = 4  # scalers and codecs blend what lies at an edge
_NEAR_PIXELS = 12


def loud_picture(width: int, height: int, number: int = 0) -> Pixels:
    """yuv420p, every pixel of it far from the colour of a mask; its brightness tells `number` apart from others."""
    packed = np.full((height * 3 // 2, width), LOUD_LUMA + number % 8, np.uint8)
    flat = packed.reshape(-1)
    flat[width * height : width * height * 5 // 4] = LOUD_U
    flat[width * height * 5 // 4 :] = LOUD_V
    return packed


def take(source: Source, count: int, tap: FrameTap | None = None, seconds: float = 20.0) -> list[StreamItem]:
    """The first items of a stream."""
    return take_until(source, lambda items: len(items) >= count, tap, seconds)


def take_until(
    source: Source, enough: Callable[[list[StreamItem]], bool], tap: FrameTap | None = None, seconds: float = 20.0
) -> list[StreamItem]:
    """The items of a stream up to the one that is enough."""

    async def taken() -> list[StreamItem]:
        items: list[StreamItem] = []
        async with aclosing(source.stream(tap or ListTap())) as stream:
            async for item in stream:
                items.append(item)
                if enough(items):
                    break
        return items

    return asyncio.run(asyncio.wait_for(taken(), seconds))


def decoded(items: Iterable[StreamItem]) -> list[Pixels]:
    """Every picture of a stream as R G B."""
    pictures: list[av.VideoFrame] = []
    decoder: VideoCodecContext | None = None
    for item in items:
        if isinstance(item, VideoFormat):
            pictures += decoder.decode(None) if decoder is not None else []
            decoder = VideoCodecContext.create(item.codec.value, "r")
            decoder.extradata = item.decoder_config
        elif isinstance(item, Packet) and decoder is not None:
            raw = av.Packet(item.data)
            raw.pts, raw.dts = item.pts, item.dts
            pictures += decoder.decode(raw)
    pictures += decoder.decode(None) if decoder is not None else []
    return [in_rgb(picture) for picture in pictures]


def in_rgb(picture: av.VideoFrame) -> Pixels:
    """Rows x columns x R G B."""
    return cast("Pixels", picture.to_ndarray(format="rgb24"))


def assert_masked(items: Sequence[StreamItem], frames: Sequence[Frame], *, beside: bool = True) -> None:
    """Neither a packet nor any face of a frame shows what is under MASK, and all of them show what is beside it.

    `beside`: whether that is loud."""
    pictures = decoded(items)
    assert pictures
    assert frames
    for picture in pictures:
        _assert_dark(picture.max(axis=2), _HIDDEN_BGR_AT_MOST, beside=beside)
    for frame in frames:
        _assert_frame(frame, beside=beside)


def _assert_frame(frame: Frame, *, beside: bool) -> None:
    plane = frame.luma()
    luma = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, plane.stride)
    _assert_dark(luma[:, : plane.width], HIDDEN_LUMA, beside=beside)
    for width, height in ((frame.width, frame.height), (frame.width // 2, frame.height // 2)):
        scaled = frame.bgr(width, height)
        rows = np.frombuffer(scaled.pixels, np.uint8)[: scaled.stride * scaled.height].reshape(height, scaled.stride)
        _assert_dark(rows[:, : 3 * width].reshape(height, width, 3).max(axis=2), _HIDDEN_BGR_AT_MOST, beside=beside)
    with av.open(io.BytesIO(frame.jpeg(frame.width, frame.height, 90)), "r", format="jpeg_pipe") as container:
        picture = in_rgb(next(container.decode(video=0)))
    _assert_dark(picture.max(axis=2), _HIDDEN_BGR_AT_MOST, beside=beside)


def _assert_dark(brightness: Pixels, most: int, *, beside: bool) -> None:
    height, width = brightness.shape
    (left, top), (right, _), (_, bottom) = MASK[0], MASK[1], MASK[2]
    rows = slice(int(top * height) + _EDGE_PIXELS, int(bottom * height) - _EDGE_PIXELS)
    columns = slice(int(left * width) + _EDGE_PIXELS, int(right * width) - _EDGE_PIXELS)
    assert brightness[rows, columns].size > 0
    assert brightness[rows, columns].max() <= most
    if not beside:
        return
    around = brightness.copy()
    near_rows = slice(max(0, int(top * height) - _NEAR_PIXELS), int(bottom * height) + _NEAR_PIXELS)
    near_columns = slice(max(0, int(left * width) - _NEAR_PIXELS), int(right * width) + _NEAR_PIXELS)
    around[near_rows, near_columns] = 255
    assert around.min() > 120
