"""The composition root of the server: settings -> objects -> one TaskGroup.  Start and stop in their order."""

import asyncio
import gc
import socket
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from doorstep.app.address import base_address, link_address
from doorstep.app.buffer_folder import storage_notes
from doorstep.app.costs import pays_for_motion
from doorstep.app.disk_at_start import refuse_read_only, spare_space
from doorstep.app.folders import data_folder, locked
from doorstep.app.heap_holes import keep_giving_back
from doorstep.app.http import HttpServer, open_doors
from doorstep.app.hub import make_hub
from doorstep.app.hub_place import open_place
from doorstep.app.motion_queue import motion_tasks
from doorstep.app.off_site_clips import origin_of_links
from doorstep.app.older_names import write_names_of_now
from doorstep.app.preferences import held_tasks
from doorstep.app.reloading import FINISH_SECONDS, Reloader, make_reloader
from doorstep.app.server_parts import ServerParts, make_server
from doorstep.app.settings_desk import settings_parts
from doorstep.app.settings_file import SettingsPlace
from doorstep.app.signals import reload_signal, stop_signals, unless
from doorstep.app.web_parts import web_parts
from doorstep.core.errors import CatalogAway
from doorstep.core.paid_call import Payee
from doorstep.core.settings import Settings
from doorstep.pipeline.condition import NOT_RUNNING
from doorstep.pipeline.disk_calls import use_enough_threads
from doorstep.pipeline.lateness import measure_lateness
from doorstep.pipeline.recovery import Recovery
from doorstep.pipeline.supervisor import Tasks, keep_running
from doorstep.sources.spent_pages import give_back_holes
from doorstep.stores.lost_and_found import LostAndFound

log = structlog.get_logger()

LOOK_THREADS = 2
AGAIN_SECONDS = 60.0
"""Between looks at a config that a new run could not use; each says so in the log."""

LAST_TRIES_SECONDS = 3.0
"""An alert that is on its way then may be told again by the next run."""


async def serve(
    settings: Settings,
    model_folders: Sequence[Path],
    say: Callable[[str], None],
    place: SettingsPlace | None = None,
) -> bool:
    """Run until SIGTERM or SIGINT.  `say` prints a line for the owner; the first tells where it listens.

    True where the process is to begin anew: its catalog was away at the start and is there now, or went away in it, or
    its owner asked for that.  `place` is the file that holds the settings, which SIGHUP has read anew; without one, or
    where it says so, the signal ends the process as it ends others.
    Raises ConfigInvalid (port in use, data folder), CatalogUnavailable, StoreUnavailable: then nothing was started.
    """
    use_enough_threads()
    refuse_read_only(settings.server.data)
    data = data_folder(settings.server.data)
    with (
        stop_signals() as stopped,
        ExitStack() as signals,
        locked(data),
        spare_space(data),
        open_doors(settings.server, data) as doors,
        ThreadPoolExecutor(LOOK_THREADS, "look") as looks,
    ):
        asked = signals.enter_context(reload_signal()) if place is not None and place.hears_signal else asyncio.Event()
        port, hub_place = doors.public.getsockname()[1], await asyncio.to_thread(open_place, settings)
        told = hub_place.outside(settings)
        making = make_server(told, model_folders, link_address(told.server, port), looks)
        server = await unless(stopped, making)
        if server is None:
            return False
        origin = await origin_of_links(server.off_site, settings.store.s3)
        hub = make_hub(hub_place, settings, server, port)
        reloader, anew = make_reloader(settings, place, server, hub), asyncio.Event()
        parts = web_parts(server, origin, settings_parts(place, server, reloader, asked, anew))
        http = HttpServer(replace(parts, hub=hub.parts()), settings.server.tls, server.shared.health, doors)
        gc.collect()
        gc.freeze()  # what is here now stays: to look through it again and again stops all for a tenth of a second
        say(f"listening on {_spoken_address(settings, doors.public)}")
        try:
            await unless(stopped, _begin(server, say, base_address(settings.server, port), place))
        except CatalogAway as error:  # it was there a moment ago: the next run goes on without
            log.warning("the catalog went away in the middle of the start; starting anew", reason=str(error))
            await _close(server)
            return not stopped.is_set()
        if stopped.is_set():
            return False
        endless: Tasks = {"reload": partial(reloader.run, asked), **hub.endless()}
        await _run(server, http, looks, endless, _anew(server, reloader, anew), stopped)
        return not stopped.is_set()


async def _begin(server: ServerParts, say: Callable[[str], None], at_home: str, place: SettingsPlace | None) -> None:
    """What comes before anything runs; at home it is reached before anything outside leads here."""
    for note in storage_notes(server.shared.settings):
        log.info(note)
    if server.awaiting is not None:
        return  # what a former run left is in the catalog, or waits for it
    if place is not None:  # only now: of an upgrade that fails the older Doorstep finds its config as it was
        await asyncio.to_thread(write_names_of_now, place.path, server.shared.settings.server.data, server.shared.clock)
    await _recover(server)
    if not await asyncio.to_thread(server.accounts.is_set_up):
        say(f"Make your account (within 10 minutes): {at_home}/setup#{server.accounts.setup_code()}")


async def _recover(server: ServerParts) -> None:
    """What a former run left open or unsent."""
    await server.preferences.load()
    shared, events = server.shared, server.shared.settings.events
    await shared.rows.write_all()  # what a former run told by a guess, before anybody reads it
    room = LostAndFound(shared.settings.server.data / "recordings")
    store, rolls = shared.storage.store, (events.post_roll, events.pre_roll)
    recovery = Recovery(store, server.catalog, shared.rows, *rolls, longest=events.longest, room=room)
    await recovery.run(server.factory.recorders)
    for camera in shared.settings.cameras:
        if camera.enabled:
            await server.factory.tell_away(camera.id, NOT_RUNNING)
    files, size = await asyncio.to_thread(room.held)
    if files:
        what = f"Damaged recordings were set aside ({files} files, {size / 1e6:.1f} MB); no retention counts them."
        shared.health.report("set-aside", what, f"Keep what you want of {room.folder}, then delete it.", minor=True)
    if server.push.devices is not None:
        await server.push.devices.load()
    await server.telling.restore(server.catalog)


