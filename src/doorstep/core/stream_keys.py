"""Which camera pushes with which key.  The keys are the config's; both RTMP intakes ask here."""

import hashlib
from collections.abc import Mapping
from secrets import compare_digest

from doorstep.core.camera import CameraId

_LONGEST = 4096


class StreamKeys:
    """Immutable; any thread.  A camera whose key is empty cannot push."""

    def __init__(self, keys: Mapping[CameraId, str]) -> None:
        self._digests = [(camera, _digest(key)) for camera, key in keys.items() if key]

    def camera_of(self, key: str) -> CameraId | None:
        """The camera with this key, in a time that tells nothing about any key; None if there is none."""
        asked, found = _digest(key), None
        for camera, digest in self._digests:
            if compare_digest(asked, digest) and key:
                found = camera
        return found


def _digest(key: str) -> bytes:
    return hashlib.sha256(key[:_LONGEST].encode("utf-8", "surrogatepass")).digest()
