"""What other settings would have told of the last hours of a camera: reads the data folder and changes nothing in it.

For `doorstep tune`, which may run beside a server: the catalog is asked in a moment and closed again, then recordings
are read like any clip.  The rules are `core/replay.py`'s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from doorstep.app.catalog import IN_FILE, open_catalog
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.tables import HEAD
from doorstep.catalog.upgrade import revision
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.cloud_settings import CatalogSettings
from doorstep.core.detection import Detection
from doorstep.core.errors import CatalogUnavailable, ConfigInvalid, SpanUnavailable
from doorstep.core.event import Event
from doorstep.core.explanation import Verdict
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.region import WHOLE
from doorstep.core.replay import Moment, Replay, ReplayedAlerts, ReplayRules
from doorstep.core.replay_comparison import RealEvent
from doorstep.pipeline.recorded_key_frames import Flaws, RecordedKeyFrame, RecordedKeyFrames
from doorstep.ports import Catalog, Detector, EventQuery, MotionScorer
from doorstep.stores.local import LocalStore

LEAST_SCORE = 0.05
"""Of a box that is kept, so that lower thresholds than any that is tried need no second look."""

_PAGE = 500
_BY_PICTURES = {Cause.PERSON, Cause.LOITERING}

Progress = Callable[[int, int], None]
"""Bytes gone through, and bytes in all."""


@dataclass(frozen=True, slots=True)
class Hours:
    """What the catalog says of one camera in [since, until): its files, and its events that pictures made.

    `others` are events by the button or from outside, which pictures do not tell of; `none_sent` says that of no event
    an alert was ever sent, so that those count as told that the cooldown would have let through.
    """

    camera: CameraId
    since: datetime
    until: datetime
    spans: tuple[RecordedSpan, ...]
    real: tuple[RealEvent, ...]
    others: int
    none_sent: bool


@dataclass(frozen=True, slots=True)
class SeenHours:
    """What was seen in those hours: a moment for each key frame, of which `looks` were looked at."""

    moments: tuple[Moment, ...]
    looks: int
    recorded: timedelta
    pieces: int
    flaws: Flaws

    @property
    def seconds_between(self) -> float:
        """The time from one key frame to the next, where video goes on; the average."""
        return self.recorded.total_seconds() / len(self.moments) if self.moments else 0.0


def known_hours(
    data: Path,
    camera: CameraId,
    since: datetime,
    until: datetime,
    alerts: ReplayedAlerts,
    kept: CatalogSettings = IN_FILE,
) -> Hours:
    """Asks the catalog; `alerts` has told of nothing yet.

    Raises ConfigInvalid (no data folder), CatalogUnavailable, SpanUnavailable (nothing there).
    """
    if not kept.url and not (data / "doorstep.sqlite").exists():
        msg = f"There is nothing of Doorstep in {data}. Name the data folder with --data or server.data."
        raise ConfigInvalid(msg)
    engine = open_catalog(data, kept)
    try:
        if revision(engine) != HEAD:
            msg = "The catalog was written by another version of Doorstep. Start this one once."
            raise CatalogUnavailable(msg)
        return hours_of(SqlCatalog(engine), camera, since, until, alerts)
    finally:
        engine.dispose()


def hours_of(catalog: Catalog, camera: CameraId, since: datetime, until: datetime, alerts: ReplayedAlerts) -> Hours:
    """As `known_hours`.  Raises CatalogUnavailable, SpanUnavailable."""
    spans = tuple(sorted(catalog.recorded(camera, since, until), key=lambda span: span.starts_at))
    if not spans:
        hours = (until - since).total_seconds() / 3600
        msg = f"Nothing of {camera} was recorded within --hours {hours:g}. Ask for more of them."
        raise SpanUnavailable(msg)
    events = _events(catalog, camera, since, until)
    seen = [event for event in events if _BY_PICTURES.intersection(event.causes)]
    sent = {event.id for event in seen if catalog.deliveries_of(event.id)}
    told = sent or {event.id for event in seen if alerts.may_tell(Cause.PERSON, event.started_at)}
    real = tuple(_real(catalog, event, told=event.id in told) for event in seen)
    return Hours(camera, since, until, spans, real, len(events) - len(seen), none_sent=not sent)


def look_at_hours(
    hours: Hours,
    data: Path,
    detector: Detector,
    scorer: Callable[[], MotionScorer],
    loosest: ReplayRules,
    say: Progress,
) -> SeenHours:
    """Decode the key frames, and look at each that is worth it once, whole.

    Which are is decided as live, by the `loosest` of all rules that will be tried.  Takes a while, and only reads.
    Raises DetectorUnavailable, StoreUnavailable.
    """
    frames = RecordedKeyFrames(LocalStore(data / "recordings"))
    looker = _Looker(hours.camera, detector, scorer, loosest)
    done, total = 0, sum(span.size for span in hours.spans)
    for span in hours.spans:
        for frame in frames.of(span, hours.since, hours.until):
            looker.take(frame)
            say(min(done, total), total)
        done += span.size
        say(done, total)
    return SeenHours(tuple(looker.moments), looker.looks, frames.recorded, looker.pieces, frames.flaws)


class _Looker:
    """Scores each frame's motion and looks where the rules say so."""

    def __init__(
        self, camera: CameraId, detector: Detector, scorer: Callable[[], MotionScorer], rules: ReplayRules
    ) -> None:
        self._detector = detector
        self._new_scorer = scorer
        self._replay = Replay(camera, rules)
        self.moments: list[Moment] = []
        self.looks = self.pieces = 0

    def take(self, frame: RecordedKeyFrame) -> None:
        if frame.begins:
            self._scorer = self._new_scorer()
            self._replay.begin()
            self.pieces += 1
        picture = frame.picture
        motion = self._scorer.score(picture)
        glance = self._replay.glance(picture.at, motion, (), picture.width / picture.height)
        found: tuple[Detection, ...] | None = None
        if glance.crops == (WHOLE,):
            found = tuple(self._detector.detect(picture, LEAST_SCORE))
            self.looks += 1
        moment = Moment(frame.at, motion, glance.moving, found)
        self._replay.see(moment)
        self.moments.append(moment)


def _events(catalog: Catalog, camera: CameraId, since: datetime, until: datetime) -> Sequence[Event]:
    """Oldest first."""
    found: list[Event] = []
    cursor = None
    while True:
        query = EventQuery(frozenset({camera}), since, until, cursor=cursor, limit=_PAGE)
        page, cursor = catalog.events(query)
        found += page
        if cursor is None:
            return found[::-1]


def _real(catalog: Catalog, event: Event, *, told: bool) -> RealEvent:
    explanation = catalog.explanation(event.id)
    nobody = explanation is not None and explanation.verdict is Verdict.NOT_A_PERSON
    ended_at = event.ended_at or event.last_seen_at
    return RealEvent(event.id, event.started_at, ended_at, event.score, told=told, nobody=nobody)