async def _run(
    server: ServerParts,
    http: HttpServer,
    looks: ThreadPoolExecutor,
    more: Tasks,
    anew: Coroutine[None, None, None],
    stopped: asyncio.Event,
) -> None:
    """One TaskGroup; a signal closes events and recordings first, a second one ends at once.

    So does the end of `anew`.
    """
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(keep_running(name, run, server.shared.clock, server.shared.health))
            for name, run in _endless(server, more).items()
        ]
        running.append(tasks.create_task(http.run()))
        await unless(stopped, anew)
        log.info("stopping: finishing recordings")
        if stopped.is_set():
            server.health.stopping()
        http.stop()
        running[0].cancel()
        if not await server.cameras.finish(FINISH_SECONDS):
            log.warning("a recording was not finished in time; it is recovered at the next start")
        await server.telling.outbox.finish(LAST_TRIES_SECONDS)
        await _write_rows(server)
        looks.shutdown(wait=False, cancel_futures=True)
        for task in running:
            task.cancel()
    await _close(server)


def _endless(server: ServerParts, more: Tasks) -> Tasks:
    """All that runs as long as the server does, by name; the first ends first."""
    storage = server.shared.storage
    return {
        **more,  # with the reload first, to end first: no camera may come while all of them finish
        "cameras": server.cameras.run,
        "rtmp": server.rtmp.run,
        **server.live.endless(),
        **server.sign_ins.endless(),
        **server.rehearsals.endless(),
        **server.health.endless(),
        **server.doorbell.endless,
        "detector": server.detector.run,
        "event rows": server.shared.rows.run,
        "preferences": server.preferences.run,
        **held_tasks(server.silences, server.telling, server.shared, server.health.alerts, f"{server.base_address}/"),
        "explanations": server.shared.explanations.run,
        **server.telling.endless(),
        **server.push.endless(),
        **_mqtt_tasks(server),
        **_cloud_tasks(server),
        "detection switch": server.shared.detection.run,
        **_sweeping(server),
        **_awaiting(server),
        "buffer shares": storage.shares.run,
        **server.clips.endless(),
        "disk": storage.disk.run,
        "clock": server.clock_watch.run,
        "heap holes": partial(keep_giving_back, give_back_holes, server.shared.clock),
        "loop lateness": partial(measure_lateness, server.lateness, server.shared.clock),
    }


def _sweeping(server: ServerParts) -> Tasks:
    return {"sweeper": server.sweeper.run, "shares": server.shares.run, "costs": server.costs.run}


def _awaiting(server: ServerParts) -> Tasks:
    return {"catalog": server.awaiting.run} if server.awaiting is not None else {}


async def _anew(server: ServerParts, reloader: Reloader, asked: asyncio.Event) -> None:
    """Until this run is over for another one: where it is asked for, or began without its catalog, which is there."""
    await unless(server.awaiting.over if server.awaiting is not None else asyncio.Event(), asked.wait())
    while not await reloader.could_begin():
        await server.shared.clock.sleep(AGAIN_SECONDS)


def _cloud_tasks(server: ServerParts) -> Tasks:
    remote: Tasks = {"remote detector": server.remote.run} if server.remote is not None else {}
    off_site = server.off_site.endless() if server.off_site is not None else {}
    return {**remote, **off_site, **_motion_tasks(server)}


def _motion_tasks(server: ServerParts) -> Tasks:
    shared, costs = server.shared, server.costs
    return motion_tasks(
        shared.settings.aws,
        server.doorbell.doorbell.take,
        lambda camera: server.cameras.camera(camera) is not None,
        shared.health,
        shared.clock,
        pays_for_motion(costs),
        partial(costs.affords, Payee.SQS),
        server.seen_motion,
    )


def _mqtt_tasks(server: ServerParts) -> Tasks:
    if server.mqtt is None:
        return {}
    from doorstep.app.mqtt import SeenHouse  # noqa: PLC0415 - aiomqtt, which most do without

    return server.mqtt.endless(
        SeenHouse(
            cameras=server.cameras,
            live=server.shared.live,
            doorbell=server.doorbell.doorbell,
            preferences=server.preferences,
            detection=server.shared.detection,
            notices=server.shared.notices,
            page=server.base_address,
        )
    )


async def _close(server: ServerParts) -> None:
    """Nothing runs any more."""
    if server.off_site is not None:
        server.off_site.way.end()
    if server.remote is not None:
        await asyncio.to_thread(server.remote.close)
    await asyncio.to_thread(server.nursery.close)
    server.engine.dispose()
    await asyncio.to_thread(server.health.ended)


async def _write_rows(server: ServerParts) -> None:
    try:
        async with asyncio.timeout(FINISH_SECONDS):
            await server.shared.rows.write_all()
            await server.preferences.write_all()
            await server.shared.detection.write_all()
            if server.push.devices is not None:
                await server.push.devices.write_all()
            await server.shared.explanations.write_due(everything=True)
            await server.live.write_all(server.shared.clock)
            await server.costs.write_last()
    except TimeoutError:
        log.warning("the disk does not answer: what it was not told yet is recovered at the next start")


def _spoken_address(settings: Settings, listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    scheme = "https" if settings.server.tls else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
