"""Who may knock at an RTMP listener: whose key it is, and failed tries counted by household."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from doorstep.core.camera import CameraId
from doorstep.core.errors import ConfigInvalid
from doorstep.core.household import household
from doorstep.core.stream_keys import StreamKeys
from doorstep.ports import Clock


@dataclass(frozen=True, slots=True)
class PushedCamera:
    """A camera that pushes: whoever has its key is the camera."""

    id: CameraId
    key: str = field(repr=False)
    audio: bool = False


class KeyRing:
    """The keys of all cameras of a listener.  Raises ConfigInvalid for two cameras with one key, or an empty one."""

    def __init__(self, cameras: Iterable[PushedCamera]) -> None:
        self.cameras = {camera.id: camera for camera in cameras}
        keys = {camera.id: camera.key for camera in self.cameras.values()}
        if not all(keys.values()) or len(set(keys.values())) < len(keys):
            msg = "Every camera that pushes needs a stream_key of its own; two have the same, or one has none."
            raise ConfigInvalid(msg)
        self._keys = StreamKeys(keys)

    def camera_of(self, key: str) -> PushedCamera | None:
        """Whose key it is, as `StreamKeys.camera_of`."""
        camera = self._keys.camera_of(key)
        return self.cameras[camera] if camera is not None else None


@dataclass(frozen=True, slots=True)
class _Row:
    """Of one household: how many tries it had left when, and when it was last worth a line."""

    left: float
    at: float
    told_at: float


class FailedTries:
    """How often a household failed: so often at once, and as often again in `seconds`, one by one.

    Nobody is shut out for long: a camera with the right key behind the same router as one with a wrong key gets in.
    """

    def __init__(self, clock: Clock, *, most: int, seconds: float = 60.0, households: int = 1024) -> None:
        self._clock = clock
        self._most = most
        self._seconds = seconds
        self._households = households
        self._rows: OrderedDict[str, _Row] = OrderedDict()

    def admits(self, address: str) -> bool:
        """Whether who comes from there may try now."""
        row = self._rows.get(household(address))
        return row is None or self._left(row) >= 1

    def count(self, address: str) -> bool:
        """Count one; whether it is the first for a while, which is worth a line in the log."""
        now, key = self._clock.monotonic(), household(address)
        row = self._rows.pop(key, None) or _Row(self._most, now, now - self._seconds)
        tells = now - row.told_at >= self._seconds
        self._rows[key] = _Row(max(0.0, self._left(row) - 1), now, now if tells else row.told_at)
        if len(self._rows) > self._households:
            self._rows.popitem(last=False)
        return tells

    def _left(self, row: _Row) -> float:
        again = (self._clock.monotonic() - row.at) * self._most / self._seconds
        return min(self._most, row.left + again)
