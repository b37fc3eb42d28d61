"""Do store and catalog agree?  The comparison alone; reading files and mending them live in `pipeline/fsck.py`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from doorstep.core.event import Event, EventId
from doorstep.core.recorded_span import RecordedSpan, own_file
from doorstep.core.recording_key import still_key, thumbnail_key

_NO_ROW = "no row names this recording"


class Fault(StrEnum):
    """What can be wrong; the value is what `doorstep fsck --json` says."""

    CATALOG = "catalog"
    ROW_WITHOUT_FILE = "row-without-file"
    FILE_WITHOUT_ROW = "file-without-row"
    UNREADABLE = "unreadable"
    DISK = "disk"
    DAMAGED = "damaged"
    CUT_OFF = "cut-off"
    SIZE = "size"
    NO_PICTURES = "no-pictures"
    LONELY_PICTURE = "lonely-picture"
    LEFTOVER = "leftover"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One fault: of which blob (or file, or "catalog"), of which event if that is known, and in plain words.

    `minute` is the row of a minute file, where it has one.
    """

    fault: Fault
    key: str
    event: EventId | None
    words: str
    minute: RecordedSpan | None = None


@dataclass(frozen=True, slots=True)
class FileFound:
    """What a recording tells of itself once every byte was looked at.

    `whole_size` is where it may be cut, `segments` how many of it are whole up to there and `behind` how many whole
    ones lie behind that.  `event` is the one that its label names.  A file of which not even the header makes sense has
    no segments, and its `reason`; so has one that the disk does not give out, which tells nothing of what it holds.
    """

    size: int
    whole_size: int = 0
    segments: int = 0
    behind: int = 0
    event: EventId | None = None
    reason: str = ""
    disk_failed: bool = False
    header_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A file as the catalog knows it: a minute of a camera, or the recording of `event`."""

    span: RecordedSpan
    event: EventId | None = None

    @property
    def minute(self) -> RecordedSpan | None:
        """The same, if it is a minute's."""
        return self.span if self.event is None else None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store holds: recordings by key, and the keys of all stills and thumbnails."""

    files: Mapping[str, FileFound]
    pictures: frozenset[str]


def disagreements(
    rows: Sequence[Row], events: Sequence[Event], stored: Stored, at_work: frozenset[str] = frozenset()
) -> Iterator[Disagreement]:
    """Both ways: every row against its file, every file against its row.

    `rows` and `events` are all that the catalog has.  Recordings whose key is `at_work` are still being written: they
    are not judged.
    """
    owners = {row.span.key: row for row in rows}
    files = {key: found for key, found in stored.files.items() if key not in at_work}
    for key, row in sorted(owners.items()):
        if key not in stored.files and key not in at_work:
            yield Disagreement(
                Fault.ROW_WITHOUT_FILE, key, row.event, "a row names this recording, and it is gone", row.minute
            )
    for key, found in sorted(files.items()):
        yield from _of_file(key, found, owners.get(key))
    yield from _of_pictures(events, stored, at_work)


def _of_pictures(events: Sequence[Event], stored: Stored, at_work: frozenset[str]) -> Iterator[Disagreement]:
    pictured = {event.recording.key: event for event in events if event.recording is not None}
    for key, event in sorted(pictured.items()):
        gone = event.has_still and not stored.pictures >= {still_key(key), thumbnail_key(key)}
        if gone and key not in at_work and (key in stored.files or own_file(event) is None):
            yield Disagreement(Fault.NO_PICTURES, key, event.id, "the pictures of this event are gone")
    kept = {name for key in {*stored.files, *pictured, *at_work} for name in (still_key(key), thumbnail_key(key))}
    for key in sorted(stored.pictures - kept):
        yield Disagreement(Fault.LONELY_PICTURE, key, None, "a picture without its recording")


def _of_file(key: str, found: FileFound, row: Row | None) -> Iterator[Disagreement]:
    wrong = _unusable(found) or (_differing(found, row) if row else (Fault.FILE_WITHOUT_ROW, _NO_ROW))
    if wrong is not None:
        fault, words = wrong
        yield Disagreement(fault, key, row.event if row else found.event, words, row.minute if row else None)


def _unusable(found: FileFound) -> tuple[Fault, str] | None:
    if found.disk_failed:
        return Fault.DISK, f"the disk does not give it out: {found.reason}"
    if not found.segments and not found.behind:
        return Fault.UNREADABLE, f"it cannot be read: {found.reason or 'it holds not one whole segment'}"
    return None


def _differing(found: FileFound, row: Row) -> tuple[Fault, str] | None:
    """The gravest fault of a file that has a row."""
    if found.behind:
        words = f"damaged at byte {found.whole_size:,} of {found.size:,}; {found.behind} whole segments lie behind that"
        return Fault.DAMAGED, words
    if found.header_damaged:
        return Fault.DAMAGED, "its header is not what was written"
    if found.whole_size < found.size:
        return Fault.CUT_OFF, f"whole to byte {found.whole_size:,} of {found.size:,} only"
    if row.span.size != found.size:
        return Fault.SIZE, f"it holds {found.size:,} bytes, and its row says {row.span.size:,}"
    return None
