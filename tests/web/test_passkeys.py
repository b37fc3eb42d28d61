"""Passkeys: made by who is signed in, a way in for who is not, and everything that somebody else may try with one."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from doorstep.accounts.challenges import LASTS_SECONDS
from doorstep.core.access import Role
from doorstep.core.audit import FAILED, PASSKEY_ADDED, PASSKEY_REMOVED, SIGNED_IN
from fakes.house import House
from fakes.passkey_device import PasskeyDevice
from fakes.real_accounts import BETTER, GOOD, SECURE, Headers, RealHouse, browser, cookies_of, real_house

OPENS_NOTHING = "This passkey opens nothing here. Sign in with your password, then add it again."


@pytest.fixture
def house() -> Iterator[RealHouse]:
    with House() as made:
        real = real_house(made)
        real.base = SECURE
        yield real


def with_ticket(headers: Headers, answer: httpx.Response) -> Headers:
    """The same browser, which keeps what the answer gave it."""
    cookies = "; ".join(filter(None, (headers.get("Cookie", ""), cookies_of(answer))))
    return {**headers, "Cookie": cookies, "Sec-Fetch-Site": "same-origin"}


def made_by(house: RealHouse, session: Headers, device: PasskeyDevice, **cheat: Any) -> httpx.Response:
    asked = house.ask("POST", "/passkeys/options", session)
    assert asked.status_code == 200, asked.text
    body = {"credential": device.make(asked.json(), **cheat), "name": "My phone"}
    return house.ask("POST", "/passkeys", with_ticket(session, asked), json=body)


def signed_in(house: RealHouse, device: PasskeyDevice, **cheat: Any) -> httpx.Response:
    asked = house.ask("POST", "/session/passkey/options", {})
    assert asked.status_code == 200, asked.text
    body = {"credential": device.sign(asked.json(), **cheat)}
    return house.ask("POST", "/session/passkey", with_ticket({}, asked), json=body)


@pytest.fixture
def device(house: RealHouse) -> PasskeyDevice:
    """Of ada."""
    phone = PasskeyDevice(SECURE)
    answer = made_by(house, house.sign_in(), phone)
    assert answer.status_code == 201, answer.text
    return phone


def test_a_passkey_is_made_once_and_signs_in_again_and_again(house: RealHouse, device: PasskeyDevice) -> None:
    for _ in range(3):
        answer = signed_in(house, device)
        assert (answer.status_code, answer.json()["name"]) == (201, "ada")
    session = browser(answer)
    [row] = house.ask("GET", "/passkeys", session).json()["passkeys"]
    assert (row["name"], row["host"], row["here"]) == ("My phone", "door.example.org", True)
    assert row["last_used_at"] is not None
    sessions = house.ask("GET", "/sessions", session).json()["sessions"]
    assert [one["how"] for one in sessions].count("passkey") == 3
    verbs = [entry.verb for entry in house.log()]
    assert PASSKEY_ADDED in verbs
    assert SIGNED_IN in verbs


def test_a_device_that_counts_nothing_signs_in_too(house: RealHouse) -> None:
    device = PasskeyDevice(SECURE, counts=False)
    assert made_by(house, house.sign_in(), device).status_code == 201
    assert [signed_in(house, device).status_code for _ in range(2)] == [201, 201]


def test_what_is_asked_names_nobody(house: RealHouse, device: PasskeyDevice) -> None:
    del device
    options = house.ask("POST", "/session/passkey/options", {}).json()
    assert options["allowCredentials"] == []
    assert options["rpId"] == "door.example.org"
    assert "ada" not in str(options)


@pytest.mark.parametrize(
    ("base", "word"),
    [("http://192.0.2.7:8080", "number"), ("http://pi.local:8080", "secure"), ("https://[::1]", "number")],
)
def test_an_address_without_passkeys_says_why_not(house: RealHouse, base: str, word: str) -> None:
    house.base = base
    session = house.sign_in()
    told = house.ask("GET", "/passkeys", session).json()
    assert (told["possible"], word in told["why_not"]) == (False, True)
    for path in ("/passkeys/options", "/session/passkey/options"):
        answer = house.ask("POST", path, session)
        assert (answer.status_code, answer.json()["detail"]) == (409, told["why_not"])


def test_this_machine_itself_needs_no_certificate(house: RealHouse) -> None:
    house.base = "http://localhost:8080"
    device = PasskeyDevice(house.base)
    assert made_by(house, house.sign_in(), device).status_code == 201
    assert signed_in(house, device).status_code == 201


def test_whatever_is_wrong_with_a_passkey_is_answered_alike(house: RealHouse, device: PasskeyDevice) -> None:
    unknown = PasskeyDevice(SECURE, handle=device.handle)
    elsewhere = PasskeyDevice("https://evil.example", device.key, device.credential_id, device.handle, 10)
    another = PasskeyDevice(SECURE, credential_id=device.credential_id, handle=device.handle, count=10)
    foreign = PasskeyDevice(SECURE, device.key, device.credential_id, "YW5vdGhlcg", 10)
    copied = PasskeyDevice(SECURE, device.key, device.credential_id, device.handle, 0)
    answers = []
    for cheat in (unknown, elsewhere, another, foreign, copied):
        answers.append(signed_in(house, cheat))
        house.house.clock.advance(3600)
    answers.append(signed_in(house, device, host="evil.example"))
    assert {(answer.status_code, answer.json()["detail"]) for answer in answers} == {(401, OPENS_NOTHING)}
    assert all(
        "set-cookie" not in answer.headers or "doorstep=" not in answer.headers["set-cookie"] for answer in answers
    )
    house.house.clock.advance(3600)
    device.count = 20
    assert signed_in(house, device).status_code == 201


def test_a_counter_that_does_not_go_on_is_a_copy(house: RealHouse, device: PasskeyDevice) -> None:
    assert signed_in(house, device).status_code == 201
    device.count -= 1
    assert signed_in(house, device).status_code == 401


def test_what_was_signed_once_opens_once_and_in_one_browser(house: RealHouse, device: PasskeyDevice) -> None:
    asked = house.ask("POST", "/session/passkey/options", {})
    mine, body = with_ticket({}, asked), {"credential": device.sign(asked.json())}
    for other in ({}, with_ticket({}, house.ask("POST", "/session/passkey/options", {}))):
        assert house.ask("POST", "/session/passkey", other, json=body).status_code == 401
    assert house.ask("POST", "/session/passkey", mine, json=body).status_code == 201
    assert house.ask("POST", "/session/passkey", mine, json=body).status_code == 401
    device_without_counter = {"credential": device.sign(asked.json())}
    assert house.ask("POST", "/session/passkey", mine, json=device_without_counter).status_code == 401


def test_a_challenge_lasts_five_minutes(house: RealHouse, device: PasskeyDevice) -> None:
    asked = house.ask("POST", "/session/passkey/options", {})
    house.house.clock.advance(LASTS_SECONDS + 1)
    body = {"credential": device.sign(asked.json())}
    assert house.ask("POST", "/session/passkey", with_ticket({}, asked), json=body).status_code == 401


def test_a_passkey_is_made_for_who_asked_alone(house: RealHouse) -> None:
    house.add("bob")
    ada, bob = house.sign_in(), house.sign_in("bob")
    asked = house.ask("POST", "/passkeys/options", ada)
    body = {"credential": PasskeyDevice(SECURE).make(asked.json())}
    assert house.ask("POST", "/passkeys", with_ticket(bob, asked), json=body).status_code == 400
    signing = house.ask("POST", "/session/passkey/options", {})
    challenge = {**asked.json(), "challenge": signing.json()["challenge"]}
    body = {"credential": PasskeyDevice(SECURE).make(challenge)}
    assert house.ask("POST", "/passkeys", with_ticket(ada, signing), json=body).status_code == 400
    assert house.ask("GET", "/passkeys", bob).json()["passkeys"] == []


@pytest.mark.parametrize("cheat", [{"host": "evil.example"}, {}])
def test_a_passkey_of_another_address_is_not_kept(house: RealHouse, cheat: dict[str, str]) -> None:
    device = PasskeyDevice(SECURE if cheat else "https://evil.example")
    assert made_by(house, house.sign_in(), device, **cheat).status_code == 400


def test_the_same_passkey_is_kept_once(house: RealHouse, device: PasskeyDevice) -> None:
    house.add("bob")
    answer = made_by(house, house.sign_in("bob"), PasskeyDevice(SECURE, device.key, device.credential_id))
    assert answer.status_code == 400
    assert signed_in(house, device).json()["name"] == "ada"


def test_another_persons_passkey_looks_like_none(house: RealHouse, device: PasskeyDevice) -> None:
    house.add("bob", Role.OWNER)
    ada, bob = house.sign_in(), house.sign_in("bob")
    [row] = house.ask("GET", "/passkeys", ada).json()["passkeys"]
    foreign, unknown = (house.ask("DELETE", f"/passkeys/{one}", bob) for one in (row["id"], "nothing"))
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
    assert house.ask("PATCH", f"/passkeys/{row['id']}", bob, json={"name": "mine"}).status_code == 404
    assert house.ask("PATCH", f"/passkeys/{row['id']}", ada, json={"name": "Key ring"}).status_code == 204
    assert house.ask("GET", "/passkeys", ada).json()["passkeys"][0]["name"] == "Key ring"
    assert house.ask("DELETE", f"/passkeys/{row['id']}", ada).status_code == 204
    assert signed_in(house, device).status_code == 401
    assert PASSKEY_REMOVED in [entry.verb for entry in house.log()]


def test_a_passkey_goes_with_its_person(house: RealHouse) -> None:
    house.add("bob")
    device = PasskeyDevice(SECURE)
    assert made_by(house, house.sign_in("bob"), device).status_code == 201
    assert house.ask("DELETE", "/users/bob", house.sign_in()).status_code == 204
    assert signed_in(house, device).status_code == 401
    house.add("bob")
    assert signed_in(house, device).status_code == 401


def test_guessing_is_slowed_down_and_is_one_line_of_the_log(house: RealHouse, device: PasskeyDevice) -> None:
    codes = [signed_in(house, PasskeyDevice(SECURE)).status_code for _ in range(6)]
    assert codes == [401, 401, 401, 401, 429, 429]
    failed = [entry for entry in house.log() if entry.verb == FAILED]
    assert [entry.way for entry in failed] == ["passkey, 6 tries"]
    house.house.clock.advance(60)
    assert signed_in(house, device).status_code == 201


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": 1, "response": []},
        {"id": "a", "rawId": "a", "type": "public-key", "response": {"clientDataJSON": "é", "signature": "ü"}},
        {"id": "YWI", "rawId": "YWI", "type": "public-key", "response": {"clientDataJSON": "W1tb" * 9000}},
    ],
)
def test_what_is_no_passkey_is_refused_in_plain_words(house: RealHouse, credential: dict[str, Any]) -> None:
    session = house.sign_in()
    asked = house.ask("POST", "/passkeys/options", session)
    made = house.ask("POST", "/passkeys", with_ticket(session, asked), json={"credential": credential})
    assert made.status_code == 400
    assert (
        house.ask("POST", "/session/passkey", with_ticket({}, asked), json={"credential": credential}).status_code
        == 401
    )


def test_another_sites_page_makes_and_uses_no_passkey(house: RealHouse) -> None:
    session = {**house.sign_in(), "Sec-Fetch-Site": "cross-site"}
    for method, path in (
        ("POST", "/passkeys/options"),
        ("POST", "/passkeys"),
        ("PATCH", "/passkeys/x"),
        ("DELETE", "/passkeys/x"),
        ("POST", "/session/passkey/options"),
        ("POST", "/session/passkey"),
    ):
        answer = house.ask(method, path, session, json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")


def test_after_a_new_password_it_is_told_how_many_passkeys_still_open(house: RealHouse, device: PasskeyDevice) -> None:
    session = browser(signed_in(house, device))
    body = {"old": GOOD, "new": BETTER}
    assert house.ask("PUT", "/session/password", session, json=body).json()["passkeys"] == 1
    house.add("olga", Role.OWNER)
    link = house.ask("POST", "/users/ada/reset", house.sign_in("olga")).json()["href"]
    answer = house.ask("POST", "/reset", json={"code": link.partition("#")[2], "password": GOOD})
    assert (answer.status_code, answer.json()["passkeys"], answer.json()["name"]) == (201, 1, "ada")
    assert signed_in(house, device).status_code == 201
