"""What a browser's media source is fed while somebody watches: a format, fragments, and that some were left out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class LiveFormat:
    """What must be known before the next fragment: the MIME type with its codecs, pixels, and the init segment."""

    mime: str
    width: int
    height: int
    init: bytes


@dataclass(frozen=True, slots=True, eq=False)
class LiveFragment:
    """When a picture was captured, and one fragment (prft, moof, mdat).

    `key` says that it begins with a key frame; `shown_at` is the presentation time of its first picture, in ticks;
    `made_at` when it was there to be sent, in monotonic seconds.
    """

    data: bytes
    key: bool
    shown_at: int
    made_at: float


@dataclass(frozen=True, slots=True)
class LiveSkip:
    """Fragments were left out, for they were not taken in time; a key frame is next."""


LivePiece = LiveFormat | LiveFragment | LiveSkip
