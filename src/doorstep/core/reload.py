"""What a changed config means for a house that runs: which cameras come, go, change or stay.  Doing it: `app`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from doorstep.core.camera import CameraId
from doorstep.core.settings import CameraSettings, EventSettings, RetentionSettings, Settings

_TABLES = {"buttons": "[[button]]"}
"""Where the file writes another name than that of the settings' field."""

AT_ONCE: Mapping[str, frozenset[str]] = {
    "events": frozenset(field.name for field in fields(EventSettings)),
    "detection": frozenset({"looks_per_second", "look_at_least_every", "crops"}),
    "notify": frozenset({"email", "apprise", "webhooks"}),
    "hub": frozenset({"enabled"}),
    "retention": frozenset(field.name for field in fields(RetentionSettings)),
}
"""Of these tables the keys that are used at once.  Cameras are, all of them; everything else waits for a restart."""

_NOT_OF_CAMERAS = {"alert_cooldown"}


@dataclass(frozen=True, slots=True)
class Reload:
    """The way from the settings that run to those of the file.

    `added`, `changed` and `removed` are in the order of the file, `unchanged` cameras must not notice anything.
    `order` holds every camera of the file.  `needs_restart` names the tables of which something changed that is
    read at a start only, as the file writes them.  `settings` are those that hold once all this is done: the running
    ones with what of the file is used at once.
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
    settings = _used_at_once(running, wanted)
    rules_changed = _rules_of_cameras(settings) != _rules_of_cameras(running)
    same = {camera.id for camera in wanted.cameras if before.get(camera.id) == camera and not rules_changed}
    return Reload(
        added=tuple(camera for camera in wanted.cameras if camera.id not in before),
        changed=tuple(camera for camera in wanted.cameras if camera.id in before and camera.id not in same),
        removed=tuple(camera.id for camera in running.cameras if camera.id not in after),
        unchanged=tuple(camera.id for camera in wanted.cameras if camera.id in same),
        order=tuple(after),
        needs_restart=tuple(
            _TABLES.get(field.name, f"[{field.name}]")
            for field in fields(Settings)
            if getattr(settings, field.name) != getattr(wanted, field.name)
        ),
        settings=settings,
    )


def _used_at_once(running: Settings, wanted: Settings) -> Settings:
    """What goes off-site is counted and deleted by the retention of the start."""
    tables = AT_ONCE.keys() - ({"retention"} if running.store.s3 is not None else set())
    parts = {
        table: replace(getattr(running, table), **{key: getattr(getattr(wanted, table), key) for key in AT_ONCE[table]})
        for table in tables
    }
    return replace(running, cameras=wanted.cameras, **parts)


def _rules_of_cameras(settings: Settings) -> tuple[object, ...]:
    """What each camera is made by, besides its own settings."""
    rules = [(table, key) for table in ("events", "detection") for key in sorted(AT_ONCE[table] - _NOT_OF_CAMERAS)]
    return tuple(getattr(getattr(settings, table), key) for table, key in rules)
