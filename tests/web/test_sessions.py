"""Signing in and out, set-up, tokens and users."""

import asyncio
import itertools
from collections.abc import Iterator
from datetime import timedelta
from http.cookies import SimpleCookie
from threading import Event as Signal

import httpx
import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.errors import CatalogUnavailable
from fakes.accounts import SETUP_CODE
from fakes.house import FRONT, GARDEN, House

SIGN_IN = {"name": "ada", "password": "correct horse battery"}
SESSION = "/api/v1/session"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


@pytest.fixture
def new_house(house: House) -> House:
    house.accounts.people.clear()
    return house


def cookie_of(answer: httpx.Response) -> SimpleCookie:
    return SimpleCookie(answer.headers["set-cookie"])


def test_signing_in_sets_a_cookie_that_opens(house: House) -> None:
    answer = house.ask("POST", SESSION, json=SIGN_IN)
    assert answer.status_code == 201
    assert answer.json()["role"] == "owner"
    cookie = cookie_of(answer)["doorstep"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "strict", "/", "")
    me = house.ask("GET", SESSION, {"Cookie": f"doorstep={cookie.value}"})
    assert (me.json()["name"], me.json()["role"], me.json()["cameras"]) == ("ada", "owner", None)


def test_under_tls_the_cookie_is_bound_to_the_host(house: House) -> None:
    answer = house.ask("POST", SESSION, json=SIGN_IN, base="https://door.example.org")
    cookie = cookie_of(answer)["__Host-doorstep"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    plain = {"Cookie": f"doorstep={cookie.value}"}
    assert house.ask("GET", SESSION, plain, base="https://door.example.org").status_code == 401
    bound = {"Cookie": f"__Host-doorstep={cookie.value}"}
    assert house.ask("GET", SESSION, bound, base="https://door.example.org").status_code == 200
    socket, page = f"/api/v1/cameras/{FRONT}/live/mse", {"Origin": "https://door.example.org"}
    assert house.ask("WS", socket, {**page, **plain}, base="https://door.example.org").status_code == 401
    assert house.ask("WS", socket, {**page, **bound}, base="https://door.example.org").status_code == 101


def test_an_unknown_name_and_a_wrong_password_look_alike(house: House) -> None:
    wrong = house.ask("POST", SESSION, json={**SIGN_IN, "password": "wrong horse battery"})
    unknown = house.ask("POST", SESSION, json={**SIGN_IN, "name": "eve"})
    assert wrong.status_code == 401
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)
    assert "set-cookie" not in wrong.headers


def test_a_session_is_new_at_each_sign_in_and_the_old_one_ends(house: House) -> None:
    first = cookie_of(house.ask("POST", SESSION, json=SIGN_IN))["doorstep"].value
    old = {"Cookie": f"doorstep={first}", "Sec-Fetch-Site": "same-origin"}
    second = cookie_of(house.ask("POST", SESSION, old, json=SIGN_IN))["doorstep"].value
    assert second != first
    assert house.ask("GET", SESSION, old).status_code == 401


def test_signing_out_ends_the_session_on_the_server(house: House) -> None:
    session = house.session(Role.FAMILY)
    answer = house.ask("DELETE", SESSION, session)
    assert answer.status_code == 204
    assert cookie_of(answer)["doorstep"]["max-age"] == "0"
    assert house.ask("GET", SESSION, session).status_code == 401


def test_the_answer_to_a_wrong_field_does_not_repeat_the_password(house: House) -> None:
    for body in ({"password": "hunter2hunter2"}, {"name": "ada", "password": ["hunter2hunter2"]}, "hunter2hunter2"):
        answer = house.ask("POST", SESSION, json=body)
        assert answer.status_code == 400
        assert "hunter2" not in answer.text


def test_strangers_cannot_make_the_server_check_passwords_without_end(house: House) -> None:
    let_go = Signal()
    sign_in = house.accounts.sign_in

    def slow(name: str, password: str, address: str, agent: str) -> str:
        assert let_go.wait(120)
        return sign_in(name, password, address, agent)

    house.accounts.sign_in = slow  # type: ignore[method-assign]

    async def storm() -> list[int]:
        transport = httpx.ASGITransport(house.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=120) as client:
            async with asyncio.TaskGroup() as tasks:
                asked = [tasks.create_task(client.post(SESSION, json=SIGN_IN)) for _ in range(40)]
                turned_away = [await done for done in itertools.islice(asyncio.as_completed(asked), 22)]
                assert {answer.status_code for answer in turned_away} == {429}
                assert (await client.get("/healthz")).text == "up"
                let_go.set()
            return [task.result().status_code for task in asked]

    codes = house.runner.run(storm())
    assert sorted(set(codes)) == [201, 429]
    assert codes.count(201) == 18


def test_an_unreachable_catalog_is_no_way_in(house: House) -> None:
    def fails(secret: str) -> None:
        del secret
        msg = "the disk is gone"
        raise CatalogUnavailable(msg)

    house.accounts.grant_of = fails  # type: ignore[method-assign]
    assert house.get("/api/v1/cameras").status_code == 503


# -------------------------------------------------------------------------------------------------------- set-up


