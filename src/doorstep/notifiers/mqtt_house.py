"""What the broker shows of the house, and asks of it.  The connection is `mqtt_link`'s, topics are `mqtt_topics`'."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.event import Event
from doorstep.core.notice import EventNotice, MotionNotice, Notice, PressNotice
from doorstep.core.pace import Buckets, Pace
from doorstep.notifiers.home_assistant import BORN, RING, Discovery
from doorstep.notifiers.mqtt_link import Message, MqttLink
from doorstep.notifiers.mqtt_topics import (
    COMMANDS,
    FORMER,
    KEPT_OF_CAMERA,
    OFF,
    ON,
    SNOOZE,
    UNKNOWN,
    Happened,
    Snooze,
    SwitchDetection,
    camera_of_state,
    command_of,
    of_camera,
)
from doorstep.ports import CameraDirectory, Clock, LiveFeed

log = structlog.get_logger()

LOOK_SECONDS = 1.0
PICTURE_SECONDS = 5.0
MOST_RINGS = 20
COMMANDS_PACE = Pace(20, 1.0)
"""Of each kind for each camera, and of all that asks for nothing: whoever has the broker's password floods nothing."""

RING_OVER_AFTER = timedelta(seconds=30)
"""A doorbell that sounds later than that would be answered by nobody."""


@dataclass(frozen=True, slots=True)
class HouseWays:
    """What the house does for who asks by MQTT; the same that it does for a page.

    `trigger` takes a press or a report from outside; `snooze` is for the whole house, 0 seconds end it.  None of them
    blocks or raises.
    """

    trigger: Callable[[CameraId, Cause, str], Awaitable[None]]
    switch_detection: Callable[[CameraId, bool], None]
    snooze: Callable[[float], None]
    is_snoozed: Callable[[], bool]


