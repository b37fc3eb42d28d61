"""The two JPEGs of an event: the full-size still, and the thumbnail that a list of events shows."""

from doorstep.core.detection import Box
from doorstep.media.still_box import with_box
from doorstep.ports import Frame

THUMBNAIL_SIZE = (480, 270)
THUMBNAIL_BYTES = 25_000
STILL_QUALITY = 88
_QUALITIES = (80, 70, 60, 50, 40, 30, 20, 10, 1)
_SMALLER = 0.7


def still(frame: Frame, box: Box | None = None) -> bytes:
    """The picture in full size, to look at closely; it says where somebody is.  Blocks for some milliseconds."""
    return with_box(frame.jpeg(frame.width, frame.height, STILL_QUALITY), box)


def thumbnail(frame: Frame) -> bytes:
    """A JPEG that fits 480 x 270 and 25,000 bytes: the finest quality that does, then smaller.  Blocks, as `still`."""
    width, height = THUMBNAIL_SIZE
    while True:
        for quality in _QUALITIES:
            jpeg = frame.jpeg(width, height, quality)
            if len(jpeg) <= THUMBNAIL_BYTES:
                return jpeg
        width, height = int(width * _SMALLER), int(height * _SMALLER)
