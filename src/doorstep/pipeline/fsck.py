"""Looks at every byte of every recording and at every row; the comparison itself is `core/agreement.py`'s.

Reads and changes nothing.  Mending lives in `mend`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from doorstep.core.agreement import Disagreement, Fault, FileFound, Row, Stored, disagreements
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreUnavailable
from doorstep.core.event import Event
from doorstep.core.recorded_span import RecordedSpan, camera_of_minute, own_file
from doorstep.mp4.salvage import Salvage
from doorstep.pipeline.recording_file import VIDEO, labelled_event, read_whole
from doorstep.pipeline.side_room import SideRoom
from doorstep.ports import Catalog, EventQuery, Store

_PAGE = 500
_BEGIN_OF_TIME = datetime.min.replace(tzinfo=UTC)
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)

Progress = Callable[[int, int], None]
"""Bytes looked at, and bytes in all."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was looked at, and what is wrong; `notes` are no faults."""

    events: int
    recordings: int
    recorded_bytes: int
    faults: tuple[Disagreement, ...]
    notes: tuple[str, ...]


class Fsck:
    """One look at store and catalog.  Blocks; one thread."""

    def __init__(self, store: Store, catalog: Catalog, room: SideRoom, progress: Progress) -> None:
        self._store = store
        self._catalog = catalog
        self._room = room
        self._progress = progress

    def look(self, settled_before: datetime | None = None, pause: Callable[[], None] = lambda: None) -> Findings:
        """Everything.  Raises CatalogUnavailable, StoreUnavailable.

        A running server still works at events that are not over or ended only after `settled_before`: they are not
        judged, and what seems wrong is looked at again after a `pause`, for rows come a moment after their bytes.
        """
        found = self._look(settled_before)
        if settled_before is None or not found.faults:
            return found
        pause()
        again = {(fault.fault, fault.key) for fault in self._look(settled_before, only=_keys(found.faults)).faults}
        faults = tuple(fault for fault in found.faults if (fault.fault, fault.key) in again)
        return Findings(found.events, found.recordings, found.recorded_bytes, faults, found.notes)

    def _look(self, settled_before: datetime | None, only: frozenset[str] | None = None) -> Findings:
        sizes, pictures = self._sizes()
        files = dict(self._read_all(sizes if only is None else {key: sizes[key] for key in sizes.keys() & only}))
        # Rows after files: a recording that goes while we look is then gone from both.
        events = list(every_event(self._catalog))
        rows = [*own_rows(events), *map(Row, minutes_of(self._catalog))]
        at_work = _at_work(rows, files, events, settled_before)
        known = {key: files.get(key, _unjudged(size)) for key, size in sizes.items()}
        faults = [*disagreements(rows, events, Stored(known, pictures), at_work), *self._leftovers()]
        kept = tuple(fault for fault in faults if only is None or fault.key in only)
        return Findings(len(events), len(sizes), sum(sizes.values()), kept, tuple(self._notes(rows)))

    def _leftovers(self) -> Iterator[Disagreement]:
        for name in self._room.leftovers():
            yield Disagreement(Fault.LEFTOVER, name, None, "what an interrupted write left")

    def _sizes(self) -> tuple[dict[str, int], frozenset[str]]:
        """The size of every recording, and the keys of all pictures."""
        sizes, pictures = {}, set()
        for key in self._store.keys():  # noqa: SIM118 - a store is no dict
            if key.endswith(VIDEO):
                try:
                    sizes[key] = self._store.size(key)
                except BlobMissing:
                    continue
            elif key.endswith(".jpg"):
                pictures.add(key)
        return sizes, frozenset(pictures)

    def _read_all(self, sizes: dict[str, int]) -> Iterator[tuple[str, FileFound]]:
        done, total = 0, sum(sizes.values())
        self._progress(0, total)
        for key, size in sorted(sizes.items()):
            found = self._read(key, size)
            done += size
            self._progress(done, total)
            if found is not None:
                yield key, found

    def _read(self, key: str, size: int) -> FileFound | None:
        """None for one that went away meanwhile."""
        try:
            return _found(key, read_whole(self._store, key, size))
        except BlobMissing:
            return None
        except MediaInvalid as error:
            return FileFound(size, reason=str(error))
        except StoreUnavailable as error:
            return FileFound(size, reason=str(error), disk_failed=True)

    def _notes(self, rows: Sequence[Row]) -> Iterator[str]:
        growing = sum(not row.span.whole for row in rows)
        if growing:
            yield f"{growing} recording{'s' if growing > 1 else ''} not finished: the server does it, or its next start"
        for name in self._room.foreign():
            shown = name if name.isprintable() else ascii(name)
            yield f"{shown}: none of Doorstep's files; it was left alone"


def every_event(catalog: Catalog) -> Iterator[Event]:
    """Deleted ones that can still be restored included.  Raises CatalogUnavailable."""
    cursor = None
    while True:
        page, cursor = catalog.events(EventQuery(cursor=cursor, limit=_PAGE, tests=True))
        yield from page
        if cursor is None:
            break
    gone = catalog.deleted_events(_END_OF_TIME, 1_000_000)
    yield from (event for event in gone if event.deleted_at is not None)  # of tests the pages had told


def own_rows(events: Iterable[Event]) -> Iterator[Row]:
    """Of the events that have a file of their own."""
    for event in events:
        span = own_file(event)
        if span is not None:
            yield Row(span, event.id)


def minutes_of(catalog: Catalog) -> Iterator[RecordedSpan]:
    """Every minute file that has a row.  Raises CatalogUnavailable."""
    cameras = {camera for key in catalog.recording_keys() if (camera := camera_of_minute(key)) is not None}
    for camera in sorted(cameras):
        for span in catalog.recorded(camera, _BEGIN_OF_TIME, _END_OF_TIME):
            if camera_of_minute(span.key) is not None:
                yield span


def _found(key: str, whole: Salvage) -> FileFound:
    front, labelled = len(whole.front.segments), labelled_event(whole.front.label, key)
    return FileFound(
        size=whole.size,
        header_damaged=not whole.front.header_is_whole,
        whole_size=whole.front.whole_size,
        segments=front,
        behind=len(whole.segments) - front,
        event=labelled.id if labelled is not None else None,
    )


def _unjudged(size: int) -> FileFound:
    return FileFound(size, whole_size=size, segments=1)


def _keys(faults: Iterable[Disagreement]) -> frozenset[str]:
    return frozenset(fault.key for fault in faults)


def _at_work(
    rows: Sequence[Row], files: dict[str, FileFound], events: Sequence[Event], settled_before: datetime | None
) -> frozenset[str]:
    """The recordings that grow, or did a moment ago, also those that no row names yet."""
    settled = settled_before or _END_OF_TIME
    named = {row.span.key for row in rows if not row.span.whole or row.span.ends_at > settled}
    running = {event.id for event in events if event.ended_at is None or event.unfinished or event.ended_at > settled}
    return frozenset(named | {key for key, found in files.items() if found.event in running})
