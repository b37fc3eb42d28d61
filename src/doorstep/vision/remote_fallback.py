"""The remote detector where it serves, the local model every other time; which of both is asked is `core`'s rule."""

import threading
from collections.abc import Callable, Sequence

import structlog

from doorstep.core.detection import PERSON, Detection, Thresholds
from doorstep.core.errors import DetectorUnavailable
from doorstep.core.remote_use import CallTold, DetectionPlace, Looked, RemoteUse, is_doubtful
from doorstep.ports import Detector, FileDetector, Frame
from doorstep.vision.remote import RemoteDetector, to_nobody

log = structlog.get_logger()


class FallbackDetector:
    """A `ports.Detector` of two.  Thread-safe.  `local` gives None while its model is loading or missing."""

    def __init__(
        self, remote: RemoteDetector, local: Callable[[], Detector | None], use: RemoteUse = RemoteUse.EVERY_LOOK
    ) -> None:
        self._remote = remote
        self._local = local
        self._use = use
        self._lock = threading.Lock()
        self.trouble: str | None = None
        """Why the local model looks instead, one sentence for the owner; None while the remote answers."""
        self.failures = 0
        """Looks at which the remote did not serve."""

    @property
    def name(self) -> str:
        """Of the one that is asked first."""
        return (self._local_first() or self._remote).name

    @property
    def sha256(self) -> str:
        """Of the local model where that is asked first; see `ports.FileDetector`."""
        first = self._local_first() or self._remote
        return first.sha256 if isinstance(first, FileDetector) else ""

    @property
    def input(self) -> str:
        """Of the local model where that is asked first; see `ports.FileDetector`."""
        first = self._local_first() or self._remote
        return first.input if isinstance(first, FileDetector) else ""

    @property
    def thresholds(self) -> Thresholds:
        """The local model's, who must serve any time; both should be of one family."""
        return (self._local() or self._remote).thresholds

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        """What scores at least `least`, best first.  Raises DetectorUnavailable when neither can look."""
        return self.look(frame, least, to_nobody).detections

    def look(self, frame: Frame, least: float, told: CallTold) -> Looked:
        """The same, and where it was looked; each picture that was sent is `told`, in this thread."""
        local = self._local_first()
        if local is not None:
            return self._second_opinion(local, frame, least, told)
        try:
            return self._remotely(frame, least, told)
        except DetectorUnavailable:
            local = self._local()
            if local is None:
                raise
            return Looked(local.detect(frame, least))

    def _local_first(self) -> Detector | None:
        return self._local() if self._use is RemoteUse.SECOND_OPINION else None

    def _second_opinion(self, local: Detector, frame: Frame, least: float, told: CallTold) -> Looked:
        """Of persons; what else is looked for, the local model alone knows."""
        try:
            first = local.detect(frame, least)
        except DetectorUnavailable:
            return self._remotely(frame, least, told)
        if not is_doubtful(first, local.thresholds):
            return Looked(first)
        try:
            second = self._remotely(frame, least, told)
        except DetectorUnavailable:
            return Looked(first)
        others = [detection for detection in first if detection.label != PERSON]
        return Looked(sorted([*second.detections, *others], key=lambda one: -one.score), second.where)

    def _remotely(self, frame: Frame, least: float, told: CallTold) -> Looked:
        try:
            found = Looked(self._remote.look(frame, least, told), DetectionPlace.REMOTE)
        except DetectorUnavailable as error:
            self._note(str(error))
            raise
        self._note(None)
        return found

    def _note(self, trouble: str | None) -> None:
        with self._lock:
            before, self.trouble = self.trouble, trouble
            self.failures += trouble is not None
        if trouble is not None and before is None:
            log.warning("the remote detector does not serve", reason=trouble)
        elif trouble is None and before is not None:
            log.info("the remote detector serves again")
