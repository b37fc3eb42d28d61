"""What a person wants to be told, and snoozing, over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.alert_preferences import AlertPreferences, QuietHours
from doorstep.core.cause import TOLD, Cause
from fakes.house import FRONT, GARDEN, House

PREFERENCES, SNOOZE = "/api/v1/alerts/preferences", "/api/v1/snooze"
NIGHT = {"weekdays": [0, 1, 2, 3, 4, 5, 6], "begins": "22:00", "ends": "07:00"}
CHOICE: dict[str, Any] = {"causes": ["person", "press"], "cameras": [FRONT], "quiet_hours": [NIGHT], "troubles": False}


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def test_who_chose_nothing_gets_everything_but_mere_motion(house: House) -> None:
    found = house.ask("GET", PREFERENCES, house.session(Role.FAMILY)).json()
    assert found == {
        "causes": ["loitering", "person", "press", "trigger"],
        "cameras": None,
        "quiet_hours": [],
        "troubles": True,
        "snoozed_until": None,
        "house_until": None,
        "stored": True,
        "alerted": sorted(TOLD),
        "timezone": "UTC",
        "quiet_now": False,
    }


def test_what_is_put_is_what_is_found_and_holds(house: House) -> None:
    me = house.session(Role.FAMILY)
    put = house.ask("PUT", PREFERENCES, me, json=CHOICE)
    assert put.status_code == 200
    assert {key: put.json()[key] for key in CHOICE} == CHOICE
    assert house.ask("GET", PREFERENCES, me).json() == put.json()
    chosen = house.preferences.of_person(Role.FAMILY)
    assert chosen.causes == {Cause.PERSON, Cause.PRESS}
    assert chosen.quiet_hours[0].weekdays == frozenset(range(7))
    assert house.preferences.of_person(Role.OWNER) == AlertPreferences()


def test_the_page_learns_whether_it_is_quiet_now(house: House) -> None:
    me = house.session(Role.FAMILY)
    house.ask("PUT", PREFERENCES, me, json=CHOICE | {"quiet_hours": [NIGHT | {"begins": "12:00", "ends": "14:00"}]})
    assert house.ask("GET", PREFERENCES, me).json()["quiet_now"]
    house.clock.advance(3600.0)
    assert not house.ask("GET", PREFERENCES, me).json()["quiet_now"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"causes": ["people"]},
        {"causes": None},
        {"cameras": ["nowhere"]},
        {"cameras": [GARDEN]},
        {"quiet_hours": [NIGHT | {"begins": "24:00"}]},
        {"quiet_hours": [NIGHT | {"begins": "7:00"}]},
        {"quiet_hours": [NIGHT | {"ends": "07:00\n"}]},
        {"quiet_hours": [NIGHT | {"weekdays": [7]}]},
        {"quiet_hours": [NIGHT | {"weekdays": []}]},
        {"quiet_hours": [NIGHT] * 29},
        {"snoozed_until": "2099-01-01T00:00:00Z"},
        {"surprise": 1},
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(house: House, wrong: dict[str, Any]) -> None:
    me = house.session(Role.FAMILY, frozenset({FRONT}))
    answer = house.ask("PUT", PREFERENCES, me, json=CHOICE | wrong)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert house.preferences.of_person(Role.FAMILY) == AlertPreferences()


def test_a_wrong_time_is_refused_in_plain_words(house: House) -> None:
    wrong = CHOICE | {"quiet_hours": [NIGHT | {"begins": "25:00"}]}
    answer = house.ask("PUT", PREFERENCES, house.session(Role.FAMILY), json=wrong).json()
    assert "must be a time of day such as" in answer["detail"]


def test_a_camera_that_is_not_his_any_more_is_not_shown(house: House) -> None:
    house.preferences.choose(Role.FAMILY, AlertPreferences(cameras=frozenset({FRONT, GARDEN})))
    shown = house.ask("GET", PREFERENCES, house.session(Role.FAMILY, frozenset({FRONT}))).json()
    assert shown["cameras"] == [FRONT]


def test_snooze_for_an_hour_and_back(house: House) -> None:
    me = house.session(Role.FAMILY)
    until = (house.clock.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    begun = house.ask("POST", SNOOZE, me, json={"seconds": 3600}).json()
    assert begun == {"snoozed_until": until, "house_until": None, "stored": False}
    assert house.ask("GET", SNOOZE, me).json()["snoozed_until"] == until
    assert house.ask("GET", SNOOZE, house.session(Role.OWNER)).json()["snoozed_until"] is None
    assert house.ask("DELETE", SNOOZE, me).json()["snoozed_until"] is None
    assert not house.preferences.is_snoozed(Role.FAMILY)


def test_a_snooze_that_is_over_is_not_shown(house: House) -> None:
    me = house.session(Role.FAMILY)
    house.ask("POST", SNOOZE, me, json={"seconds": 60})
    house.clock.advance(60.0)
    assert house.ask("GET", SNOOZE, me).json()["snoozed_until"] is None


def test_a_choice_leaves_the_snooze_alone(house: House) -> None:
    me = house.session(Role.FAMILY)
    until = house.ask("POST", SNOOZE, me, json={"seconds": 60}).json()["snoozed_until"]
    assert house.ask("PUT", PREFERENCES, me, json=CHOICE).json()["snoozed_until"] == until


@pytest.mark.parametrize("body", [{"seconds": 0}, {"seconds": -1}, {"seconds": 86401}, {"seconds": "soon"}, {}, []])
def test_a_snooze_is_a_minute_to_a_day(house: House, body: object) -> None:
    assert house.ask("POST", SNOOZE, house.session(Role.FAMILY), json=body).status_code == 400


def test_an_owner_alone_speaks_for_the_house(house: House) -> None:
    owner, family = house.session(Role.OWNER), house.session(Role.FAMILY)
    assert house.ask("POST", SNOOZE + "?of=house", family, json={"seconds": 60}).status_code == 403
    assert house.ask("PUT", PREFERENCES + "?of=house", family, json=CHOICE).status_code == 403
    until = house.ask("POST", SNOOZE + "?of=house", owner, json={"seconds": 60}).json()["house_until"]
    assert until is not None
    assert house.ask("GET", SNOOZE, family).json() == {"snoozed_until": None, "house_until": until, "stored": True}
    assert house.preferences.is_snoozed("")
    [entry] = house.ask("GET", "/api/v1/audit", owner).json()["entries"]
    assert (entry["who"], entry["verb"], entry["camera"], entry["seconds"]) == (
        Role.OWNER,
        "snoozed the house",
        None,
        60.0,
    )
    assert entry["address"]


def test_a_token_is_nobody_who_could_be_told_but_an_admins_speaks_for_the_house(house: House) -> None:
    answer = house.ask("GET", SNOOZE, house.token(Scope.EVENTS_READ))
    assert (answer.status_code, answer.json()["code"]) == (409, "nobody")
    assert house.ask("POST", SNOOZE, house.owner(), json={"seconds": 60}).status_code == 200
    assert house.preferences.is_snoozed("")


def test_another_page_snoozes_nobody(house: House) -> None:
    foreign = house.session(Role.OWNER) | {"Sec-Fetch-Site": "cross-site"}
    assert house.ask("POST", SNOOZE, foreign, json={"seconds": 60}).status_code == 403
    assert house.ask("DELETE", SNOOZE, foreign).status_code == 403


def test_quiet_hours_are_kept_as_they_are_meant(house: House) -> None:
    me = house.session(Role.FAMILY)
    hours = [
        {"weekdays": [4, 5], "begins": "23:30", "ends": "09:00"},
        {"weekdays": [6], "begins": "00:00", "ends": "00:00"},
    ]
    assert house.ask("PUT", PREFERENCES, me, json=CHOICE | {"quiet_hours": hours}).json()["quiet_hours"] == hours
    assert all(isinstance(one, QuietHours) for one in house.preferences.of_person(Role.FAMILY).quiet_hours)


@pytest.mark.parametrize("query", ["", "?of=house"])
def test_who_may_do_everything_at_one_camera_silences_no_other(house: House, query: str) -> None:
    of_one = house.token(Scope.ADMIN, cameras=frozenset({FRONT}))
    codes = [
        house.ask("PUT", PREFERENCES + query, of_one, json=CHOICE | {"cameras": None}).status_code,
        house.ask("POST", SNOOZE + query, of_one, json={"seconds": 60}).status_code,
        house.ask("DELETE", SNOOZE + query, of_one).status_code,
    ]
    assert codes == [403 if query else 409] * 3
    assert house.preferences.of_person("") == AlertPreferences()
    assert house.ask("POST", SNOOZE + query, house.owner(), json={"seconds": 60}).status_code == 200
