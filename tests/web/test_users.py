"""People: changed and removed by the owner, at once, and never so that the house has no owner."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest

from doorstep.core.access import Rights, Role
from doorstep.core.audit import OTHERS_ENDED, PASSWORD_CHANGED, PERSON_CHANGED, PERSON_REMOVED, SESSION_ENDED
from fakes.house import FRONT, GARDEN, House
from fakes.real_accounts import BETTER, GOOD, RealHouse, real_house

LIVE = f"/cameras/{FRONT}/snapshot.jpg"


@pytest.fixture
def house() -> Iterator[RealHouse]:
    with House() as made:
        yield real_house(made)


def soon(house: RealHouse, **ahead: float) -> str:
    return (house.house.clock.now() + timedelta(**ahead)).isoformat()


def test_what_somebody_may_changes_at_once(house: RealHouse) -> None:
    house.add("bob")
    owner, bob = house.sign_in(), house.sign_in("bob")
    assert house.ask("GET", f"/cameras/{GARDEN}/snapshot.jpg", bob).status_code == 200
    changed = house.ask("PATCH", "/users/BOB", owner, json={"role": "guest", "cameras": [FRONT]})
    assert (changed.json()["role"], changed.json()["cameras"], changed.json()["until"]) == ("guest", [FRONT], None)
    assert house.ask("GET", LIVE, bob).status_code == 200
    assert house.ask("GET", f"/cameras/{GARDEN}/snapshot.jpg", bob).status_code == 404
    assert house.ask("GET", "/events", bob).status_code == 403
    assert house.ask("PATCH", "/users/bob", owner, json={"cameras": None}).json()["role"] == "guest"
    assert house.ask("GET", f"/cameras/{GARDEN}/snapshot.jpg", bob).status_code == 200
    assert PERSON_CHANGED in [entry.verb for entry in house.log()]


def test_a_guest_is_out_when_his_time_is_over(house: RealHouse) -> None:
    owner = house.sign_in()
    person = {"name": "gus", "password": GOOD, "role": "guest", "until": soon(house, hours=1)}
    assert house.ask("POST", "/users", owner, json=person).status_code == 201
    gus = house.sign_in("gus")
    key = house.ask("POST", f"/cameras/{FRONT}/live/key", gus)
    assert house.ask("GET", LIVE, gus).status_code == 200
    house.house.clock.advance(3600)
    assert house.ask("GET", LIVE, gus).status_code == 401
    if key.status_code == 200:
        by_key = house.ask("GET", f"/cameras/{FRONT}/live/index.m3u8?key={key.json()['secret']}")
        assert by_key.status_code == 401
    refused = house.ask("POST", "/session", json={"name": "gus", "password": GOOD})
    assert (refused.status_code, "over" in refused.json()["detail"]) == (403, True)
    wrong = house.ask("POST", "/session", json={"name": "gus", "password": "wrong horse battery"})
    assert wrong.status_code == 401
    [row] = [one for one in house.ask("GET", "/users", owner).json()["users"] if one["name"] == "gus"]
    assert row["over"]
    assert house.ask("POST", "/users/gus/reset", owner).status_code == 409
    assert house.ask("PATCH", "/users/gus", owner, json={"until": soon(house, days=1)}).status_code == 200
    assert house.ask("GET", LIVE, gus).status_code == 200


def test_while_the_clock_is_not_set_nobody_with_an_end_comes_in() -> None:
    is_set = [True]
    with House() as made:
        house = real_house(made, lambda: is_set[0])
        house.book.admit("gus", GOOD, Rights(Role.GUEST, None, house.house.clock.now() + timedelta(days=1)))
        owner, gus = house.sign_in(), house.sign_in("gus")
        is_set[0] = False
        assert house.ask("GET", LIVE, gus).status_code == 401
        assert house.ask("GET", LIVE, owner).status_code == 200
        refused = house.ask("POST", "/session", json={"name": "gus", "password": GOOD})
        assert (refused.status_code, "time yet" in refused.json()["detail"]) == (403, True)
        is_set[0] = True
        assert house.ask("GET", LIVE, gus).status_code == 200


@pytest.mark.parametrize("until", ["tomorrow", "2020-01-01T00:00:00Z"])
def test_an_end_lies_in_the_future(house: RealHouse, until: str) -> None:
    house.add("bob")
    assert house.ask("PATCH", "/users/bob", house.sign_in(), json={"until": until}).status_code == 400


@pytest.mark.parametrize(
    "change",
    [{"role": "family"}, {"cameras": [FRONT]}, {"until": "2030-01-01T00:00:00Z"}, {"role": "guest", "cameras": []}],
)
def test_the_last_owner_stays_one(house: RealHouse, change: dict[str, object]) -> None:
    house.add("bob")
    owner = house.sign_in()
    refused = house.ask("PATCH", "/users/ada", owner, json=change)
    assert (refused.status_code, refused.json()["code"]) == (409, "last-owner")
    assert house.ask("DELETE", "/users/ada?myself=true", owner).status_code == 409
    assert house.ask("PATCH", "/users/bob", owner, json={"role": "owner"}).status_code == 200
    assert house.ask("PATCH", "/users/ada", owner, json=change).status_code == 200


def test_an_owner_without_a_password_does_not_count(house: RealHouse) -> None:
    owner = house.sign_in()
    assert house.ask("POST", "/users", owner, json={"name": "olga", "role": "owner"}).status_code == 201
    assert house.ask("DELETE", "/users/ada?myself=true", owner).status_code == 409


def test_who_is_removed_is_out_everywhere_and_comes_back_as_somebody_new(house: RealHouse) -> None:
    house.add("bob")
    owner, bob = house.sign_in(), house.sign_in("bob")
    assert house.ask("DELETE", "/users/bob", owner).status_code == 204
    assert house.ask("GET", "/session", bob).status_code == 401
    assert house.ask("DELETE", "/users/bob", owner).status_code == 404
    house.add("bob")
    assert house.ask("GET", "/session", bob).status_code == 401
    assert PERSON_REMOVED in [entry.verb for entry in house.log()]


def test_oneself_is_removed_only_by_saying_so(house: RealHouse) -> None:
    house.add("olga", Role.OWNER)
    owner = house.sign_in()
    assert house.ask("DELETE", "/users/ada", owner).json()["code"] == "yourself"
    assert house.ask("DELETE", "/users/ada?myself=true", owner).status_code == 204
    assert house.ask("GET", "/session", owner).status_code == 401


def test_nobody_changes_who_sees_more(house: RealHouse) -> None:
    house.book.admit("olga", GOOD, Rights(Role.OWNER, frozenset({FRONT})))
    house.add("gus", Role.GUEST, frozenset({FRONT}))
    olga = house.sign_in("olga")
    assert house.ask("PATCH", "/users/ada", olga, json={"role": "guest"}).status_code == 403
    assert house.ask("DELETE", "/users/ada", olga).status_code == 403
    assert house.ask("PATCH", "/users/gus", olga, json={"cameras": [GARDEN]}).status_code == 400
    assert house.ask("PATCH", "/users/gus", olga, json={"cameras": None}).status_code == 403
    assert house.ask("PATCH", "/users/gus", olga, json={"role": "family"}).status_code == 200
    shown = {one["person"] for one in house.ask("GET", "/sessions?all=1", olga).json()["sessions"]}
    assert shown == {"olga"}


@pytest.mark.parametrize("name", ["Anna/Maria", "..", "."])
def test_a_name_stands_in_an_address(house: RealHouse, name: str) -> None:
    refused = house.ask("POST", "/users", house.sign_in(), json={"name": name, "password": GOOD, "role": "family"})
    assert (refused.status_code, "slash" in refused.json()["detail"]) == (400, True)


@pytest.mark.parametrize("name", ["<b>Bob", "Ömer 🚪", "Anna Groß", "100% Bob?"])
def test_any_other_name_does(house: RealHouse, name: str) -> None:
    house.add(name)
    path = f"/users/{quote(name, safe='')}"
    assert house.ask("PATCH", path, house.sign_in(), json={"role": "guest"}).json()["name"] == name
    assert house.ask("DELETE", path, house.sign_in()).status_code == 204


# ---------------------------------------------------------------------------------------- own password, sessions


def test_a_new_password_asks_for_the_old_one_and_ends_the_other_sessions(house: RealHouse) -> None:
    house.add("bob")
    here, there = house.sign_in("bob"), house.sign_in("bob")
    wrong = house.ask("PUT", "/session/password", here, json={"old": BETTER, "new": BETTER})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "password-refused")
    assert house.ask("PUT", "/session/password", here, json={"old": GOOD, "new": "short"}).status_code == 400
    assert house.ask("GET", "/session", there).status_code == 200
    assert house.ask("PUT", "/session/password", here, json={"old": GOOD, "new": BETTER}).json() == {
        "ended": 1,
        "passkeys": 0,
    }
    assert house.ask("GET", "/session", here).status_code == 200
    assert house.ask("GET", "/session", there).status_code == 401
    assert house.ask("POST", "/session", json={"name": "bob", "password": GOOD}).status_code == 401
    assert {PASSWORD_CHANGED, OTHERS_ENDED} <= {entry.verb for entry in house.log()}
    assert BETTER not in str(house.log())


def test_whoever_borrowed_a_session_cannot_guess_the_password(house: RealHouse) -> None:
    here = house.sign_in()
    body = {"old": "wrong horse battery", "new": BETTER}
    codes = [house.ask("PUT", "/session/password", here, json=body).status_code for _ in range(6)]
    assert codes == [400, 400, 400, 400, 429, 429]


def test_sessions_are_listed_with_what_they_are_and_ended_one_by_one(house: RealHouse) -> None:
    here, there = house.sign_in(agent="Firefox"), house.sign_in(agent="Chrome")
    house.house.clock.advance(60)
    shown = house.ask("GET", "/sessions", here).json()["sessions"]
    assert [(one["name"], one["current"], one["how"]) for one in shown] == [
        ("Firefox", True, "password"),
        ("Chrome", False, "password"),
    ]
    assert house.ask("DELETE", f"/sessions/{shown[1]['id']}", here).status_code == 204
    assert house.ask("GET", "/session", there).status_code == 401
    assert SESSION_ENDED in [entry.verb for entry in house.log()]


def test_everywhere_else_is_everywhere_else(house: RealHouse) -> None:
    house.add("bob")
    here, bob = house.sign_in(), house.sign_in("bob")
    others = [house.sign_in() for _ in range(3)]
    assert house.ask("DELETE", "/sessions", here).json() == {"ended": 3}
    assert {house.ask("GET", "/session", one).status_code for one in others} == {401}
    assert house.ask("GET", "/session", here).status_code == 200
    assert house.ask("GET", "/session", bob).status_code == 200
    assert house.ask("DELETE", "/sessions?person=bob", here).json() == {"ended": 1}
    assert house.ask("GET", "/session", bob).status_code == 401


def test_anothers_session_looks_like_none_but_to_the_owner(house: RealHouse) -> None:
    house.add("bob")
    owner, bob = house.sign_in(), house.sign_in("bob")
    [mine] = house.ask("GET", "/sessions", owner).json()["sessions"]
    foreign, unknown = (house.ask("DELETE", f"/sessions/{one}", bob) for one in (mine["id"], "nothing"))
    assert foreign.status_code == 404
    assert foreign.content == unknown.content
    assert house.ask("GET", "/sessions?all=1", bob).status_code == 403
    assert house.ask("DELETE", "/sessions?person=ada", bob).status_code == 403
    assert {one["person"] for one in house.ask("GET", "/sessions?all=1", owner).json()["sessions"]} == {"ada", "bob"}
    [theirs] = house.ask("GET", "/sessions", bob).json()["sessions"]
    assert house.ask("DELETE", f"/sessions/{theirs['id']}", owner).status_code == 204


def test_when_a_session_was_used_is_written_seldom_and_brings_no_ended_one_back(house: RealHouse) -> None:
    here = house.sign_in()
    [session] = house.book.grants.sessions("ada")
    written = house.book.records.grants()[0].last_seen_at
    house.house.clock.advance(60)
    house.ask("GET", "/session", here)
    house.book.grants.write_seen()
    assert house.book.records.grants()[0].last_seen_at == written
    house.house.clock.advance(1800)
    house.ask("GET", "/session", here)
    house.book.grants.write_seen()
    assert house.book.records.grants()[0].last_seen_at == house.house.clock.now()
    house.book.records.revoke_grant(session.id)
    house.book.records.save_grant(session, insert=False)
    assert house.book.records.grants() == []


def test_another_sites_page_changes_no_people(house: RealHouse) -> None:
    session = {**house.sign_in(), "Sec-Fetch-Site": "cross-site"}
    for method, path in (
        ("POST", "/users"),
        ("PATCH", "/users/ada"),
        ("DELETE", "/users/ada"),
        ("PUT", "/session/password"),
        ("DELETE", "/sessions"),
        ("DELETE", "/sessions/x"),
    ):
        answer = house.ask(method, path, session, json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")


def test_of_two_who_change_one_person_the_second_is_told(house: RealHouse) -> None:
    house.add("bob")
    owner = house.sign_in()
    [row] = [one for one in house.ask("GET", "/users", owner).json()["users"] if one["name"] == "bob"]
    seen = {key: row[key] for key in ("role", "cameras", "until")}
    first = {"role": "guest", "until": soon(house, days=1, microseconds=1234), "seen": seen}
    changed = house.ask("PATCH", "/users/bob", owner, json=first)
    assert changed.status_code == 200
    late = house.ask("PATCH", "/users/bob", owner, json={"cameras": [FRONT], "seen": seen})
    assert (late.status_code, late.json()["code"]) == (409, "changed-meanwhile")
    assert "Somebody else changed" in late.json()["detail"]
    now = {key: changed.json()[key] for key in ("role", "cameras", "until")}
    assert house.ask("PATCH", "/users/bob", owner, json={"role": "family", "seen": now}).json()["role"] == "family"
    assert house.ask("PATCH", "/users/bob", owner, json={"seen": {"role": "family"}}).status_code in {400, 422}
