"""When a picture leaves this machine to be looked at, and what such a call was.  Sending lives in `vision`."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from doorstep.core.detection import PERSON, Detection, Thresholds
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.track import SURE_SCORE


class DetectionPlace(StrEnum):
    """Where the detector runs."""

    LOCAL = "local"
    REMOTE = "remote"


class RemoteUse(StrEnum):
    """What the remote detector is asked about: every look, or a second opinion on those that are doubtful."""

    EVERY_LOOK = "every"
    SECOND_OPINION = "doubtful"


class Outcome(StrEnum):
    """How a call to the remote detector ended."""

    ANSWERED = "answered"
    SLOW = "slow"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RemoteCall:
    """One picture that was sent: when, to which host, how much, how long it took, what it cost, how it ended."""

    at: datetime
    host: str
    sent_bytes: int
    milliseconds: int
    cost_usd: float
    outcome: Outcome

    @property
    def ended_at(self) -> datetime:
        """When its answer came, or was waited for no more."""
        return self.at + timedelta(milliseconds=self.milliseconds)


@dataclass(frozen=True, slots=True)
class RemoteState:
    """How a remote detector does, for the owner: `trouble` says why the local model looks instead, None while it need
    not; `left_alone` while it is not even asked.  `cap_usd` 0 where a call costs nothing.
    """

    host: str
    use: RemoteUse
    trouble: str | None
    left_alone: bool
    spent_usd: float
    cap_usd: float


CallTold = Callable[[RemoteCall], None]


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look found, and where it was looked."""

    detections: Sequence[Detection]
    where: DetectionPlace = DetectionPlace.LOCAL


class CallSums:
    """Calls by host and by how they ended; as small after an hour as after a second."""

    def __init__(self, calls: Iterable[RemoteCall] = ()) -> None:
        self._sums: dict[tuple[str, Outcome], RemoteCall] = {}
        self._counts: dict[tuple[str, Outcome], int] = {}
        self.add(calls)

    def add(self, calls: Iterable[RemoteCall]) -> None:
        """Some more."""
        for call in calls:
            key = call.host, call.outcome
            before = self._sums.get(key)
            self._sums[key] = call if before is None else _sum(before, call)
            self._counts[key] = self._counts.get(key, 0) + 1

    def entries(self) -> tuple[LedgerEntry, ...]:
        """As lines of an event's ledger, each dated by its last answer."""
        return tuple(_entry(call, self._counts[key]) for key, call in self._sums.items())


def _sum(one: RemoteCall, other: RemoteCall) -> RemoteCall:
    """Dated by the later."""
    newest = max(one, other, key=lambda call: call.ended_at)
    sent, cost = one.sent_bytes + other.sent_bytes, one.cost_usd + other.cost_usd
    return replace(newest, sent_bytes=sent, cost_usd=cost)


def _entry(total: RemoteCall, count: int) -> LedgerEntry:
    pictures = "1 picture" if count == 1 else f"{count} pictures"
    words = f"{total.host}: {pictures} sent ({-(-total.sent_bytes // 1000)} kB), {total.outcome}"
    return LedgerEntry(Stage.SEEN, total.ended_at, words, total.cost_usd)


def is_doubtful(detections: Sequence[Detection], thresholds: Thresholds) -> bool:
    """Whether a second opinion is worth its price: a person may be there, and nobody is there for sure."""
    best = max((detection.score for detection in detections if detection.label == PERSON), default=0.0)
    return thresholds.keep <= best < SURE_SCORE
