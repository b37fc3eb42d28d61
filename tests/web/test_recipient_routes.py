"""Who is told, as the web shows it, a test alert, and the word of a phone."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.alert import Alert, AlertId
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.recipient import Recipient
from doorstep.core.standing import Standing
from doorstep.web.asgi import create_app
from doorstep.web.parts import TellingParts
from fakes.house import FRONT, FRONT_EVENT, House

V1 = "/api/v1"


class FakeTelling:
    """What an outbox with Anna's phone and a mail for everybody would say."""

    def __init__(self, house: House) -> None:
        self.at = house.clock.now()
        self.acknowledged: list[tuple[str, str, bool]] = []
        self.remembered: list[Delivery] = []
        self.unstored: Event | None = None
        self.busy = False
        self.forgotten: list[EventId] = []

    def parts(self) -> TellingParts:
        return TellingParts(
            standings=lambda: [
                Standing(Recipient("email", "email"), self.at),
                Standing(Recipient("push:1", "Anna's phone", "owner"), None, "no answer", 2),
            ],
            deliveries_of=lambda event: [one for one in self.remembered if one.alert.event == event],
            unstored=lambda event: self.unstored if self.unstored and self.unstored.id == event else None,
            acknowledge=self.acknowledge,
            test=self.test,
            forget_pictures=self.forgotten.append,
        )

    def delivery(self, channel: str, event: EventId = FRONT_EVENT) -> Delivery:
        alert = Alert(AlertId("a"), event, FRONT, Cause.PERSON, self.at, "t", "x", "/")
        return Delivery(alert, channel, DeliveryState.ACCEPTED, 1, self.at, "accepted", channel)

    async def acknowledge(self, delivery_id: str, person: str, opened: bool) -> bool:
        self.acknowledged.append((delivery_id, person, opened))
        return delivery_id == "a:push:1" and person == "owner"

    async def test(self, channel: str) -> Delivery | None:
        if self.busy:
            raise OverflowError
        return self.delivery(channel) if channel in {"email", "push:1"} else None


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


@pytest.fixture
def telling(house: House) -> FakeTelling:
    told = FakeTelling(house)
    house.parts = replace(house.parts, telling=told.parts())
    house.app = create_app(house.parts)
    return told


@pytest.mark.usefixtures("telling")
def test_the_owner_sees_who_is_told_and_whether_it_works(house: House) -> None:
    mail, phone = house.get(f"{V1}/recipients").json()["recipients"]
    assert (mail["channel"], mail["person"], mail["problem"]) == ("email", None, "")
    assert mail["proven_at"] == "2026-11-21T13:00:00.000Z"
    assert (phone["name"], phone["proven_at"], phone["problem"], phone["waiting"]) == (
        "Anna's phone",
        None,
        "no answer",
        2,
    )


def test_a_test_alert_goes_by_one_channel_and_says_how_it_went(house: House, telling: FakeTelling) -> None:
    sent = house.ask("POST", f"{V1}/recipients/push:1/test", house.owner())
    assert (sent.status_code, sent.json()["state"]) == (200, "accepted")
    assert house.ask("POST", f"{V1}/recipients/unknown/test", house.owner()).status_code == 404
    telling.busy = True
    assert house.ask("POST", f"{V1}/recipients/push:1/test", house.owner()).status_code == 429


def test_a_phone_acknowledges_what_is_its_persons(house: House, telling: FakeTelling) -> None:
    path = f"{V1}/deliveries/a:push:1/ack"
    assert house.ask("POST", path, house.session(Role.OWNER), json={"opened": True}).status_code == 204
    assert house.ask("POST", path, house.session(Role.FAMILY), json={"opened": False}).status_code == 404
    assert telling.acknowledged == [("a:push:1", "owner", True), ("a:push:1", "family", False)]


