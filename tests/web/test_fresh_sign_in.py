"""What lasts longer than a borrowed phone: asked only of who has just signed in, or says the password once more."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from doorstep.core.access import Role
from doorstep.core.audit import FAILED
from doorstep.web.fresh import FRESH
from fakes.house import House
from fakes.real_accounts import GOOD, SECURE, Headers, RealHouse, browser, real_house

ASKED: list[tuple[str, str, dict[str, Any], int]] = [
    ("POST", "/tokens", {"name": "all", "scopes": ["admin"]}, 201),
    ("POST", "/users", {"name": "eve", "role": "owner"}, 201),
    ("PATCH", "/users/bob", {"role": "owner"}, 200),
    ("POST", "/users/olga/reset", {}, 201),
    ("POST", "/pairings", {"name": "bob"}, 201),
    ("POST", "/passkeys/options", {}, 200),
]
FREE: list[tuple[str, str, dict[str, Any] | None, int]] = [
    ("POST", "/tokens", {"name": "bell", "scopes": ["press:write"]}, 201),
    ("POST", "/users", {"name": "eve", "role": "guest"}, 201),
    ("PATCH", "/users/bob", {"role": "guest"}, 200),
    ("PATCH", "/users/olga", {"role": "owner"}, 200),
    ("POST", "/users/bob/reset", None, 201),
    ("POST", "/pairings", None, 201),
]


@pytest.fixture
def house() -> Iterator[RealHouse]:
    with House() as made:
        real = real_house(made)
        real.base = SECURE
        real.add("bob")
        real.add("olga", Role.OWNER)
        yield real


def old_session(house: RealHouse) -> Headers:
    session = house.sign_in()
    house.house.clock.advance((FRESH + timedelta(seconds=1)).total_seconds())
    return session


@pytest.mark.parametrize(("method", "path", "body", "status"), ASKED)
def test_an_old_session_says_the_password_again(
    house: RealHouse, method: str, path: str, body: dict[str, Any], status: int
) -> None:
    session, before = old_session(house), len(house.book.grants.sessions("ada"))
    refused = house.ask(method, path, session, json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "say-password")
    wrong = house.ask(method, path, session, json={**body, "your_password": "wrong horse battery"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong-password")
    assert FAILED in [entry.verb for entry in house.log()]
    done = house.ask(method, path, session, json={**body, "your_password": GOOD})
    assert done.status_code == status, done.text
    assert len(house.book.grants.sessions("ada")) == before
    assert GOOD not in str(house.log())


@pytest.mark.parametrize(("method", "path", "body", "status"), ASKED)
def test_who_has_just_signed_in_is_not_asked(
    house: RealHouse, method: str, path: str, body: dict[str, Any], status: int
) -> None:
    assert house.ask(method, path, house.sign_in(), json=body).status_code == status


@pytest.mark.parametrize(("method", "path", "body", "status"), ASKED)
def test_a_phone_that_came_by_a_code_is_never_fresh(
    house: RealHouse, method: str, path: str, body: dict[str, Any], status: int
) -> None:
    code = house.ask("POST", "/pairings", house.sign_in()).json()["code"]
    phone = browser(house.ask("POST", "/session/pairing", json={"code": code}))
    assert house.ask(method, path, phone, json=body).json()["code"] == "say-password"
    assert house.ask(method, path, phone, json={**body, "your_password": GOOD}).status_code == status


@pytest.mark.parametrize(("method", "path", "body", "status"), FREE)
def test_what_gives_nobody_the_house_is_asked_of_no_one(
    house: RealHouse, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    assert house.ask(method, path, old_session(house), json=body).status_code == status


def test_whoever_borrowed_a_session_cannot_guess_the_password_here(house: RealHouse) -> None:
    session = old_session(house)
    body = {"scopes": ["admin"], "your_password": "wrong horse battery"}
    codes = [house.ask("POST", "/tokens", session, json=body).status_code for _ in range(6)]
    assert codes == [400, 400, 400, 400, 429, 429]


@pytest.mark.parametrize("password", [5, ["x"], "x" * 2000])
def test_what_is_no_password_is_refused_and_not_repeated(house: RealHouse, password: object) -> None:
    answer = house.ask("POST", "/tokens", old_session(house), json={"scopes": ["admin"], "your_password": password})
    assert answer.status_code == 400
    assert "x" * 20 not in answer.text
