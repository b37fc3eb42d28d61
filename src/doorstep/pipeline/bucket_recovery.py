"""Saves what arrived off-site, without box, config or catalog: finished clips as they are, and of events that have
none the clip that their parts make.  How parts are joined lives in `recovered_clips`.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from os import pread
from typing import IO, TypeVar

from doorstep.core.clip_words import clip_words
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreFull, StoreRefused, StoreUnavailable
from doorstep.core.off_site_key import CopyKind
from doorstep.core.recording_key import recording_key
from doorstep.core.recovery_plan import BrokenOffEvent, Listed, ListedCopy, ListedPart, RecoveryPlan
from doorstep.mp4.movie_check import check_movie
from doorstep.pipeline.recovered_clips import FetchedPart, Joined, JoinedClip, join_parts, spooled_part
from doorstep.pipeline.recovered_folder import RecoveredFolder
from doorstep.pipeline.recovered_notes import KeptClip, RecoveredNotes
from doorstep.pipeline.recovery_rights import ReadingRights

T = TypeVar("T")

AT_ONCE = 8
TRIES = 4
LONGEST_PAUSE = 10.0

LARGEST_PART = 64 << 20
"""Bytes: a part of ours has a few, or one segment."""

LEAST_OF_PARTS = 0.8
"""A clip has the samples of its parts: one that is much smaller does not stand for them, whatever it says of itself."""

MOST_PARTS = 7200
"""Of one clip: hours of an event that never ended make several."""

Progress = Callable[[int, int], None]
"""Bytes done, and of how many."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is asked of the bucket.

    `read` gives an object's bytes, opened if they are sealed; it raises BlobMissing, MediaInvalid and StoreUnavailable.
    `words` are those beside a clip; it raises BlobMissing, StoreUnavailable.  `size_there` is how long a file of so
    many bytes is as this object.  `pause` waits some seconds.
    """

    read: Callable[[Listed], Iterator[bytes]]
    words: Callable[[Listed], str]
    size_there: Callable[[Listed, int], int]
    pause: Callable[[float], object]


@dataclass(frozen=True, slots=True)
class SavedCopy:
    """A finished clip or picture, there now; `already` since an earlier run."""

    key: str
    size: int
    already: bool = False


@dataclass(frozen=True, slots=True)
class RebuiltClips:
    """What an event's parts made: `parts` of them were used; what is `damaged` gave less or nothing."""

    event: BrokenOffEvent
    clips: tuple[KeptClip, ...]
    damaged: tuple[str, ...] = ()
    already: bool = False


@dataclass(frozen=True, slots=True)
class NotSaved:
    """One object, or all parts of one event, and why."""

    key: str
    why: str


Outcome = SavedCopy | RebuiltClips | NotSaved


