"""How one camera is: its state, since when and why, for status, health and gaps.  What decides it: `supervisor`."""

from collections.abc import Callable
from datetime import datetime

import structlog

from doorstep.core.camera import REMEDIES, CameraState
from doorstep.core.clock_state import Dating
from doorstep.core.gap import Gap, gap_between
from doorstep.core.settings import CameraSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock

log = structlog.get_logger()

CONNECTING_GRACE_SECONDS = 30.0
NOT_RUNNING = "Doorstep was not running"
BEGAN_ANEW = "the camera's stream began anew"
_STEADY = (CameraState.LIVE, CameraState.OFF)
_TROUBLED = (CameraState.STALLED, CameraState.REFUSED, CameraState.FAULTED)
_TELLING = (CameraState.REFUSED, CameraState.FAULTED)


class Condition:
    """One for each camera; used on the event loop only.

    While a troubled camera is tried again it stays as it was: "connecting" is only what was never lost.  Connecting
    is no problem for half a minute, every other trouble is one at once.
    """

    def __init__(
        self,
        settings: CameraSettings,
        health: HealthBoard,
        clock: Clock,
        away: str = NOT_RUNNING,
        detecting: Callable[[], bool] = lambda: True,
    ) -> None:
        """`away` is why nothing was kept right before now; `detecting` whether the owner wants that somebody looks."""
        self._settings = settings
        self._away = away
        self._detecting = detecting
        self._health = health
        self._clock = clock
        self._began = clock.now()
        self._loss: tuple[CameraState, str] | None = None
        self._was_live = False
        self.state = CameraState.CONNECTING if settings.enabled else CameraState.OFF
        self.since = self._began
        self.reason = "starting" if settings.enabled else "switched off in the config"
        self._entered_at = clock.monotonic()

    def redate(self, dating: Dating) -> None:
        """The clock was set for the first time."""
        self._began, self.since = dating.dated(self._began), dating.dated(self.since)

    def entered(self, state: CameraState, reason: str) -> None:
        """The supervisor says so, or a first picture came."""
        if state is CameraState.CONNECTING and self.state in _TROUBLED:
            return
        if state in _TROUBLED:
            self._remember(state, reason)
        if state is CameraState.OFF:
            self._loss = state, reason
        if state is not self.state:
            self.state, self.since, self._entered_at = state, self._clock.now(), self._clock.monotonic()
            if state is CameraState.LIVE:
                log.info("camera is live", camera=self._settings.id)
        self.reason = reason
        self.show()

    def show(self) -> None:
        """Pin or unpin its problem; called with each change and once a second, for time alone makes one."""
        key = f"camera:{self._settings.id}"
        waits = self._clock.monotonic() - self._entered_at <= CONNECTING_GRACE_SECONDS
        if self.state in _STEADY or (self.state is CameraState.CONNECTING and waits):
            self._health.clear(key)
        else:
            what = f"{self._settings.name} is not seen: {self.reason}"
            self._health.report(key, what, REMEDIES[self.state])
        if self._detecting() or not self._settings.enabled:
            self._health.clear(f"{key}:detection")
        else:
            what = f"Detection is off at {self._settings.name}: nobody is told who comes, unless they ring."
            self._health.report(f"{key}:detection", what, "Switch it on again when you want to know.", minor=True)

    def gaps_until(self, now: datetime, kept_until: datetime | None) -> list[Gap]:
        """It is seen again: what was missed since the newest kept picture, None where there is none.

        The loss that began an outage is its reason, unless a refusal or a fault says more.  Time before Doorstep ran
        (or before this camera was switched on) keeps its own reason.
        """
        camera, loss = self._settings.id, self._loss
        first, self._was_live, self._loss = not self._was_live, True, None
        spans: list[tuple[datetime | None, datetime, str]]
        if not first:
            spans = [(kept_until, now, loss[1] if loss else BEGAN_ANEW)]
        elif loss is None:
            spans = [(kept_until, now, self._away)]
        else:
            spans = [(kept_until, self._began, self._away), (self._began, now, loss[1])]
        gaps = (gap_between(camera, start, end, reason) for start, end, reason in spans if start is not None)
        return [gap for gap in gaps if gap is not None]

    def _remember(self, state: CameraState, reason: str) -> None:
        if self._loss is None or (state in _TELLING and self._loss[0] not in _TELLING):
            self._loss = state, reason
