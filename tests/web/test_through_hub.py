"""The hub's door: who comes through it is whom the hub names, and no other door believes any of that."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from doorstep.core.access import Role
from doorstep.core.audit import FAILED, SIGNED_IN
from doorstep.core.ice_server import IceServer
from doorstep.web.asgi import create_app
from doorstep.web.gate import LOCAL_OWNER_KEY
from doorstep.web.hub_parts import HubParts
from doorstep.web.local import LocalOwner
from doorstep.web.permissions import PERMISSIONS, Openness
from doorstep.web.through_hub import MOST_OF_ONE, ThroughHub
from fakes.house import FRONT, FRONT_EVENT, House
from fakes.knock import knock
from fakes.real_accounts import GOOD, RealHouse, real_house

HOST = "door.example.net"
PHONE = "203.0.113.77"
TOLD = {"X-Forwarded-For": PHONE, "X-Forwarded-Proto": "https", "X-Forwarded-Host": HOST}
PEER_ROUTES = sorted(path for (_, path), need in PERMISSIONS.items() if need is Openness.PEERS)
OPEN = (Openness.PUBLIC, Openness.PEERS)

FORGED = [
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-For": PHONE},
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Host": HOST},
    {"X-Real-IP": "127.0.0.1"},
    {"Forwarded": f"for=127.0.0.1;proto=https;host={HOST}"},
    {"Via": "2.0 Caddy"},
    {"doorstep.through_hub": "True"},
    {"doorstep.local_owner": "True"},
    {"X-Doorstep-Through-Hub": "1"},
    {"X-Forwarded-Ssl": "on", "X-Scheme": "https", "Front-End-Https": "on"},
    TOLD,
]


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        made.app = create_app(replace(made.parts, hub=HubParts(host=lambda: HOST)))
        yield made


@pytest.fixture
def real() -> Iterator[RealHouse]:
    with House() as made:
        found = real_house(made)
        made.parts = replace(made.parts, hub=HubParts(host=lambda: HOST))
        made.app = create_app(made.parts)
        yield found


def ask(
    house: House, method: str, path: str, headers: Mapping[str, str] = TOLD, json: object = None, host: str = HOST
) -> httpx.Response:
    """As the hub's web server passes it on."""
    return house.ask(method, path, dict(headers), json, base=f"http://{host}", app=ThroughHub(house.app))


def sign_in(house: House, password: str, headers: Mapping[str, str] = TOLD) -> httpx.Response:
    return ask(house, "POST", "/api/v1/session", headers, {"name": "ada", "password": password})


def seen_by(headers: Mapping[str, str], door: type[ThroughHub | LocalOwner] = ThroughHub, kind: str = "http") -> Scope:
    """The scope that a request has behind a door; empty where it does not get there."""
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del receive, send
        seen.append(scope)

    async def nothing() -> Message:
        return {"type": "http.request"}

    async def drop(message: Message) -> None:
        del message

    raw = [(b"host", HOST.encode()), *((name.lower().encode(), value.encode()) for name, value in headers.items())]
    scope = {"type": kind, "client": None, "scheme": "http", "headers": raw, "path": "/", "method": "GET"}
    asyncio.run(door(app)(scope, nothing, drop))
    return seen[0] if seen else {}


def test_a_cookie_is_secure_through_the_hub_and_plain_at_home(real: RealHouse) -> None:
    outside = sign_in(real.house, GOOD).headers["set-cookie"]
    assert outside.startswith("__Host-doorstep=")
    assert "Secure" in outside
    body = {"name": "ada", "password": GOOD}
    at_home = real.house.ask("POST", "/api/v1/session", {}, body, base="http://192.168.1.5:8080").headers["set-cookie"]
    assert at_home.startswith("doorstep=")
    assert "Secure" not in at_home


def test_the_audit_log_has_the_phones_own_address(real: RealHouse) -> None:
    assert sign_in(real.house, "wrong horse battery").status_code == 401
    assert sign_in(real.house, GOOD).status_code == 201
    told = {entry.verb: entry.address for entry in real.log()}
    assert told[FAILED] == told[SIGNED_IN] == PHONE


def test_wrong_passwords_of_one_phone_keep_no_other_out(real: RealHouse) -> None:
    real.add("bob")
    tries = [sign_in(real.house, "wrong horse battery").status_code for _ in range(30)]
    assert tries[-1] == 429
    other = {**TOLD, "X-Forwarded-For": "198.51.100.9"}
    body = {"name": "bob", "password": GOOD}
    assert ask(real.house, "POST", "/api/v1/session", other, body).status_code == 201


