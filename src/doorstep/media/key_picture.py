"""Decodes key frames one by one, as they lie in a recording.  Streams as they come in are decoded by `decode`."""

from fractions import Fraction

import av

from doorstep.core.media import VideoFormat
from doorstep.media.decode import new_decoder
from doorstep.media.frame import DecodedFrame


class KeyPictures:
    """One decoder for the key frames of one format; one thread."""

    def __init__(self, fmt: VideoFormat) -> None:
        self._decoder = new_decoder(fmt)

    def picture(self, sample: bytes, at: float) -> DecodedFrame | None:
        """The picture of one access unit (NAL units with length prefixes), alone; None where it is damaged.

        `at` becomes the frame's time, and also when it was captured.
        """
        packet = av.Packet(sample)
        packet.pts, packet.time_base, packet.is_keyframe = 0, Fraction(1, 1000), True
        try:
            pictures = [*self._decoder.decode(packet), *self._decoder.decode(None)]
            self._decoder.flush_buffers()
        except (av.FFmpegError, ValueError):
            self._decoder.flush_buffers()
            return None
        whole = [picture for picture in pictures if not picture.is_corrupt]
        return DecodedFrame(whole[0], at=at, captured_at=at) if whole else None
