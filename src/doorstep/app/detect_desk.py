"""Pictures that wait to be looked at: concurrent ones are looked at together, and more than a few are turned away."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from doorstep.core.detection import Detection
from doorstep.core.errors import DetectorUnavailable, DoorstepError
from doorstep.media.sent_picture import decode_sent
from doorstep.ports import Clock, Detector

MOST_WAITING = 16
MOST_AT_ONCE = 8


class DeskFull(Exception):
    """Too many pictures wait already."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in one picture, and the milliseconds that decoding and looking took."""

    detections: Sequence[Detection]
    milliseconds: float


@dataclass(frozen=True, slots=True)
class _Waiting:
    content: bytes
    least: float
    seen: "asyncio.Future[Seen]"


class DetectDesk:
    """Lives on the event loop; `looks` has the one thread that decodes and looks."""

    def __init__(self, detector: Detector, looks: Executor, clock: Clock, most_waiting: int = MOST_WAITING) -> None:
        self._detector = detector
        self._looks = looks
        self._clock = clock
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue(most_waiting)

    async def look(self, content: bytes, least: float) -> Seen:
        """Raises DeskFull, MediaInvalid, DetectorUnavailable.  Who gives up waiting is not looked at."""
        waiting = _Waiting(content, least, asyncio.get_running_loop().create_future())
        try:
            self._waiting.put_nowait(waiting)
        except asyncio.QueueFull:
            raise DeskFull from None
        return await waiting.seen

    async def run(self) -> None:
        """For ever: one hop to the thread for all that wait by now."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < MOST_AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                await self._answer([one for one in batch if not one.seen.done()])
            finally:  # a model that crashed leaves nobody waiting
                for one in batch:
                    if not one.seen.done():
                        one.seen.set_exception(DetectorUnavailable("The model failed; see this detector's log."))

    async def _answer(self, wanted: Sequence[_Waiting]) -> None:
        answers = await asyncio.get_running_loop().run_in_executor(self._looks, self._look_at, wanted)
        for one, answer in zip(wanted, answers, strict=True):
            if one.seen.done():
                continue
            if isinstance(answer, Seen):
                one.seen.set_result(answer)
            else:
                one.seen.set_exception(answer)

    def _look_at(self, batch: Sequence[_Waiting]) -> list[Seen | DoorstepError]:
        """In the thread.  One after the other: the models that Doorstep knows take one picture at a time."""
        return [self._look_at_one(one) for one in batch]

    def _look_at_one(self, one: _Waiting) -> Seen | DoorstepError:
        began = self._clock.monotonic()
        try:
            found = self._detector.detect(decode_sent(one.content), one.least)
        except DoorstepError as error:
            return error
        return Seen(found, (self._clock.monotonic() - began) * 1000)
