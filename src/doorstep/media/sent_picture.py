"""A picture that somebody sent, decoded within bounds: JPEG or WebP, told by its first bytes.  Files: `pictures`."""

import io

import av

from doorstep.core.errors import MediaInvalid
from doorstep.media.frame import DecodedFrame

LONGEST_SIDE = 8192
MOST_PIXELS = 2**24
_MOST_SEGMENTS = 1000


def decode_sent(content: bytes) -> DecodedFrame:
    """The picture, in B G R at full size: grey, alpha and CMYK included.  Raises MediaInvalid, which says why not.

    At most 8192 pixels a side and 16 megapixels, which is known before a pixel is decoded.  One that was cut on the way
    is refused: decoded, its end would be an empty doorstep.  Blocks.
    """
    demuxer = _demuxer(content)
    if not _is_whole(content):
        msg = "The picture was cut on the way, its end is missing; send it again."
        raise MediaInvalid(msg)
    try:
        with av.open(
            io.BytesIO(content), mode="r", format=demuxer, options={"max_pixels": str(MOST_PIXELS)}
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


def _is_whole(content: bytes) -> bool:
    """Whether its end is there: of a WebP by its length, of a JPEG by the mark behind its scan (ITU-T T.81, B.1.1)."""
    if content.startswith(b"RIFF"):
        return 8 + int.from_bytes(content[4:8], "little") <= len(content)
    at = 2
    for _ in range(_MOST_SEGMENTS):  # they may hold a smaller picture, which has an end as well
        if content[at : at + 1] != b"\xff" or content[at + 1 : at + 2] == b"\xda":
            break
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return content.find(b"\xff\xd9", at) >= 0
