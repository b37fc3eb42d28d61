"""One camera from packet to decision: wires segmenter, watcher, tracker, recorder and alerts, and decides nothing."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from doorstep.core.camera import CameraState, CameraStatus
from doorstep.core.errors import MediaInvalid, SourceEnded, SourceLost
from doorstep.core.event import (
    CloseEvent,
    Decision,
    EventTracker,
    ExtendEvent,
    Interrupted,
    Observation,
    OpenEvent,
    Pressed,
    RaiseAlert,
    RecordUntil,
    Tick,
    Triggered,
)
from doorstep.core.gap import Gap
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.media import Packet, VideoFormat
from doorstep.core.settings import CameraSettings
from doorstep.core.tracking import Sighting
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import FrameMailbox, TapOfAll
from doorstep.pipeline.recorder import Recorder
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.supervisor import Supervisor, keep_running
from doorstep.pipeline.watcher import Look, Watcher
from doorstep.ports import Clock, Frame, FrameTap, Source

log = structlog.get_logger()

STALL_SECONDS = 10.0
TICK_SECONDS = 1.0
NO_LOOK_SECONDS = 15.0
SHORTEST_GAP_SECONDS = 1.5
STEADY_STATES = (CameraState.LIVE, CameraState.OFF)


@dataclass(frozen=True, slots=True)
class CameraParts:
    """What one camera's pipeline is made of; `app` makes them."""

    source: Callable[[], Source]
    live: FrameTap
    mailbox: FrameMailbox
    buffered: BufferedCamera
    watcher: Watcher
    tracker: EventTracker
    recorder: Recorder
    stills: Stills
    alerts: AlertDesk


