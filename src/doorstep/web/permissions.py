"""Who may call which route: one table.  What is not in it does not start.  The check itself lives in `gate`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from starlette.routing import BaseRoute, Route, WebSocketRoute

from doorstep.core.access import READ_SCOPES, Grant, Scope


class Openness(Enum):
    """Routes that ask for no scope; PEERS asks where the request comes from instead (see `peers`)."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    PEERS = "trusted peers"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these scopes is enough; ADMIN always is."""

    scopes: frozenset[Scope]

    def __init__(self, *scopes: Scope) -> None:
        object.__setattr__(self, "scopes", frozenset(scopes))

    def holds(self, grant: Grant) -> bool:
        """Whether the grant has one of them."""
        return any(grant.allows(scope) for scope in self.scopes)


Need = AnyOf | Openness

PUBLIC, SIGNED_IN, PEERS = Openness.PUBLIC, Openness.SIGNED_IN, Openness.PEERS
ANY_READ = AnyOf(*READ_SCOPES, Scope.STATUS_READ)
LIVE = AnyOf(Scope.LIVE_READ)
EVENTS = AnyOf(Scope.EVENTS_READ)
EVENTS_WRITE = AnyOf(Scope.EVENTS_WRITE)
CLIP = AnyOf(Scope.CLIP_READ)
STATUS = AnyOf(Scope.STATUS_READ)
MOTION = AnyOf(Scope.MOTION_WRITE)
PRESS = AnyOf(Scope.PRESS_WRITE)
ADMIN = AnyOf(Scope.ADMIN)

SOCKET = "WS"
"""Where a row has its method, that of a WebSocket."""

_V1 = "/api/v1"

