"""What a changed config means for a house that runs: which cameras come, go, change or stay.  Doing it: `app`."""

from dataclasses import dataclass, fields, replace

from doorstep.core.camera import CameraId
from doorstep.core.settings import CameraSettings, Settings

_TABLES = {"buttons": "[[button]]"}
"""Where the file writes another name than that of the settings' field."""


@dataclass(frozen=True, slots=True)
class Reload:
    """The way from the settings that run to those of the file.

    `added`, `changed` and `removed` are in the order of the file, `unchanged` cameras must not notice anything.
    `order` holds every camera of the file.  `needs_restart` names the tables that changed and are read at a start
    only, as the file writes them.  `settings` are those that hold once all this is done: the running ones with the
    file's cameras.
    """

    added: tuple[CameraSettings, ...]
    changed: tuple[CameraSettings, ...]
    removed: tuple[CameraId, ...]
    unchanged: tuple[CameraId, ...]
    order: tuple[CameraId, ...]
    needs_restart: tuple[str, ...]
    settings: Settings

    @property
    def touches_cameras(self) -> bool:
        """Whether any camera comes, goes or changes."""
        return bool(self.added or self.changed or self.removed)


def reload_of(running: Settings, wanted: Settings) -> Reload:
    """What to do so that the cameras of `running` become those of `wanted`."""
    before = {camera.id: camera for camera in running.cameras}
    after = {camera.id: camera for camera in wanted.cameras}
    return Reload(
        added=tuple(camera for camera in wanted.cameras if camera.id not in before),
        changed=tuple(camera for camera in wanted.cameras if before.get(camera.id, camera) != camera),
        removed=tuple(camera.id for camera in running.cameras if camera.id not in after),
        unchanged=tuple(camera.id for camera in wanted.cameras if before.get(camera.id) == camera),
        order=tuple(after),
        needs_restart=tuple(
            _TABLES.get(field.name, f"[{field.name}]")
            for field in fields(Settings)
            if field.name != "cameras" and getattr(running, field.name) != getattr(wanted, field.name)
        ),
        settings=replace(running, cameras=wanted.cameras),
    )
