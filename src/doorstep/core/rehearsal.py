"""One test of the doorstep by a visitor who is not there: which steps he passed, when, or where it stopped.  Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from doorstep.core.camera import CameraId
from doorstep.core.recipient import Recipient


class Step(StrEnum):
    """In the order in which a visitor passes them; the last three once for each channel."""

    CAPTURED = "captured"
    BUFFERED = "buffered"
    MOVED = "moved"
    SEEN = "seen"
    DECIDED = "decided"
    RECORDED = "recorded"
    STORED = "stored"
    SENT = "sent"
    ACCEPTED = "accepted"
    ACKNOWLEDGED = "acknowledged"


class StepState(StrEnum):
    """WAITING is the only one that changes."""

    WAITING = "waiting"
    REACHED = "reached"
    FAILED = "failed"
    SKIPPED = "skipped"


class RehearsalState(StrEnum):
    """Of the whole test."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step: `ms` is how long after the visitor was captured it was reached; `channel` and `name` of a recipient."""

    step: Step
    state: StepState = StepState.WAITING
    ms: int | None = None
    words: str = ""
    channel: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class RehearsalReport:
    """All of it as it stands; `summary` is one sentence for the owner."""

    id: str
    camera: CameraId
    state: RehearsalState
    steps: tuple[StepReport, ...]
    summary: str


ONE_VISIT = tuple(Step)[: tuple(Step).index(Step.SENT)]
EACH_CHANNEL = (Step.SENT, Step.ACCEPTED, Step.ACKNOWLEDGED)

BEHIND: Mapping[Step, Step] = {
    Step.BUFFERED: Step.CAPTURED,
    Step.MOVED: Step.CAPTURED,
    Step.SEEN: Step.CAPTURED,
    Step.DECIDED: Step.SEEN,
    Step.RECORDED: Step.DECIDED,
    Step.STORED: Step.RECORDED,
    Step.SENT: Step.DECIDED,
    Step.ACCEPTED: Step.SENT,
    Step.ACKNOWLEDGED: Step.ACCEPTED,
}
"""What cannot be reached without what: where the one failed, the other is not waited for."""

WITHIN_SECONDS: Mapping[Step, float] = {
    Step.CAPTURED: 20.0,
    Step.BUFFERED: 25.0,
    Step.MOVED: 30.0,
    Step.SEEN: 30.0,
    Step.DECIDED: 30.0,
    Step.RECORDED: 40.0,
    Step.STORED: 60.0,
    Step.SENT: 45.0,
    Step.ACCEPTED: 70.0,
    Step.ACKNOWLEDGED: 90.0,
}
"""Since the test began; the visitor comes some seconds later, and stays for ten."""

NAMES: Mapping[Step, str] = {
    Step.CAPTURED: "Visitor sent",
    Step.BUFFERED: "Film kept",
    Step.MOVED: "Motion seen",
    Step.SEEN: "Person seen",
    Step.DECIDED: "Decided to tell you",
    Step.RECORDED: "Clip made",
    Step.STORED: "Clip stored",
    Step.SENT: "Message sent",
    Step.ACCEPTED: "Message accepted",
    Step.ACKNOWLEDGED: "Shown",
}
"""As the page calls them."""

LATE_WORDS: Mapping[Step, str] = {
    Step.CAPTURED: "The visitor's picture was not made.",
    Step.BUFFERED: "No video of the visitor was kept in the buffer.",
    Step.MOVED: "No motion was noticed.",
    Step.SEEN: "Nobody was recognised.",
    Step.DECIDED: "No event was opened.",
    Step.RECORDED: "No recording was begun.",
    Step.STORED: "The recording was not finished and listed.",
    Step.SENT: "No alert was sent.",
    Step.ACCEPTED: "It was not accepted in time.",
    Step.ACKNOWLEDGED: "The phone did not say that it showed the alert.",
}
NO_CHANNEL = "Nobody will be told: no channel is set up."
NOBODY_TOLD = "Nobody was told: every recipient has switched this off, or sleeps."
NOT_TOLD = "Not told now: by choice, quiet hours or snooze."
SAYS_NOTHING = "This channel does not say whether it was shown."


