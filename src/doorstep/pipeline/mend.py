"""Mends what `fsck` found.  Bytes that could be a recording are never deleted: they move to the side room.

Runs only while no server does.  Each step leaves the store better than it was, so it may be cut short anywhere: what
is new is whole and has its row before what is old moves away.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from doorstep.core.agreement import Disagreement, Fault
from doorstep.core.event import Event, Recording
from doorstep.core.recorded_span import camera_of_minute
from doorstep.pipeline.file_mender import FileMender, WholeFile, minute_of, torn
from doorstep.pipeline.pictures import pictures_of
from doorstep.pipeline.recording_file import labelled_event
from doorstep.pipeline.recording_job import first_shown
from doorstep.pipeline.side_room import SideRoom
from doorstep.ports import Catalog, GrowingStore


@dataclass(frozen=True, slots=True)
class Mender:
    """Blocks; one thread.  `post_roll` is in seconds: how long a recording goes on after somebody was last seen."""

    store: GrowingStore
    catalog: Catalog
    room: SideRoom
    post_roll: float

    def mend(self, found: Disagreement) -> str | None:
        """What was done, in plain words; None where it cannot be mended.

        Raises BlobMissing, CatalogUnavailable, MediaInvalid, StoreUnavailable.
        """
        step = self._steps().get(found.fault)
        return step(found) if step is not None else None

    def _steps(self) -> dict[Fault, Callable[[Disagreement], str | None]]:
        return {
            Fault.ROW_WITHOUT_FILE: self._forget_recording,
            Fault.FILE_WITHOUT_ROW: self._adopt,
            Fault.UNREADABLE: self._give_up,
            Fault.DAMAGED: self._rebuild,
            Fault.CUT_OFF: self._cut,
            Fault.SIZE: self._correct_row,
            Fault.NO_PICTURES: self._forget_pictures,
            Fault.LONELY_PICTURE: lambda found: f"moved to {self.room.set_aside(found.key)}",
            Fault.LEFTOVER: lambda found: self.room.clear(found.key),
        }

    @property
    def files(self) -> FileMender:
        """The same store and side room."""
        return FileMender(self.store, self.room)

    def _event(self, found: Disagreement) -> Event | None:
        return self.catalog.event(found.event) if found.event is not None else None

    # ------------------------------------------------------------------------------------------------ rows alone

    def _forget_recording(self, found: Disagreement) -> str | None:
        """An event stays, a minute becomes a gap: what is not there any more is never silence."""
        self.files.set_pictures_aside(found.key)
        event = self._event(found)
        if event is not None and event.recording is not None and event.recording.key == found.key:
            self.catalog.save_event(replace(event, recording=None, pre_roll_seconds=None, has_still=False, box=None))
            return "the event stays, without a recording"
        minute = found.minute
        if minute is None:
            return None
        for gap in torn(minute):
            self.catalog.add_gap(gap)
        self.catalog.forget_span(found.key)
        return "its minute is a gap now"

    def _forget_pictures(self, found: Disagreement) -> str | None:
        event = self._event(found)
        if event is None:
            return None
        self.catalog.save_event(replace(event, has_still=False, box=None))
        return "the event stays, without pictures"

    def _correct_row(self, found: Disagreement) -> str | None:
        front = self.files.read(found.key).front
        return self._write_row(found, WholeFile(found.key, front, front.label))

    # ---------------------------------------------------------------------------------------------- files and rows

    def _cut(self, found: Disagreement) -> str | None:
        whole = self.files.read(found.key)
        if whole.goes_on_behind_damage or not whole.front.segments:
            return None
        kept = self.files.cut_end(found.key, whole)
        self._write_row(found, WholeFile(found.key, whole.front, whole.front.label))
        return f"cut to its last whole segment, at byte {whole.front.whole_size:,}{kept}"

    def _adopt(self, found: Disagreement) -> str | None:
        """A row from the file's label, or for a second recording of one event a place in the side room."""
        camera, event = camera_of_minute(found.key), None
        if camera is None:
            event = self._labelled(self.files.read(found.key).front.label, found.key)
            if event is None or event.recording is not None:
                return self.files.give_up(found.key)
        mended = self.files.made_whole(found.key)
        if mended is None:
            return "it held not one whole segment"  # any more, since it was looked at
        if camera is not None:
            self.catalog.save_span(minute_of(mended, camera))
        if event is not None:
            self.catalog.save_event(self._with_recording(event, mended))
        if mended.key != found.key:
            self.files.set_aside(found.key)
        return f"event {event.id} has it now, as its label says" if event else "its minute has a row now"

    def _give_up(self, found: Disagreement) -> str:
        done = self.files.give_up(found.key)
        words = self._forget_recording(found)
        return done + (f"; {words}" if words else "")

    def _rebuild(self, found: Disagreement) -> str | None:
        """A new file of every whole segment; the damaged one is kept."""
        whole = self.files.read(found.key)
        key = self.files.rebuilt(found.key, whole)
        self._write_row(found, WholeFile(key, self.files.read(key).front, whole.front.label))
        aside = self.files.set_aside(found.key)
        return f"{len(whole.segments)} whole segments went to {key}; the damaged file moved to {aside}"

    # ------------------------------------------------------------------------------------------------------- parts

    def _write_row(self, found: Disagreement, file: WholeFile) -> str | None:
        """The row of `found` names this file now."""
        event, minute = self._event(found), found.minute
        began = event.started_at if event is not None else minute.starts_at if minute is not None else None
        if began is not None:
            file = file.dated(began)
        size, ends_at = file.index.whole_size, file.index.segments[-1].segment.ends_at
        if event is not None and event.recording is not None:
            starts_at = event.recording.starts_at
            shown_until = max(starts_at, min(event.recording.ends_at, ends_at))
            self.catalog.save_event(replace(event, recording=Recording(file.key, starts_at, shown_until, size)))
        elif minute is not None:
            self.catalog.save_span(minute_of(file, minute.camera))
            if file.key != found.key:
                self.catalog.forget_span(found.key)
            for gap in torn(minute, file.index):
                self.catalog.add_gap(gap)
        else:
            return None
        return f"its row now says {size:,} bytes"

    def _labelled(self, label: bytes, key: str) -> Event | None:
        """The event that a label names, as the catalog knows it, else as the label tells it."""
        told = labelled_event(label, key)
        return told and (self.catalog.event(told.id) or told)

    def _with_recording(self, event: Event, file: WholeFile) -> Event:
        key, segments = file.key, [recorded.segment for recorded in file.index.segments]
        pictures = pictures_of(self.store, key)
        ends_at = segments[-1].ends_at
        starts_at = first_shown(segments, segments[0].starts_at, ends_at)
        recording = Recording(key, starts_at, max(ends_at, starts_at), file.index.whole_size)
        last_seen = max(event.last_seen_at, recording.ends_at - timedelta(seconds=self.post_roll))
        return replace(
            event,
            last_seen_at=last_seen if event.ended_at is None else event.last_seen_at,
            ended_at=event.ended_at or max(recording.ends_at, last_seen),
            recording=recording,
            pre_roll_seconds=max(0.0, (event.started_at - recording.starts_at).total_seconds()),
            has_still=pictures.are_there,
            box=pictures.box,
        )
