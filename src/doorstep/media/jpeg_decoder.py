"""JPEG pictures of a camera, decoded one by one by FFmpeg's own decoder.  Encoding them lives in `jpeg`."""

import av
from av.video.codeccontext import VideoCodecContext

from doorstep.media.mask import Planes, planes_of

_MOST_PIXELS = 2**24


class JpegDecoder:
    """Keeps one decoder for one camera.  One thread."""

    def __init__(self) -> None:
        decoder = VideoCodecContext.create("mjpeg", "r")
        decoder.thread_count = 1
        decoder.options = {"max_pixels": str(_MOST_PIXELS)}
        self._decoder = decoder

    def decode(self, jpeg: bytes) -> Planes:
        """The picture.  Raises av.FFmpegError or ValueError where it is damaged or larger than 16 megapixels."""
        for frame in self._decoder.decode(av.Packet(jpeg)):
            if not frame.is_corrupt:
                return planes_of(frame)
        msg = "there is no whole picture in it"
        raise ValueError(msg)
