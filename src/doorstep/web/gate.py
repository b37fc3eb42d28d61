"""Who is asking, and may they: run before a route reads anything else of the request.  Which scope a route asks for
stands in `permissions`.
"""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope
from starlette.websockets import WebSocket

from doorstep.core.access import Grant, Scope
from doorstep.core.camera import CameraId, CameraStatus
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.site import site_of
from doorstep.web.parts import WebParts
from doorstep.web.permissions import KEYED, AnyOf, Need, Openness, need_of, rows_of
from doorstep.web.problems import PROBLEM_TYPE, Refusal, not_found

LOCAL_OWNER_KEY = "doorstep.local_owner"
TRUSTED_PEER_KEY = "doorstep.trusted_peer"
THROUGH_HUB_KEY = "doorstep.through_hub"
"""The scope's marks: where a request came in.  No header can set one."""

_TAKES_KEY = "doorstep.takes_key"
LONGEST_SECRET = 512
LOOKUPS_AT_ONCE = 8

LOCAL_OWNER = Grant(
    id="local",
    secret_hash="",
    name="this machine",
    account=None,
    scopes=frozenset(Scope),
    cameras=None,
    created_at=datetime(1970, 1, 1, tzinfo=UTC),
    expires_at=None,
)


def came_through(connection: HTTPConnection) -> bool:
    """Whether it came through the hub, see `through_hub`."""
    return connection.scope.get(THROUGH_HUB_KEY) is True


def parts_of(connection: HTTPConnection) -> WebParts:
    """The parts that `create_app` was given."""
    parts: WebParts = connection.app.state.parts
    return parts


def cookie_name(connection: HTTPConnection) -> str:
    """Under TLS a name that browsers bind to this host alone (RFC 6265bis, 4.1.3.2)."""
    return "__Host-doorstep" if connection.url.scheme in {"https", "wss"} else "doorstep"


def secret_of(connection: HTTPConnection) -> str | None:
    """The token of the Authorization header, else the session of the cookie; None when there is neither."""
    header = connection.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        secret = token.strip() if scheme.lower() == "bearer" else ""
    else:
        secret = connection.cookies.get(cookie_name(connection), "")
    return secret if 0 < len(secret) <= LONGEST_SECRET else None


async def grant_of(connection: HTTPConnection) -> Grant | None:
    """What the asker may do now; None for a stranger.  Raises CatalogUnavailable."""
    if connection.scope.get(LOCAL_OWNER_KEY) is True:
        return LOCAL_OWNER
    key = play_key_of(connection)
    secret = secret_of(connection) if key is None else key
    if secret is None:
        return None
    grant = await run_sync(parts_of(connection).accounts.grant_of, secret, limiter=_lookups_of(connection))
    return grant if key is None or (grant is not None and grant.is_play_key()) else None


def play_key_of(connection: HTTPConnection) -> str | None:
    """The key in the query of a route that takes one; the header, where there is one, goes before it."""
    if connection.scope.get(_TAKES_KEY) is not True or "authorization" in connection.headers:
        return None
    key = connection.query_params.get("key", "")
    return key if 0 < len(key) <= LONGEST_SECRET else None


def _lookups_of(connection: HTTPConnection) -> CapacityLimiter:
    """Threads of their own, of each server: who waits for the catalog in another must not keep anybody out."""
    state = connection.app.state
    if not hasattr(state, "lookups"):
        state.lookups = CapacityLimiter(LOOKUPS_AT_ONCE)
    lookups: CapacityLimiter = state.lookups
    return lookups


async def admit(request: HTTPConnection, need: Need) -> None:
    """Let the request (or WebSocket) in or raise a Refusal; leaves grant, camera and event for the route to use.

    The scope is checked first, so that the answer says nothing about objects; then the object is loaded and its
    camera is checked.
    """
    if need is Openness.PUBLIC:
        return
    if need is Openness.PEERS:
        if request.scope.get(TRUSTED_PEER_KEY) is not True:
            raise Refusal(403, "not-allowed", "You may not do this.")
        return
    grant = await grant_of(request)
    if grant is None:
        raise Refusal(401, "sign-in", "Sign in first.", {"WWW-Authenticate": 'Bearer realm="Doorstep"'})
    if isinstance(need, AnyOf) and not need.holds(grant):
        raise Refusal(403, "not-allowed", "You may not do this.")
    request.state.grant = grant
    if "camera_id" in request.path_params:
        request.state.camera = _camera(request, grant)
    if "event_id" in request.path_params:
        request.state.event = await _event(request, grant)


