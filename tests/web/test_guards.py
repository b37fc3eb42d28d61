"""What stands in front of every route: headers, host names, writes of other sites, size, the owner's socket."""

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from doorstep.core.access import Role, Scope
from doorstep.core.outside_word import OutsideWord
from doorstep.web.headers import SECURITY_HEADERS
from doorstep.web.hosts import host_of
from doorstep.web.local import LocalOwner
from doorstep.web.same_origin import is_same_origin
from fakes.house import FRONT, FRONT_EVENT, House

PRESS = f"/api/v1/cameras/{FRONT}/press"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


# ------------------------------------------------------------------------------------------------------- headers


def answers(house: House) -> dict[str, httpx.Response]:
    cross = {**house.session(Role.OWNER), "Sec-Fetch-Site": "cross-site"}
    return {
        "page": house.get("/"),
        "api": house.get("/api/v1/cameras"),
        "media": house.get(f"/api/v1/events/{FRONT_EVENT}/still.jpg"),
        "clip": house.get(f"/api/v1/events/{FRONT_EVENT}/clip.mp4"),
        "unknown": house.get("/api/v1/nothing"),
        "stranger": house.get("/api/v1/cameras", {}),
        "wrong method": house.ask("PUT", "/api/v1/cameras", house.owner()),
        "invalid": house.get("/api/v1/events?limit=0"),
        "wrong host": house.ask("GET", "/healthz", base="http://evil.example.com"),
        "cross-site": house.ask("DELETE", "/api/v1/session", cross),
        "too large": house.ask("POST", "/api/v1/session", content=b"x" * 70_000),
        "probe": house.get("/healthz", {}),
    }


def test_every_answer_carries_the_security_headers(house: House) -> None:
    for name, answer in answers(house).items():
        for header, value in SECURITY_HEADERS.items():
            assert answer.headers[header] == value, name


def test_nothing_of_the_api_is_ever_cached(house: House) -> None:
    for name, answer in answers(house).items():
        if name != "page":
            assert answer.headers["cache-control"] == "private, no-store", name


def test_every_error_is_a_problem_document(house: House) -> None:
    for name, answer in answers(house).items():
        if answer.is_error:
            document = answer.json()
            assert answer.headers["content-type"] == "application/problem+json", name
            assert document["status"] == answer.status_code
            assert set(document) >= {"type", "title", "detail", "code"}


def test_a_bug_is_a_problem_document_without_its_story(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    async def broken(word: OutsideWord) -> None:
        del word
        msg = "hunter2"
        raise RuntimeError(msg)

    object.__setattr__(house.parts, "trigger", broken)
    answer = house.ask("POST", PRESS, house.owner())
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert "Traceback" in capsys.readouterr().out


def test_the_log_holds_no_query_and_no_secret(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    token = house.token(Scope.CLIP_READ)
    secret = token["Authorization"].removeprefix("Bearer ")
    house.get(f"/api/v1/cameras/{FRONT}/clip?duration=61&pin=1234", token)
    house.get("/api/v1/cameras", {"Cookie": f"doorstep={secret}"})
    written = capsys.readouterr().out
    assert "/clip" in written
    assert secret not in written
    assert "1234" not in written
    assert "duration" not in written


# --------------------------------------------------------------------------------------------------------- hosts


OUR_HOSTS = [
    *("127.0.0.1:8080", "192.168.1.7", "[::1]:8080", "[fe80::1]", "[::1", "localhost", "LOCALHOST:80"),
    *("pi.local", "pi", "PI.local.", "door.example.org", "door.example.org:443"),
]
OTHER_HOSTS = [
    *("evil.example.com", "127.0.0.1.evil.com", "localhost.evil.com", "other.local", "xpi.local", "example.org"),
    *("", "[]", "evil.door.example.org", "127.0.0.1@evil.com", "0x7f.1", "2130706433"),
]


@pytest.mark.parametrize("host", OUR_HOSTS)
def test_it_answers_to_its_own_names_and_addresses(house: House, host: str) -> None:
    assert house.ask("GET", "/healthz", {"Host": host}).status_code == 200


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_it_answers_to_no_other_name(house: House, host: str) -> None:
    assert house.ask("GET", "/api/v1/cameras", {**house.owner(), "Host": host}).status_code == 421


@given(st.text(max_size=30))
def test_any_host_header_can_be_read(text: str) -> None:
    assert isinstance(host_of(text), str)


# --------------------------------------------------------------------------------------------------- same origin


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8080"},
        {"Origin": "http://evil.example.com"},
        {"Origin": "http://127.0.0.1:9090"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "null"},
        {"Origin": ""},
        {},
    ],
)
def test_a_write_of_another_sites_page_is_refused(house: House, headers: dict[str, str]) -> None:
    cookie = {"Cookie": house.session(Role.OWNER)["Cookie"]}
    answer = house.ask("POST", PRESS, {**cookie, **headers})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")
    assert house.triggers == []


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://127.0.0.1:8080"}]
)
def test_a_write_of_our_own_page_is_done(house: House, headers: dict[str, str]) -> None:
    cookie = {"Cookie": house.session(Role.OWNER)["Cookie"]}
    assert house.ask("POST", PRESS, {**cookie, **headers}).status_code == 202


