"""A phone that is signed in by a code, and a password that is set by a link: once, in time, and by nobody else."""

from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import unquote

import pytest

from doorstep.accounts.new_passwords import RESET_LASTS
from doorstep.accounts.pairings import LASTS_SECONDS
from doorstep.core.access import Rights, Role
from doorstep.core.audit import FAILED, PAIRING_MADE, RESET_MADE, RESET_USED, SIGNED_IN
from doorstep.web.address_parts import AddressParts
from fakes.house import FRONT, House
from fakes.real_accounts import BETTER, GOOD, LAN, SECURE, RealHouse, browser, real_house

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)"
DAY = 24 * 3600.0


@pytest.fixture
def house() -> Iterator[RealHouse]:
    with House() as made:
        yield real_house(made)


def code_for(house: RealHouse, name: str = "ada") -> str:
    answer = house.ask("POST", "/pairings", house.sign_in(name))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


def reset_for(house: RealHouse, name: str) -> str:
    answer = house.ask("POST", f"/users/{name}/reset", house.sign_in())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["href"]).partition("#")[2]


# -------------------------------------------------------------------------------------------------------- pairing


def test_a_phone_is_signed_in_once_and_named_by_what_it_is(house: RealHouse) -> None:
    code = code_for(house)
    assert house.ask("POST", "/session/pairing/person", json={"code": code}).json() == {"name": "ada"}
    answer = house.ask("POST", "/session/pairing", {"User-Agent": PHONE}, json={"code": code})
    assert (answer.status_code, answer.json()["name"], answer.json()["role"]) == (201, "ada", "owner")
    sessions = house.ask("GET", "/sessions", browser(answer)).json()["sessions"]
    assert [(one["name"], one["how"], one["current"]) for one in sessions if one["how"] == "pairing"] == [
        (PHONE, "pairing", True)
    ]
    for path in ("/session/pairing/person", "/session/pairing"):
        assert house.ask("POST", path, json={"code": code}).status_code == 401
    assert [entry.verb for entry in house.log()].count(PAIRING_MADE) == 1


def test_a_code_lasts_two_minutes_and_until_the_next(house: RealHouse) -> None:
    session = house.sign_in()
    first = house.ask("POST", "/pairings", session).json()["code"]
    second = house.ask("POST", "/pairings", session).json()["code"]
    assert house.ask("POST", "/session/pairing", json={"code": first}).status_code == 401
    house.house.clock.advance(LASTS_SECONDS)
    assert house.ask("POST", "/session/pairing", json={"code": second}).status_code == 401
    third = house.ask("POST", "/pairings", session).json()["code"]
    house.house.clock.advance(LASTS_SECONDS - 1)
    assert house.ask("POST", "/session/pairing", json={"code": third}).status_code == 201


def test_a_code_has_128_random_bits_or_more_and_is_in_no_log(house: RealHouse) -> None:
    session = house.sign_in()
    codes = {house.ask("POST", "/pairings", session).json()["code"] for _ in range(20)}
    assert len(codes) == 20
    assert {len(code) for code in codes} == {43}
    assert not any(code in str(house.log()) for code in codes)


def test_a_code_ends_with_the_session_that_showed_it(house: RealHouse) -> None:
    session = house.sign_in()
    code = house.ask("POST", "/pairings", session).json()["code"]
    assert house.ask("DELETE", "/session", session).status_code == 204
    assert house.ask("POST", "/session/pairing", json={"code": code}).status_code == 401


def test_a_code_is_for_the_person_that_it_was_made_for(house: RealHouse) -> None:
    house.add("bob")
    code = house.ask("POST", "/pairings", house.sign_in(), json={"name": "bob"}).json()["code"]
    assert house.ask("DELETE", "/users/bob", house.sign_in()).status_code == 204
    house.house.clock.advance(1)
    house.add("bob", Role.OWNER)
    assert house.ask("POST", "/session/pairing", json={"code": code}).status_code == 401


def test_guessing_codes_is_slowed_down_and_counted(house: RealHouse) -> None:
    right = code_for(house)
    codes = [house.ask("POST", "/session/pairing", json={"code": f"guess {n}"}).status_code for n in range(6)]
    assert codes == [401, 401, 401, 401, 429, 429]
    assert house.ask("POST", "/session/pairing", json={"code": right}).status_code == 429
    assert [entry.way for entry in house.log() if entry.verb == FAILED] == ["pairing, 7 tries"]
    house.house.clock.advance(60)
    assert house.ask("POST", "/session/pairing", json={"code": right}).status_code == 201


