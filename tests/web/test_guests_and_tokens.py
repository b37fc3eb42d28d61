"""What guests, tokens and other people may not do about alerts: choose, snooze or read what is not theirs."""

from collections.abc import Iterator

import pytest

from doorstep.core.access import Role, Scope
from fakes.house import House

V1 = "/api/v1"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/alerts/preferences", None),
        ("PUT", "/alerts/preferences", {"causes": []}),
        ("GET", "/snooze", None),
        ("POST", "/snooze", {"seconds": 60}),
        ("DELETE", "/snooze", None),
        ("POST", "/push/test", {}),
        ("GET", "/recipients", None),
    ],
)
def test_who_may_know_of_no_event_chooses_and_learns_nothing(
    house: House, method: str, path: str, body: dict[str, object] | None
) -> None:
    for asker in (
        house.session(Role.GUEST),
        house.token(Scope.MOTION_WRITE),
        house.token(Scope.PRESS_WRITE),
        house.token(Scope.LIVE_READ),
        house.token(Scope.STATUS_READ),
    ):
        assert house.ask(method, f"{V1}{path}", asker, json=body).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PUT", "/alerts/preferences", {"causes": []}), ("POST", "/snooze", {"seconds": 60}), ("DELETE", "/snooze", None)],
)
def test_only_an_owner_chooses_for_the_house(
    house: House, method: str, path: str, body: dict[str, object] | None
) -> None:
    address = f"{V1}{path}?of=house"
    assert house.ask(method, address, house.session(Role.FAMILY), json=body).status_code == 403
    assert house.ask(method, address, house.token(Scope.EVENTS_READ, Scope.EVENTS_WRITE), json=body).status_code == 403
    assert house.ask(method, address, house.session(Role.OWNER), json=body).status_code == 200


def test_another_sites_page_changes_nothing_about_alerts(house: House) -> None:
    cookie = {**house.session(Role.OWNER), "Sec-Fetch-Site": "cross-site"}
    for method, path in (
        ("PUT", "/alerts/preferences"),
        ("POST", "/snooze"),
        ("DELETE", "/snooze"),
        ("POST", "/push/subscriptions"),
        ("DELETE", "/push/subscriptions"),
        ("DELETE", "/push/subscriptions/x"),
        ("PUT", "/push/subscriptions/x/preferences"),
        ("POST", "/push/test"),
        ("POST", "/recipients/email/test"),
        ("POST", "/deliveries/a:push:1/ack"),
        ("POST", "/test"),
        ("PUT", "/cameras/front-door/detection"),
    ):
        answer = house.ask(method, f"{V1}{path}", cookie, json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")
