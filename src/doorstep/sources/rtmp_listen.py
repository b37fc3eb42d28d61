"""A camera that pushes, as a source.  Who listens for all of them lives in `rtmp_listener`."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from doorstep.core.camera import CameraId
from doorstep.core.errors import SourceLost
from doorstep.core.media import StreamItem
from doorstep.ports import FrameTap
from doorstep.sources.onlooker import Look, ThreadedOnlooker
from doorstep.sources.rtmp_listener import RtmpListener

WAIT_SECONDS: Final = 9.0  # before it says that it waits


class RtmpListenSource:
    """A `ports.Source` over a listener that somebody runs.  Nothing in it blocks but the onlooker's own thread."""

    def __init__(self, listener: RtmpListener, camera: CameraId, look: Look = ThreadedOnlooker) -> None:
        self._listener = listener
        self._camera = camera
        self._look = look

    async def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        """As the port says.  SourceLost when nobody pushes for some seconds, and when who pushed is gone."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                publication = await self._listener.publication(self._camera)
        except TimeoutError:
            msg = "Waiting for the camera to push its video; if it never did, check its address and stream key."
            raise SourceLost(msg) from None
        publication.begin()
        onlooker = self._look(tap)
        try:
            while True:
                item = await publication.take()
                yield item
                onlooker.take(item)
        finally:
            publication.leave()
            await onlooker.close()