class MqttHouse:
    """One for a server; used on the event loop.  `run` beside `hear`, for ever.

    What is kept on the broker is compared with how things are once a second and at each notice, so that nothing there
    stays wrong: a notice that was missed makes it late, and a connection that comes back begins with all of it.
    """

    def __init__(
        self,
        link: MqttLink,
        cameras: CameraDirectory,
        live: LiveFeed,
        ways: HouseWays,
        clock: Clock,
        discovery: Discovery | None,
        *,
        pictures: bool = True,
    ) -> None:
        """Without `discovery` Home Assistant is told nothing; without `pictures` none leaves the house this way."""
        self._link = link
        self._cameras = cameras
        self._live = live
        self._ways = ways
        self._clock = clock
        self._discovery = discovery
        self._pictures = pictures
        self._moving: dict[CameraId, bool | None] = {}
        self._events: dict[CameraId, Event] = {}
        self._rings: deque[PressNotice] = deque(maxlen=MOST_RINGS)
        self._to_show: dict[CameraId, None] = {}
        self._kept: dict[str, str] = {}
        self._discovered: dict[CameraId | None, str] = {}
        self._buckets = Buckets(COMMANDS_PACE)
        self._wake = asyncio.Event()

    async def hear(self, notices: AsyncIterator[Notice]) -> None:
        """Each as it comes, also while there is no connection."""
        async for notice in notices:
            self._note(notice)

    async def run(self) -> None:
        """For ever."""
        hints = () if self._discovery is None else (self._discovery.birth_topic,)
        await self._link.run(self._session, (*COMMANDS, FORMER), hints)

    def _note(self, notice: Notice) -> None:
        match notice:
            case MotionNotice(camera, moving):
                self._moving[camera] = moving
            case PressNotice():
                self._rings.append(notice)
            case EventNotice(event):
                known = self._events.get(event.camera)
                self._events[event.camera] = event
                if known is not None and known.id == event.id:
                    if (known.causes, known.ended_at) == (event.causes, event.ended_at):
                        return  # it comes with every look of the camera, and nobody here is told how long it lasts
                elif event.ended_at is None:
                    self._to_show[event.camera] = None
            case _:
                assert_never(notice)
        self._wake.set()

    # ------------------------------------------------------------------------------------------------ while connected

    async def _session(self, messages: AsyncIterator[Message]) -> None:
        self._kept, self._discovered = {}, {}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(messages))
            tasks.create_task(self._tell())
            tasks.create_task(self._show())

    async def _listen(self, messages: AsyncIterator[Message]) -> None:
        async for message in messages:
            former = camera_of_state(message.topic)
            if self._discovery is not None and message.topic == self._discovery.birth_topic:
                self._hear_birth(message)
            elif former is not None and message.kept and message.payload:
                await self._forget(CameraId(former))
            elif former is None and not message.kept:  # a press that lies on the broker was pressed long ago
                await self._obey(message)

    def _hear_birth(self, message: Message) -> None:
        """Home Assistant may have forgotten what was taken away from the broker meanwhile: it is told of all anew."""
        is_news = message.payload == BORN and not message.kept
        if is_news and not self._buckets.wait((message.topic,), self._clock.monotonic()):
            self._discovered.clear()
            self._wake.set()

    async def _obey(self, message: Message) -> None:
        command = command_of(message.topic, message.payload)
        if isinstance(command, Happened | SwitchDetection) and self._is_gone(command.camera):
            command = None
        if self._buckets.wait((message.topic if command else "",), self._clock.monotonic()):
            return
        match command:
            case Happened(camera, cause, note):
                await self._ways.trigger(camera, cause, note)
            case SwitchDetection(camera, on):
                self._ways.switch_detection(camera, on)
            case Snooze(seconds):
                self._ways.snooze(seconds)
            case None:
                log.info("an MQTT message that asks for nothing that there is", topic=message.topic[:100])
            case _:
                assert_never(command)
        self._wake.set()

    async def _tell(self) -> None:
        while True:
            self._wake.clear()
            while self._rings:
                await self._ring(self._rings.popleft())
            await self._tell_changes()
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _ring(self, press: PressNotice) -> None:
        if self._clock.now() - press.at <= RING_OVER_AFTER:
            told = json.dumps({"event_type": RING, "at": press.at.isoformat()})
            await self._link.publish(of_camera(press.camera, "doorbell"), told)

    async def _tell_changes(self) -> None:
        await self._discover()
        for topic, payload in self._to_keep().items():
            if self._kept.get(topic) != payload:
                self._kept[topic] = payload
                await self._link.publish(topic, payload, keep=True)
        for topic in [topic for topic in self._kept if (camera := camera_of_state(topic)) and self._is_gone(camera)]:
            await self._forget(CameraId(camera_of_state(topic) or ""))

    async def _discover(self) -> None:
        """Home Assistant is told of each camera once, and again under another name."""
        found = self._discovery
        if found is None:
            return
        names: dict[CameraId | None, str] = {None: "", **{one.id: one.name for one in self._cameras.cameras()}}
        for camera, name in names.items():
            if self._discovered.get(camera) != name:
                self._discovered[camera] = name
                payload = found.of_house() if camera is None else found.of_camera(camera, name)
                await self._link.keep_at(found.topic(camera), payload)

    def _to_keep(self) -> Mapping[str, str]:
        kept = {SNOOZE: _switched(on=self._ways.is_snoozed())}
        for camera in self._cameras.cameras():
            event = self._events.get(camera.id)
            person = event is not None and event.ended_at is None and Cause.PERSON in event.causes
            moving = self._moving.get(camera.id)
            known = camera.watching
            kept |= {
                of_camera(camera.id, "state"): camera.state.value,
                of_camera(camera.id, "motion"): _switched(on=moving) if known and moving is not None else UNKNOWN,
                of_camera(camera.id, "person"): _switched(on=person) if known else UNKNOWN,
                of_camera(camera.id, "detection"): _switched(on=camera.detecting),
            }
            if not self._pictures:
                kept[of_camera(camera.id, "snapshot")] = ""  # also of a former run that had them (empty removes)
        return kept

    def _is_gone(self, camera: str) -> bool:
        return self._cameras.camera(CameraId(camera)) is None

    async def _forget(self, camera: CameraId) -> None:
        """The camera is not in the config any more: nothing of it stays on the broker (an empty message removes)."""
        if not self._is_gone(camera):
            return
        if self._discovery is not None:
            await self._link.keep_at(self._discovery.topic(camera), b"")
            self._discovered.pop(camera, None)
        for what in KEPT_OF_CAMERA:
            self._kept.pop(of_camera(camera, what), None)
            await self._link.publish(of_camera(camera, what), b"", keep=True)
        for known in (self._moving, self._events):
            known.pop(camera, None)

    # --------------------------------------------------------------------------------------------------- last snapshot

    async def _show(self) -> None:
        """In a task of its own: a picture may take long to be decoded and sent, and a ring must not wait for it."""
        while True:
            while self._pictures and self._to_show:
                camera = next(iter(self._to_show))
                del self._to_show[camera]
                await self._show_picture(camera)
            await self._clock.sleep(LOOK_SECONDS)

    async def _show_picture(self, camera: CameraId) -> None:
        try:
            async with asyncio.timeout(PICTURE_SECONDS):
                snapshot = await self._live.snapshot(camera)
        except TimeoutError:
            return
        if snapshot is not None and not self._is_gone(camera):
            await self._link.show(of_camera(camera, "snapshot"), snapshot.jpeg)


def _switched(*, on: bool) -> str:
    return ON if on else OFF
