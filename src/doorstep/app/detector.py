"""Models and the detector made of them, for the server and for commands."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from doorstep.core.errors import ModelInvalid
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock, Detector
from doorstep.vision.models import find_model

log = structlog.get_logger()

RETRY_SECONDS = 30.0


def open_detector(model: str, folders: Sequence[Path]) -> Detector:
    """Load a model by name or path.  Takes a second, call it from a thread.  Raises ModelInvalid."""
    found = find_model(model, folders)
    from doorstep.vision.onnx_detector import default_threads, load_detector  # noqa: PLC0415 - a second of imports

    return load_detector(found.path, found.name, default_threads())


class LateDetector:
    """The detector once it is loaded.  The cameras do not wait for it, and a missing model may still be fetched."""

    def __init__(self, model: str, folders: Sequence[Path], health: HealthBoard, clock: Clock) -> None:
        self._model = model
        self._folders = folders
        self._health = health
        self._clock = clock
        self._detector: Detector | None = None

    def current(self) -> Detector | None:
        """None while it is loading or missing."""
        return self._detector

    async def run(self) -> None:
        """Load it, trying again while it is missing or wrong."""
        while self._detector is None:
            try:
                self._detector = await asyncio.to_thread(open_detector, self._model, self._folders)
            except ModelInvalid as error:
                what = f"Nobody can be recognised: {error}"
                if self._health.report(
                    "model", what, "Run `doorstep models fetch`. Motion alone makes events until then."
                ):
                    log.warning("no detector", reason=str(error))
                await self._clock.sleep(RETRY_SECONDS)
        self._health.clear("model")
        log.info("detector ready", model=self._detector.name)
        await asyncio.Event().wait()
