"""Turns a film into one that every player shows: H.264, in a process of its own that yields to everything else.

    python -m doorstep.media.transcode FROM.mp4 TO.mp4

It prints a line for each half second of film: which part is done (0 to 1) and the CPU seconds that took.  What it reads
comes from a camera, so it runs where a crash or a hung decoder costs nobody else anything.
"""

import os
import resource
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.video.frame import PictureType
from av.video.stream import VideoStream

from doorstep.media.container import open_file, video_stream

LOWEST_PRIORITY = 19
_TOLD_EVERY = 0.5  # seconds of film
_ENCODER = {"preset": "veryfast", "crf": "23"}
_MOST_PIXELS = str(2**26)
_MOST_MEMORY = 4 << 30
"""Bytes of address space: a film that says it is huge must not take the house's memory."""

Tell = Callable[[float], None]


def transcode(source: Path, target: Path, tell: Tell) -> None:
    """Write `source` as H.264 to `target`, its sound as it is, its times kept; `tell` learns which part is done.

    Raises av.FFmpegError and OSError, and ValueError for a file without a picture.
    """
    with (
        open_file(source, options={"max_pixels": _MOST_PIXELS}) as film,
        av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as output,
    ):
        pictures = video_stream(film)
        if pictures is None:
            msg = "there is no picture in this film"
            raise ValueError(msg)
        pictures.codec_context.thread_count = 1
        _convert(film, pictures, output, tell)


def _convert(film: InputContainer, pictures: VideoStream, output: OutputContainer, tell: Tell) -> None:
    encoder = _encoder(pictures, output)
    heard = film.streams.audio[0] if film.streams.audio else None
    sound = output.add_stream_from_template(heard) if heard is not None else None
    length = film.duration / 1_000_000 if film.duration else 0.0
    told = 0.0
    for packet in film.demux([one for one in (pictures, heard) if one is not None]):
        if packet.stream is heard and sound is not None:
            if packet.dts is not None:
                packet.stream = sound
                output.mux(packet)
            continue
        for frame in packet.decode():
            assert isinstance(frame, av.VideoFrame)  # noqa: S101 - of a stream of pictures
            output.mux(encoder.encode(_plain(frame, encoder)))
            at = float(frame.time or 0.0)
            if length and at >= told + _TOLD_EVERY:
                told = at
                tell(min(1.0, told / length))
    output.mux(encoder.encode(None))


def _encoder(pictures: VideoStream, output: OutputContainer) -> VideoStream:
    encoder = output.add_stream("libx264", rate=pictures.average_rate or Fraction(25), options=dict(_ENCODER))
    encoder.width, encoder.height = pictures.width // 2 * 2, pictures.height // 2 * 2
    encoder.pix_fmt = "yuv420p"
    encoder.codec_context.thread_count = 1
    if pictures.time_base is not None:
        encoder.codec_context.time_base = pictures.time_base
    return encoder


def _plain(frame: av.VideoFrame, encoder: VideoStream) -> av.VideoFrame:
    """Eight bits, even sides, and left to the encoder which picture is a key frame."""
    if (frame.format.name, frame.width, frame.height) != ("yuv420p", encoder.width, encoder.height):
        frame = frame.reformat(encoder.width, encoder.height, "yuv420p")
    frame.pict_type = PictureType.NONE
    return frame


def _print_progress(done: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{done:.3f} {used.ru_utime + used.ru_stime:.2f}", flush=True)  # noqa: T201 - the parent reads it


def limited(_source: Path, _target: Path) -> None:
    """What every system lets a process give up."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(confine: Callable[[Path, Path], object] = limited) -> None:
    """The process; exits with 1 where the film cannot be converted.

    `confine` gives up what reading the one file and writing the other does not need, before a byte is read.
    """
    os.nice(LOWEST_PRIORITY)
    av.logging.set_level(None)
    confine(Path(sys.argv[1]), Path(sys.argv[2]))
    try:
        transcode(Path(sys.argv[1]), Path(sys.argv[2]), _print_progress)
    except (av.FFmpegError, OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    _print_progress(1.0)


if __name__ == "__main__":
    main()
