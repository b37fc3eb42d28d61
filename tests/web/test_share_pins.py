"""Links that ask for a PIN: what stands there until it was right, and what a browser keeps of that."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import pytest
import structlog

from doorstep.core.access import Role
from fakes.house import CLIP_BYTES, FRONT_EVENT, JPEG, House

V1 = "/api/v1"
SHARE = f"{V1}/events/{FRONT_EVENT}/share"
PATHS = ("", "/clip.mp4", "/still.jpg")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        made.accounts.add("bob", "another long one", Role.FAMILY, None)
        yield made


def signed_in(house: House, name: str = "ada") -> dict[str, str]:
    secret = house.accounts.sign_in(name, house.accounts.people[name][1], "", "")
    return {"Cookie": f"doorstep={secret}", "Sec-Fetch-Site": "same-origin"}


def link(house: House, pin: str | None = "4711") -> str:
    answer = house.ask("POST", SHARE, signed_in(house), json={"pin": pin})
    assert (answer.status_code, answer.json()["pin"]) == (201, pin is not None)
    return "/s/" + str(answer.json()["href"]).rpartition("/")[2]


def typed(house: House, path: str, pin: str, **headers: str) -> httpx.Response:
    return house.ask("POST", path, FORM | headers, content=urlencode({"pin": pin}).encode())


def cookie_of(answer: httpx.Response) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def test_until_the_pin_was_right_nothing_is_shown_and_nothing_told(house: House) -> None:
    path = link(house)
    page = house.ask("GET", path, {})
    assert page.status_code == 200
    assert f'<form class="pin" method="post" action="{path}">' in page.text
    assert not re.search("Front door|<video|<img|13:00|<script", page.text)
    for more in PATHS[1:]:
        answer = house.ask("GET", path + more, {})
        assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
        assert JPEG not in answer.content
    assert house.ask("HEAD", path + "/clip.mp4", {}).status_code == 403


def test_the_right_pin_leads_to_the_page_its_video_and_its_picture(house: House) -> None:
    path = link(house)
    answer = typed(house, path, "4711")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    attributes = answer.headers["set-cookie"].split("; ")[1:]
    assert {"HttpOnly", "Max-Age=3600", f"Path={path}", "SameSite=lax"} <= set(attributes)
    cookie = {"Cookie": cookie_of(answer)}
    assert "Doorbell" in house.ask("GET", path, cookie).text or "Front door" in house.ask("GET", path, cookie).text
    assert house.ask("GET", path + "/clip.mp4", cookie).content == CLIP_BYTES
    assert house.ask("GET", path + "/still.jpg", cookie).content == JPEG


def test_under_tls_the_cookie_is_kept_from_the_plain_address(house: House) -> None:
    path = link(house)
    body = b"pin=4711"
    answer = house.ask("POST", path, FORM, content=body, base="https://door.example.org")
    assert "Secure" in answer.headers["set-cookie"].split("; ")


def test_a_cookie_of_one_link_opens_no_other_and_ends_after_an_hour(house: House) -> None:
    path, other = link(house), link(house)
    cookie = {"Cookie": cookie_of(typed(house, path, "4711"))}
    assert "asks for a PIN" in house.ask("GET", other, cookie).text
    house.clock.advance(3600)
    assert "asks for a PIN" in house.ask("GET", path, cookie).text
    assert house.ask("GET", path + "/clip.mp4", cookie).status_code == 403


def test_wrong_ones_are_said_and_then_the_link_rests(house: House) -> None:
    path = link(house)
    for _ in range(4):
        answer = typed(house, path, "0000")
        assert answer.status_code == 403
        assert "That is not the PIN." in answer.text
        assert "set-cookie" not in answer.headers
    for pin in ("0000", "4711"):
        answer = typed(house, path, pin)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
        assert "Wait 1 minute, then try again." in answer.text
    house.clock.advance(60)
    assert typed(house, path, "4711").status_code == 303


def test_after_a_day_of_trying_the_rest_is_told_in_hours(house: House) -> None:
    path = link(house)
    for _ in range(14):
        answer = typed(house, path, "0000")
        house.clock.advance(float(answer.headers.get("retry-after", 0)))
    assert "Wait 9 hours, then try again." in answer.text


@pytest.mark.parametrize(
    "body", [b"", b"pin=", b"pin=12", b"pin=\xff", b"x=1&" * 50, b"pin[]=4711", b"pin=" + b"1" * 9999]
)
def test_what_is_no_pin_is_told_so_and_costs_no_try(house: House, body: bytes) -> None:
    path = link(house)
    for _ in range(10):
        answer = house.ask("POST", path, FORM, content=body)
        assert answer.status_code == 403
        assert "A PIN has 4 to 8 digits." in answer.text
    assert typed(house, path, " 4711 ").status_code == 303


def test_a_form_comes_through_where_a_page_without_tls_hides_whose_it_is(house: House) -> None:
    path = link(house)
    assert typed(house, path, "4711", Origin="null").status_code == 303
    assert typed(house, path, "4711", Cookie="doorstep=x", Origin="null").status_code == 303
    # and nothing else does
    answer = house.ask("POST", f"{V1}/session", FORM | {"Origin": "null"}, content=b"pin=4711")
    assert answer.status_code == 403
    assert house.ask("POST", path, {"Content-Type": "text/plain"}, content=b"pin=4711").status_code == 415


def test_a_link_that_opens_nothing_asks_for_no_pin(house: House) -> None:
    path = link(house)
    shares = house.ask("GET", f"{V1}/shares", signed_in(house)).json()["shares"]
    assert [share["pin"] for share in shares] == [True]
    assert house.ask("DELETE", f"{V1}/shares/{shares[0]['id']}", signed_in(house)).status_code == 204
    answers = [typed(house, one, "4711") for one in (path, "/s/" + "x" * 43, "/s/x")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, house.ask("GET", path, {}).content)}


def test_a_link_without_a_pin_takes_whatever_is_typed(house: House) -> None:
    path = link(house, None)
    answer = typed(house, path, "")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("pin", ["123", "123456789", "12a4", "١٢٣٤", " ", "1234\n"])
def test_a_pin_that_is_none_is_refused_when_the_link_is_made(house: House, pin: str) -> None:
    answer = house.ask("POST", SHARE, signed_in(house), json={"pin": pin})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-pin")
    assert pin not in answer.text or pin == " "


def test_opening_the_form_is_not_counted_as_opened(house: House) -> None:
    path = link(house)
    house.ask("GET", path, {})
    typed(house, path, "0000")
    cookie = {"Cookie": cookie_of(typed(house, path, "4711"))}
    assert house.ask("GET", f"{V1}/shares", signed_in(house)).json()["shares"][0]["opened"] == 0
    house.ask("GET", path, cookie)
    assert house.ask("GET", f"{V1}/shares", signed_in(house)).json()["shares"][0]["opened"] == 1


def test_no_pin_and_no_pass_is_written_down(house: House) -> None:
    with structlog.testing.capture_logs() as lines:
        path = link(house, "86420")
        answer = typed(house, path, "86420")
        typed(house, path, "97531")
    assert lines
    for secret in ("86420", "97531", cookie_of(answer).partition("=")[2], path.removeprefix("/s/")):
        assert secret not in str(lines)


def test_all_links_are_ended_at_once_ones_own_and_the_owner_everybodys(house: House) -> None:
    ada, bob = signed_in(house), signed_in(house, "bob")
    for asker in (ada, ada, bob):
        assert house.ask("POST", SHARE, asker).status_code == 201
    assert house.ask("DELETE", f"{V1}/shares", bob).status_code == 204
    assert len(house.ask("GET", f"{V1}/shares", ada).json()["shares"]) == 2
    assert house.ask("POST", SHARE, bob).status_code == 201
    assert house.ask("DELETE", f"{V1}/shares", ada).status_code == 204
    assert house.ask("GET", f"{V1}/shares", ada).json() == {"shares": []}
    assert house.ask("GET", f"{V1}/shares", bob).json() == {"shares": []}
    entries, _ = house.audit.entries(None, 20)
    assert [entry.who for entry in entries if entry.verb == "ended a link to an event"].count("bob") == 1
