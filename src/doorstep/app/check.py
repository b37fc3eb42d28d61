"""Tries everything that the settings name, without running a server: for `doorstep check`."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from doorstep.app.buffer_folder import buffer_folder, storage_notes
from doorstep.app.catalog import is_older
from doorstep.app.channels import channel_findings
from doorstep.app.check_cameras import camera_findings
from doorstep.app.check_hub import hub_findings
from doorstep.app.check_off_site import off_site_findings
from doorstep.app.check_people import people_findings
from doorstep.app.check_push import push_findings
from doorstep.app.detector import open_sized
from doorstep.app.disk_at_start import refuse_read_only
from doorstep.app.doorbell import doorbell_findings
from doorstep.app.finding import Finding
from doorstep.app.folders import data_folder
from doorstep.app.models import demo_visitor
from doorstep.clock import SystemClock
from doorstep.core.errors import DoorstepError
from doorstep.core.notify_settings import MqttSettings
from doorstep.core.remote_use import DetectionPlace
from doorstep.core.settings import Settings
from doorstep.stores.local import LocalStore

PROBE_KEY = "doorstep-check/probe"
UPGRADE_DUE = "The catalog is of an older Doorstep; the next start keeps a copy of it and brings it up."


async def findings(settings: Settings, folders: Sequence[Path], *, beside_server: bool) -> AsyncIterator[Finding]:
    """Everything, each as soon as it is known; a fault in one does not keep the others from being tried.

    `beside_server`: without what a running server has open.
    """
    yield await asyncio.to_thread(_data, settings)
    yield await asyncio.to_thread(_model, settings, folders)
    if settings.detection.where is DetectionPlace.REMOTE:
        yield await asyncio.to_thread(_remote, settings)
    for found in _untried(settings):
        yield found
    if not beside_server:
        async for found in camera_findings(settings, await asyncio.to_thread(demo_visitor, folders)):
            yield found
        for found in await doorbell_findings(settings, SystemClock()):
            yield found
    async for found in channel_findings(settings.notify, SystemClock()):
        yield found
    for found in await asyncio.to_thread(lambda: list(_outside(settings, beside_server=beside_server))):
        yield found
    async for found in push_findings(settings, SystemClock()):
        yield found
    if settings.notify.mqtt is not None:
        yield await _mqtt(settings.notify.mqtt)


def _outside(settings: Settings, *, beside_server: bool) -> Iterator[Finding]:
    yield from people_findings(settings)
    yield from off_site_findings(settings)
    yield from hub_findings(settings, beside_server=beside_server)


def _data(settings: Settings) -> Finding:
    """Writes a little, because a full disk and a read-only one are found out in no other way."""
    try:
        refuse_read_only(settings.server.data)
        data = data_folder(settings.server.data)
        store = LocalStore(data / "recordings")
        store.put(PROBE_KEY, b"\0" * 4096)
        store.delete(PROBE_KEY)
        free = store.free_bytes()
        is_due = is_older(data, settings.catalog)
        folder = buffer_folder(settings.buffer, data)
        notes = [*storage_notes(settings), *([UPGRADE_DUE] if is_due else [])]
    except DoorstepError as error:
        return Finding("data folder", ok=False, detail=str(error))
    detail = f"{data}, {free / 1e9:.1f} GB free; the last minutes lie in {folder}."
    return Finding("data folder", ok=True, detail=" ".join([detail, *notes]))


def _model(settings: Settings, folders: Sequence[Path]) -> Finding:
    try:
        cameras = sum(camera.enabled for camera in settings.cameras)
        detector, choice = open_sized(settings.detection, folders, cameras, SystemClock())
    except DoorstepError as error:
        return Finding("detector", ok=False, detail=str(error))
    return Finding("detector", ok=True, detail=f"{detector.name}; {choice.reason}")


def _untried(settings: Settings) -> Iterator[Finding]:
    if settings.store.s3 is not None or settings.aws.motion_queue:
        yield Finding("cloud", ok=True, detail="Not tried here: `doorstep check --aws` tries what lies there.")
    if not settings.cameras:
        yield Finding("cameras", ok=False, detail="The config names none. Add a [[camera]], or try `--demo`.")


def _remote(settings: Settings) -> Finding:
    from doorstep.app.remote_detection import try_remote  # noqa: PLC0415 - httpx, which most do without

    try:
        detail = try_remote(settings.detection, settings.server.data, SystemClock(), settings.aws)
    except DoorstepError as error:
        return Finding("remote detector", ok=False, detail=str(error))
    return Finding("remote detector", ok=True, detail=detail)


async def _mqtt(settings: MqttSettings) -> Finding:
    from doorstep.notifiers.mqtt import MqttNotifier  # noqa: PLC0415 - aiomqtt, which most do without
    from doorstep.notifiers.mqtt_link import MqttLink  # noqa: PLC0415 - as above

    try:
        return Finding("mqtt", ok=True, detail=await MqttNotifier(MqttLink(settings, SystemClock())).check())
    except DoorstepError as error:
        return Finding("mqtt", ok=False, detail=str(error))