class BucketRecovery:
    """One run.  What cannot be used is told and passed over; a line that stays dead, a full disk, or keys that may read
    nothing end it.
    """

    def __init__(self, bucket: Bucket, folder: RecoveredFolder, plan: RecoveryPlan, progress: Progress) -> None:
        self._bucket = bucket
        self._folder = folder
        self._plan = plan
        self._progress = progress
        self._done = 0
        self._notes = RecoveredNotes(folder)
        self._rights = ReadingRights(bucket.read, plan)
        self._saved: dict[str, Outcome] = {}
        self._names = {copy.key.plain for copy in plan.copies}

    def run(self) -> Iterator[Outcome]:
        """Everything, events without a clip first, for nobody else has them.

        Raises StoreUnavailable, StoreFull, and StoreForbidden, which names the right that is missing.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                own_clips = pool.map(self._clip_of, self._plan.events)
                for event, clip in zip(self._plan.events, own_clips, strict=True):
                    yield from self._save_event(pool, event, clip)
                rest = [copy for copy in self._plan.copies if copy.key.plain not in self._saved]
                for batch in _batches(rest, AT_ONCE * 2):
                    yield from pool.map(self._save_copy, batch)
                    self._went_on(sum(copy.at.size for copy in batch))
            finally:
                pool.shutdown(cancel_futures=True)

    def _save_event(
        self, pool: ThreadPoolExecutor, event: BrokenOffEvent, clip: ListedCopy | None
    ) -> Iterator[Outcome]:
        kept = self._kept(event, clip)
        if clip is not None:
            self._went_on(clip.at.size)
            saved = self._saved[clip.key.plain] = SavedCopy(clip.key.plain, 0) if kept else self._save_copy(clip)
            if isinstance(saved, SavedCopy) and not kept:
                yield saved
                if clip.at.size >= LEAST_OF_PARTS * event.size:
                    self._went_on(event.size)
                    return
        if kept:
            self._went_on(event.size)
            yield RebuiltClips(event, kept, already=True)
            return
        is_damaged = clip is not None and isinstance(self._saved[clip.key.plain], NotSaved)
        rebuilt = self._rebuild(pool, event, clip if is_damaged else None)
        yield rebuilt
        if clip is not None and is_damaged and isinstance(rebuilt, NotSaved):
            yield self._saved[clip.key.plain]

    def _kept(self, event: BrokenOffEvent, clip: ListedCopy | None) -> tuple[KeptClip, ...]:
        """What an earlier run made of the same parts, unless a finished clip has come since."""
        kept = self._notes.clips_of(event.event, _mark(event))
        has_come = clip is not None and clip.key.plain not in {one.key for one in kept}
        return () if has_come or any(self._folder.size(one.key) != one.size for one in kept) else kept

    def _went_on(self, size: int) -> None:
        self._done += size
        self._progress(self._done, self._plan.size)

    # -------------------------------------------------------------------------------------------- finished copies

    def _clip_of(self, event: BrokenOffEvent) -> ListedCopy | None:
        """The finished clip of an event: by the words beside it, and without any by its name."""
        for copy in self._plan.clips_near(event):
            try:
                words = clip_words(self._tried(partial(self._bucket.words, copy.at)))
            except (BlobMissing, StoreRefused):
                words = None
            if words is not None and words.event == event.event:
                return copy
            if words is None and copy.key.starts_at == event.first_at.replace(microsecond=0):
                return copy
        return None

    def _save_copy(self, copy: ListedCopy) -> Outcome:
        key = copy.key.plain
        there = self._folder.size(key)
        if there is not None and self._bucket.size_there(copy.at, there) == copy.at.size and not self._fault_of(copy):
            return SavedCopy(key, there, already=True)
        try:
            size = self._tried(lambda: self._folder.write(key, self._bucket.read(copy.at)))
        except (BlobMissing, MediaInvalid, StoreRefused) as error:
            return NotSaved(copy.at.key, self._rights.passed_over(error))
        fault = self._fault_of(copy)
        return (
            NotSaved(copy.at.key, f"it is damaged: {fault}; it was saved as it is") if fault else SavedCopy(key, size)
        )

    def _fault_of(self, copy: ListedCopy) -> str:
        """What is wrong with a clip that is here."""
        key = copy.key.plain
        if copy.key.kind is not CopyKind.CLIP:
            return ""
        try:
            check_movie(partial(self._folder.read, key), self._folder.size(key) or 0)
        except MediaInvalid as error:
            return str(error)
        return ""

    # ----------------------------------------------------------------------------------------------------- events

    def _rebuild(self, pool: ThreadPoolExecutor, event: BrokenOffEvent, damaged: ListedCopy | None) -> Outcome:
        names = [clip.key for clip in self._notes.clips_of(event.event)] or ([damaged.key.plain] if damaged else [])
        clips: list[KeptClip] = []
        faults: list[str] = []
        for parts in _batches(sorted(event.parts, key=_order), MOST_PARTS):
            with self._folder.spool() as spool:
                fetched = list(self._fetched(pool, parts, spool, faults))
                joined = join_parts(event.camera, fetched)
                clips += (self._write(event, clip, names) for clip in joined.clips)
                faults += _words_of(joined)
        if not clips:
            return NotSaved(_folder_of(event), f"none of its {len(event.parts)} parts shows a picture" + _first(faults))
        self._notes.keep(event.event, _mark(event), clips)
        return RebuiltClips(event, tuple(clips), tuple(faults))

    def _fetched(
        self, pool: ThreadPoolExecutor, parts: Sequence[ListedPart], spool: IO[bytes], faults: list[str]
    ) -> Iterator[FetchedPart]:
        """Those that can be had, one behind the other in the spool."""
        read, begin = partial(_read_spool, spool.fileno()), 0
        for batch in _batches(parts, AT_ONCE * 2):
            for part, data in zip(batch, pool.map(self._part, batch), strict=True):
                self._went_on(part.at.size)
                if isinstance(data, str):
                    faults.append(f"{part.at.key}: {data}")
                    continue
                spool.write(data)
                yield spooled_part(part.key, read, begin, len(data))
                begin += len(data)
        spool.flush()

    def _part(self, part: ListedPart) -> bytes | str:
        """Its bytes, or why there are none."""
        if part.at.size > LARGEST_PART:
            return "it is larger than any part of ours"
        try:
            return self._tried(lambda: b"".join(self._bucket.read(part.at)))
        except (BlobMissing, MediaInvalid, StoreRefused) as error:
            return self._rights.passed_over(error)

    def _write(self, event: BrokenOffEvent, clip: JoinedClip, names: list[str]) -> KeptClip:
        """Under the name that it had, or else that of its first segment."""
        key = names.pop(0) if names else recording_key(event.camera, clip.begins_at, self._is_taken)
        self._names.add(key)
        size = self._folder.write(key, clip.read())
        missing = round(sum(hole.seconds for hole in clip.holes), 3)
        return KeptClip(key, size, clip.starts_at, clip.ends_at, missing, len(clip.holes))

    def _is_taken(self, key: str) -> bool:
        return key in self._names or self._folder.size(key) is not None

    def _tried(self, act: Callable[[], T]) -> T:
        """Again and again while the line fails.  Raises StoreUnavailable where it stays dead."""
        for number in range(1, TRIES):
            try:
                return act()
            except (StoreFull, StoreRefused):
                raise
            except StoreUnavailable:
                self._bucket.pause(min(3.0**number, LONGEST_PAUSE))
        return act()


def _read_spool(descriptor: int, offset: int, length: int) -> bytes:
    return pread(descriptor, length, offset)


def _order(part: ListedPart) -> tuple[object, int]:
    return part.key.first_at, part.key.number


def _mark(event: BrokenOffEvent) -> str:
    """The same for the same parts."""
    summed = hashlib.sha256()
    for part in sorted(event.parts, key=lambda one: one.at.key):
        summed.update(f"{part.at.key}|{part.at.size}\n".encode())
    return summed.hexdigest()[:32]


def _folder_of(event: BrokenOffEvent) -> str:
    return event.parts[0].at.key.rpartition("/")[0] + "/"


def _words_of(joined: Joined) -> Iterator[str]:
    for key, why in joined.damaged:
        yield f"part {key.number} of {key.first_at:%H:%M:%S} UTC: {why}"


def _first(faults: Iterable[str]) -> str:
    return next((f": {fault}" for fault in faults), "")


def _batches(items: Sequence[T], count: int) -> Iterator[Sequence[T]]:
    for begin in range(0, len(items), count):
        yield items[begin : begin + count]
