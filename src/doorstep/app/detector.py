"""Models and the detector made of them, for the server and for commands."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from doorstep.clock import SystemClock
from doorstep.core.detection import PERSON
from doorstep.core.errors import ModelInvalid
from doorstep.core.input_size import SizeChoice, SizedModel
from doorstep.core.settings import DetectionSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock, Detector
from doorstep.sources.spent_pages import SETTLED_SECONDS, give_back_start, library_parts
from doorstep.vision.models import find_model

log = structlog.get_logger()

RETRY_SECONDS = 30.0
LOADING_SECONDS = 20.0
"""So long nobody is told that the model is not ready; a Pi takes a few."""

Load = Callable[[], tuple[Detector, SizeChoice]]

MODEL, SLOW = "model", "model:slow"


def open_detector(settings: DetectionSettings, folders: Sequence[Path]) -> Detector:
    """Load the model for a command: it looks for persons alone, and "auto" is its own size, so that answers stay.

    Takes a second, call it from a thread.  Raises ModelInvalid.
    """
    size = "own" if settings.input_size == "auto" else settings.input_size
    return open_sized(replace(settings, input_size=size, labels=frozenset({PERSON})), folders, 1, SystemClock())[0]


def open_sized(
    settings: DetectionSettings, folders: Sequence[Path], cameras: int, clock: Clock
) -> tuple[Detector, SizeChoice]:
    """Load the model for so many cameras, and why it sees pictures at the size at which it does.

    Takes a second, with "auto" some more; call it from a thread.  Raises ModelInvalid.
    """
    found = find_model(settings.model, folders)
    from doorstep.vision.onnx_detector import default_threads  # noqa: PLC0415 - a second of imports
    from doorstep.vision.second_look import looking_twice  # noqa: PLC0415 - as above
    from doorstep.vision.sized_detector import load_sized  # noqa: PLC0415 - as above

    looks, size = settings.looks_per_second * max(1, cameras), settings.input_size
    first, choice = load_sized(found.path, found.name, default_threads(), size, looks, clock, settings.labels)
    return (looking_twice(first, found.path) if settings.second_look else first), choice


class LateDetector:
    """The detector once it is loaded.  The cameras do not wait for it, and a missing model may still be fetched."""

    def __init__(
        self,
        load: Load,
        health: HealthBoard,
        clock: Clock,
        patience: float = LOADING_SECONDS,
        *,
        beside_remote: bool = False,
    ) -> None:
        """`load` is called in a thread and raises ModelInvalid; after `patience` seconds of it the owner is told.

        Without it nobody looks, or, `beside_remote`, nobody but the remote detector.  To be made while no other thread
        loads a library.
        """
        self._load = load
        self._health = health
        self._clock = clock
        self._patience = patience
        self._beside_remote = beside_remote
        self._detector: Detector | None = None
        self._choice = SizeChoice(0, "")
        self._settled = library_parts()

    def current(self) -> Detector | None:
        """None while it is loading or missing."""
        return self._detector

    def sized_model(self) -> SizedModel | None:
        """What looks, and at which size; None as long as `current` is."""
        return None if self._detector is None else SizedModel(self._detector.name, self._choice)

    async def run(self) -> None:
        """Load it, trying again while it is missing or wrong."""
        while self._detector is None:
            try:
                self._detector, self._choice = await self._loaded()
            except ModelInvalid as error:
                if self._report(str(error), "Run `doorstep models fetch`, or name another model in the config."):
                    log.warning("no detector", reason=str(error))
                await self._clock.sleep(RETRY_SECONDS)
        self._health.clear(MODEL)
        self._tell_choice(self._detector)
        await self._give_back_start()
        await asyncio.Event().wait()

    async def _give_back_start(self) -> None:
        """At once what was loaded before anything ran beside, later what came with the model."""
        await asyncio.to_thread(give_back_start, self._settled)
        loaded = await asyncio.to_thread(library_parts)
        await self._clock.sleep(SETTLED_SECONDS)
        await asyncio.to_thread(give_back_start, loaded)

    async def _loaded(self) -> tuple[Detector, SizeChoice]:
        loading = asyncio.get_running_loop().run_in_executor(None, self._load)
        await asyncio.wait([loading], timeout=self._patience)
        if not loading.done():
            self._report("the model is still being loaded and tried out.", "If this goes on, use a smaller one.")
        return await loading

    def _report(self, why: str, remedy: str) -> bool:
        if self._beside_remote:
            what = f"Only the remote detector can look: {why}"
            return self._health.report(MODEL, what, f"{remedy} Nobody else looks when that fails.", minor=True)
        return self._health.report(
            MODEL, f"Nobody can be recognised: {why}", f"{remedy} Motion alone makes events until then."
        )

    def _tell_choice(self, detector: Detector) -> None:
        choice = self._choice
        log.info("detector ready", model=detector.name, side=choice.side, why=choice.reason)
        if not choice.suffices:
            remedy = "Lower detection.looks_per_second, use a smaller model, or let another machine look."
            self._health.report(SLOW, f"Looks come late: {choice.reason}", remedy, minor=True)
