"""Pictures of recorded instants, out of buffers and recordings: one large, or a sheet of small ones.

Decoding is `picture_process`'s.  Nothing is fetched from off-site for them.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, SpanUnavailable
from doorstep.core.past_picture import COLUMNS, LARGEST_TILE, PastPicture, PreviewGrid, PreviewSheet
from doorstep.media.small_picture import SmallPicture, sheet
from doorstep.pipeline.clip_footage import Found, buffered_footage
from doorstep.pipeline.key_footage import KeyFootage
from doorstep.pipeline.newest_wish import NewestWish
from doorstep.pipeline.picture_process import PictureProcess
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.ports import Catalog, Clock, Store

KEPT_BYTES = 4 << 20
KEPT_SECONDS = 120.0
"""What retention or a person deletes is not shown longer than this."""

STILL_CHANGING = timedelta(minutes=2)
"""A sheet that reaches so near to now may show more a moment later."""

_SheetKey = tuple[CameraId, PreviewGrid]


class PastPictures:
    """Implements `ports.PastPictures`; on the event loop."""

    def __init__(
        self,
        store: Store,
        buffers: dict[CameraId, BufferedCamera],
        clock: Clock,
        catalog: Catalog,
        process: PictureProcess,
    ) -> None:
        self._store = store
        self._buffers = buffers
        self._clock = clock
        self._catalog = catalog
        self._process = process
        self._wishes = NewestWish()
        self._sheets: OrderedDict[_SheetKey, tuple[float, PreviewSheet]] = OrderedDict()

    async def run(self) -> None:
        """Until cancelled."""
        await self._process.run()

    async def frame(self, camera: CameraId, at: datetime, most: tuple[int, int], asker: str) -> PastPicture:
        """See the port."""
        async with self._wishes.turn(f"frame {asker}"):
            footage = await self._footage(camera, at, at)
            found = await asyncio.to_thread(footage.at, at)
            if found is None:
                raise SpanUnavailable(await asyncio.to_thread(footage.why_nothing, at))
            picture = await self._process.picture(found.format, found.sample, most)
            if picture is None:
                msg = "The picture of this moment is damaged."
                raise SpanUnavailable(msg)
            return PastPicture(await asyncio.to_thread(picture.jpeg), found.shown_at)

    async def previews(self, camera: CameraId, grid: PreviewGrid, asker: str) -> PreviewSheet:
        """See the port."""
        known = self._known(camera, grid)
        if known is not None:
            return known
        async with self._wishes.turn(f"previews {asker}") as still_wanted:
            tiles = await self._tiles(camera, grid, still_wanted)
            jpeg = await asyncio.to_thread(sheet, tiles, *LARGEST_TILE)
            made = PreviewSheet(jpeg, *LARGEST_TILE, COLUMNS, tuple(tile is not None for tile in tiles))
            self._keep(camera, grid, made)
            return made

    async def _tiles(
        self, camera: CameraId, grid: PreviewGrid, still_wanted: Callable[[], None]
    ) -> Sequence[SmallPicture | None]:
        footage = await self._footage(camera, grid.since, grid.until)
        tiles: list[SmallPicture | None] = []
        shown: tuple[datetime, SmallPicture | None] | None = None
        for at in grid.instants:
            still_wanted()
            found = await asyncio.to_thread(footage.within, at, at + timedelta(seconds=grid.every))
            if found is None:
                tiles.append(None)
                continue
            if shown is None or shown[0] != found.shown_at:
                shown = found.shown_at, await self._process.picture(found.format, found.sample, LARGEST_TILE)
            tiles.append(shown[1])
        return tiles

    async def _footage(self, camera: CameraId, first: datetime, last: datetime) -> KeyFootage:
        return KeyFootage(self._store, self._catalog, camera, self._buffered(camera, first, last), first, last)

    def _buffered(self, camera: CameraId, first: datetime, last: datetime) -> list[Found]:
        buffered = self._buffers.get(camera)
        if buffered is None:
            return []
        try:
            return buffered_footage(buffered, first, last + timedelta(milliseconds=1))
        except BlobMissing:
            return []

    def _known(self, camera: CameraId, grid: PreviewGrid) -> PreviewSheet | None:
        made_at, known = self._sheets.get((camera, grid), (0.0, None))
        if known is None or self._clock.monotonic() - made_at > KEPT_SECONDS:
            self._sheets.pop((camera, grid), None)
            return None
        self._sheets.move_to_end((camera, grid))
        return known

    def _keep(self, camera: CameraId, grid: PreviewGrid, made: PreviewSheet) -> None:
        if grid.until > self._clock.now() - STILL_CHANGING:
            return
        self._sheets[camera, grid] = self._clock.monotonic(), made
        while sum(len(one.jpeg) for _, one in self._sheets.values()) > KEPT_BYTES:
            self._sheets.popitem(last=False)