def _camera(request: HTTPConnection, grant: Grant) -> CameraStatus:
    camera_id = CameraId(request.path_params["camera_id"])
    camera = parts_of(request).cameras.camera(camera_id)
    if camera is None or not grant.sees(camera_id):
        raise not_found()
    return camera


async def _event(request: HTTPConnection, grant: Grant) -> Event:
    event = await _known_event(parts_of(request), EventId(request.path_params["event_id"]))
    if event is None or not grant.sees(event.camera):
        raise not_found()
    site = site_of(event.camera)
    if site is not None and request.scope.get("method") not in {"GET", "HEAD"}:
        raise Refusal(409, "lies-elsewhere", f"This event lies at {site}. Change it there.")
    return event


async def _known_event(parts: WebParts, event_id: EventId) -> Event | None:
    """From the catalog, or from memory where that did not take it (yet)."""
    try:
        return await run_sync(parts.catalog.event, event_id) or parts.telling.unstored(event_id)
    except CatalogUnavailable:
        event = parts.telling.unstored(event_id)
        if event is None:
            raise
        return event


class GatedRoute(APIRoute):
    """A route that asks who is there before it parses parameters or reads a body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:  # Any: FastAPI's own signature
        """The route behind its gate.  Raises TableIncomplete for a route without a row."""
        inner = super().get_route_handler()
        need, takes_key = need_of(self), rows_of(self) <= KEYED

        async def gated(request: Request) -> Response:
            request.scope[_TAKES_KEY] = takes_key
            await admit(request, need)
            return await inner(request)

        return gated


class GatedSocket(WebSocketRoute):
    """A WebSocket that asks who is there before it accepts: who may not is answered with a problem document.

    The endpoint accepts by itself, and raises no Refusal after that.  Raises TableIncomplete for a route without a row.
    """

    def __init__(self, path: str, endpoint: Callable[[WebSocket], Coroutine[Any, Any, None]]) -> None:
        super().__init__(path, endpoint)
        self._need = need_of(self)

    async def handle(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """The route behind its gate."""
        socket = WebSocket(scope, receive, send)
        await admit(socket, self._need)
        await self.endpoint(socket)


def resource(tag: str, prefix: str = "/api/v1") -> APIRouter:
    """An empty router whose routes are gated and whose errors are described as problem documents."""
    errors: dict[int | str, dict[str, Any]] = {  # Any: an OpenAPI fragment
        "default": {
            "description": "A problem document (RFC 9457)",
            "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }
    return APIRouter(prefix=prefix, route_class=GatedRoute, responses=errors, tags=[tag])


def get_and_head(router: APIRouter, path: str, media_type: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A GET of something that is not JSON, and its HEAD, which OpenAPI need not list."""

    def add(endpoint: Callable[..., Any]) -> Callable[..., Any]:  # Any: whatever FastAPI can inject
        answer: dict[int | str, dict[str, Any]] = {200: {"content": {media_type: {}}}}
        router.add_api_route(path, endpoint, methods=["GET"], response_class=Response, responses=answer)
        router.add_api_route(path, endpoint, methods=["HEAD"], response_class=Response, include_in_schema=False)
        return endpoint

    return add


# Coroutines though they await nothing: FastAPI runs a plain function in a thread, and a stalled disk may use those up.


async def _asker(request: Request) -> Grant:
    grant: Grant = request.state.grant
    return grant


async def _asked_camera(request: Request) -> CameraStatus:
    camera: CameraStatus = request.state.camera
    return camera


async def _asked_event(request: Request) -> Event:
    event: Event = request.state.event
    return event


async def _kept_event(request: Request) -> Event:
    event = await _asked_event(request)
    if event.deleted_at is not None:
        raise not_found()
    return event


async def _parts(request: Request) -> WebParts:
    return parts_of(request)


Parts = Annotated[WebParts, Depends(_parts)]
Asker = Annotated[Grant, Depends(_asker)]
SeenCamera = Annotated[CameraStatus, Depends(_asked_camera)]
SeenEvent = Annotated[Event, Depends(_asked_event)]
KeptEvent = Annotated[Event, Depends(_kept_event)]