class CameraPipeline:
    """Lives on the event loop; only the source's thread works beside it."""

    def __init__(
        self, settings: CameraSettings, parts: CameraParts, rows: EventRows, health: HealthBoard, clock: Clock
    ) -> None:
        self.settings = settings
        self._parts = parts
        self._rows = rows
        self._health = health
        self._clock = clock
        self._state = CameraState.CONNECTING if settings.enabled else CameraState.OFF
        self._since = clock.now()
        self._reason = "starting" if settings.enabled else "switched off in the config"
        self._loss = "Doorstep was not running"
        self._looked_at = clock.monotonic()
        self._newest: Frame | None = None
        self._closing = False

    # ------------------------------------------------------------------------------------------------- the tasks

    async def run(self) -> None:
        """Until cancelled, or for ever idle when the source has ended for good."""
        parts, name = self._parts, self.settings.id
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_running(f"{name} recorder", parts.recorder.run, self._clock, self._health))
            tasks.create_task(keep_running(f"{name} stills", parts.stills.run, self._clock, self._health))
            tasks.create_task(keep_running(f"{name} alerts", parts.alerts.run, self._clock, self._health))
            if self.settings.enabled:
                tasks.create_task(keep_running(f"{name} watcher", self._watch, self._clock, self._health))
                tasks.create_task(keep_running(f"{name} ticker", self._tick, self._clock, self._health))
                supervisor = Supervisor(name, self._clock, self._entered)
                tasks.create_task(supervisor.supervise(self._connect))

    def close_event(self) -> None:
        """Shutting down: what runs ends now."""
        self._parts.buffered.end()
        self._observe(Interrupted(self._clock.now()), None)
        self._closing = True  # what comes now is neither kept nor looked at: nothing opens behind the last event

    async def drained(self) -> None:
        """Wait for the recordings to be whole."""
        await self._parts.recorder.drained()

    async def _watch(self) -> None:
        parts = self._parts
        await parts.watcher.run(parts.mailbox, parts.buffered.wall_of, self._seen)

    async def _connect(self) -> None:
        parts = self._parts
        tap = TapOfAll(parts.mailbox, parts.live)
        try:
            async with asyncio.timeout(STALL_SECONDS) as stall, aclosing(parts.source().stream(tap)) as items:
                async for item in items:
                    stall.reschedule(asyncio.get_running_loop().time() + STALL_SECONDS)
                    self._take(item)
        except TimeoutError as error:
            msg = f"no picture came for {STALL_SECONDS:.0f} s"
            raise SourceLost(msg) from error
        except MediaInvalid as error:
            raise SourceLost(str(error)) from error
        except SourceEnded:
            self._observe(Interrupted(self._clock.now()), None)
            raise
        finally:
            parts.buffered.end()
            parts.mailbox.forget()
            self._newest = None

    def _take(self, item: VideoFormat | Packet) -> None:
        buffered = self._parts.buffered
        if self._closing:
            return
        if isinstance(item, VideoFormat):
            if buffered.connected or buffered.format not in {None, item}:
                self._observe(Interrupted(self._clock.now()), None)
            buffered.begin(item)
            self._parts.mailbox.forget()
            self._parts.watcher.begin()
            return
        if self._state is not CameraState.LIVE:
            self._note_gap()
            self._entered(CameraState.LIVE, "")
        buffered.take(item)

    async def _tick(self) -> None:
        """Time goes on for an event also while no frame comes."""
        while True:
            await self._clock.sleep(TICK_SECONDS)
            blind = self._clock.monotonic() - self._looked_at > NO_LOOK_SECONDS
            if blind or not self._parts.buffered.connected:
                self._observe(Tick(self._clock.now()), None)
            self._show_buffer_fault()

    # ------------------------------------------------------------------------------------------- seen and decided

    def pressed(self, note: str) -> None:
        """The doorbell button was pressed."""
        self._observe(Pressed(self._clock.now(), note), None)

    def triggered(self, note: str) -> None:
        """Something outside says that there is motion."""
        self._observe(Triggered(self._clock.now(), note), None)

    def _seen(self, look: Look) -> None:
        self._looked_at = self._clock.monotonic()
        self._newest = look.frame
        self._observe(look.observation, look)

    def _observe(self, observation: Observation, look: Look | None) -> None:
        if self._closing:
            return
        for decision in self._parts.tracker.observe(observation):
            self._carry_out(decision, look)
        running = self._parts.tracker.running
        if running is not None and look is not None and isinstance(observation, Sighting):
            self._parts.stills.offer(running.id, look.frame, observation.score * observation.box.area)

    def _carry_out(self, decision: Decision, look: Look | None) -> None:
        recorder = self._parts.recorder
        match decision:
            case OpenEvent(event, record_from):
                log.info(
                    "event opened",
                    camera=event.camera,
                    event_id=event.id,
                    causes=[cause.value for cause in event.causes],
                )
                self._rows.decided(event)
                if record_from is not None:
                    recorder.begin(event, record_from, event.last_seen_at)
                self._enter_stages(decision, look)
                if self._newest is not None:
                    self._parts.stills.offer(event.id, self._newest, 0.0)
            case ExtendEvent(event):
                self._rows.extended(event)
            case RecordUntil(event_id, until):
                recorder.extend(event_id, until)
            case CloseEvent(event):
                log.info("event closed", camera=event.camera, event_id=event.id)
                self._rows.decided(event)
                recorder.finish(event.id, event.ended_at or event.last_seen_at)
            case RaiseAlert():
                self._parts.alerts.tell(decision, look.frame if look is not None else self._newest)
            case _:
                assert_never(decision)

    def _enter_stages(self, decision: OpenEvent, look: Look | None) -> None:
        entries = [LedgerEntry(Stage.DECIDED, self._clock.now())]
        if look is not None:
            captured = self._wall_of_monotonic(look.frame.captured_at)
            entries[:0] = [LedgerEntry(Stage.CAPTURED, captured), LedgerEntry(Stage.SEEN, look.answered_at)]
        self._rows.ledger(decision.event.id, *entries)

    def _wall_of_monotonic(self, moment: float) -> datetime:
        return self._clock.now() - timedelta(seconds=self._clock.monotonic() - moment)

    # -------------------------------------------------------------------------------------------------- its state

    def status(self) -> CameraStatus:
        """As the owner sees it."""
        watching = self.settings.enabled and self._state is CameraState.LIVE
        return CameraStatus(
            id=self.settings.id,
            name=self.settings.name,
            state=self._state,
            since=self._since,
            reason=self._reason,
            recording=self._parts.recorder.recording,
            watching=watching,
            last_look_at=self._parts.watcher.last_look_at,
            looked_where=self._parts.watcher.looked_where,
        )

    def _entered(self, state: CameraState, reason: str) -> None:
        if state is not CameraState.CONNECTING and reason:
            self._loss = reason
        was_trying = self._state in {CameraState.STALLED, CameraState.REFUSED, CameraState.FAULTED}
        if state is CameraState.CONNECTING and was_trying:
            return  # it is still the same trouble while it tries again
        if state is not self._state:
            self._state, self._since = state, self._clock.now()
            log.info("camera", camera=self.settings.id, state=state.value, reason=reason)
        self._reason = reason
        key = f"camera:{self.settings.id}"
        if state in STEADY_STATES:
            self._health.clear(key)
        else:
            what = f"{self.settings.name} is not seen: {reason}"
            self._health.report(key, what, "Check its power, its network and its address in the config.")

    def _note_gap(self) -> None:
        newest = self._parts.buffered.buffer.newest
        now = self._clock.now()
        if newest is not None and (now - newest.ends_at).total_seconds() > SHORTEST_GAP_SECONDS:
            self._rows.gap(Gap(self.settings.id, newest.ends_at, now, self._loss))

    def _show_buffer_fault(self) -> None:
        fault = self._parts.buffered.store_fault
        key = f"buffer:{self.settings.id}"
        if fault is None:
            self._health.clear(key)
        else:
            self._health.report(key, f"The last minutes of {self.settings.name} are not kept: {fault}", "Free memory.")