def test_a_token_is_nobody_and_acknowledges_nothing(house: House, telling: FakeTelling) -> None:
    assert house.ask("POST", f"{V1}/deliveries/a:push:1/ack", house.owner()).status_code == 404
    assert telling.acknowledged == []


def test_an_event_shows_its_deliveries_newer_ones_from_memory(house: House, telling: FakeTelling) -> None:
    waiting = replace(telling.delivery("email"), state=DeliveryState.DUE, outcome="no answer")
    house.catalog.save_delivery(waiting)
    telling.remembered = [telling.delivery("email")]
    event = house.get(f"{V1}/events/{FRONT_EVENT}").json()
    assert event["stored"] is False
    assert [(one["channel"], one["state"]) for one in event["deliveries"]] == [("email", "accepted")]
    house.catalog.save_delivery(telling.delivery("email"))
    assert house.get(f"{V1}/events/{FRONT_EVENT}").json()["stored"] is True


def test_a_relative_sees_only_what_went_to_himself_or_to_the_whole_house(house: House, telling: FakeTelling) -> None:
    telling.remembered = [telling.delivery("email"), telling.delivery("push:1")]
    seen = house.ask("GET", f"{V1}/events/{FRONT_EVENT}", house.session(Role.FAMILY)).json()["deliveries"]
    assert [one["channel"] for one in seen] == ["email"]
    assert len(house.get(f"{V1}/events/{FRONT_EVENT}").json()["deliveries"]) == 2


def test_an_event_that_the_disk_did_not_take_is_shown_from_memory(
    house: House, telling: FakeTelling, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = Event(EventId("front-door-2"), FRONT, telling.at, telling.at, causes=(Cause.PRESS,))
    telling.unstored = event
    telling.remembered = [telling.delivery("email", event.id)]
    shown = house.get(f"{V1}/events/{event.id}").json()
    assert (shown["causes"], shown["stored"], len(shown["deliveries"])) == (["press"], False, 1)

    def fails(*_of: object) -> None:
        msg = "The disk is full."
        raise CatalogUnavailable(msg)

    monkeypatch.setattr(house.catalog, "event", fails)
    monkeypatch.setattr(house.catalog, "deliveries_of", fails)
    assert house.get(f"{V1}/events/{event.id}").json() == shown
    assert house.get(f"{V1}/events/{FRONT_EVENT}").status_code == 503


@pytest.mark.usefixtures("telling")
@pytest.mark.parametrize("path", ["/events", f"/events/{FRONT_EVENT}", f"/cameras/{FRONT}/timeline"])
def test_the_ledger_tells_nobody_when_somebody_else_looked_at_his_phone(house: House, path: str) -> None:
    at = house.clock.now()
    stages = [(Stage.SEEN, "detector.example: 1 picture"), (Stage.SENT, "push:1"), (Stage.ACCEPTED, "push:gone")]
    stages += [(Stage.SENT, "email"), (Stage.ACKNOWLEDGED, "push:1")]
    house.change_event(FRONT_EVENT, ledger=tuple(LedgerEntry(stage, at, channel) for stage, channel in stages))

    def told(who: dict[str, str]) -> list[tuple[str, str]]:
        found = house.get(V1 + path, who).json()
        [event] = [one for one in found.get("events", [found]) if one["id"] == FRONT_EVENT]
        return [(row["stage"], row["channel"]) for row in event["ledger"]]

    others = [("seen", stages[0][1]), ("sent", ""), ("accepted", ""), ("sent", "email")]
    assert told(house.session(Role.FAMILY)) == others
    assert told(house.token(Scope.EVENTS_READ)) == others
    assert told(house.owner()) == stages
    assert told(house.session(Role.OWNER)) == stages


def test_the_pictures_that_phones_were_told_of_go_with_the_event(house: House, telling: FakeTelling) -> None:
    assert house.ask("DELETE", f"{V1}/events/{FRONT_EVENT}", house.owner()).status_code == 204
    assert telling.forgotten == [FRONT_EVENT]