class Rehearsal:
    """One test from beginning to end.  What is told late or twice changes nothing: a step is reached or failed once."""

    def __init__(self, rehearsal_id: str, camera: CameraId, began_at: datetime) -> None:
        self.id = rehearsal_id
        self.camera = camera
        self._began_at = began_at
        self._captured_at: datetime | None = None
        self._steps = {(step, ""): StepReport(step) for step in ONE_VISIT}
        self._blind: dict[Step, str] = {}

    def expect(self, recipients: Iterable[Recipient], acknowledging: frozenset[str]) -> None:
        """Who is to be told; the channels of `acknowledging` say when a person was shown it."""
        told = tuple(recipients)
        for one in told:
            for step in EACH_CHANNEL:
                self._steps[step, one.channel] = StepReport(step, channel=one.channel, name=one.name)
            if one.channel not in acknowledging:
                self.skipped(Step.ACKNOWLEDGED, SAYS_NOTHING, one.channel)
        if not told:
            self._steps[Step.SENT, ""] = StepReport(Step.SENT, StepState.FAILED, words=NO_CHANNEL)

    def blind(self, step: Step, words: str) -> None:
        """A real visitor would not come so far, for the reason in `words`; the rest is tried all the same."""
        self._blind[step] = words

    def reached(self, step: Step, at: datetime, channel: str = "") -> None:
        """At this moment; only the first time counts."""
        if step is Step.CAPTURED and self._captured_at is None:
            self._captured_at = at
        since = at - (self._captured_at or self._began_at)
        self._end(step, channel, StepState.REACHED, ms=max(0, round(since.total_seconds() * 1000)))

    def failed(self, step: Step, words: str, channel: str = "") -> None:
        """And it will not be reached any more; `words` are a plain sentence."""
        self._end(step, channel, StepState.FAILED, words=words)
        self._skip_what_is_behind()

    def skipped(self, step: Step, words: str, channel: str = "") -> None:
        """It is not part of this test."""
        self._end(step, channel, StepState.SKIPPED, words=words)

    def give_up(self, words: str) -> None:
        """The test itself ended before its visitor did: what is open has failed."""
        for step, channel in list(self._steps):
            self._end(step, channel, StepState.FAILED, words=words)

    def tick(self, at: datetime, reasons: Mapping[Step, str], told: frozenset[str]) -> None:
        """Time goes on: what is overdue has failed, for the reason that is known of it, if any.

        `told` are the channels that somebody at least tried to tell.
        """
        waited = at - self._began_at
        self._skip_what_is_behind()
        for report in sorted(self._steps.values(), key=_place):
            step, channel = report.step, report.channel
            if waited < timedelta(seconds=WITHIN_SECONDS[step]) or not self.waits_for(step, channel):
                continue
            if step is Step.SENT and self._is_decided and channel not in told:
                self.skipped(step, NOT_TOLD, channel)
            else:
                self.failed(step, reasons.get(step) or LATE_WORDS[step], channel)
            self._skip_what_is_behind()

    def waits_for(self, step: Step, channel: str = "") -> bool:
        """Whether it is open."""
        report = self._steps.get((step, channel))
        return report is not None and report.state is StepState.WAITING

    @property
    def is_over(self) -> bool:
        """Whether nothing is open any more."""
        return all(report.state is not StepState.WAITING for report in self._steps.values())

    def report(self) -> RehearsalReport:
        """As it stands."""
        steps = tuple(self._shown(one) for one in sorted(self._steps.values(), key=_place))
        state, summary = self._verdict(steps)
        return RehearsalReport(self.id, self.camera, state, steps, summary)

    def _shown(self, report: StepReport) -> StepReport:
        words = self._blind.get(report.step)
        is_blind = words is not None and report.state is StepState.REACHED
        return replace(report, state=StepState.FAILED, words=words or "") if is_blind else report

    @property
    def _is_decided(self) -> bool:
        return self._steps[Step.DECIDED, ""].state is StepState.REACHED

    def _end(self, step: Step, channel: str, state: StepState, *, ms: int | None = None, words: str = "") -> None:
        if self.waits_for(step, channel):
            self._steps[step, channel] = replace(self._steps[step, channel], state=state, ms=ms, words=words)

    def _skip_what_is_behind(self) -> None:
        """Steps are in order, so that one pass is enough."""
        for (step, channel), report in sorted(self._steps.items(), key=lambda item: _place(item[1])):
            before = self._before(step, channel)
            if report.state is StepState.WAITING and before in {StepState.FAILED, StepState.SKIPPED}:
                self.skipped(step, f"Not tried: \u201c{NAMES[BEHIND[step]]}\u201d was not reached.", channel)

    def _before(self, step: Step, channel: str) -> StepState | None:
        if step not in BEHIND:
            return None
        report = self._steps.get((BEHIND[step], channel)) or self._steps[BEHIND[step], ""]
        return report.state

    def _verdict(self, steps: tuple[StepReport, ...]) -> tuple[RehearsalState, str]:
        failed = next((one for one in steps if one.state is StepState.FAILED), None)
        if not self.is_over:
            return RehearsalState.RUNNING, "The test is running."
        if failed is not None:
            who = f" ({failed.name})" if failed.name else ""
            return RehearsalState.FAILED, f"The test failed at \u201c{NAMES[failed.step]}\u201d{who}: {failed.words}"
        accepted = [one for one in steps if one.step is Step.ACCEPTED and one.state is StepState.REACHED]
        if not accepted:
            return RehearsalState.FAILED, NOBODY_TOLD
        first = min(one.ms or 0 for one in accepted)
        names = ", ".join(one.name for one in accepted)
        return RehearsalState.PASSED, f"The visitor was seen, recorded and told to {names}, first after {first} ms."


def _place(report: StepReport) -> tuple[int, str]:
    return tuple(Step).index(report.step), report.channel


class Daily:
    """What is to be done once a day, at `minutes` since midnight or the first moment after.  All times are local ones.

    What begins after that hour begins with the next day.  A time that summer time leaves out comes late that day; one
    that comes twice is once.
    """

    def __init__(self, minutes: int, began: datetime) -> None:
        self._minutes = minutes
        self._done_on: date | None = None
        self.is_due(began)

    def is_due(self, now: datetime) -> bool:
        """Whether it is to be done now; not again that day."""
        if now.hour * 60 + now.minute < self._minutes or now.date() == self._done_on:
            return False
        self._done_on = now.date()
        return True