def test_set_up_makes_the_owner_and_closes(new_house: House) -> None:
    assert new_house.ask("GET", "/api/v1/setup").json() == {"needed": True}
    body = {"code": SETUP_CODE, **SIGN_IN}
    answer = new_house.ask("POST", "/api/v1/setup", json=body)
    assert answer.status_code == 201
    cookie = {"Cookie": f"doorstep={cookie_of(answer)['doorstep'].value}"}
    assert new_house.ask("GET", SESSION, cookie).json()["role"] == "owner"
    assert new_house.ask("GET", "/api/v1/setup").json() == {"needed": False}
    assert new_house.ask("POST", "/api/v1/setup", json={**body, "name": "eve"}).status_code == 403
    assert [person["name"] for person in new_house.get("/api/v1/users").json()["users"]] == ["ada"]


@pytest.mark.parametrize("change", [{"code": "guess"}, {"password": "short"}])
def test_set_up_refuses_a_wrong_code_and_a_short_password(new_house: House, change: dict[str, str]) -> None:
    answer = new_house.ask("POST", "/api/v1/setup", json={"code": SETUP_CODE, **SIGN_IN, **change})
    assert answer.status_code == 403
    assert new_house.ask("GET", "/api/v1/setup").json() == {"needed": True}


def test_the_page_learns_without_an_error_whether_somebody_is_signed_in(house: House) -> None:
    assert house.ask("GET", "/api/v1/setup").json() == {"needed": False}
    assert house.ask("GET", "/api/v1/setup", {"Cookie": "doorstep=made-up"}).json() == {"needed": False}
    told = house.get("/api/v1/setup", house.owner()).json()
    assert told == {
        "needed": False,
        "session": house.get(SESSION, house.owner()).json(),
        "timezone": str(house.parts.preferences.zone),
    }


# -------------------------------------------------------------------------------------------------------- tokens


def test_a_token_is_shown_once_opens_its_scope_and_can_be_revoked(house: House) -> None:
    owner = house.owner()
    wanted = {"name": "button", "scopes": ["press:write"], "cameras": [FRONT]}
    made = house.ask("POST", "/api/v1/tokens", owner, json=wanted)
    secret = made.json()["token"]
    token = {"Authorization": f"Bearer {secret}"}
    assert house.ask("POST", f"/api/v1/cameras/{FRONT}/press", token).status_code == 202
    assert house.ask("POST", f"/api/v1/cameras/{GARDEN}/press", token).status_code == 404
    listed = house.ask("GET", "/api/v1/tokens", owner)
    assert secret not in listed.text
    row = next(row for row in listed.json()["tokens"] if row["name"] == "button")
    assert (row["scopes"], row["cameras"], row["expires_at"]) == (["press:write"], [FRONT], None)
    assert house.ask("DELETE", f"/api/v1/tokens/{row['id']}", owner).status_code == 204
    assert house.ask("DELETE", f"/api/v1/tokens/{row['id']}", owner).status_code == 404
    assert house.ask("POST", f"/api/v1/cameras/{FRONT}/press", token).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"cameras": ["nowhere"]},
        {"expires_at": "tomorrow"},
        {"expires_at": "2020-01-01T00:00:00Z"},
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(house: House, change: dict[str, object]) -> None:
    answer = house.ask("POST", "/api/v1/tokens", house.owner(), json={"scopes": ["clip:read"], **change})
    assert answer.status_code == 400
    assert [token for token in house.accounts.tokens() if Scope.CLIP_READ in token.scopes] == []


def test_nobody_gives_more_than_he_has(house: House) -> None:
    admin_of_front = house.token(Scope.ADMIN, cameras=frozenset({FRONT}))
    for cameras, status in ((None, 403), ([GARDEN], 400), ([FRONT], 201)):
        body: dict[str, object] = {"scopes": ["live:read"], "cameras": cameras}
        assert house.ask("POST", "/api/v1/tokens", admin_of_front, json=body).status_code == status
        person = {"name": f"p{status}", "password": "correct horse battery", "role": "family", "cameras": cameras}
        assert house.ask("POST", "/api/v1/users", admin_of_front, json=person).status_code == status


def test_a_token_expires_at_its_time(house: House) -> None:
    at = (house.clock.now() + timedelta(days=1)).isoformat()
    assert house.ask("POST", "/api/v1/tokens", house.owner(), json={"scopes": ["admin"], "expires_at": at}).is_success
    expiring = [grant.expires_at for grant in house.accounts.tokens() if grant.expires_at]
    assert expiring == [house.clock.now() + timedelta(days=1)]


# --------------------------------------------------------------------------------------------------------- users


def test_a_guest_is_added_and_signs_in(house: House) -> None:
    person = {"name": "bob", "password": "another long one", "role": "guest", "cameras": [GARDEN]}
    added = house.ask("POST", "/api/v1/users", house.owner(), json=person)
    assert (added.status_code, added.json()["role"]) == (201, "guest")
    assert "another long one" not in added.text
    answer = house.ask("POST", SESSION, json={"name": "bob", "password": "another long one"})
    assert (answer.json()["role"], answer.json()["cameras"]) == ("guest", [GARDEN])


def test_a_user_with_a_short_password_is_refused_with_the_reason(house: House) -> None:
    person = {"name": "bob", "password": "short", "role": "family"}
    answer = house.ask("POST", "/api/v1/users", house.owner(), json=person)
    assert (answer.status_code, answer.json()["detail"]) == (400, "A password needs at least 12 characters.")
