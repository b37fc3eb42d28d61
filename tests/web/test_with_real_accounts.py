"""The web half over the real account book: from the printed code to a guest's session and a revoked token."""

from collections.abc import Iterator

import pytest

from doorstep.accounts.account_book import AccountBook
from doorstep.app.sign_ins import sign_in_parts
from doorstep.catalog.memory_accounts import MemoryAccountRecords
from fakes.house import FRONT, GARDEN, House

SESSION = "/api/v1/session"
OWNER = {"name": "Ada", "password": "correct horse battery"}


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        book = AccountBook(MemoryAccountRecords(), made.clock)
        object.__setattr__(made.parts, "accounts", book)
        object.__setattr__(made.parts, "people", book.people)
        object.__setattr__(made.parts, "sign_ins", sign_in_parts(book, made.clock, lambda _entry: None))
        yield made


def test_from_the_printed_code_to_a_guest_and_a_revoked_token(house: House) -> None:
    assert house.ask("GET", "/api/v1/setup").json() == {"needed": True}
    code = house.parts.accounts.setup_code()
    made = house.ask("POST", "/api/v1/setup", json={"code": code, **OWNER})
    owner = {"Cookie": made.headers["set-cookie"].partition(";")[0], "Sec-Fetch-Site": "same-origin"}
    assert house.ask("GET", SESSION, owner).json()["role"] == "owner"
    assert house.ask("POST", "/api/v1/setup", json={"code": code, **OWNER}).status_code == 403

    guest = {"name": "Bob", "password": "another long one", "role": "guest", "cameras": [GARDEN]}
    assert house.ask("POST", "/api/v1/users", owner, json=guest).status_code == 201
    assert house.ask("POST", "/api/v1/users", owner, json=guest).status_code == 400
    body = {"name": "bob", "password": "another long one"}
    answer = house.ask("POST", SESSION, json=body)
    assert (answer.status_code, answer.json()["role"], answer.json()["cameras"]) == (201, "guest", [GARDEN])
    bob = {"Cookie": answer.headers["set-cookie"].partition(";")[0], "Sec-Fetch-Site": "same-origin"}
    assert house.ask("GET", f"/api/v1/cameras/{FRONT}/snapshot.jpg", bob).status_code == 404
    assert house.ask("DELETE", SESSION, bob).status_code == 204
    assert house.ask("GET", SESSION, bob).status_code == 401

    token = house.ask("POST", "/api/v1/tokens", owner, json={"name": "t", "scopes": ["clip:read"]}).json()["token"]
    script = {"Authorization": f"Bearer {token}"}
    assert house.ask("GET", f"/api/v1/cameras/{FRONT}/clip?duration=5", script).status_code == 200
    [row] = house.ask("GET", "/api/v1/tokens", owner).json()["tokens"]
    assert house.ask("DELETE", f"/api/v1/tokens/{row['id']}", owner).status_code == 204
    assert house.ask("GET", f"/api/v1/cameras/{FRONT}/clip?duration=5", script).status_code == 401


def test_guessing_is_slowed_down_and_says_nothing_about_names(house: House) -> None:
    code = house.parts.accounts.setup_code()
    house.ask("POST", "/api/v1/setup", json={"code": code, **OWNER})
    known = house.ask("POST", SESSION, json={**OWNER, "password": "wrong horse battery"})
    unknown = house.ask("POST", SESSION, json={"name": "eve", "password": "wrong horse battery"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert known.status_code == 401
