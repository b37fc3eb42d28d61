"""A picture that somebody sent, decoded within bounds: JPEG or WebP, told by its first bytes.  Files: `pictures`."""

import io

import av

from doorstep.core.errors import MediaInvalid
from doorstep.media.frame import DecodedFrame

LONGEST_SIDE = 8192
MOST_PIXELS = 2**24


def decode_sent(content: bytes) -> DecodedFrame:
    """The picture, in B G R at full size: grey, alpha and CMYK included.  Raises MediaInvalid, which says why not.

    At most 8192 pixels a side and 16 megapixels, which is known before a pixel is decoded.  Blocks.
    """
    try:
        with av.open(
            io.BytesIO(content), mode="r", format=_demuxer(content), options={"max_pixels": str(MOST_PIXELS)}
        ) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            if max(stream.width, stream.height) > LONGEST_SIDE or stream.width * stream.height > MOST_PIXELS:
                msg = f"The picture is larger than {LONGEST_SIDE} pixels a side or 16 megapixels; make it smaller."
                raise MediaInvalid(msg)
            for picture in container.decode(stream):
                if not picture.is_corrupt:
                    return DecodedFrame(picture, at=0.0, captured_at=0.0).in_bgr()
    except (av.FFmpegError, ValueError, IndexError, OSError, MemoryError):
        pass
    msg = "The picture is damaged, or too large to be decoded; send it again as a JPEG."
    raise MediaInvalid(msg)


def _demuxer(content: bytes) -> str:
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg_pipe"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "webp_pipe"
    msg = "This is neither a JPEG nor a WebP picture."
    raise MediaInvalid(msg)
