"""The only restarter: runs one thing again and again, and tells losses, refusals, ends, crashes and bugs apart."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never

import structlog

from doorstep.core.backoff import Backoff, reconnect_delay
from doorstep.core.camera import CameraState
from doorstep.core.errors import (
    ConfigInvalid,
    SourceCrashed,
    SourceEnded,
    SourceError,
    SourceLost,
    SourceOverrun,
    SourceRefused,
)
from doorstep.core.implication import Implications
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock

log = structlog.get_logger()

Endless = Callable[[], Awaitable[None]]
"""What runs until the process stops."""
Tasks = dict[str, Endless]
"""By their names, which the log and the health board use."""

REFUSED_RETRY_SECONDS = 60.0
FAULTED_RETRY_SECONDS = 300.0
STEADY_SECONDS = 30.0
LIVE_AGAIN_SECONDS = 1.0
SHOWN_SECONDS = 60.0
MOST_TOLD = 8
INTERNAL_FAULT = "an internal fault ended its connection, see the log"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended: the state that follows, why in plain words, and whether and when to run again."""

    state: CameraState
    reason: str
    delay: float | None


class Supervisor:
    """Restarts `run_once`: soon after a short outage, slower the longer it lasts, slowly after a refusal.

    A crash of the source or a bug of ours implicates the camera; three within ten minutes and it is faulted, which
    keeps its tries five minutes apart.  The outage counts from the first failure until the camera has been live for a
    few seconds again.  Each change is logged once, not each try.
    """

    def __init__(self, name: str, clock: Clock, report: Callable[[CameraState, str], None]) -> None:
        self._name = name
        self._clock = clock
        self._report = report
        self._implications = Implications()
        self._live_at: float | None = None
        self._out_since: float | None = None
        self._told: set[tuple[CameraState, str]] = set()
        self._resting: asyncio.Task[None] | None = None
        self.overruns = 0

    async def supervise(self, run_once: Callable[[], Awaitable[None]]) -> None:
        """Until the source has ended for good, or this is cancelled."""
        while True:
            self._report(CameraState.CONNECTING, "connecting")
            outcome = await self._run(run_once)
            self._log(outcome)
            self._report(outcome.state, outcome.reason)
            if outcome.delay is None:
                return
            await self._rest(outcome.delay)

    def try_now(self) -> None:
        """Wait no longer for the next try, if one is waited for."""
        if self._resting is not None:
            self._resting.cancel()

    def went_live(self) -> None:
        """The run that goes on has its first picture."""
        self._live_at = self._clock.monotonic()

    async def _rest(self, seconds: float) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._resting = tasks.create_task(self._clock.sleep(seconds))
        self._resting = None

    async def _run(self, run_once: Callable[[], Awaitable[None]]) -> Outcome:
        self._live_at = None
        try:
            await run_once()
        except SourceError as error:
            self._over()
            return self._expected(error)
        except ConfigInvalid as error:
            self._over()
            return Outcome(CameraState.REFUSED, str(error), REFUSED_RETRY_SECONDS)
        except Exception:
            log.exception("a fault in Doorstep itself ended this connection", camera=self._name)
            self._over()
            return self._implicated(INTERNAL_FAULT)
        self._over()
        return self._expected(SourceLost("the stream ended without a word"))

    def _over(self) -> None:
        """What was live for a while was no part of the outage before it."""
        now = self._clock.monotonic()
        lived = now - self._live_at if self._live_at is not None else 0.0
        self._implications.read_well(lived)
        if self._out_since is None or lived >= LIVE_AGAIN_SECONDS:
            self._out_since = now
            self._told.clear()

    def _expected(self, error: SourceError) -> Outcome:
        match error:
            case SourceEnded():
                return Outcome(CameraState.OFF, str(error), None)
            case SourceRefused():
                return Outcome(CameraState.REFUSED, str(error), REFUSED_RETRY_SECONDS)
            case SourceCrashed():
                return self._implicated(str(error))
            case SourceLost():
                self.overruns += isinstance(error, SourceOverrun)
                return Outcome(CameraState.STALLED, str(error), self._delay())
            case SourceError():
                return Outcome(CameraState.STALLED, str(error), self._delay())
            case _:
                assert_never(error)

    def _implicated(self, reason: str) -> Outcome:
        if self._implications.implicated(self._clock.monotonic()):
            return Outcome(CameraState.FAULTED, f"it crashed again and again: {reason}", FAULTED_RETRY_SECONDS)
        return Outcome(CameraState.STALLED, reason, self._delay())

    def _delay(self) -> float:
        out_for = self._clock.monotonic() - self._out_since if self._out_since is not None else 0.0
        return reconnect_delay(out_for, random.random())  # noqa: S311 - jitter, not a secret

    def _log(self, outcome: Outcome) -> None:
        """Loud when it is another trouble than the last, quiet while it is the same."""
        words = {CameraState.OFF: "source ended", CameraState.REFUSED: "source refused"}
        event = words.get(outcome.state, f"source {'lost' if outcome.state is CameraState.STALLED else 'faulted'}")
        trouble = outcome.state, outcome.reason
        again = trouble in self._told or len(self._told) >= MOST_TOLD
        if not again:
            self._told.add(trouble)
        loud = log.info if outcome.state is CameraState.OFF else log.warning
        (log.debug if again else loud)(event, camera=self._name, state=outcome.state.value, reason=outcome.reason)


async def keep_running(name: str, run: Endless, clock: Clock, health: HealthBoard) -> None:
    """Run a task that should never end; a bug in it is shown and logged, and it starts again, slower each time."""
    backoff = Backoff()
    while True:
        began = clock.monotonic()
        try:
            await run()
        except Exception:
            log.exception("a fault in Doorstep itself; starting again", task=name)
            what = f"A part of Doorstep failed and was started again: {name}."
            health.report(f"task:{name}", what, "If it stays, report it with the log.", SHOWN_SECONDS)
        if clock.monotonic() - began > STEADY_SECONDS:
            backoff.reset()
        await clock.sleep(backoff.next(random.random()))  # noqa: S311 - jitter, not a secret