@pytest.mark.parametrize(
    "unclear",
    [
        {},
        {"X-Forwarded-For": PHONE},
        {"X-Forwarded-Proto": "https"},
        {**TOLD, "X-Forwarded-Proto": "http"},
        {**TOLD, "X-Forwarded-For": "unknown"},
        {**TOLD, "X-Forwarded-For": f"{PHONE}, a b"},
        {"Forwarded": f"for={PHONE};proto=https;host={HOST}"},
    ],
)
def test_what_the_hub_does_not_name_is_refused(house: House, unclear: dict[str, str]) -> None:
    answer = ask(house, "GET", "/healthz", unclear)
    assert (answer.status_code, answer.json()["code"]) == (403, "hub-unclear")
    opened = house.runner.run(knock(ThroughHub(house.app), f"http://{HOST}/x", dict(unclear)))
    assert opened.status_code == 403


@pytest.mark.parametrize(
    "more",
    [
        {"X-Forwarded-For": f"127.0.0.1, {PHONE}"},
        {"X-Forwarded-For": f"{'1.2.3.4, ' * 400}{PHONE}"},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
    ],
)
def test_what_the_phone_wrote_itself_is_not_believed(more: dict[str, str]) -> None:
    scope = seen_by({**TOLD, **more})
    assert (scope["client"][0], scope["scheme"]) == (PHONE, "https")


def test_a_listed_proxy_is_none_behind_the_hub(house: House) -> None:
    house.app = create_app(
        replace(house.parts, hub=HubParts(host=lambda: HOST), trusted_proxies=("203.0.113.0/24", "127.0.0.0/8"))
    )
    forged = {**TOLD, "Forwarded": "for=127.0.0.1;proto=https", **house.owner()}
    asked = ask(house, "GET", "/api/v1/address", forged).json()["asked"]
    assert asked == {
        "scheme": "https",
        "host": HOST,
        "client": PHONE,
        "proxy": "",
        "believed": False,
        "through_hub": True,
    }


def test_nobody_is_this_machines_owner_through_the_hub(house: House) -> None:
    for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "::1"}):
        assert ask(house, "GET", "/api/v1/session", {**TOLD, **headers}).status_code == 401
    assert LOCAL_OWNER_KEY not in seen_by(TOLD)


@pytest.mark.parametrize("path", PEER_ROUTES)
def test_nobody_is_a_peer_through_the_hub(house: House, path: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for client in (PHONE, "127.0.0.1"):
        headers = {**TOLD, "X-Forwarded-For": client, **form}
        answer = house.ask("POST", path, headers, content=b"", base=f"http://{HOST}", app=ThroughHub(house.app))
        assert answer.status_code == 403


@pytest.mark.parametrize(("method", "path"), sorted(row for row in PERMISSIONS if PERMISSIONS[row] not in OPEN))
def test_a_stranger_opens_nothing_through_the_hub(house: House, method: str, path: str) -> None:
    address = path.replace("{camera_id}", FRONT).replace("{event_id}", FRONT_EVENT)
    for client in (PHONE, "127.0.0.1"):
        assert ask(house, method, address, {**TOLD, "X-Forwarded-For": client}).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "door.example.org", "192.168.1.5", "localhost", "pi"])
def test_only_its_own_name_is_answered_through_the_hub(house: House, host: str) -> None:
    assert ask(house, "GET", "/healthz", {**TOLD, "X-Forwarded-Host": host}, host=host).status_code == 421


def test_the_name_on_the_hub_is_answered_at_home_too_while_there_is_one(house: House) -> None:
    assert house.ask("GET", "/healthz", {}, base=f"http://{HOST}").status_code == 200
    house.app = create_app(replace(house.parts, hub=HubParts()))
    assert house.ask("GET", "/healthz", {}, base=f"http://{HOST}").status_code == 421
    assert ask(house, "GET", "/healthz").status_code == 421


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_header_changes_nothing_at_the_door_at_home(house: House, forged: dict[str, str]) -> None:
    asked = house.ask("GET", "/api/v1/address", {**house.owner(), **forged}).json()["asked"]
    assert (asked["scheme"], asked["host"], asked["client"]) == ("http", "127.0.0.1", "127.0.0.1")
    assert (asked["believed"], asked["through_hub"]) == (False, False)
    assert house.ask("GET", "/api/v1/session", forged).status_code == 401
    assert house.ask("WS", f"/api/v1/cameras/{FRONT}/live/mse", forged).status_code == 401
    body = {"name": "ada", "password": "correct horse battery"}
    assert house.ask("POST", "/api/v1/session", forged, body).headers["set-cookie"].startswith("doorstep=")


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_header_changes_nothing_at_the_owners_socket(forged: dict[str, str]) -> None:
    scope = seen_by(forged, LocalOwner)
    assert (scope["client"], scope["scheme"], scope[LOCAL_OWNER_KEY]) == (None, "http", True)
    assert [name for name in scope if "hub" in name] == []


