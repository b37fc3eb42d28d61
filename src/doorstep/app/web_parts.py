"""What of a server its web may use."""

import socket
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from doorstep import __version__
from doorstep.app.address import listening_address
from doorstep.app.backup_desk import backup_parts
from doorstep.app.camera_wizard import CameraWizard
from doorstep.app.channel_tries import channel_parts
from doorstep.app.costs import pays_for_fetching
from doorstep.app.counts import house_counts
from doorstep.app.detection_switch import switched_by_web
from doorstep.app.motion_queue import motion_secret
from doorstep.app.off_site_clips import off_site_clip_parts
from doorstep.app.saved_clips import make_saved_clips
from doorstep.app.server_parts import ServerParts
from doorstep.app.sign_ins import sign_in_parts
from doorstep.catalog.sql_spans import bytes_by_camera
from doorstep.core.event import Event
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.core.settings import ServerSettings, Settings
from doorstep.web.address_parts import AddressParts
from doorstep.web.parts import RtmpParts, WebParts
from doorstep.web.settings_parts import SettingsParts
from doorstep.web.sign_in_parts import SignInParts
from doorstep.web.wizard_parts import WizardParts

LONGEST_CLIP_SECONDS = 3600.0  # what is asked for beyond the buffer is answered with what there is


def web_parts(server: ServerParts, origin: str = "", settings: SettingsParts | None = None) -> WebParts:
    """Ports and values; nothing runs yet.

    `origin` is where links to clips off-site lead, if anywhere; `settings` are None where no file holds them.
    """
    return replace(
        _house(server),
        backup=backup_parts(server.shared.settings, partial(_config_file, settings), server.live.audit.note),
        names=_names(server.shared.settings.server),
        hostname=socket.gethostname(),
        trusted_proxies=server.shared.settings.server.trusted_proxies,
        address=_address(server),
        channels=channel_parts(server.shared.clock, f"{server.base_address}/"),
        wizard=_wizard(server),
        sign_ins=_sign_ins(server),
        settings=settings or SettingsParts(),
        off_site=off_site_clip_parts(
            server.off_site,
            server.shared.settings.store.s3,
            server.shared.clock,
            origin,
            pays_for_fetching(server.costs, server.shared.settings),
        ),
    )


def _house(server: ServerParts) -> WebParts:
    """What is seen, kept and told, without how people come to it."""
    return WebParts(
        clock=server.shared.clock,
        catalog=server.catalog,
        store=server.shared.storage.store,
        accounts=server.accounts,
        people=server.accounts.people,
        cameras=server.cameras,
        live=server.shared.live,
        live_sessions=server.live.sessions,
        webrtc=server.live.webrtc,
        hls=server.live.hls,
        mse=server.live.mse,
        audit=server.live.audit_log,
        note=server.live.audit.note,
        clips=server.clips.recorded,
        keep_clip=make_saved_clips(server).keep,
        past=server.clips.past,
        health=server.shared.health,
        telling=server.telling.web(),
        counts=partial(house_counts, server),
        preferences=server.preferences,
        alerted=lambda: server.shared.settings.events.alert_on,
        trigger=server.doorbell.doorbell.take,
        still_key=lambda event: still_key(_key(event)),
        thumbnail_key=lambda event: thumbnail_key(_key(event)),
        version=__version__,
        storage_limit_bytes=lambda: server.shared.settings.retention.max_bytes,
        keep_days=lambda: _keep_days(server.shared.settings),
        bytes_by_camera=partial(bytes_by_camera, server.engine),
        lateness=server.lateness,
        model=server.detector.sized_model,
        remote=lambda: server.remote.state() if server.remote else None,
        written_a_day=lambda: server.shared.storage.disk.written.per_day,
        rtmp=_rtmp(server),
        judge=server.feedback.take,
        rehearsals=server.rehearsals.desk,
        push=server.push.parts,
        costs=server.costs.costs,
        motion_secret=motion_secret(server.shared.settings.aws),
        seen_motion=server.seen_motion,
        shares=server.shares.web(server.live.audit.note),
        switch_detection=partial(switched_by_web, server.shared.detection),
        longest_clip_seconds=max(LONGEST_CLIP_SECONDS, server.shared.settings.buffer.seconds),
    )


def _sign_ins(server: ServerParts) -> SignInParts:
    shared, note = server.shared, server.live.audit.note
    return sign_in_parts(server.accounts, shared.clock, note, shared.settings.server, server.base_address)


def _rtmp(server: ServerParts) -> RtmpParts:
    return RtmpParts(
        make_play_key=server.play_keys.make,
        may_play=server.play_keys.may_play,
        camera_of_key=server.rtmp.camera_of_key,
        play_addresses=server.rtmp.play_addresses,
        ingest_from=server.shared.settings.server.ingest_from,
    )


def _address(server: ServerParts) -> AddressParts:
    settings = server.shared.settings.server
    return AddressParts(listening_address(settings), server.base_address, is_tls=settings.tls is not None)


def _wizard(server: ServerParts) -> WizardParts:
    wizard = CameraWizard(server.shared.open_source, server.cameras.settings, server.shared.clock)
    return WizardParts(wizard.discover, wizard.probe, wizard.progress, wizard.cancel)


def _config_file(settings: SettingsParts | None) -> Path | None:
    """The one that is read now; None for a demo.  Blocks."""
    path = Path(settings.file.read().path) if settings is not None else None
    return path if path is not None and path.is_file() else None


def _keep_days(settings: Settings) -> float:
    """Of what fills the disk: where a camera always records that is what happened besides events."""
    is_always = any(camera.record_always for camera in settings.cameras if camera.enabled)
    return settings.retention.always_days if is_always else settings.retention.days


def _names(settings: ServerSettings) -> tuple[str, ...]:
    """With that of the address from outside: who follows a link asks for it by that."""
    return (*settings.names, urlsplit(settings.address).hostname or "")


def _key(event: Event) -> str:
    return event.recording.key if event.recording else ""
