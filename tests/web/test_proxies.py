"""A request that a listed proxy passed on is its client's: in the log of who watched, in delays, cookies and hosts."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from doorstep.core.errors import AccessDenied
from doorstep.core.forwarding import TrustedProxies
from doorstep.web.asgi import create_app
from doorstep.web.proxies import ProxyDoor
from fakes.house import House

PROXY = "192.0.2.10"
TOLD = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "door.example.org"}
SIGN_IN = {"name": "ada", "password": "correct horse battery"}


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        made.app = create_app(replace(made.parts, trusted_proxies=(f"{PROXY}/32",)))
        yield made


def ask(house: House, peer: str, path: str, headers: Mapping[str, str] = TOLD, **more: object) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(house.app, client=(peer, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://pi") as client:
            method = "POST" if more else "GET"
            return await client.request(method, path, headers=headers, **more)  # type: ignore[arg-type]  # httpx's own

    return house.runner.run(asked())


def test_the_cookie_is_secure_where_the_proxy_was_asked_by_https(house: House) -> None:
    cookie = ask(house, PROXY, "/api/v1/session", json=SIGN_IN).headers["set-cookie"]
    assert cookie.startswith("__Host-doorstep=")
    assert "Secure" in cookie


def test_of_a_stranger_nothing_is_believed(house: House) -> None:
    cookie = ask(house, "203.0.113.9", "/api/v1/session", json=SIGN_IN).headers["set-cookie"]
    assert cookie.startswith("doorstep=")
    assert "Secure" not in cookie


def test_wrong_passwords_of_one_behind_the_proxy_do_not_keep_others_out(house: House) -> None:
    tried: list[str] = []

    def sign_in(name: str, password: str, address: str, agent: str) -> str:
        del name, password, agent
        tried.append(address)
        msg = "Wrong."
        raise AccessDenied(msg)

    object.__setattr__(house.accounts, "sign_in", sign_in)
    ask(house, PROXY, "/api/v1/session", json=SIGN_IN)
    ask(house, "203.0.113.9", "/api/v1/session", json=SIGN_IN)
    assert tried == ["198.51.100.7", "203.0.113.9"]


def test_a_host_that_is_not_ours_is_refused_also_by_a_proxy(house: House) -> None:
    assert ask(house, PROXY, "/healthz").status_code == 200
    assert ask(house, PROXY, "/healthz", {"X-Forwarded-Host": "evil.example.com"}).status_code == 421


def test_a_write_is_of_our_own_page_by_the_host_that_the_browser_named(house: House) -> None:
    page = {**TOLD, "Origin": "https://door.example.org", "Cookie": "x=y"}
    assert ask(house, PROXY, "/api/v1/session", page, json=SIGN_IN).status_code == 201
    assert ask(house, PROXY, "/api/v1/session", {**page, "Origin": "https://evil.example"}, json={}).status_code == 403


@pytest.mark.parametrize(
    "hostile",
    [
        {"X-Forwarded-For": ", ".join(["127.0.0.1"] * 4000)},
        {"X-Forwarded-For": "\xff\xfe", "X-Forwarded-Proto": "\xff", "X-Forwarded-Host": "\xff"},
        {"X-Forwarded-Host": "a b"},
        {"Forwarded": 'for="' + "[" * 3000},
        {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=::1"},
    ],
)
def test_hostile_headers_are_answered_as_none(house: House, hostile: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in hostile.items()}
    assert ask(house, PROXY, "/healthz", raw).status_code == 200  # type: ignore[arg-type]  # bytes are headers, too


@pytest.mark.parametrize(("kind", "scheme"), [("http", "https"), ("websocket", "wss")])
def test_a_scheme_is_put_in_as_asgi_writes_it(house: House, kind: str, scheme: str) -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del receive, send
        seen.append(scope)

    headers = [(name.lower().encode(), value.encode()) for name, value in TOLD.items()]
    double = [(b"host", b"pi"), (b"host", b"evil"), *headers]
    asked = {"type": kind, "client": (PROXY, 1), "scheme": "http" if kind == "http" else "ws", "headers": double}

    async def never() -> dict[str, object]:
        return {}

    async def nothing(message: object) -> None:
        del message

    house.runner.run(ProxyDoor(app, TrustedProxies([PROXY]))(asked, never, nothing))
    [told] = seen
    assert (told["scheme"], told["client"][0]) == (scheme, "198.51.100.7")
    assert [value for name, value in told["headers"] if name == b"host"] == [b"door.example.org"]
