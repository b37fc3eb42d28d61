"""A camera at USB: a file in the place of the device, which the same code reads."""

import errno
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from doorstep.sources.address import V4l2Address
from doorstep.sources.v4l2 import OpenCamera
from fakes.masked_pictures import loud_picture

WIDTH, HEIGHT = 96, 160
ADDRESS = V4l2Address(Path("/dev/video0"))
LAYOUTS = {"mjpeg": "yuvj422p", "rawvideo": "yuyv422", "libx264": "yuv420p"}


def filmed(path: Path, codec: str, count: int = 40) -> Path:
    """What a camera of that kind would send, in a file."""
    with av.open(str(path), "w") as output:
        options = {"g": "10", "bf": "0"} if codec == "libx264" else {}
        stream = cast("VideoStream", output.add_stream(codec, rate=20, options=options))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, LAYOUTS[codec]
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(loud_picture(WIDTH, HEIGHT, number), format="yuv420p")
            output.mux(stream.encode(frame.reformat(format=LAYOUTS[codec])))
        output.mux(stream.encode(None))
    return path


def camera_of(film: dict[str | None, Path], asked: list[str | None] | None = None) -> OpenCamera:
    """A camera that knows some input formats and refuses the others as a device does."""

    def open_camera(address: V4l2Address, input_format: str | None) -> InputContainer:
        assert address == ADDRESS
        if asked is not None:
            asked.append(input_format)
        if input_format not in film:
            raise av.error.ArgumentError(errno.EINVAL, "Invalid argument")
        return av.open(str(film[input_format]))

    return open_camera
