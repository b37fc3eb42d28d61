"""Where in a still somebody is: a comment in its own JPEG, so that picture and box cannot come apart.

Segments by ITU-T T.81, annex B: after SOI each is a marker, two bytes of length (themselves included) and its content.
"""

from collections.abc import Iterator

from doorstep.core.detection import Box

FRONT_BYTES = 4096
"""So much of a still is enough to find its box."""

_SOI = b"\xff\xd8"
_COM = 0xFE
_SOS = 0xDA
_APPLICATIONS = range(0xE0, 0xF0)
_WORD = b"doorstep box "


def with_box(jpeg: bytes, box: Box | None) -> bytes:
    """The same picture that says where somebody is; as it was where that is not known, or where it is no JPEG."""
    if box is None or not jpeg.startswith(_SOI):
        return jpeg
    words = _WORD + " ".join(map(repr, box.corners)).encode()
    comment = bytes((0xFF, _COM)) + (len(words) + 2).to_bytes(2, "big") + words
    # JFIF wants its own segment to be the first.
    place = max((end for marker, _, end in _segments(jpeg) if marker in _APPLICATIONS), default=len(_SOI))
    return jpeg[:place] + comment + jpeg[place:]


def box_in(front: bytes) -> Box | None:
    """What `with_box` said, from the first FRONT_BYTES of the picture; None where it says nothing that is sound."""
    for marker, content, _ in _segments(front):
        if marker == _COM and content.startswith(_WORD):
            try:
                left, top, right, bottom = map(float, content.removeprefix(_WORD).split())
                return Box(left, top, right, bottom)
            except ValueError:
                return None
    return None


def _segments(jpeg: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The marker, content and end of each segment that is whole, up to the start of the picture itself."""
    at = len(_SOI)
    while jpeg.startswith(_SOI) and at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != _SOS:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if end > len(jpeg) or end < at + 4:
            return
        yield jpeg[at + 1], jpeg[at + 4 : end], end
        at = end
