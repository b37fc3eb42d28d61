"""Tries everything that the settings name, without running a server: for `doorstep check`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

from doorstep.app.cameras import open_source, time_zone
from doorstep.app.detector import open_detector
from doorstep.app.finding import Finding
from doorstep.app.folders import buffer_folder, catalog_url, data_folder
from doorstep.app.models import demo_visitor
from doorstep.catalog.engine import open_engine
from doorstep.clock import SystemClock
from doorstep.core.errors import DoorstepError
from doorstep.core.media import Packet, VideoFormat
from doorstep.core.settings import CameraSettings, EmailSettings, Settings
from doorstep.notifiers.smtp import SmtpNotifier
from doorstep.ports import Frame
from doorstep.stores.local import LocalStore

CAMERA_SECONDS = 10.0
PROBE_KEY = "doorstep-check/probe"


class _NoFrames:
    """Nobody looks."""

    def wants(self, at: float) -> bool:  # noqa: ARG002 - the port's signature
        return False

    def put(self, frame: Frame) -> None: ...


async def findings(settings: Settings, folders: Sequence[Path], *, skip_cameras: bool) -> AsyncIterator[Finding]:
    """Everything, each as soon as it is known; a fault in one does not keep the others from being tried."""
    yield await asyncio.to_thread(_data, settings)
    yield await asyncio.to_thread(_model, settings, folders)
    if not settings.cameras:
        yield Finding("cameras", ok=False, detail="The config names none. Add a [[camera]], or try `--demo`.")
    if not skip_cameras:
        cameras = (_camera(camera, settings, folders) for camera in settings.cameras if camera.enabled)
        for found in await asyncio.gather(*cameras):
            yield found
    if settings.email is not None:
        yield await _email(settings.email)


def _data(settings: Settings) -> Finding:
    """Writes a little, because a full disk and a read-only one are found out in no other way."""
    try:
        data = data_folder(settings.server.data)
        store = LocalStore(data / "recordings")
        store.put(PROBE_KEY, b"\0" * 4096)
        store.delete(PROBE_KEY)
        free = store.free_bytes()
        open_engine(catalog_url(data)).dispose()
        folder = buffer_folder(settings.buffer, data)
    except DoorstepError as error:
        return Finding("data folder", ok=False, detail=str(error))
    detail = f"{data}, {free / 1e9:.1f} GB free; the last minutes lie in {folder}"
    return Finding("data folder", ok=True, detail=detail)


def _model(settings: Settings, folders: Sequence[Path]) -> Finding:
    try:
        detector = open_detector(settings.detection.model, folders)
    except DoorstepError as error:
        return Finding("detector", ok=False, detail=str(error))
    return Finding("detector", ok=True, detail=detector.name)


async def _camera(camera: CameraSettings, settings: Settings, folders: Sequence[Path]) -> Finding:
    what = f"camera {camera.id}"
    try:
        zone = time_zone(settings.server.timezone)
        source = open_source(camera, await asyncio.to_thread(demo_visitor, folders), zone, SystemClock())
        async with asyncio.timeout(CAMERA_SECONDS), aclosing(source.stream(_NoFrames())) as items:
            return Finding(what, ok=True, detail=await _first_picture(items))
    except TimeoutError:
        return Finding(what, ok=False, detail=f"no picture within {CAMERA_SECONDS:.0f} s")
    except DoorstepError as error:
        return Finding(what, ok=False, detail=str(error))


async def _first_picture(items: AsyncIterator[VideoFormat | Packet]) -> str:
    words = ""
    async for item in items:
        if isinstance(item, Packet):
            break
        words = f"{item.codec.value} {item.width}x{item.height}"
    return words


async def _email(settings: EmailSettings) -> Finding:
    try:
        return Finding("email", ok=True, detail=await SmtpNotifier(settings).check())
    except DoorstepError as error:
        return Finding("email", ok=False, detail=str(error))
