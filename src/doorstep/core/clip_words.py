"""What stands beside a clip in the bucket, for whoever finds it without our catalog.  Sending it lives in `stores`.

One entry of the object's metadata, called METADATA: JSON, percent-encoded, so that it is one line of ASCII.
"""

import json
import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.event import EventId

METADATA = "doorstep"
MOST_LETTERS = 1000
"""Of the encoded text: metadata of one object may have 2 KB together (Amazon S3, "Working with object metadata")."""

LONGEST_NAME = 120
_MOST_READ = 4096
_LONGEST_TEXT = 300
_LONGEST_CLIP = 7 * 86400.0
_PLAIN = '{}[]":,/'  # what JSON is made of may stand in a header as it is
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class ClipWords:
    """`name` is what people call the camera; `link` opens the event's page, empty without one.

    `pictures` are the keys of still and thumbnail.  What is `sealed` can only be opened at home.
    """

    event: EventId
    camera: CameraId
    name: str
    started_at: datetime
    seconds: float
    causes: tuple[Cause, ...] = ()
    link: str = ""
    pictures: tuple[str, ...] = ()
    sealed: bool = False

    def text(self) -> str:
        """As it stands beside the object; at most MOST_LETTERS, for which a long name is cut."""
        words = self
        while len(text := words._whole()) > MOST_LETTERS and words.name:
            words = replace(words, name=words.name[:-1])
        return text

    def _whole(self) -> str:
        told = {
            "event": self.event,
            "camera": self.camera,
            "name": self.name[:LONGEST_NAME],
            "started_at": self.started_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "seconds": round(self.seconds, 3),
            "causes": [cause.value for cause in self.causes],
            "link": self.link,
            "pictures": list(self.pictures),
            "sealed": self.sealed,
        }
        return quote(json.dumps(told, separators=(",", ":"), ensure_ascii=False), safe=_PLAIN)


def clip_words(text: str) -> ClipWords | None:
    """What the text says, None where it is nothing of ours.

    It comes from a bucket: causes that nobody knows and links that lead nowhere are left out, and names are one line.
    """
    if len(text) > _MOST_READ:
        return None
    try:
        told = json.loads(unquote(text, errors="strict"))
        return _read(told) if isinstance(told, dict) else None
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None


def _read(told: dict[str, object]) -> ClipWords:
    started_at = datetime.fromisoformat(_text(told["started_at"]))
    if started_at.tzinfo is None:
        raise ValueError
    return ClipWords(
        event=EventId(_text(told["event"])),
        camera=CameraId(_text(told["camera"])),
        name=_text(told["name"])[:LONGEST_NAME],
        started_at=started_at.astimezone(UTC),
        seconds=_seconds(told["seconds"]),
        causes=tuple(cause for one in _list(told["causes"]) for cause in Cause if one == cause.value),
        link=_link(told.get("link", "")),
        pictures=tuple(_text(one) for one in _list(told.get("pictures", []))),
        sealed=told.get("sealed", False) is True,
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise ValueError
    value.encode()
    return _CONTROLS.sub(" ", value)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    if not math.isfinite(value) or not 0 <= value <= _LONGEST_CLIP:
        raise ValueError
    return float(value)


def _list(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > 16:
        raise TypeError
    return value


def _link(value: object) -> str:
    """Empty for what is no plain address of a page."""
    text = _text(value)
    parts = urlsplit(text)
    plain = text.isascii() and not re.search(r"[\s\"'<>\\]", text)
    return text if plain and parts.scheme in {"https", "http"} and parts.hostname and not parts.username else ""
