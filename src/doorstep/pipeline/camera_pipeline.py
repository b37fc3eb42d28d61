"""One camera from packet to decision: wires segmenter, watcher, tracker, recorder and alerts, and decides nothing."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from doorstep.core.camera import CameraState, CameraStatus
from doorstep.core.clock_state import Dating
from doorstep.core.errors import SourceEnded
from doorstep.core.event import Interrupted, Observation, Pressed, Tick, Triggered
from doorstep.core.gap import Gap, gap_between
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.core.redating import dated_observation
from doorstep.core.settings import CameraSettings
from doorstep.pipeline.camera_parts import CameraParts
from doorstep.pipeline.condition import NOT_RUNNING, Condition
from doorstep.pipeline.detect_stream import DetectStream
from doorstep.pipeline.event_desk import EventDesk
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.mailbox import TapOfAll
from doorstep.pipeline.reading import read_to_the_end
from doorstep.pipeline.supervisor import Supervisor, keep_running
from doorstep.pipeline.tally import Tally
from doorstep.pipeline.watcher import Look
from doorstep.ports import Clock, Frame, FrameTap

__all__ = ["CameraParts", "CameraPipeline"]

TICK_SECONDS = 1.0
NO_LOOK_SECONDS = 15.0
LEFT_OUT = "the camera left pictures out"
CLOCK_SET = "the clock of this machine was set forward"
CLOCK_STEPPED = timedelta(seconds=5)
NOT_KEPT = "it could not be kept: {}"


class CameraPipeline:
    """Lives on the event loop; only the sources' threads work beside it."""

    def __init__(
        self,
        settings: CameraSettings,
        parts: CameraParts,
        rows: EventRows,
        health: HealthBoard,
        clock: Clock,
        away: str = NOT_RUNNING,
    ) -> None:
        """`away` is why nothing was kept right before this pipeline began."""
        self.settings = settings
        self._parts = parts
        self._rows, self._health, self._clock = rows, health, clock
        self._condition = Condition(settings, health, clock, away, lambda: parts.watcher.is_on)
        self._supervisor = Supervisor(settings.id, clock, self._condition.entered)
        self._detect = self._detect_stream()
        self._tally = Tally()
        self._events = EventDesk(
            parts.tracker,
            parts.recorder,
            parts.stills,
            parts.alerts,
            rows,
            clock,
            parts.explain,
            parts.notice,
            aside=parts.aside,
        )
        self._looked_at = clock.monotonic()
        self._newest: Frame | None = None
        self._interrupted_at, self._closing = float("-inf"), False
        self._booted_at = self._wall_of_monotonic(0.0)  # moves when the wall clock is set
        parts.buffered.on_reanchor = self._dated_anew
        parts.buffered.on_kept_again = self._kept_again

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
                tasks.create_task(self._supervisor.supervise(self._connect))
                if self._detect is not None:
                    tasks.create_task(self._detect.run())

    def close_event(self) -> None:
        """Shutting down: what runs ends now."""
        self._parts.buffered.end()
        self._observe(Interrupted(self._clock.now()))
        self._closing = True  # what comes now is neither kept nor looked at: nothing opens behind the last event

    async def drained(self) -> None:
        """Wait for the recordings to be whole, and their stills written."""
        await self._parts.recorder.drained()
        await self._parts.stills.write_due()

    def try_now(self) -> None:
        """Whoever asks expects the camera to be well again."""
        self._supervisor.try_now()
        if self._detect is not None:
            self._detect.try_now()

    def redate(self, dating: Dating) -> None:
        """All times so far were told by a guess that is known now; nothing was missed by that, and nothing is over."""
        self._parts.tracker.redate(dating)
        self._parts.buffered.redate(dating)
        self._parts.recorder.redate(dating)
        self._parts.aside.redate(dating)
        self._condition.redate(dating)
        self._booted_at = dating.dated(self._booted_at)

    def withdraw(self) -> None:
        """It was stopped for good: what was wrong with it is nobody's business any more."""
        for key in [problem.key for problem in self._health.problems()]:
            if f"{key}:".startswith(f"camera:{self.settings.id}:"):
                self._health.clear(key)

    def _detect_stream(self) -> DetectStream | None:
        parts = self._parts
        if parts.detect is None:
            return None
        return DetectStream(
            self.settings, parts.detect, parts.mailbox, self._begin_looks, self._health, self._clock, parts.sub
        )

    async def _watch(self) -> None:
        await self._parts.watcher.run(self._parts.mailbox, self._wall_of, self._seen)

    async def _connect(self) -> None:
        parts = self._parts
        looks: FrameTap = parts.mailbox if self._detect is None else self._detect.main_tap
        try:
            await read_to_the_end(parts.source(), TapOfAll(looks, parts.live), self._take)
        except SourceEnded:
            self._observe(Interrupted(self._clock.now()))
            raise
        finally:
            parts.buffered.end()
            parts.main.disconnected()
            if self._looks_at_main:
                parts.mailbox.forget()
                self._newest = None

    def _take(self, item: StreamItem) -> None:
        buffered = self._parts.buffered
        if self._closing:
            return
        if isinstance(item, VideoFormat):
            if buffered.connected or buffered.format not in {None, item}:
                self._observe(Interrupted(self._clock.now()))
            buffered.begin(item)
            self._booted_at = self._wall_of_monotonic(0.0)
            self._tally.began(item)
            if self._looks_at_main:
                self._begin_looks()
        else:
            if isinstance(item, Packet):
                self._note(item)
            else:
                self._tally.heard(item)
            buffered.take(item)
        self._parts.main.put(item)

    def _note(self, packet: Packet) -> None:
        """A picture came: is the camera live again, and what is missing before it?"""
        arrived = self._wall_of_monotonic(packet.arrived)
        if self._tally.is_first(packet):
            newest = self._parts.buffered.buffer.newest
            self._told(*self._condition.gaps_until(arrived, newest.ends_at if newest else None))
            self._supervisor.went_live()
            self._condition.entered(CameraState.LIVE, "")
        since = self._tally.left_out_since(packet)
        if since is not None:
            self._told(Gap(self.settings.id, self._wall_of_monotonic(since), arrived, LEFT_OUT))

    def _dated_anew(self, ended_at: datetime, begins_at: datetime) -> None:
        """Wall time of the connection began anew; where it jumped forward, nothing was kept of what it jumped over."""
        booted_at = self._wall_of_monotonic(0.0)
        was_set, self._booted_at = booted_at - self._booted_at > (begins_at - ended_at) / 2, booted_at
        self._told(gap_between(self.settings.id, ended_at, begins_at, CLOCK_SET if was_set else LEFT_OUT))
        if not was_set:
            self._parts.drifted()

    def _kept_again(self, lost_since: datetime, kept_again: datetime, why: str) -> None:
        self._told(gap_between(self.settings.id, lost_since, kept_again, NOT_KEPT.format(why)))

    def _told(self, *gaps: Gap | None) -> None:
        for gap in filter(None, gaps):
            self._tally.gaps += 1
            self._rows.gap(gap)

    def _begin_looks(self) -> None:
        """Nothing of the last picture compares with the next."""
        self._parts.mailbox.forget()
        self._parts.watcher.begin()

    @property
    def _looks_at_main(self) -> bool:
        return self._detect is None or not self._detect.looked_at

    async def _tick(self) -> None:
        """Time goes on for an event also while no frame comes."""
        while True:
            await self._clock.sleep(TICK_SECONDS)
            blind = self._clock.monotonic() - self._looked_at > NO_LOOK_SECONDS
            if blind or not self._parts.buffered.connected:
                self._observe(Tick(self._clock.now()))
            if self._detect is not None:
                self._detect.tick()
            self._condition.show()
            self._show_buffer_fault()

    # --------------------------------------------------------------------------------------------------- what is seen

    def pressed(self, note: str, at: datetime | None = None) -> None:
        """The doorbell button was pressed; now, where `at` is None."""
        self._observe(Pressed(at or self._clock.now(), note))

    def triggered(self, note: str, at: datetime | None = None) -> None:
        """Something outside says that there was motion; now, where `at` is None."""
        self._observe(Triggered(at or self._clock.now(), note))

    def _seen(self, look: Look) -> None:
        apart = self._wall_of(look.frame) - look.at
        if abs(apart) > CLOCK_STEPPED:  # while the detector looked
            look = replace(look, observation=dated_observation(look.observation, Dating(apart)))
        self._looked_at = self._clock.monotonic()
        self._tally.looks += 1
        if look.frame.captured_at > self._interrupted_at:  # else its event is over, and it makes no other
            self._newest = look.frame
            self._observe(look.observation, look)

    def _observe(self, observation: Observation, look: Look | None = None) -> None:
        if isinstance(observation, Interrupted):
            self._interrupted_at = self._clock.monotonic()
        if not self._closing:
            self._events.observe(observation, look, self._newest)

    def _wall_of_monotonic(self, moment: float) -> datetime:
        return self._clock.now() - timedelta(seconds=self._clock.monotonic() - moment)

    def _wall_of(self, frame: Frame) -> datetime:
        """Times of the detect stream say nothing of the recording's: its frames are dated by their arrival."""
        main = self._looks_at_main
        return self._parts.buffered.wall_of(frame) if main else self._wall_of_monotonic(frame.captured_at)

    def status(self) -> CameraStatus:
        """As the owner sees it."""
        parts, buffered, condition = self._parts, self._parts.buffered, self._condition
        return CameraStatus(
            id=self.settings.id,
            name=self.settings.name,
            state=condition.state,
            since=condition.since,
            reason=condition.reason or (self._detect.note if self._detect is not None else ""),
            recording=self._parts.recorder.recording,
            watching=condition.state is CameraState.LIVE and parts.watcher.is_on,
            detecting=parts.watcher.is_on,
            last_look_at=self._parts.watcher.last_look_at,
            looked_where=self._parts.watcher.looked_where,
            counts=self._tally.counts(
                self._clock.monotonic(),
                overruns=self._supervisor.overruns,
                lost_segments=buffered.lost_segments,
                buffer_seconds=buffered.buffer.seconds,
                buffer_bytes=buffered.buffer.size,
            ),
            zones=self.settings.zones,
            hint=(self._detect or self._tally).hint if self._parts.encoded else "",
        )

    def _show_buffer_fault(self) -> None:
        key, fault = f"camera:{self.settings.id}:buffer", self._parts.buffered.store_fault
        if fault is None:
            self._health.clear(key)
        else:
            self._health.report(key, f"The last minutes of {self.settings.name} are not kept: {fault}", "Free memory.")
