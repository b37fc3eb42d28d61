"""That something moved at a camera, as it is told over the internet: one small JSON object.  Who says so: others."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from doorstep.core.camera import CameraId

MOST_BYTES = 4096
LONGEST_NOTE = 500
LONGEST_KEY = 255
_CAMERA = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class MotionWord:
    """`camera` is empty where an address says it; `at` is when the sender says that it was, None for now.

    `key` is the same in each try to tell one report, `nonce` in no two requests of a sender; each empty without one.
    """

    camera: CameraId
    at: datetime | None = None
    note: str = ""
    key: str = ""
    nonce: str = ""

    def body(self) -> bytes:
        """As it travels; at most MOST_BYTES."""
        at = self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if self.at else None
        told = {"camera": self.camera, "at": at, "note": self.note, "key": self.key, "nonce": self.nonce}
        return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def marks(self) -> tuple[str, ...]:
        """By what it is known when it comes again: by another try of its sender, or word for word."""
        keyed = (f"key {self.camera} {self.key}",) if self.key else ()
        return (*keyed, f"nonce {self.nonce}") if self.nonce else keyed


def motion_word(body: bytes) -> MotionWord | None:
    """What a body says, None where it is no such thing; an empty one says that something moved, and no more."""
    if len(body) > MOST_BYTES:
        return None
    try:
        told = json.loads(body.decode()) if body.strip() else {}
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    try:
        return MotionWord(
            CameraId(_text(told, "camera", 40, _CAMERA)),
            _instant(told.get("at")),
            _text(told, "note", LONGEST_NOTE),
            _text(told, "key", LONGEST_KEY),
            _text(told, "nonce", 64),
        )
    except ValueError:
        return None


def is_camera(text: str) -> bool:
    """Whether a camera may be called so."""
    return _CAMERA.fullmatch(text) is not None


def _text(told: dict[str, object], name: str, longest: int, form: re.Pattern[str] | None = None) -> str:
    """Raises ValueError for what is no text, too long, not of this form, or cannot be written as UTF-8."""
    value = told.get(name, "")
    if not isinstance(value, str) or len(value) > longest or (value and form and not form.fullmatch(value)):
        raise ValueError(name)
    value.encode()
    return value


def _instant(value: object) -> datetime | None:
    """RFC 3339; raises ValueError."""
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 40:
        raise ValueError
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError from error
