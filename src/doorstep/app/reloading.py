"""Applies a changed config to the house that runs, on SIGHUP or from the page.  What it means: `core/reload`."""

import asyncio
from collections.abc import Callable

import structlog

from doorstep.app.cameras import CameraFactory
from doorstep.app.channels import change_channels
from doorstep.app.hub import HubDesk
from doorstep.app.rtmp_intake import RtmpIntake
from doorstep.app.server_parts import ServerParts
from doorstep.app.settings_file import SettingsPlace
from doorstep.core.errors import ConfigInvalid
from doorstep.core.reload import Reload, reload_of
from doorstep.core.settings import CameraSettings, Settings
from doorstep.pipeline.cameras import Cameras
from doorstep.pipeline.health import HealthBoard

log = structlog.get_logger()

FINISH_SECONDS = 8.0
PATIENCE_SECONDS = 6.0
CHANGED = "its settings were changed"
ABSENT = "it was not in the config"
SWITCHED_OFF = "it was switched off in the config"
NOT_USED = "reload"
WAITS = "restart"


class Reloader:
    """Cameras that did not change keep connection, buffer and events: nothing of theirs is touched.

    A config that cannot be used changes nothing and is told, until the next good one.
    """

    def __init__(
        self,
        settings: Settings,
        read: Callable[[], Settings],
        cameras: Cameras,
        factory: CameraFactory,
        rtmp: RtmpIntake,
        board: HealthBoard,
        use: Callable[[Settings], None] = lambda _settings: None,
    ) -> None:
        """`settings` are those that run; `read` blocks, and raises ConfigInvalid.

        `use` has others run by new ones, before cameras are made by them.
        """
        self._settings = settings
        self._read = read
        self._cameras = cameras
        self._factory = factory
        self._rtmp = rtmp
        self._board = board
        self._use = use
        self._turn = asyncio.Condition()
        self._begun = self._ended = 0
        self._trouble = ""
        self._waiting: tuple[str, ...] = ()

    @property
    def waiting(self) -> tuple[str, ...]:
        """The tables whose changes wait for a restart."""
        return self._waiting

    def waits(self, wanted: Settings) -> tuple[str, ...]:
        """Those that would wait.  From any thread."""
        return reload_of(self._settings, wanted).needs_restart

    async def run(self, asked: asyncio.Event) -> None:
        """Reload each time that it is asked for, one after the other, for ever."""
        while True:
            await asked.wait()
            asked.clear()
            self._begun += 1
            self._trouble = await self.reload()
            async with self._turn:
                self._ended = self._begun
                self._turn.notify_all()

    async def reload_now(self, asked: asyncio.Event) -> str:
        """Have `run` do it and wait for that, for some seconds; why the config is not used, empty where it is."""
        mine = self._begun + 1
        asked.set()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._turn:
                await self._turn.wait_for(lambda: self._ended >= mine)
        except TimeoutError:
            return ""  # a disk holds a recording; it goes on
        return self._trouble

    async def could_begin(self) -> bool:
        """Whether the config, as it is now, can be used by a new run; else it is told why not."""
        return not await self.why_not_begin()

    async def why_not_begin(self) -> str:
        """Why a new run could not use the config as it is now; empty where it could."""
        try:
            await asyncio.to_thread(self._read)
        except ConfigInvalid as error:
            self._tell_unusable(error)
            return str(error)
        return ""

    async def reload(self) -> str:
        """Once; why the config is not used, empty where it is."""
        try:
            wanted = await asyncio.to_thread(self._read)
            plan = reload_of(self._settings, wanted)
            for camera in (*plan.added, *plan.changed):
                self._factory.check(camera)
            self._rtmp.expect(plan.settings.cameras)
        except ConfigInvalid as error:
            self._tell_unusable(error)
            return str(error)
        self._board.clear(NOT_USED)
        self._tell_what_waits(plan)
        await self._apply(plan)
        log.info(
            "config reloaded",
            added=[camera.id for camera in plan.added],
            changed=[camera.id for camera in plan.changed],
            removed=list(plan.removed),
            needs_restart=list(plan.needs_restart),
        )
        return ""

    def _tell_unusable(self, error: ConfigInvalid) -> None:
        what = f"The changed config is not used: {error}"
        self._board.report(NOT_USED, what, "Mend the file and reload again; the config before it holds.", minor=True)
        log.warning("the config cannot be used, nothing was changed", reason=str(error))

    async def _apply(self, plan: Reload) -> None:
        before = {camera.id: camera for camera in self._settings.cameras}
        async with asyncio.TaskGroup() as stopping:
            for camera_id in (*plan.removed, *(camera.id for camera in plan.changed)):
                stopping.create_task(self._cameras.stop(camera_id, FINISH_SECONDS))
        self._use(plan.settings)
        for camera_id in plan.removed:
            self._cameras.remove(camera_id)
            await self._factory.forget(camera_id)
        for camera in (*plan.changed, *plan.added):
            old = before.get(camera.id)
            pipeline = self._factory.make(camera, _away(old))
            if camera.enabled and (old is None or not old.enabled):
                await self._factory.tell_away(camera.id, _away(old))
            self._cameras.start(pipeline)
        self._cameras.arrange(plan.order)
        self._cameras.try_now()
        self._settings = plan.settings

    def _tell_what_waits(self, plan: Reload) -> None:
        self._waiting = plan.needs_restart
        if not plan.needs_restart:
            self._board.clear(WAITS)
            return
        names = ", ".join(plan.needs_restart)
        what = f"Changes of {names} in the config wait for a restart; all else is used already."
        self._board.report(
            WAITS, what, "Restart Doorstep when it suits: Settings, Alerts and recording, Restart now.", minor=True
        )


def _away(before: CameraSettings | None) -> str:
    """Why nothing of a camera was kept until now."""
    if before is None:
        return ABSENT
    return CHANGED if before.enabled else SWITCHED_OFF


def make_reloader(settings: Settings, place: SettingsPlace | None, server: ServerParts, hub: HubDesk) -> Reloader:
    """For a server that runs by `settings`, as the config says them; without a place there is nothing to read anew."""
    read = place.read if place is not None else lambda: settings

    def use(plan: Settings) -> None:
        notify, book = server.shared.settings.notify, server.telling.book
        change_channels(notify, plan.notify, book, server.shared.clock, server.costs)
        server.shared.settings = hub.use(plan)
        server.silences.space_by(plan.events.alert_cooldown)
        server.sweeper.keep(plan.retention)

    return Reloader(settings, read, server.cameras, server.factory, server.rtmp, server.shared.health, use)
