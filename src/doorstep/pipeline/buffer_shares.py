"""Gives each camera's rolling buffer its bytes, anew as bit rates and cameras change.  The rule lives in `core`."""

from dataclasses import dataclass

from doorstep.core.buffer_budget import fair_shares, index_bytes, kept_words, need_of, short_words
from doorstep.core.camera import CameraId
from doorstep.core.disk_kind import BUFFER_WEAR_REMEDY, DiskKind, buffer_wear_words
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.ports import Clock

EVERY_SECONDS = 10.0
SHORT, WEAR = "buffer-short", "buffer-wear"
SHORT_REMEDY = "Lower seconds under [buffer], lower the cameras' bit rates, or give the machine more memory."


@dataclass(slots=True)
class _Sharer:
    name: str
    buffered: BufferedCamera
    is_on: bool


class BufferShares:
    """One for each server; used on the event loop.  `budget` are the bytes of all buffers, `kind` is where they lie."""

    def __init__(self, budget: int, wanted_seconds: float, kind: DiskKind, health: HealthBoard, clock: Clock) -> None:
        self.budget = budget
        self._wanted = wanted_seconds
        self._kind = kind
        self._health = health
        self._clock = clock
        self._sharers: dict[CameraId, _Sharer] = {}

    def add(self, name: str, buffered: BufferedCamera, *, is_on: bool) -> None:
        """A camera that is new, or was switched on or off, which counts at once."""
        self._sharers[buffered.camera] = _Sharer(name, buffered, is_on)
        self.share()

    def remove(self, camera: CameraId) -> None:
        """It is gone for good, and its share is the others' at once; no error for one that has none."""
        if self._sharers.pop(camera, None) is not None:
            self._health.clear(f"{SHORT}:{camera}")
            self.share()

    def words(self, camera: CameraId) -> str:
        """What of the wanted minutes fits, such as "15 min wanted, 6 kept"; "" where all of it does."""
        sharer = self._sharers.get(camera)
        if sharer is None or not sharer.is_on:
            return ""
        return kept_words(self._wanted, sharer.buffered.buffer.fitting_seconds)

    async def run(self) -> None:
        """Look at the bit rates now and then, for ever."""
        while True:
            self.share()
            await self._clock.sleep(EVERY_SECONDS)

    def share(self) -> None:
        """Who gets less gives it up before anybody gets more, so that all together never hold too much."""
        needs = {camera: self._need(sharer) for camera, sharer in self._sharers.items()}
        shares = fair_shares(self.budget, needs)
        for camera in sorted(shares, key=lambda one: shares[one] - self._sharers[one].buffered.buffer.size):
            self._sharers[camera].buffered.limit(index_bytes(shares[camera]))
        self._tell()

    def _need(self, sharer: _Sharer) -> int:
        rate = sharer.buffered.buffer.bytes_per_second
        return need_of(rate, self._wanted, self.budget) if sharer.is_on else 0

    def _tell(self) -> None:
        for camera, sharer in self._sharers.items():  # each its own, because not everybody may know of each camera
            self._show(f"{SHORT}:{camera}", short_words(sharer.name, self.words(camera)), SHORT_REMEDY)
        rates = [one.buffered.buffer.bytes_per_second or 0.0 for one in self._sharers.values() if one.is_on]
        self._show(WEAR, buffer_wear_words(self._kind, sum(rates)), BUFFER_WEAR_REMEDY)

    def _show(self, key: str, what: str, remedy: str) -> None:
        if what:
            self._health.report(key, what, remedy, minor=True)
        else:
            self._health.clear(key)
