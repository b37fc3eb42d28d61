"""Puts the app together from its parts: routes behind their gate, and the layers that every request passes."""

from fastapi import FastAPI

from doorstep.core.forwarding import TrustedProxies
from doorstep.core.pace import Buckets
from doorstep.web import (
    address,
    alert_pictures,
    alert_preferences,
    audit,
    backup,
    camera_wizard,
    cameras,
    channels,
    clips,
    costs,
    detection,
    events,
    explanations,
    frames,
    hls,
    hub,
    ingest,
    live_mse,
    live_sessions,
    live_ways,
    metrics,
    openapi,
    pairings,
    passkeys,
    play_keys,
    probes,
    push,
    recipients,
    rehearsals,
    reset,
    saved_clips,
    session,
    sessions,
    settings,
    setup,
    shared_event,
    shares,
    status,
    storage,
    timeline,
    tokens,
    triggers,
    users,
    whep,
)
from doorstep.web.access_log import AccessLog, BugCatcher
from doorstep.web.bodies import BodyLimit
from doorstep.web.gate import GatedRoute, GatedSocket
from doorstep.web.headers import SecurityHeaders
from doorstep.web.hls_viewers import HlsViewers
from doorstep.web.hosts import HostGuard
from doorstep.web.idempotency import Answered
from doorstep.web.parts import WebParts
from doorstep.web.password_checks import PasswordChecks
from doorstep.web.peers import PeerDoor
from doorstep.web.permissions import check_table
from doorstep.web.problems import add_problems
from doorstep.web.proxies import ProxyDoor
from doorstep.web.recent_clips import RecentClips
from doorstep.web.same_origin import SameOrigin
from doorstep.web.seen_recordings import SeenRecordings
from doorstep.web.sign_ins import FailedTries
from doorstep.web.static import WebApp, page_route
from doorstep.web.triggers import trigger_buckets
from doorstep.web.wrong_tries import WrongTries

__all__ = ["WebParts", "create_app"]

_RESOURCES = (
    *(sessions, pairings, passkeys, reset),
    *(session, setup, settings, cameras, camera_wizard, detection, hls, play_keys, triggers, clips, saved_clips),
    *(timeline, frames, events, explanations),
    *(ingest, whep, live_ways, live_mse, live_sessions, audit),
    *(push, alert_pictures, alert_preferences, recipients, channels, rehearsals),
    *(status, storage, backup, address, hub, costs, tokens, users, shares, openapi, probes, metrics),
)


def create_app(parts: WebParts) -> FastAPI:
    """The whole web half.  Raises TableIncomplete when a route has no permission or a permission no route.

    Serve it without uvicorn's `proxy_headers` (the listed proxies are believed here, see `proxies`), its access log
    (which shows queries) and its Server header.
    """
    app = FastAPI(
        title="Doorstep",
        version=parts.version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.parts = parts
    app.state.recent_clips = RecentClips(parts.clock)
    app.state.answered = Answered(parts.clock)
    app.state.trigger_buckets = trigger_buckets()
    app.state.saved_clip_pace = saved_clips.saved_clip_pace()
    app.state.push_tests = Buckets(push.TESTS_PACE)
    app.state.channel_tries = Buckets(channels.TRIES_PACE)
    app.state.password_checks = PasswordChecks()
    app.state.failed_tries = FailedTries()
    app.state.seen_recordings = SeenRecordings()
    app.state.wrong_tries = WrongTries(parts.clock)
    app.state.share_tries = WrongTries(parts.clock)
    app.state.hls_viewers = HlsViewers(parts.clock)
    app.state.web_app = WebApp(parts.dist)
    for module in _RESOURCES:
        app.router.routes.extend(module.router.routes)
    app.router.routes.extend(shared_event.pages.routes)
    app.router.routes.append(page_route())
    check_table(app.routes, (GatedRoute, GatedSocket))
    add_problems(app)
    _add_layers(app, parts)
    return app


def _add_layers(app: FastAPI, parts: WebParts) -> None:
    """Innermost first."""
    app.add_middleware(BodyLimit)
    app.add_middleware(SameOrigin)
    app.add_middleware(PeerDoor, networks=lambda: parts.rtmp.ingest_from)
    app.add_middleware(HostGuard, names=parts.names, hostname=parts.hostname, hub=parts.hub.host)
    app.add_middleware(BugCatcher)
    app.add_middleware(SecurityHeaders, media_from=parts.off_site.origin if parts.off_site else "")
    app.add_middleware(AccessLog, clock=parts.clock)
    app.add_middleware(ProxyDoor, proxies=TrustedProxies(parts.trusted_proxies))
