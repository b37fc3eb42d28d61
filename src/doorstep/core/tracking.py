"""Is somebody there?  From what a detector said, look after look, to sightings.  Events of them: `event_tracker`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from doorstep.core.association import pairs
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.relevance import WHOLE_PICTURE, Relevance
from doorstep.core.track import SURE_SCORE, Direction, Track, TrackSettings

__all__ = ["SURE_SCORE", "Direction", "Presence", "Sighting", "TrackSettings"]

# Whoever walked out of the picture and is missed for so long, and in so many looks, is gone.
GONE_AFTER_SECONDS = 2.0
GONE_AFTER_LOOKS = 2
# A model gone wild sees hundreds: the best of them are looked at.
MOST_DETECTIONS = 32
MOST_TRACKS = 64
EVERYWHERE = (Box(0.0, 0.0, 1.0, 1.0),)
"""Where it moves as far as anybody knows."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A person was seen at `at`, with the best `score` and its `box`; `first_at` is the first hit of this visit.

    `visit` counts, from 1, how often everybody was seen to leave; 0 says that nobody counts.  `zone` is where the feet
    are, empty for the whole picture, `direction` None while it is not known, `loitering` of any who is there.
    """

    at: datetime
    first_at: datetime
    score: float
    box: Box
    visit: int = 0
    zone: str = WHOLE_PICTURE
    direction: Direction | None = None
    loitering: bool = False


class Presence:
    """Whether somebody is at one camera.  Give it every look of the detector, in the order of time.

    Each person is a track.  It is confirmed by two hits in three looks (score >= thresholds.open) if it moved, or by a
    single one of 0.6 or more, goes on with every hit of at least thresholds.keep, and is over `forget_after` seconds
    after the last; already after two seconds and two looks where it walked out of the picture.  A visit lasts as long
    as any confirmed track.  Whoever has not moved for `stationary_after` seconds (a coat, a statue) is nobody until it
    moves.
    """

    def __init__(self, thresholds: Thresholds, relevance: Relevance, settings: TrackSettings) -> None:
        self.thresholds = thresholds
        """Of the model that looks now."""
        self._relevance = relevance
        self._settings = settings
        self._looked_at: datetime | None = None
        self._first_at: datetime | None = None
        self._visit = 1
        self._tracks: list[Track] = []

    @property
    def somebody(self) -> bool:
        """Whether looks must go on: somebody is there, or a hit waits to be confirmed."""
        return self._first_at is not None or any(track.awaited for track in self._tracks)

    @property
    def where(self) -> tuple[Box, ...]:
        """Where those are, or were last, for whom looks go on."""
        return tuple(track.box for track in self._tracks if track.first_at is not None or track.awaited)

    def observe(
        self, at: datetime, detections: Sequence[Detection], moving: Sequence[Box] = EVERYWHERE
    ) -> Sighting | None:
        """What one look at the time `at` found, and where it is moving.

        A step back in time forgets everybody: a clock was set.
        """
        if self._looked_at is not None and at < self._looked_at:
            self._tracks.clear()
        self._looked_at = at
        self._forget_the_gone(at)
        found = self._follow(at, self._counting(detections), moving)
        self._end_if_over()
        seen = [(detection, track) for detection, track in found if track.first_at is not None]
        if not seen:
            return None
        best, track = max(seen, key=lambda pair: pair[0].score)
        first_at = self._begun(seen)
        zone = self._relevance.zone_of(best) or WHOLE_PICTURE
        loitering = any(self._loiters(one, at) for _, one in seen)
        return Sighting(at, first_at, best.score, best.box, self._visit, zone, track.direction(at), loitering)

    def _counting(self, detections: Sequence[Detection]) -> list[Detection]:
        """The persons that may be somebody, the best ones first."""
        counting = [
            detection
            for detection in detections
            if detection.label == PERSON
            and detection.score >= self.thresholds.keep
            and self._relevance.zone_of(detection) is not None
        ]
        return sorted(counting, key=lambda detection: -detection.score)[:MOST_DETECTIONS]

    def _follow(
        self, at: datetime, detections: Sequence[Detection], moving: Sequence[Box]
    ) -> list[tuple[Detection, Track]]:
        """Find each track again and begin the new ones; which detection is whose."""
        before = list(self._tracks)
        expected = [track.expected(at) for track in before]
        tracks = {index: before[track] for track, index in pairs(expected, [one.box for one in detections])}
        again = {id(track) for track in tracks.values()}
        for track in before:
            if id(track) not in again:
                track.miss()
        for index, detection in enumerate(detections):
            if index not in tracks:
                tracks[index] = Track(detection.box, at)
                self._tracks.append(tracks[index])
            here = any(detection.box.shared(box) > 0.0 for box in moving)
            tracks[index].see(at, detection.box, self._settings.stationary_after, moving=here)
            tracks[index].judge(at, detection.score, self.thresholds.open, self._settings.forget_after)
        self._give_up_some()
        return [(detection, tracks[index]) for index, detection in enumerate(detections)]

    def _begun(self, seen: Sequence[tuple[Detection, Track]]) -> datetime:
        """When the visit began; a new one begins with the tracks that are seen now."""
        if self._first_at is None:
            self._first_at = min(track.first_at for _, track in seen if track.first_at is not None)
        return self._first_at

    def _loiters(self, track: Track, at: datetime) -> bool:
        longest = self._settings.loitering_after
        if longest is None or track.first_at is None:
            return False
        return (at - track.first_at).total_seconds() >= longest

    def _forget_the_gone(self, at: datetime) -> None:
        """Only where the last was seen to leave, whoever comes next is known to be another visit."""
        left = [track for track in self._tracks if _has_left(track, at)]
        self._tracks = [track for track in self._tracks if track not in left and not self._is_forgotten(track, at)]
        self._end_if_over()
        if self._first_at is None and any(track.first_at is not None for track in left):
            self._visit += 1

    def _is_forgotten(self, track: Track, at: datetime) -> bool:
        """Somebody still may be hidden for as long as it took to know him, and is not news when he shows again."""
        longest = self._settings.forget_after
        if track.still:
            longest = max(longest, self._settings.stationary_after)
        return track.missed_for(at) > longest

    def _give_up_some(self) -> None:
        """Those who were seen longest ago, and are no visitors, go first."""
        if len(self._tracks) > MOST_TRACKS:
            self._tracks.sort(key=lambda track: (track.first_at is not None or track.still, track.seen_at))
            del self._tracks[: len(self._tracks) - MOST_TRACKS]

    def _end_if_over(self) -> None:
        if all(track.first_at is None for track in self._tracks):
            self._first_at = None


def _has_left(track: Track, at: datetime) -> bool:
    missed = track.missed >= GONE_AFTER_LOOKS and track.missed_for(at) > GONE_AFTER_SECONDS
    return missed and not track.still and track.on_his_way_out
