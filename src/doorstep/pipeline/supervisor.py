"""The only restarter: runs one thing again and again, and tells losses, refusals, ends and bugs apart."""

import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never

import structlog

from doorstep.core.backoff import Backoff
from doorstep.core.camera import CameraState
from doorstep.core.errors import SourceEnded, SourceError, SourceLost, SourceRefused
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock

log = structlog.get_logger()

REFUSED_RETRY_SECONDS = 60.0
FAULTED_RETRY_SECONDS = 300.0
BUGS_THAT_FAULT = 5
BUG_WINDOW_SECONDS = 60.0
STEADY_SECONDS = 30.0
SHOWN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended: the state that follows, why in plain words, and whether and when to run again."""

    state: CameraState
    reason: str
    delay: float | None


class Supervisor:
    """Restarts `run_once` with growing delays; five bugs within a minute are a fault."""

    def __init__(self, name: str, clock: Clock, report: Callable[[CameraState, str], None]) -> None:
        self._name = name
        self._clock = clock
        self._report = report
        self._backoff = Backoff()
        self._bugs: deque[float] = deque(maxlen=BUGS_THAT_FAULT)

    async def supervise(self, run_once: Callable[[], Awaitable[None]]) -> None:
        """Until the source has ended for good, or this is cancelled."""
        while True:
            self._report(CameraState.CONNECTING, "connecting")
            outcome = await self._run(run_once)
            self._report(outcome.state, outcome.reason)
            if outcome.delay is None:
                return
            await self._clock.sleep(outcome.delay)

    async def _run(self, run_once: Callable[[], Awaitable[None]]) -> Outcome:
        began = self._clock.monotonic()
        try:
            await run_once()
        except SourceError as error:
            self._forgive(began)
            return self._expected(error)
        except Exception:
            log.exception("a fault in Doorstep itself ended this connection", camera=self._name)
            self._forgive(began)
            return self._bug()
        self._forgive(began)
        return self._expected(SourceLost("the stream ended without a word"))

    def _forgive(self, began: float) -> None:
        """What ran well for a while is tried again soon."""
        if self._clock.monotonic() - began > STEADY_SECONDS:
            self._backoff.reset()

    def _expected(self, error: SourceError) -> Outcome:
        match error:
            case SourceEnded():
                log.info("source ended", camera=self._name, reason=str(error))
                return Outcome(CameraState.OFF, str(error), None)
            case SourceRefused():
                log.warning("source refused", camera=self._name, reason=str(error))
                return Outcome(CameraState.REFUSED, str(error), REFUSED_RETRY_SECONDS)
            case SourceLost():
                log.warning("source lost", camera=self._name, reason=str(error))
                return Outcome(CameraState.STALLED, str(error), self._delay())
            case SourceError():
                return Outcome(CameraState.STALLED, str(error), self._delay())
            case _:
                assert_never(error)

    def _bug(self) -> Outcome:
        now = self._clock.monotonic()
        self._bugs.append(now)
        if len(self._bugs) == BUGS_THAT_FAULT and now - self._bugs[0] <= BUG_WINDOW_SECONDS:
            return Outcome(CameraState.FAULTED, "it failed five times in a minute", FAULTED_RETRY_SECONDS)
        return Outcome(CameraState.STALLED, "an internal fault, see the log", self._delay())

    def _delay(self) -> float:
        return self._backoff.next(random.random())  # noqa: S311 - jitter, not a secret


async def keep_running(name: str, run: Callable[[], Awaitable[None]], clock: Clock, health: HealthBoard) -> None:
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
