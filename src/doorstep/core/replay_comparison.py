"""The same hours by other rules: who would have been told of more, of whom less, and which rules are better.  Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorstep.core.camera import CameraId
from doorstep.core.replay import Moment, ReplayedEvent, replayed
from doorstep.core.replay_settings import Tried

NEAR = timedelta(seconds=5)
"""So far apart two events may lie and be of one visit: a key frame shows somebody later than a look would have."""


@dataclass(frozen=True, slots=True)
class RealEvent:
    """An event as it was: whether somebody was told, and whether he said that it was nobody."""

    id: str
    started_at: datetime
    ended_at: datetime
    score: float | None
    told: bool
    nobody: bool


@dataclass(frozen=True, slots=True)
class Row:
    """What one setting makes of the hours.

    `told` counts alerts, `told_of_nobody` those of events that were "Not a person".  Of the others each is compared
    with the present setting's replay: `missed` and `spared` are really told events that it tells and this one does
    not, of somebody and of nobody; `added` are events that this one tells and that one does not.
    """

    tried: Tried
    events: int
    told: int
    told_of_nobody: int
    missed: tuple[RealEvent, ...] = ()
    spared: tuple[RealEvent, ...] = ()
    added: tuple[ReplayedEvent, ...] = ()

    @property
    def counts(self) -> tuple[int, ...]:
        """Events, alerts, of these of nobody, missed, new: equal where two settings come to the same."""
        return self.events, self.told, self.told_of_nobody, len(self.missed), len(self.added)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The present setting and the others.

    `unseen` are really told events that not even the present setting tells of by the key frames: no setting is judged
    by them.
    """

    present: Row
    others: tuple[Row, ...]
    unseen: tuple[RealEvent, ...]
    marked: int
    """How many of the really told events were "Not a person"."""

    @property
    def best(self) -> Row | None:
        """The one to take instead: it tells less often of nobody, and misses nobody; None where none is better.

        One that goes by time alone comes last: by it a visitor, too, is kept quiet soon after an alert.
        """
        better = [
            row
            for row in self.others
            if not row.missed and row.told_of_nobody < self.present.told_of_nobody and row.tried.can_be_set
        ]
        return min(better, key=_rank, default=None)


def compared(
    camera: CameraId,
    present: Tried,
    others: Sequence[Tried],
    moments: Sequence[Moment],
    real: Sequence[RealEvent],
    done: Callable[[], None] = lambda: None,
) -> Comparison:
    """Replay the moments by each setting; `done` is called after each."""
    told = [one for one in real if one.told]
    before = replayed(camera, present.rules, moments)
    done()
    seen = [one for one in told if _tells(before, one)]
    rows = []
    for tried in others:
        events = replayed(camera, tried.rules, moments)
        gone = [one for one in seen if not _tells(events, one)]
        rows.append(_row(tried, events, real, gone, before))
        done()
    unseen = tuple(one for one in told if one not in seen)
    return Comparison(_row(present, before, real, (), before), tuple(rows), unseen, sum(one.nobody for one in told))


def _row(
    tried: Tried,
    events: Sequence[ReplayedEvent],
    real: Sequence[RealEvent],
    gone: Sequence[RealEvent],
    before: Sequence[ReplayedEvent],
) -> Row:
    told = [one for one in events if one.told]
    return Row(
        tried,
        events=len(events),
        told=sum(len(one.told) for one in told),
        told_of_nobody=sum(len(one.told) for one in told if _is_of_nobody(one, real)),
        missed=tuple(one for one in gone if not one.nobody),
        spared=tuple(one for one in gone if one.nobody),
        added=tuple(one for one in told if not any(_meet(_span(one), _span(other)) for other in before if other.told)),
    )


def _rank(row: Row) -> tuple[bool, int, int, int]:
    """The least is the best."""
    return row.tried.by_time, row.told_of_nobody, len(row.added), -row.told


def _tells(events: Sequence[ReplayedEvent], real: RealEvent) -> bool:
    """Whether somebody is told of the event, alone or together with another."""
    return any(one.told and _meet((real.started_at, real.ended_at), _span(one)) for one in events)


def _is_of_nobody(event: ReplayedEvent, real: Sequence[RealEvent]) -> bool:
    """Whether the real events that it meets, at least one, were all nobody."""
    met = [one for one in real if _meet((one.started_at, one.ended_at), _span(event))]
    return bool(met) and all(one.nobody for one in met)


def _span(one: ReplayedEvent) -> tuple[datetime, datetime]:
    return one.event.started_at, one.event.ended_at or one.event.last_seen_at


def _meet(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    return one[0] - NEAR <= other[1] and other[0] - NEAR <= one[1]
