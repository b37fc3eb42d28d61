"""After a start: closes the minute files that a former run left open, and says where recording goes on.  Blocks."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreUnavailable
from doorstep.core.recorded_span import RecordedSpan, camera_of_minute
from doorstep.mp4.recording import RecordingIndex, read_recording
from doorstep.pipeline.continuous import ContinuousRecorder
from doorstep.pipeline.file_mender import FileMender, minute_of, torn
from doorstep.ports import Catalog, Store

log = structlog.get_logger()

LONGEST_AGO = timedelta(hours=1)
"""No buffer is older than that by more than what it holds."""


class MinuteRecovery:
    """No row without bytes, no bytes without a row, of minute files.  Raises CatalogUnavailable, StoreUnavailable."""

    def __init__(self, store: Store, catalog: Catalog, files: FileMender) -> None:
        self._store = store
        self._catalog = catalog
        self._files = files

    def mend(self, keys: Iterable[str]) -> None:
        """Each file that was open, or has no row, keeps its whole segments; its row tells what is left.

        `keys` are all that the store has.
        """
        known = self._catalog.recording_keys()
        found = {key: camera for key in keys if key not in known and (camera := camera_of_minute(key)) is not None}
        named = {span.key: span for span in self._catalog.unfinished_spans()}
        for key, camera in ({key: span.camera for key, span in named.items()} | found).items():
            try:
                self._close(key, camera, named.get(key))
            except StoreUnavailable as error:
                # One bad spot of a disk must not keep the house from starting; the next start tries again.
                log.warning("a minute of video could not be recovered", key=key, reason=str(error))

    def hand_over(self, camera: CameraId, recorder: ContinuousRecorder) -> None:
        """Tell the recorder which of the segments that its buffer still holds are in a file already."""
        held_since = recorder.held_since
        if held_since is None:
            return
        spans = self._catalog.recorded(camera, held_since - LONGEST_AGO, held_since.replace(year=9999))
        minutes = [span for span in spans if camera_of_minute(span.key)]
        if not minutes:
            recorder.take_all()
            return
        newest = max(minutes, key=lambda span: span.ends_at)
        try:
            index = self._index(newest.key, camera)
        except (StoreUnavailable, BlobMissing, MediaInvalid) as error:
            log.warning("a minute of video could not be read", key=newest.key, reason=str(error))
            return
        if index.segments:
            recorder.take_up(index.segments[-1].segment, minutes[0].starts_at)

    def _close(self, key: str, camera: CameraId, row: RecordedSpan | None) -> None:
        mended = self._files.made_whole(key)
        if mended is None:
            self._catalog.forget_span(key)
            return
        if row is not None:
            mended = mended.dated(row.starts_at)
        minute = minute_of(mended, camera)
        self._catalog.save_span(minute)
        log.info("minute of a former run recovered", key=mended.key, segments=len(mended.index.segments))
        if mended.key != key:
            self._catalog.forget_span(key)
            self._files.set_aside(key)
            for gap in torn(minute, mended.index):
                self._catalog.add_gap(gap)

    def _index(self, key: str, camera: CameraId) -> RecordingIndex:
        return read_recording(partial(self._store.read, key), self._store.size(key), camera)
