"""Watches whether a camera's pictures are worth looking at, and pins what is wrong.  Rules: `core/picture_rules`."""

import asyncio
from collections.abc import Callable

import structlog

from doorstep.core.picture_rules import RULES, PictureFault, PictureJudge, PictureMeasure, PictureRules, picture_words
from doorstep.core.settings import CameraSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock, Frame

log = structlog.get_logger()

EVERY_SECONDS = 4.0
EVERY_PART = 15.0
"""Rules that are in a hurry want more than one measure before they are done."""

Measure = Callable[[Frame, float], PictureMeasure]


class PictureHealth:
    """One for each camera; used on the event loop, by whoever looks at its frames.

    A fault that holds while the camera sends nothing stays pinned: only a better picture ends it.
    """

    def __init__(
        self,
        camera: CameraSettings,
        measure: Measure,
        health: HealthBoard,
        clock: Clock,
        rules: PictureRules = RULES,
    ) -> None:
        """`measure` blocks for milliseconds, in a thread."""
        self._camera = camera
        self._measure = measure
        self._health = health
        self._clock = clock
        self._judge = PictureJudge(rules)
        self._every = min(EVERY_SECONDS, rules.frozen / EVERY_PART)
        self._measured_at = float("-inf")

    async def look(self, frame: Frame) -> None:
        """Measure and judge it, if the last one is old enough."""
        now = self._clock.monotonic()
        if now - self._measured_at < self._every:
            return
        self._measured_at = now
        faults = self._judge.observe(await asyncio.to_thread(self._measure, frame, now))
        for fault in PictureFault:
            self._show(fault, holds=fault in faults)

    def _show(self, fault: PictureFault, *, holds: bool) -> None:
        key = f"camera:{self._camera.id}:{fault}"
        if holds:
            what, remedy = picture_words(fault, self._camera.name)
            if self._health.report(key, what, remedy):
                log.warning("the picture is in trouble", camera=self._camera.id, fault=fault.value)
        elif self._health.clear(key):
            log.info("the picture is well again", camera=self._camera.id, fault=fault.value)