def test_signing_in_from_another_site_is_refused(house: House) -> None:
    body = {"name": "ada", "password": "correct horse battery"}
    answer = house.ask("POST", "/api/v1/session", {"Origin": "http://evil.example.com"}, json=body)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_token_needs_no_origin_but_a_cookie_beside_it_does(house: House) -> None:
    token = house.token(Scope.PRESS_WRITE)
    assert house.ask("POST", PRESS, {**token, "Origin": "http://elsewhere.example"}).status_code == 202
    both = {**token, "Cookie": "doorstep=x", "Origin": "http://elsewhere.example"}
    assert house.ask("POST", PRESS, both).status_code == 403


def test_reading_needs_no_origin(house: House) -> None:
    cookie = {"Cookie": house.session(Role.OWNER)["Cookie"], "Sec-Fetch-Site": "cross-site"}
    assert house.ask("GET", "/api/v1/cameras", cookie).status_code == 200


@given(st.text(st.characters(codec="latin-1"), max_size=20))
def test_an_origin_is_ours_only_with_our_host(host: str) -> None:
    headers = Headers({"host": "door:8080", "origin": f"http://{host}", "cookie": "doorstep=x"})
    assert is_same_origin(headers) == (
        host.partition("/")[0].partition("?")[0].partition("#")[0].lower() == "door:8080"
    )


def test_an_origin_that_is_no_address_is_not_ours() -> None:
    assert not is_same_origin(Headers({"host": "door", "origin": "http://[door", "cookie": "doorstep=x"}))


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
def test_a_body_that_is_not_json_is_refused(house: House, kind: str) -> None:
    answer = house.ask("POST", PRESS, {**house.owner(), "Content-Type": kind}, content=b'{"note": "x"}')
    assert (answer.status_code, answer.json()["code"]) == (415, "not-json")


def test_json_that_is_none_is_refused_in_plain_words(house: House) -> None:
    headers = {**house.owner(), "Content-Type": "application/json"}
    assert house.ask("POST", PRESS, headers, content=b"{").status_code == 400


def test_a_body_may_not_be_large(house: House) -> None:
    headers = {**house.owner(), "Content-Type": "application/json"}
    large = b'{"note": "' + b"x" * 65_536 + b'"}'
    assert house.ask("POST", PRESS, headers, content=large).status_code == 413
    lying = {**headers, "Transfer-Encoding": "chunked"}
    assert house.ask("POST", PRESS, lying, content=large).status_code == 413
    assert house.triggers == []


@pytest.mark.parametrize("length", ["-1", "1e3", "²", "99999999999999999999", "x"])
def test_a_strange_length_is_refused(house: House, length: str) -> None:
    headers = [(b"host", b"localhost"), (b"content-length", length.encode("latin-1"))]
    headers.append((b"content-type", b"application/json"))
    assert asked_raw(house, headers)[0] == 413


def asked_raw(house: House, headers: list[tuple[bytes, bytes]], chunks: int = 1) -> tuple[int, bytes]:
    """Status and body of a POST /session that is sent by hand."""
    sent: list[dict[str, object]] = []
    left = chunks

    async def receive() -> dict[str, object]:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": b"x" * 30_000, "more_body": left > 0}

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/session",
        "raw_path": b"/api/v1/session",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }

    async def run() -> None:
        await house.app(scope, receive, send)

    house.runner.run(run())
    status = sent[0]["status"]
    assert isinstance(status, int)
    return status, b"".join(part for message in sent[1:] if isinstance(part := message["body"], bytes))


def test_a_body_without_a_length_is_counted_while_it_comes(house: House) -> None:
    headers = [(b"host", b"localhost"), (b"transfer-encoding", b"chunked"), (b"content-type", b"application/json")]
    status, body = asked_raw(house, headers, chunks=1000)
    assert status == 413
    assert b"too-large" in body


# ------------------------------------------------------------------------------------------------ owner's socket


def test_the_owners_socket_needs_no_secret_host_or_origin(house: House) -> None:
    local = LocalOwner(house.app)
    base = "http://doorstep.invalid"
    assert house.ask("GET", "/api/v1/users", base=base, app=local).json()["users"][0]["name"] == "ada"
    session = house.ask("GET", "/api/v1/session", base=base, app=local).json()
    assert (session["role"], session["cameras"]) == ("owner", None)
    created = house.ask("POST", "/api/v1/tokens", json={"scopes": ["admin"]}, base=base, app=local)
    assert created.status_code == 201


@pytest.mark.parametrize("value", ["true", "1", "True"])
def test_no_header_makes_a_stranger_the_owner(house: House, value: str) -> None:
    names = ["doorstep.local_owner", "doorstep-local-owner", "x-doorstep-local-owner", "local-owner"]
    forged = dict.fromkeys(names, value) | {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}
    assert house.get(f"/api/v1/users?doorstep.local_owner={value}", forged).status_code == 401