# A HEAD has the row of its GET, a WebSocket one of its own.
# A route with {camera_id} or {event_id} also needs a grant that sees that camera.
PERMISSIONS: Mapping[tuple[str, str], Need] = {
    ("GET", f"{_V1}/openapi.json"): SIGNED_IN,
    ("GET", f"{_V1}/setup"): PUBLIC,
    ("POST", f"{_V1}/setup"): PUBLIC,
    ("POST", f"{_V1}/session"): PUBLIC,
    ("GET", f"{_V1}/session"): SIGNED_IN,
    ("DELETE", f"{_V1}/session"): SIGNED_IN,
    ("GET", f"{_V1}/cameras"): ANY_READ,
    ("POST", f"{_V1}/cameras/discover"): ADMIN,
    ("POST", f"{_V1}/cameras/probe"): ADMIN,
    ("DELETE", f"{_V1}/cameras/probe"): ADMIN,
    ("GET", f"{_V1}/cameras/probe/progress"): ADMIN,
    ("GET", f"{_V1}/cameras/{{camera_id}}"): ANY_READ,
    ("GET", f"{_V1}/cameras/{{camera_id}}/snapshot.jpg"): LIVE,
    ("GET", f"{_V1}/cameras/{{camera_id}}/live.mjpeg"): LIVE,
    (SOCKET, f"{_V1}/cameras/{{camera_id}}/live/mse"): LIVE,
    ("GET", f"{_V1}/cameras/{{camera_id}}/live"): LIVE,
    ("POST", f"{_V1}/cameras/{{camera_id}}/live/whep"): LIVE,
    ("PATCH", f"{_V1}/cameras/{{camera_id}}/live/whep/{{session_id}}"): LIVE,
    ("DELETE", f"{_V1}/cameras/{{camera_id}}/live/whep/{{session_id}}"): LIVE,
    ("GET", f"{_V1}/cameras/{{camera_id}}/live/index.m3u8"): LIVE,
    ("GET", f"{_V1}/cameras/{{camera_id}}/live/hls/media.m3u8"): LIVE,
    ("GET", f"{_V1}/cameras/{{camera_id}}/live/hls/{{piece}}"): LIVE,
    ("POST", f"{_V1}/cameras/{{camera_id}}/live/key"): LIVE,
    ("GET", f"{_V1}/cameras/{{camera_id}}/clip"): CLIP,
    ("POST", f"{_V1}/cameras/{{camera_id}}/clips"): EVENTS_WRITE,
    ("GET", f"{_V1}/cameras/{{camera_id}}/timeline"): EVENTS,
    ("GET", f"{_V1}/cameras/{{camera_id}}/frame.jpg"): CLIP,
    ("GET", f"{_V1}/cameras/{{camera_id}}/previews.jpg"): CLIP,
    ("POST", f"{_V1}/cameras/{{camera_id}}/motion"): MOTION,
    ("POST", f"{_V1}/cameras/{{camera_id}}/press"): PRESS,
    ("PUT", f"{_V1}/cameras/{{camera_id}}/detection"): ADMIN,
    ("POST", f"{_V1}/ingest/rtmp/publish"): PEERS,
    ("POST", f"{_V1}/ingest/rtmp/play"): PEERS,
    ("POST", f"{_V1}/ingest/rtmp/update"): PEERS,
    ("GET", f"{_V1}/events"): EVENTS,
    ("GET", f"{_V1}/events/{{event_id}}"): EVENTS,
    ("DELETE", f"{_V1}/events/{{event_id}}"): EVENTS_WRITE,
    ("POST", f"{_V1}/events/{{event_id}}/restore"): EVENTS_WRITE,
    ("GET", f"{_V1}/events/{{event_id}}/explanation"): EVENTS,
    ("POST", f"{_V1}/events/{{event_id}}/feedback"): EVENTS_WRITE,
    ("GET", f"{_V1}/events/{{event_id}}/clip.mp4"): CLIP,
    ("GET", f"{_V1}/events/{{event_id}}/thumbnail.jpg"): EVENTS,
    ("GET", f"{_V1}/events/{{event_id}}/still.jpg"): EVENTS,
    ("GET", f"{_V1}/live/sessions"): ADMIN,
    ("DELETE", f"{_V1}/live/sessions/{{session_id}}"): ADMIN,
    ("GET", f"{_V1}/alerts/preferences"): EVENTS,
    ("PUT", f"{_V1}/alerts/preferences"): EVENTS,
    ("GET", f"{_V1}/snooze"): EVENTS,
    ("POST", f"{_V1}/snooze"): EVENTS,
    ("DELETE", f"{_V1}/snooze"): EVENTS,
    ("GET", f"{_V1}/audit"): ADMIN,
    ("GET", f"{_V1}/alerts/{{alert_id}}/picture.jpg"): PUBLIC,  # by its key
    ("GET", f"{_V1}/push"): EVENTS,
    ("POST", f"{_V1}/push/subscriptions"): EVENTS,
    ("DELETE", f"{_V1}/push/subscriptions"): EVENTS,
    ("DELETE", f"{_V1}/push/subscriptions/{{subscription_id}}"): EVENTS,
    ("PUT", f"{_V1}/push/subscriptions/{{subscription_id}}/preferences"): EVENTS,
    ("POST", f"{_V1}/push/test"): EVENTS,
    ("GET", f"{_V1}/recipients"): ADMIN,
    ("POST", f"{_V1}/recipients/{{channel}}/test"): ADMIN,
    ("GET", f"{_V1}/told"): EVENTS,
    ("POST", f"{_V1}/channels/try"): ADMIN,
    ("POST", f"{_V1}/channels/telegram"): ADMIN,
    ("GET", f"{_V1}/address"): ADMIN,
    ("POST", f"{_V1}/deliveries/{{delivery_id}}/ack"): SIGNED_IN,
    ("GET", f"{_V1}/status"): STATUS,
    ("POST", f"{_V1}/test"): ADMIN,
    ("GET", f"{_V1}/test/{{test_id}}"): ADMIN,
    ("GET", f"{_V1}/storage"): ADMIN,
    ("GET", f"{_V1}/backup"): ADMIN,
    ("POST", f"{_V1}/backup"): ADMIN,
    ("GET", f"{_V1}/costs"): ADMIN,
    ("GET", f"{_V1}/hub"): ADMIN,
    ("POST", f"{_V1}/hub"): ADMIN,
    ("DELETE", f"{_V1}/hub"): ADMIN,
    ("GET", f"{_V1}/settings"): ADMIN,
    ("PUT", f"{_V1}/settings"): ADMIN,
    ("POST", f"{_V1}/settings/preview"): ADMIN,
    ("POST", f"{_V1}/settings/restart"): ADMIN,
    ("GET", f"{_V1}/settings/keys"): ADMIN,
    ("GET", f"{_V1}/settings/versions"): ADMIN,
    ("POST", f"{_V1}/settings/versions/{{version_id}}/restore"): ADMIN,
    ("GET", f"{_V1}/tokens"): ADMIN,
    ("POST", f"{_V1}/tokens"): ADMIN,
    ("DELETE", f"{_V1}/tokens/{{grant_id}}"): ADMIN,
    ("GET", f"{_V1}/users"): ADMIN,
    ("POST", f"{_V1}/users"): ADMIN,
    ("PATCH", f"{_V1}/users/{{name}}"): ADMIN,
    ("DELETE", f"{_V1}/users/{{name}}"): ADMIN,
    ("POST", f"{_V1}/users/{{name}}/reset"): ADMIN,
    ("POST", f"{_V1}/reset/person"): PUBLIC,  # by its code, as the three below
    ("POST", f"{_V1}/reset"): PUBLIC,
    ("POST", f"{_V1}/session/pairing/person"): PUBLIC,
    ("POST", f"{_V1}/session/pairing"): PUBLIC,
    ("POST", f"{_V1}/session/passkey/options"): PUBLIC,  # a way in
    ("POST", f"{_V1}/session/passkey"): PUBLIC,
    ("PUT", f"{_V1}/session/password"): SIGNED_IN,  # each of the following is one's own, but for the owner
    ("GET", f"{_V1}/sessions"): SIGNED_IN,
    ("DELETE", f"{_V1}/sessions"): SIGNED_IN,
    ("DELETE", f"{_V1}/sessions/{{session_id}}"): SIGNED_IN,
    ("POST", f"{_V1}/pairings"): SIGNED_IN,
    ("GET", f"{_V1}/passkeys"): SIGNED_IN,
    ("POST", f"{_V1}/passkeys/options"): SIGNED_IN,
    ("POST", f"{_V1}/passkeys"): SIGNED_IN,
    ("PATCH", f"{_V1}/passkeys/{{passkey_id}}"): SIGNED_IN,
    ("DELETE", f"{_V1}/passkeys/{{passkey_id}}"): SIGNED_IN,
    ("POST", f"{_V1}/events/{{event_id}}/share"): CLIP,
    ("GET", f"{_V1}/shares"): CLIP,
    ("DELETE", f"{_V1}/shares/{{share_id}}"): CLIP,
    ("DELETE", f"{_V1}/shares"): CLIP,
    ("GET", "/s/{share}"): PUBLIC,  # by its secret, as the three below
    ("POST", "/s/{share}"): PUBLIC,
    ("GET", "/s/{share}/clip.mp4"): PUBLIC,
    ("GET", "/s/{share}/still.jpg"): PUBLIC,
    ("GET", "/metrics"): STATUS,
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/{path:path}"): PUBLIC,
}


