"""A channel is tried before it is written down: what is answered, who may, how often, and who is told at all."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.errors import ConfigInvalid, NotifierRefused, NotifierUnavailable
from doorstep.core.recipient import Recipient
from doorstep.core.standing import Standing
from doorstep.core.telegram_chat import TelegramBot, TelegramChat
from doorstep.web.address_parts import AddressParts
from doorstep.web.asgi import create_app
from doorstep.web.channel_parts import ChannelParts
from doorstep.web.channels import TRIES_PACE
from doorstep.web.parts import TellingParts
from fakes.house import FRONT, House

TRY, TELEGRAM = "/api/v1/channels/try", "/api/v1/channels/telegram"
NTFY = {"kind": "apprise", "settings": {"url": "ntfy://ntfy.example.org/secret-topic"}}
AT = datetime(2026, 11, 20, tzinfo=UTC)


class Tries:
    """What was tried; raises `error`, if there is one."""

    def __init__(self) -> None:
        self.tried: list[tuple[str, Mapping[str, object]]] = []
        self.error: Exception | None = None

    async def try_out(self, kind: str, keys: Mapping[str, object]) -> None:
        self.tried.append((kind, keys))
        if self.error is not None:
            raise self.error

    async def telegram(self, token: str) -> TelegramBot:
        self.tried.append(("telegram", {"token": token}))
        if self.error is not None:
            raise self.error
        return TelegramBot("ann_door_bot", [TelegramChat("42", "Ann <b>& 🚪</b>")])


@pytest.fixture
def tries() -> Tries:
    return Tries()


@pytest.fixture
def house(tries: Tries) -> Iterator[House]:
    with House() as made:
        made.app = create_app(replace(made.parts, channels=ChannelParts(tries.try_out, tries.telegram)))
        yield made


def post(house: House, path: str, body: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return house.ask("POST", path, dict(headers or house.owner()), json=body)


def test_a_channel_that_took_the_test_is_said_to_have(house: House, tries: Tries) -> None:
    answer = post(house, TRY, NTFY)
    assert (answer.status_code, answer.json()) == (200, {"sent": True, "problem": ""})
    assert tries.tried == [("apprise", NTFY["settings"])]


@pytest.mark.parametrize("error", [NotifierRefused("It refuses."), NotifierUnavailable("It refuses.")])
def test_why_it_did_not_is_said_in_plain_words(house: House, tries: Tries, error: Exception) -> None:
    tries.error = error
    assert post(house, TRY, NTFY).json() == {"sent": False, "problem": "It refuses."}


def test_a_channel_that_no_file_could_hold_is_refused(house: House, tries: Tries) -> None:
    tries.error = ConfigInvalid("smtp must begin with smtp:// or smtps://.")
    answer = post(house, TRY, {"kind": "email", "settings": {"smtp": "x"}})
    assert (answer.status_code, answer.json()["code"]) == (422, "channel-invalid")
    assert answer.json()["detail"] == "smtp must begin with smtp:// or smtps://."


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "apprise"},
        {"kind": "apprise", "settings": {"url": 7}},
        {"kind": "apprise", "settings": {"url": "x" * 3000}},
        {"kind": "apprise", "settings": {"__class__.x": "x"}},
        {"kind": "apprise", "settings": {f"key_{'a' * number}": "x" for number in range(20)}},
        {"kind": "email", "settings": {"to": ["a@example.org"] * 60}},
    ],
)
def test_what_is_no_channel_at_all_is_not_tried(house: House, tries: Tries, body: object) -> None:
    answer = post(house, TRY, body)
    assert answer.status_code == 400
    assert "xxx" not in answer.text
    assert not tries.tried


def test_a_bot_says_who_has_written_to_it(house: House) -> None:
    told = post(house, TELEGRAM, {"token": "1234:abc"}).json()
    assert told == {"bot": "ann_door_bot", "chats": [{"id": "42", "name": "Ann <b>& 🚪</b>"}], "problem": ""}


def test_a_bot_that_nobody_knows_is_said(house: House, tries: Tries) -> None:
    tries.error = NotifierRefused("Telegram does not know this token.")
    assert post(house, TELEGRAM, {"token": "x"}).json()["problem"] == "Telegram does not know this token."


@pytest.mark.parametrize("path", [TRY, TELEGRAM])
def test_only_the_owner_tries_channels(house: House, tries: Tries, path: str) -> None:
    assert post(house, path, NTFY, house.session(Role.FAMILY)).status_code == 403
    assert not tries.tried


def test_nobody_looks_for_open_ports_by_trying(house: House, tries: Tries) -> None:
    owner = house.owner()
    answers = [post(house, TRY, NTFY, owner).status_code for _ in range(TRIES_PACE.burst + 1)]
    assert (answers[:-1], answers[-1]) == ([200] * TRIES_PACE.burst, 429)
    house.clock.advance(60)
    assert post(house, TRY, NTFY, owner).status_code == 200
    assert len(tries.tried) == TRIES_PACE.burst + 1


def told_by(house: House, *standings: Standing) -> None:
    house.app = create_app(replace(house.parts, telling=TellingParts(standings=lambda: standings)))


def standing(person: str | None, proven: datetime | None = AT, trouble: str = "") -> Standing:
    return Standing(Recipient(f"apprise:{person}", "x", person=person), proven, trouble)


def test_who_is_told_is_said_of_everybody_to_the_owner(house: House) -> None:
    house.accounts.add("ben", "correct horse battery", Role.FAMILY, None)
    house.accounts.add("guest", "correct horse battery", Role.GUEST, None)
    told_by(house, standing("ben"))
    people = house.get("/api/v1/told", house.session(Role.OWNER)).json()["people"]
    assert {one["name"]: one["state"] for one in people}["ben"] == "told"
    assert "guest" not in {one["name"] for one in people}


def test_the_family_learns_only_of_itself(house: House) -> None:
    house.accounts.add("ben", "correct horse battery", Role.FAMILY, None)
    told_by(house, standing(None, None))
    people = house.get("/api/v1/told", house.session(Role.FAMILY)).json()["people"]
    assert [one["state"] for one in people] == ["unproven"]
    assert house.get("/api/v1/told", house.session(Role.GUEST)).status_code == 403


def test_the_page_about_the_address_learns_how_this_request_came(house: House) -> None:
    parts = AddressParts(lan="192.168.1.20", link="https://door.example.org", is_tls=False)
    house.app = create_app(replace(house.parts, address=parts))
    told = house.get("/api/v1/address").json()
    assert (told["lan"], told["hostname"], told["names"]) == ("192.168.1.20", "pi", ["door.example.org"])
    assert (told["asked"]["scheme"], told["asked"]["proxy"], told["asked"]["believed"]) == ("http", "", False)
    passed_on = house.get("/api/v1/address", {**house.owner(), "X-Forwarded-For": "198.51.100.7"}).json()["asked"]
    assert (passed_on["proxy"], passed_on["believed"]) == (passed_on["client"], False)


def test_who_sees_some_cameras_only_tries_no_channel(house: House, tries: Tries) -> None:
    for asker in (house.session(Role.OWNER, frozenset({FRONT})), house.token(Scope.ADMIN, cameras=frozenset({FRONT}))):
        assert post(house, TRY, NTFY, asker).status_code == 403
        assert post(house, TELEGRAM, {"token": "1234:abc"}, asker).status_code == 403
    assert tries.tried == []