def test_writes_come_from_our_page_under_the_public_address(house: House) -> None:
    cookie = {"Cookie": "x=y", **TOLD}
    body = {"name": "ada", "password": "correct horse battery"}
    ours, theirs = {"Origin": f"https://{HOST}"}, {"Origin": "https://evil.example"}
    assert ask(house, "POST", "/api/v1/session", {**cookie, **ours}, body).status_code == 201
    assert ask(house, "POST", "/api/v1/session", {**cookie, **theirs}, body).status_code == 403
    assert ask(house, "POST", "/api/v1/session", {**cookie, "Sec-Fetch-Site": "cross-site"}, body).status_code == 403


def test_a_passkey_is_the_public_names(real: RealHouse) -> None:
    session = sign_in(real.house, GOOD).headers["set-cookie"].partition(";")[0]
    headers = {**TOLD, "Cookie": session, "Sec-Fetch-Site": "same-origin"}
    options = ask(real.house, "POST", "/api/v1/passkeys/options", headers, {}).json()
    assert options["rp"]["id"] == HOST


def test_a_websocket_comes_through_too(house: House) -> None:
    path = f"/api/v1/cameras/{FRONT}/live/mse"
    live = {**TOLD, **house.session(Role.FAMILY), "Origin": f"https://{HOST}"}
    live["Cookie"] = live["Cookie"].replace("doorstep=", "__Host-doorstep=")
    assert ask(house, "WS", path, live).status_code == 101
    assert [one.viewer.address for one in house.live_sessions.sessions()] in ([], [PHONE])
    assert ask(house, "WS", path, {**live, "Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert ask(house, "WS", path, TOLD).status_code == 401
    assert seen_by(TOLD, kind="websocket")["scheme"] == "wss"


def test_the_hubs_servers_are_told_to_those_alone_who_come_through_it(house: House) -> None:
    house.webrtc.hub_servers = [IceServer(("turn:hub.example.net:3478?transport=tcp",), "name", "word")]
    path = f"/api/v1/cameras/{FRONT}/live"
    assert house.get(path).json()["ice_servers"] == []
    outside = ask(house, "GET", path, {**TOLD, **house.owner()}).json()["ice_servers"]
    assert [server["urls"] for server in outside] == [["turn:hub.example.net:3478?transport=tcp"]]


def test_a_viewer_through_the_hub_is_never_on_this_machine(house: House) -> None:
    path = f"/api/v1/cameras/{FRONT}/live/whep"
    headers = {**TOLD, "X-Forwarded-For": "127.0.0.1", **house.owner(), "Content-Type": "application/sdp"}
    app = ThroughHub(house.app)
    answer = house.ask("POST", path, headers, content=b"v=0\r\n", base=f"http://{HOST}", app=app)
    assert answer.status_code == 201
    assert house.webrtc.asked_through_hub == [True]
    assert [from_here for *_, from_here in house.webrtc.offers] == [False]
    at_home = {**house.owner(), "Content-Type": "application/sdp"}
    house.ask("POST", path, at_home, content=b"v=0\r\n")
    assert house.webrtc.asked_through_hub == [True, False]


def test_players_get_no_address_that_the_hub_does_not_pass_on(house: House) -> None:
    path = f"/api/v1/cameras/{FRONT}/live/key"
    key = ask(house, "POST", path, {**TOLD, **house.owner()}).json()
    assert key["addresses"] == []
    assert key["hls"].startswith(f"https://{HOST}/api/v1/")


def test_one_household_cannot_take_all_the_room() -> None:
    running: list[str] = []
    let_go = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del receive, send
        running.append(scope["client"][0])
        await let_go.wait()

    async def never() -> Message:
        return {"type": "http.request"}

    def asked(client: str) -> Scope:
        told = [(b"x-forwarded-for", client.encode()), (b"x-forwarded-proto", b"https")]
        return {"type": "http", "client": None, "scheme": "http", "headers": told, "path": "/", "method": "GET"}

    async def act(door: ThroughHub) -> list[int]:
        refused: list[int] = []

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                refused.append(message["status"])

        async with asyncio.TaskGroup() as tasks:
            for number in range(MOST_OF_ONE + 5):
                tasks.create_task(door(asked(f"2001:db8::{number + 1:x}"), never, send))
            tasks.create_task(door(asked(PHONE), never, send))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            let_go.set()
        await door(asked("2001:db8::1"), never, send)
        return refused

    assert asyncio.run(act(ThroughHub(app))) == [429] * 5
    assert len(running) == MOST_OF_ONE + 2