KEYED = frozenset(
    ("GET", f"{_V1}/cameras/{{camera_id}}/live/{path}") for path in ("index.m3u8", "hls/media.m3u8", "hls/{piece}")
)
"""Rows that a play key in the query opens too, for players that send neither cookie nor header; see `gate`."""


class TableIncomplete(Exception):
    """A route without a row, a row without a route, or a route that nobody guards: the server does not start."""


def rows_of(route: Route | WebSocketRoute) -> frozenset[tuple[str, str]]:
    """The rows that decide about a route."""
    if isinstance(route, WebSocketRoute):
        return frozenset({(SOCKET, route.path)})
    return frozenset(("GET" if method == "HEAD" else method, route.path) for method in route.methods or ())


def need_of(route: Route | WebSocketRoute) -> Need:
    """What the route asks for.  Raises TableIncomplete."""
    needs = [PERMISSIONS.get(row) for row in rows_of(route)]
    if len(needs) != 1 or needs[0] is None:
        msg = f"{sorted(rows_of(route))} needs exactly one row in permissions.PERMISSIONS"
        raise TableIncomplete(msg)
    return needs[0]


def check_table(
    routes: Iterable[BaseRoute],
    guarded: tuple[type[Route], type[WebSocketRoute]],
    table: Mapping[tuple[str, str], Need] = PERMISSIONS,
) -> None:
    """Raises TableIncomplete unless table and routes are each other's image and every route is a `guarded` one."""
    served: set[tuple[str, str]] = set()
    for route in routes:
        if not isinstance(route, guarded):
            msg = f"{route!r} asks nobody who is there; add it to a resource's router"
            raise TableIncomplete(msg)
        served |= rows_of(route)
    if served != set(table):
        msg = f"without a row: {sorted(served - set(table))}; without a route: {sorted(set(table) - served)}"
        raise TableIncomplete(msg)