def test_a_phone_that_was_signed_in_leaves_what_it_had(house: RealHouse) -> None:
    house.add("bob")
    before = house.sign_in("bob")
    answer = house.ask("POST", "/session/pairing", before, json={"code": code_for(house)})
    assert answer.json()["name"] == "ada"
    assert house.ask("GET", "/session", before).status_code == 401
    assert browser(answer)["Cookie"] != before["Cookie"]


def test_a_session_that_somebody_planted_is_not_taken_over(house: RealHouse) -> None:
    planted = {"Cookie": "doorstep=chosen-by-somebody-else", "Sec-Fetch-Site": "same-origin"}
    answer = house.ask("POST", "/session/pairing", planted, json={"code": code_for(house)})
    assert answer.status_code == 201
    assert house.ask("GET", "/session", planted).status_code == 401


def test_who_may_show_a_code_for_whom(house: RealHouse) -> None:
    house.add("bob")
    house.book.admit("olga", GOOD, Rights(Role.OWNER, frozenset({FRONT})))
    family, limited = house.sign_in("bob"), house.sign_in("olga")
    assert house.ask("POST", "/pairings", family, json={"name": "ada"}).status_code == 403
    assert house.ask("POST", "/pairings", limited, json={"name": "ada"}).status_code == 403
    assert house.ask("POST", "/pairings", house.sign_in(), json={"name": "nobody"}).status_code == 404
    assert house.ask("POST", "/pairings", house.sign_in(), json={"name": "bob"}).json()["name"] == "bob"
    token = house.ask("POST", "/tokens", house.sign_in(), json={"scopes": ["admin"]}).json()["token"]
    script = {"Authorization": f"Bearer {token}"}
    assert house.ask("POST", "/pairings", script, json={"name": "bob"}).status_code == 409


def test_the_code_is_shown_with_an_address_that_a_phone_reaches(house: RealHouse) -> None:
    made = house.ask("POST", "/pairings", house.sign_in()).json()
    assert made["href"] == f"{LAN}/pair#{made['code']}"
    assert [way["host"] for way in made["ways"]] == ["192.0.2.7:8080"]
    assert made["warning"] == ""
    picture = made["ways"][0]["qr"]
    assert picture.startswith("data:image/svg+xml")
    assert "<svg" in unquote(picture) or b"<svg" in b64decode(picture.partition(",")[2])


def test_who_sits_at_the_box_itself_is_told_that_no_phone_comes_by_that_address(house: RealHouse) -> None:
    house.base = "http://localhost:8080"
    made = house.ask("POST", "/pairings", house.sign_in()).json()
    assert "Only this machine" in made["warning"]


def test_where_doorstep_listens_to_this_machine_alone_it_says_how_phones_reach_it(house: RealHouse) -> None:
    object.__setattr__(house.house.parts, "address", AddressParts(lan="127.0.0.1"))
    house.base = "http://localhost:8080"
    made = house.ask("POST", "/pairings", house.sign_in()).json()
    assert made["only_here"] is True
    assert "make run LISTEN=0.0.0.0:8080" in made["warning"]


# ---------------------------------------------------------------------------------------------------------- reset


def test_a_link_sets_a_password_once_and_ends_every_session(house: RealHouse) -> None:
    house.add("bob")
    before = house.sign_in("bob")
    code = reset_for(house, "bob")
    assert house.ask("POST", "/reset/person", json={"code": code}).json() == {"name": "bob", "is_first": False}
    short = house.ask("POST", "/reset", json={"code": code, "password": "short"})
    assert (short.status_code, "12" in short.json()["detail"]) == (400, True)
    answer = house.ask("POST", "/reset", json={"code": code, "password": BETTER})
    assert (answer.status_code, answer.json()["name"]) == (201, "bob")
    assert house.ask("GET", "/session", before).status_code == 401
    assert house.ask("POST", "/reset", json={"code": code, "password": GOOD}).status_code == 401
    assert house.sign_in("bob", BETTER)
    verbs = [entry.verb for entry in house.log()]
    assert {RESET_MADE, RESET_USED, SIGNED_IN} <= set(verbs)
    assert code not in str(house.log())


