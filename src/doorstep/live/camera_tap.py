"""Connects one camera's stream to the live feed: the `FrameTap` of those who watch."""

from datetime import timedelta

from doorstep.core.camera import CameraId
from doorstep.live.mjpeg import MjpegFeed
from doorstep.ports import Clock, Frame


class CameraTap:
    """Called from the source's thread.  Takes what is decoded anyway, and asks for more while somebody watches."""

    def __init__(self, feed: MjpegFeed, camera: CameraId, clock: Clock) -> None:
        self._feed = feed
        self._camera = camera
        self._clock = clock

    def wants(self, at: float) -> bool:  # noqa: ARG002 - viewers live in our time, not in the camera's
        """Whether somebody waits for a picture now."""
        return self._feed.wants(self._camera, self._clock.monotonic())

    def put(self, frame: Frame) -> None:
        """Show it."""
        age = timedelta(seconds=self._clock.monotonic() - frame.captured_at)
        self._feed.offer(self._camera, frame, self._clock.now() - age)
