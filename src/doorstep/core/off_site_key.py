"""What copies are called off-site, under their prefix.  Recordings here: `recording_key`; sending: `pipeline`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from doorstep.core.camera import CameraId
from doorstep.core.event import EventId

RUNNING = "running"
"""What the keys of parts begin with; the bucket deletes them after some days."""

TOLD = "told"
"""What the keys of marks begin with, which say of which clip a mail was sent."""

PROBES = (RUNNING, "check")
"""The folders in which `doorstep check --aws` leaves what it tries the bucket with."""

SEALED = ".enc"
"""What is sealed is called so behind its name; the store adds it."""

_VIDEO = ".mp4"
_NUMBERED = re.compile(r"_([0-9]+)\Z")
_NAME = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_PART = re.compile(rf"{RUNNING}/({_NAME})/([0-9]{{8}})/({_NAME})/([0-9]{{8}}T[0-9]{{9}})-([0-9]{{6,}})\.mp4(?:\.enc)?")
_COPY = re.compile(
    rf"((?!{RUNNING}/)({_NAME})/([0-9]{{4}})/([0-9]{{2}})/([0-9]{{2}})/(\3\4\5_[0-9]{{6}})(?:_[0-9]+)?(\.mp4|\.thumb\.jpg|\.jpg))(\.enc)?"
)


class CopyKind(StrEnum):
    """What a finished copy is, by how its key ends."""

    CLIP = ".mp4"
    STILL = ".jpg"
    THUMBNAIL = ".thumb.jpg"


@dataclass(frozen=True, slots=True)
class CopyKey:
    """The key of a clip or picture: `starts_at` is the second it is called after, `plain` the key without SEALED."""

    camera: CameraId
    starts_at: datetime
    kind: CopyKind
    plain: str


@dataclass(frozen=True, slots=True)
class PartKey:
    """The key of a part: whose, of which event, when its first picture was; a later try has a higher `number`."""

    camera: CameraId
    event: EventId
    first_at: datetime
    number: int


def next_key(key: str) -> str:
    """The key to try where something else has this one: a clip's name gets `_2`, then `_3` and so on.

    The pictures are called after it: see `recording_key`.
    """
    folder, slash, name = key.rpartition("/")
    stem, number = _numbered(name)
    return f"{folder}{slash}{stem}_{number + 1}{_VIDEO}"


def key_number(key: str) -> int:
    """How many keys there are up to this one, by `next_key`: 1 for a name without a number."""
    return _numbered(key.rpartition("/")[2])[1]


def parts_folder(camera: CameraId, event: EventId, started_at: datetime) -> str:
    """What the keys of all parts of an event begin with: `running/camera/YYYYMMDD/event`."""
    return f"{RUNNING}/{camera}/{_day(started_at.astimezone(UTC))}/{event}"


def part_key(folder: str, begins_at: datetime, number: int) -> str:
    """The key of a part whose first picture is of `begins_at`; no two of one event have the same `number`."""
    at = begins_at.astimezone(UTC)
    time = f"{at.hour:02}{at.minute:02}{at.second:02}{at.microsecond // 1000:03}"
    return f"{folder}/{_day(at)}T{time}-{number:06}{_VIDEO}"


def read_part_key(key: str) -> PartKey | None:
    """Whose part it is, by its key under the prefix; None for any other key."""
    found = _PART.fullmatch(key)
    at = _instant(found[4][:15], found[4][15:]) if found else None
    return PartKey(CameraId(found[1]), EventId(found[3]), at, int(found[5])) if found and at else None


def read_copy_key(key: str) -> CopyKey | None:
    """What clip or picture it is, by its key under the prefix; None for any other key."""
    found = _COPY.fullmatch(key)
    at = _instant(found[6].replace("_", "T"), "000") if found else None
    return CopyKey(CameraId(found[2]), at, CopyKind(found[7]), found[1]) if found and at else None


def day_of_part(key: str) -> str | None:
    """The day on which its event began, YYYYMMDD; None for any other key."""
    found = _PART.fullmatch(key)
    return found[2] if found else None


def _numbered(name: str) -> tuple[str, int]:
    """A clip's name without its number, and that."""
    stem = name.removesuffix(_VIDEO)
    # `20261121_130000` has a number behind its day, which is its time.
    found = _NUMBERED.search(stem) if stem.count("_") > 1 else None
    return (stem[: found.start()], int(found[1])) if found else (stem, 1)


def _instant(second: str, milliseconds: str) -> datetime | None:
    """Of YYYYMMDDTHHMMSS in UTC; None where no calendar has it."""
    try:
        at = datetime.strptime(second, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return at.replace(microsecond=int(milliseconds) * 1000)


def _day(at: datetime) -> str:
    # Not strftime: glibc's %Y writes the year 999 with three digits.
    return f"{at.year:04}{at.month:02}{at.day:02}"