def test_a_link_is_over_after_a_day_and_with_the_next_one(house: RealHouse) -> None:
    house.add("bob")
    first, second = reset_for(house, "bob"), reset_for(house, "bob")
    assert house.ask("POST", "/reset/person", json={"code": first}).status_code == 401
    house.house.clock.advance(RESET_LASTS.total_seconds())
    assert house.ask("POST", "/reset", json={"code": second, "password": BETTER}).status_code == 401


def test_a_link_is_over_once_the_password_was_changed(house: RealHouse) -> None:
    house.add("bob")
    code, bob = reset_for(house, "bob"), house.sign_in("bob")
    assert house.ask("PUT", "/session/password", bob, json={"old": GOOD, "new": BETTER}).status_code == 200
    assert house.ask("POST", "/reset", json={"code": code, "password": GOOD}).status_code == 401


def test_guessing_links_is_slowed_down(house: RealHouse) -> None:
    codes = [house.ask("POST", "/reset/person", json={"code": f"guess {n}"}).status_code for n in range(5)]
    assert codes == [401, 401, 401, 401, 429]


def test_who_may_make_a_link_for_whom(house: RealHouse) -> None:
    house.book.admit("olga", GOOD, Rights(Role.OWNER, frozenset({FRONT})))
    owner, limited = house.sign_in(), house.sign_in("olga")
    assert house.ask("POST", "/users/ada/reset", owner).status_code == 409
    assert house.ask("POST", "/users/ada/reset", limited).status_code == 403
    assert house.ask("POST", "/users/nobody/reset", owner).status_code == 404
    made = house.ask("POST", "/users/olga/reset", owner, base=SECURE)
    assert made.status_code == 401  # a cookie of the other address
    made = house.ask("POST", "/users/olga/reset", owner).json()
    assert made["href"].startswith(f"{LAN}/reset#")


def test_who_has_no_password_comes_in_by_a_link_or_a_code_alone(house: RealHouse) -> None:
    added = house.ask("POST", "/users", house.sign_in(), json={"name": "Käthe", "role": "family"})
    assert (added.status_code, added.json()["has_password"]) == (201, False)
    for password in ("", " ", GOOD):
        assert house.ask("POST", "/session", json={"name": "Käthe", "password": password}).status_code == 401
    code = house.ask("POST", "/pairings", house.sign_in(), json={"name": "Käthe"}).json()["code"]
    phone = browser(house.ask("POST", "/session/pairing", json={"code": code}))
    assert house.ask("PUT", "/session/password", phone, json={"new": BETTER}).json()["ended"] == 0
    assert house.sign_in("käthe", BETTER)


def test_a_link_tells_whether_it_sets_the_first_password(house: RealHouse) -> None:
    house.book.admit("fay", None, Rights(Role.FAMILY))
    code = reset_for(house, "fay")
    assert house.ask("POST", "/reset/person", json={"code": code}).json() == {"name": "fay", "is_first": True}


def test_while_the_time_is_unknown_nobody_is_told_that_his_time_is_over(house: RealHouse) -> None:
    house.book.admit("gus", GOOD, Rights(Role.GUEST, None, house.house.clock.now() + timedelta(days=1)))
    link = reset_for(house, "gus")
    phone = house.ask("POST", "/pairings", house.sign_in(), json={"name": "gus"}).json()["code"]
    tries: tuple[tuple[str, dict[str, str]], ...] = (
        ("/session", {"name": "gus", "password": GOOD}),
        ("/reset", {"code": link, "password": BETTER}),
        ("/session/pairing", {"code": phone}),
    )
    house.book.grants.is_clock_set = lambda: False
    for path, body in tries:
        answer = house.ask("POST", path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "time-unknown")
    house.book.grants.is_clock_set = lambda: True
    for path, body in tries[1:]:  # neither link nor code was used up by it
        assert house.ask("POST", path, json=body).status_code == 201


def test_another_sites_page_pairs_and_resets_nothing(house: RealHouse) -> None:
    session = {**house.sign_in(), "Sec-Fetch-Site": "cross-site"}
    public = ("/session/pairing", "/session/pairing/person", "/reset", "/reset/person")
    for path in ("/pairings", "/users/ada/reset", *public):
        for headers in (session, {"Sec-Fetch-Site": "cross-site"}):
            answer = house.ask("POST", path, headers, json={"code": "x", "password": GOOD})
            assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")
