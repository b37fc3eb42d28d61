"""Every route x every role and token x own and foreign camera, generated from the app's own routes."""

from collections.abc import Iterator

import pytest
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from doorstep.core.access import SCOPES_OF_ROLE, Role, Scope
from doorstep.web.gate import GatedRoute, GatedSocket
from doorstep.web.permissions import PERMISSIONS, SOCKET, AnyOf, Openness, TableIncomplete, check_table
from fakes.house import FRONT, FRONT_EVENT, GARDEN, GARDEN_EVENT, House

PEER_ROWS = sorted(row for row, need in PERMISSIONS.items() if need is Openness.PEERS)  # see test_ingest_routes
ALL_ROWS = sorted(set(PERMISSIONS) - set(PEER_ROWS))
LIVE_PATH = "/api/v1/cameras/{camera_id}/live.mjpeg"
GUARDED = (GatedRoute, GatedSocket)
ASKERS: dict[str, frozenset[Scope]] = {
    **{f"role {role}": scopes for role, scopes in SCOPES_OF_ROLE.items()},
    **{f"token {scope}": frozenset({scope}) for scope in Scope},
}


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        made.live.queue.put_nowait(None)
        yield made


def filled(path: str, camera: str, event: str) -> str:
    address = path.replace("{camera_id}", camera).replace("{event_id}", event)
    address = address.replace("{grant_id}", "g0").replace("{path:path}", "alerts").replace("{piece}", "init-0.mp4")
    queries = {
        "/clip": "?duration=60",
        "/frame.jpg": "?at=2026-11-21T12:00:00Z",
        "/previews.jpg": "?from=2026-11-21T12:00:00Z",
    }
    return address + next((query for end, query in queries.items() if address.endswith(end)), "")


def test_the_table_and_the_app_are_each_others_image(house: House) -> None:
    served = {(method, route.path) for route in routes(house) for method in methods(route)}
    assert {(method, path) for method, path in served if method != "HEAD"} == set(PERMISSIONS)


def routes(house: House) -> list[Route | WebSocketRoute]:
    return [route for route in house.app.routes if isinstance(route, Route | WebSocketRoute)]  # type: ignore[attr-defined]


def methods(route: Route | WebSocketRoute) -> set[str]:
    return (route.methods or set()) if isinstance(route, Route) else {SOCKET}


def test_a_route_without_a_row_does_not_start() -> None:
    async def secret_page() -> str:
        return "secret"

    async def secret_socket(socket: WebSocket) -> None:
        await socket.accept()

    with pytest.raises(TableIncomplete):
        GatedRoute("/api/v1/secret", secret_page, methods=["GET"])
    with pytest.raises(TableIncomplete):
        GatedSocket("/api/v1/secret", secret_socket)


def test_a_row_without_a_route_does_not_start(house: House) -> None:
    with pytest.raises(TableIncomplete):
        check_table(routes(house), GUARDED, {**PERMISSIONS, ("GET", "/api/v1/later"): Openness.PUBLIC})


def test_a_route_that_nobody_guards_does_not_start(house: House) -> None:
    async def open_door(request: object) -> None:
        del request

    with pytest.raises(TableIncomplete):
        check_table([*routes(house), Route("/open", open_door)], GUARDED)
    with pytest.raises(TableIncomplete):
        check_table([*routes(house), WebSocketRoute("/open", open_door)], GUARDED)


