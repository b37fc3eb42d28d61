"""What of a server its web may use."""

import socket
from functools import partial
from urllib.parse import urlsplit

from doorstep import __version__
from doorstep.app.costs import pays_for_fetching
from doorstep.app.counts import house_counts
from doorstep.app.detection_switch import switched_by_web
from doorstep.app.motion_queue import motion_secret
from doorstep.app.off_site_clips import off_site_clip_parts
from doorstep.app.server_parts import ServerParts
from doorstep.core.event import Event
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.core.settings import ServerSettings
from doorstep.web.parts import RtmpParts, WebParts

LONGEST_CLIP_SECONDS = 3600.0  # what is asked for beyond the buffer is answered with what there is


def web_parts(server: ServerParts, origin: str = "") -> WebParts:
    """Ports and values; nothing runs yet.  `origin` is where links to clips off-site lead, if anywhere."""
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
        clips=server.clips,
        health=server.shared.health,
        telling=server.telling.web(),
        counts=partial(house_counts, server),
        preferences=server.preferences,
        alerted=server.shared.settings.events.alert_on,
        trigger=server.doorbell.doorbell.take,
        still_key=lambda event: still_key(_key(event)),
        thumbnail_key=lambda event: thumbnail_key(_key(event)),
        version=__version__,
        storage_limit_bytes=server.shared.settings.retention.max_bytes,
        names=_names(server.shared.settings.server),
        hostname=socket.gethostname(),
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
        off_site=off_site_clip_parts(
            server.off_site,
            server.shared.settings.store.s3,
            server.shared.clock,
            origin,
            pays_for_fetching(server.costs, server.shared.settings),
        ),
        switch_detection=partial(switched_by_web, server.shared.detection),
        longest_clip_seconds=max(LONGEST_CLIP_SECONDS, server.shared.settings.buffer.seconds),
    )


def _rtmp(server: ServerParts) -> RtmpParts:
    return RtmpParts(
        make_play_key=server.play_keys.make,
        may_play=server.play_keys.may_play,
        camera_of_key=server.rtmp.camera_of_key,
        play_addresses=server.rtmp.play_addresses,
        ingest_from=server.shared.settings.server.ingest_from,
    )


def _names(settings: ServerSettings) -> tuple[str, ...]:
    """With that of the address from outside: who follows a link asks for it by that."""
    return (*settings.names, urlsplit(settings.address).hostname or "")


def _key(event: Event) -> str:
    return event.recording.key if event.recording else ""
