"""Pictures out of a file, be it an image or a video, for looking at them one by one.  Cameras are read by `demux`."""

from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer

from doorstep.core.errors import MediaInvalid
from doorstep.media.container import open_file, video_stream
from doorstep.media.frame import DecodedFrame

_LONGEST_SIDE = 16_384
_MOST_PIXELS = 2**27
_IMAGE_DEMUXERS = (
    (b"\xff\xd8\xff", "jpeg_pipe"),
    (b"\x89PNG\r\n\x1a\n", "png_pipe"),
    (b"BM", "bmp_pipe"),
    (b"RIFF", "webp_pipe"),
)


def frames_of(path: Path) -> Iterator[DecodedFrame]:
    """The picture in an image file, or every picture of a video in the order in which they are shown.

    `at` is in seconds from the first.  A picture that is damaged beyond decoding is left out.  Raises MediaInvalid.
    """
    demuxer = _image_demuxer(path)
    try:
        container = open_file(path, demuxer=demuxer, options={"max_pixels": str(_MOST_PIXELS)})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaInvalid(_unreadable(path)) from error
    with container:
        yield from _stills(container, path) if demuxer else _moving(container, path)


def _image_demuxer(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            start = file.read(12)
    except FileNotFoundError:
        msg = f"There is no file {path}."
        raise MediaInvalid(msg) from None
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}."
        raise MediaInvalid(msg) from error
    if start.startswith(b"RIFF") and start[8:] != b"WEBP":
        return None
    return next((demuxer for magic, demuxer in _IMAGE_DEMUXERS if start.startswith(magic)), None)


def _stills(container: InputContainer, path: Path) -> Iterator[DecodedFrame]:
    """Turned to B G R at full size, as the detector's reference reads images; 3 ms that nobody waits for."""
    for frame in _moving(container, path):
        yield frame.in_bgr()
        return


def _moving(container: InputContainer, path: Path) -> Iterator[DecodedFrame]:
    stream = video_stream(container)
    if stream is None:
        msg = f"{path} holds no picture."
        raise MediaInvalid(msg)
    if max(stream.width, stream.height) > _LONGEST_SIDE or stream.width * stream.height > _MOST_PIXELS:
        msg = f"{path} is {stream.width} x {stream.height} pixels; make it smaller than {_LONGEST_SIDE} a side."
        raise MediaInvalid(msg)
    stream.codec_context.thread_count = 1
    first: float | None = None
    for picture in _decoded(container, path):
        time = float(picture.time or 0.0)
        first = time if first is None else first
        yield DecodedFrame(picture, at=time - first, captured_at=time - first)
    if first is None:
        raise MediaInvalid(_unreadable(path))


def _decoded(container: InputContainer, path: Path) -> Iterator[av.VideoFrame]:
    stream = video_stream(container)
    if stream is None:
        return
    try:
        for packet in container.demux(stream):
            try:
                yield from packet.decode()
            except av.InvalidDataError:
                continue
    except (av.FFmpegError, OSError) as error:
        raise MediaInvalid(_unreadable(path)) from error


def _unreadable(path: Path) -> str:
    return f"{path} is no picture or video that can be read."