@pytest.mark.parametrize(("method", "path"), ALL_ROWS)
def test_a_stranger_gets_in_nowhere_but_where_it_is_written(house: House, method: str, path: str) -> None:
    answer = house.ask(method, filled(path, FRONT, FRONT_EVENT), headers={})
    if PERMISSIONS[method, path] is Openness.PUBLIC:
        assert answer.status_code not in (401, 403)
    else:
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), ALL_ROWS)
@pytest.mark.parametrize("secret", ["", "nonsense", "secret-0", "x" * 10_000])
def test_a_wrong_secret_is_a_stranger(house: House, method: str, path: str, secret: str) -> None:
    if PERMISSIONS[method, path] is Openness.PUBLIC:
        return
    address = filled(path, FRONT, FRONT_EVENT)
    assert house.ask(method, address, headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    cookie = {"Cookie": f"doorstep={secret}", "Sec-Fetch-Site": "same-origin"}
    assert house.ask(method, address, headers=cookie).status_code == 401


@pytest.mark.parametrize("asker", sorted(ASKERS))
@pytest.mark.parametrize(("method", "path"), ALL_ROWS)
def test_a_route_opens_to_its_scope_alone(house: House, method: str, path: str, asker: str) -> None:
    scopes = ASKERS[asker]
    answer = house.ask(method, filled(path, FRONT, FRONT_EVENT), headers=house.token(*scopes))
    need = PERMISSIONS[method, path]
    if isinstance(need, AnyOf) and not scopes & (need.scopes | {Scope.ADMIN}):
        assert answer.status_code == 403
    else:
        assert answer.status_code not in (401, 403)


@pytest.mark.parametrize("asker", sorted(ASKERS))
@pytest.mark.parametrize(("method", "path"), [row for row in ALL_ROWS if "_id}" in row[1] and "grant" not in row[1]])
def test_what_is_foreign_looks_like_what_does_not_exist(house: House, method: str, path: str, asker: str) -> None:
    only_front = house.token(*ASKERS[asker], cameras=frozenset({FRONT}))
    foreign = house.ask(method, filled(path, GARDEN, GARDEN_EVENT), headers=only_front)
    unknown = house.ask(method, filled(path, "nowhere", "nothing"), headers=only_front)
    assert foreign.status_code in (403, 404)
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
    assert dict(foreign.headers) == dict(unknown.headers)


@pytest.mark.parametrize("role", list(Role))
def test_a_list_shows_own_cameras_only(house: House, role: Role) -> None:
    asker = house.session(role, frozenset({FRONT}))
    cameras = house.ask("GET", "/api/v1/cameras", asker).json()["cameras"]
    assert [camera["id"] for camera in cameras] == [FRONT]
    events = house.ask("GET", "/api/v1/events", asker)
    if role is not Role.GUEST:
        assert [event["camera"] for event in events.json()["events"]] == [FRONT]
        searched = house.ask("GET", f"/api/v1/events?camera={GARDEN}", asker).json()
        assert searched == house.ask("GET", "/api/v1/events?camera=nowhere", asker).json()
        assert searched == {"events": [], "next": None}


def test_a_role_is_what_the_table_of_scopes_says(house: House) -> None:
    asker = house.session(Role.GUEST)
    assert house.ask("GET", f"/api/v1/cameras/{FRONT}/snapshot.jpg", asker).status_code == 200
    assert house.ask("GET", f"/api/v1/cameras/{FRONT}/clip?duration=5", asker).status_code == 403
    assert house.ask("GET", f"/api/v1/events/{FRONT_EVENT}/thumbnail.jpg", asker).status_code == 403


def test_a_motion_token_cannot_watch(house: House) -> None:
    token = house.token(Scope.MOTION_WRITE)
    assert house.ask("POST", f"/api/v1/cameras/{FRONT}/motion", token).status_code == 202
    for path in ("snapshot.jpg", "live.mjpeg", "clip?duration=5"):
        assert house.ask("GET", f"/api/v1/cameras/{FRONT}/{path}", token).status_code == 403
    assert house.ask("GET", "/api/v1/cameras", token).status_code == 403


def test_the_description_says_what_each_route_asks_for(house: House) -> None:
    paths = house.get("/api/v1/openapi.json").json()["paths"]
    described = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    assert described == {row for row in PERMISSIONS if row[1] != "/{path:path}" and row[0] != SOCKET}
    assert paths["/api/v1/events"]["get"]["x-doorstep-scopes"] == ["events:read"]
    assert paths["/api/v1/setup"]["post"]["security"] == []
    assert "default" in paths["/api/v1/events"]["get"]["responses"]
