"""The hub as the owner sees it: what is so, joining it, leaving it, and what nobody is told."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import httpx
import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.audit import HUB_JOINED, HUB_LEFT
from doorstep.core.camera import CameraId
from doorstep.core.errors import DoorstepError, HubCodeInvalid, HubLost, PairingRefused, StoreFull
from doorstep.web.asgi import create_app
from doorstep.web.fresh import FRESH
from doorstep.web.hub_parts import HubParts, HubView
from doorstep.web.through_hub import ThroughHub
from fakes.house import FRONT, House
from fakes.real_accounts import GOOD, SECURE, RealHouse, real_house

PATH = "/api/v1/hub"
HOST = "door.example.net"
CODE = "dh1-very-secret-code"
BEGAN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
UP = HubView(
    paired=True,
    box="home",
    host=HOST,
    address=f"https://{HOST}",
    state="up",
    since=BEGAN,
    round_trip_ms=31.5,
    certificate_ends=datetime(2027, 2, 1, tzinfo=UTC),
    bytes_month=123_456,
    reached=True,
    seen_from="203.0.113.5",
    home_address="http://192.168.1.5:8080",
)


@dataclass
class Desk:
    """Implements what `HubParts` asks for."""

    seen: HubView = field(default_factory=HubView)
    codes: list[str] = field(default_factory=list)
    error: DoorstepError | None = None

    async def pair(self, code: str) -> None:
        self.codes.append(code)
        if self.error is not None:
            raise self.error
        self.seen = UP

    async def leave(self) -> bool:
        if self.error is not None:
            raise self.error
        was, self.seen = self.seen.paired, HubView()
        return was

    def parts(self) -> HubParts:
        return HubParts(lambda: self.seen, self.pair, self.leave, lambda: self.seen.host)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def house(desk: Desk) -> Iterator[House]:
    with House() as made:
        made.parts = replace(made.parts, hub=desk.parts())
        made.app = create_app(made.parts)
        yield made


@pytest.fixture
def real(desk: Desk) -> Iterator[RealHouse]:
    with House() as made:
        found = real_house(made)
        found.base = SECURE
        made.parts = replace(made.parts, hub=desk.parts())
        made.app = create_app(made.parts)
        yield found


def outside(house: House, client: str) -> httpx.Response:
    told = {"X-Forwarded-For": client, "X-Forwarded-Proto": "https", **house.owner()}
    return house.ask("GET", PATH, told, base=f"http://{HOST}", app=ThroughHub(house.app))


def test_a_house_without_a_hub_says_so(house: House) -> None:
    answer = house.get(PATH).json()
    assert (answer["paired"], answer["state"], answer["since"], answer["address"]) == (False, "off", None, "")


def test_what_is_so_is_told_to_the_owner(house: House, desk: Desk) -> None:
    desk.seen = UP
    assert house.get(PATH).json() == {
        "paired": True,
        "enabled": True,
        "box": "home",
        "host": HOST,
        "address": f"https://{HOST}",
        "state": "up",
        "since": "2026-11-21T12:00:00.000Z",
        "reason": "",
        "why": "",
        "round_trip_ms": 31.5,
        "certificate_ends_at": "2027-02-01T00:00:00.000Z",
        "bytes_this_month": 123_456,
        "reached": True,
        "reached_why": "",
        "through_hub": False,
        "at_home": False,
        "home_address": "http://192.168.1.5:8080",
        "needs_restart": False,
    }


@pytest.mark.parametrize(
    ("house_at", "phone_at", "at_home"),
    [
        ("203.0.113.5", "203.0.113.5", True),
        ("203.0.113.5", "::ffff:203.0.113.5", True),
        ("203.0.113.5", "203.0.113.6", False),
        ("2001:db8:1:2::a", "2001:db8:1:2:ffff::b", True),
        ("2001:db8:1:2::a", "2001:db8:1:3::a", False),
        ("", "203.0.113.5", False),
    ],
)
def test_who_comes_from_the_same_network_is_at_home(
    house: House, desk: Desk, house_at: str, phone_at: str, *, at_home: bool
) -> None:
    desk.seen = replace(UP, seen_from=house_at)
    answer = outside(house, phone_at).json()
    assert (answer["through_hub"], answer["at_home"]) == (True, at_home)


def test_nobody_but_the_owner_of_the_whole_house_sees_or_changes_it(house: House, desk: Desk) -> None:
    desk.seen = UP
    some = house.session(Role.OWNER, frozenset({CameraId(FRONT)}))
    for asker in (house.session(Role.FAMILY), house.session(Role.GUEST), house.token(Scope.STATUS_READ), some):
        for method, body in (("GET", None), ("POST", {"code": CODE}), ("DELETE", None)):
            assert house.ask(method, PATH, asker, body).status_code == 403
    assert (desk.codes, desk.seen) == ([], UP)


def test_a_code_joins_and_is_told_nowhere(house: House, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    answer = house.ask("POST", PATH, house.owner(), {"code": CODE})
    assert (answer.status_code, answer.json()["state"]) == (201, "up")
    assert desk.codes == [CODE]
    noted = [entry for entry in house.audit.entries(None, 100)[0] if entry.verb == HUB_JOINED]
    assert [(entry.way, entry.address) for entry in noted] == [(HOST, "127.0.0.1")]
    assert CODE not in answer.text + str(noted) + caplog.text


@pytest.mark.parametrize(
    "error",
    [
        HubCodeInvalid("It is cut off."),
        PairingRefused("It was used."),
        HubLost("No answer.", "timed-out"),
        StoreFull("F"),
    ],
)
def test_a_code_that_does_not_join_says_why(house: House, desk: Desk, error: DoorstepError) -> None:
    desk.error = error
    answer = house.ask("POST", PATH, house.owner(), {"code": CODE})
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (409, "hub-refused", str(error))
    assert [entry.verb for entry in house.audit.entries(None, 100)[0]] == []


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": "x" * 5000}, {"code": 7}, {"kode": CODE}])
def test_what_is_no_code_is_not_repeated(house: House, desk: Desk, body: dict[str, object]) -> None:
    answer = house.ask("POST", PATH, house.owner(), body)
    assert answer.status_code == 400
    assert "xxxx" not in answer.text
    assert CODE not in answer.text
    assert desk.codes == []


def test_who_leaves_is_noted_and_leaving_nothing_is_told(house: House, desk: Desk) -> None:
    owner = house.owner()
    assert house.ask("DELETE", PATH, owner).status_code == 404
    desk.seen = UP
    assert house.ask("DELETE", PATH, owner).status_code == 204
    assert [(entry.verb, entry.way) for entry in house.audit.entries(None, 100)[0]] == [(HUB_LEFT, HOST)]
    desk.seen, desk.error = UP, StoreFull("The disk is full.")
    assert house.ask("DELETE", PATH, owner).json()["code"] == "hub-kept"


@pytest.mark.parametrize(("method", "body", "done"), [("POST", {"code": CODE}, 201), ("DELETE", {}, 204)])
def test_an_old_session_says_the_password_again(
    real: RealHouse, desk: Desk, method: str, body: dict[str, str], done: int
) -> None:
    desk.seen = UP
    session = real.sign_in()
    real.house.clock.advance(FRESH.total_seconds() + 1)
    refused = real.ask(method, "/hub", session, json=body)
    assert (refused.status_code, refused.json()["code"], desk.codes) == (409, "say-password", [])
    assert real.ask(method, "/hub", session, json={**body, "your_password": GOOD}).status_code == done


def test_the_metrics_tell_of_a_hub_in_numbers_alone(house: House, desk: Desk) -> None:
    without = house.get("/metrics").text.splitlines()
    assert [line for line in without if line.startswith("doorstep_hub")] == []
    desk.seen = UP
    lines = house.get("/metrics").text.splitlines()
    assert {"doorstep_hub_up 1.0", "doorstep_hub_reached 1.0", "doorstep_hub_round_trip_seconds 0.0315"} <= set(lines)
    assert "doorstep_hub_month_bytes 123456.0" in lines
    assert HOST not in "\n".join(lines)
    desk.seen = replace(UP, state="down", reached=None, round_trip_ms=None)
    assert "doorstep_hub_up 0.0" in house.get("/metrics").text.splitlines()
