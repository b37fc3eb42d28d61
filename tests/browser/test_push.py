"""A phone is told: from the button in Settings over the push service to the notification, its tap and its receipt."""

import json
from collections.abc import Callable, Iterator
from secrets import token_hex
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import YARD, BrowserHouse, NewPage
from browser.told_phone import ToldPhone
from browser.told_screens import NOBODY_TOLD
from fakes.browser import PHONE, until
from fakes.push_service import Browser
from fakes.server_process import wait_for

WORD = {
    "id": "no-such-delivery",
    "alert": "a1",
    "event": "yard-1",
    "camera": "yard",
    "cause": "person",
    "title": "Person at Yard <b>",
    "text": "Seen at 14:02:03.",
    "link": "/alerts/yard-1",
    "picture": None,
    "at": "2026-11-21T14:02:03.000Z",
    "urgent": False,
    "test": False,
}


NewPhone = Callable[..., ToldPhone]


@pytest.fixture
def new_phone(house: BrowserHouse, new_context: Callable[..., BrowserContext]) -> Iterator[NewPhone]:
    """A phone of the signed-in owner's: `new_phone("kitchen")`."""
    made = []

    def make(name: str) -> ToldPhone:
        context = new_context(PHONE, storage_state=house.signed_in, service_workers="allow")
        made.append(ToldPhone(context, house.url, house.service.browser(name, f"push/{name}-{token_hex(4)}")))
        return made[-1]

    yield make
    for phone in made:
        phone.forget()


def test_a_press_is_shown_acknowledged_and_answered(house: BrowserHouse, new_phone: NewPhone) -> None:
    phone = new_phone("phone")
    page = phone.turn_on()
    with house.server.client() as client:
        client.post("/cameras/yard/press", json={}).raise_for_status()
    message = wait_for(lambda: sent_to(house, phone.receiver, "press"), 60, "the message")
    phone.deliver(page, json.dumps(message))
    [shown] = phone.shown(page)
    assert (shown["title"], shown["actions"]) == (f"Doorbell rang at {YARD}", ["watch", "snooze"])

    def delivery(field: str) -> Any:
        return next(
            (
                one[field]
                for one in house.told(f"/events/{message['event']}")["deliveries"]
                if one["id"] == message["id"]
            ),
            None,
        )

    until(page, lambda: delivery("shown_at"))
    assert delivery("opened_at") is None
    until(page, lambda: phone.shown(page)[0]["image"].startswith("data:image/jpeg;base64,"))
    assert phone.tap("watch") == []  # the window that is there is taken
    expect(page).to_have_url(f"{house.url}/answer/{message['event']}?camera=yard")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Doorbell, {YARD}")
    expect(page.get_by_test_id("answer")).to_have_attribute("data-verdict", "live")
    expect(page.get_by_test_id("clip")).to_be_visible()
    until(page, lambda: delivery("opened_at"))


def sent_to(house: BrowserHouse, receiver: Browser, cause: str) -> dict[str, Any] | None:
    path = receiver.device.endpoint.removeprefix(house.service.base[:-1])
    messages = [receiver.read(one.body) for one in house.service.pushed if one.path == path]
    return next((one for one in messages if one["cause"] == cause), None)


def test_a_snooze_from_the_notification_is_a_snooze_of_its_person(new_phone: NewPhone) -> None:
    phone = new_phone("snoozer")
    page = phone.turn_on()
    phone.deliver(page, json.dumps(WORD))
    phone.shown(page)
    assert phone.tap("snooze") == []
    [said] = phone.shown(page)
    assert said["title"].startswith("Quiet until ")
    page.reload()  # or ten seconds later by itself
    expect(page.get_by_test_id("snooze")).to_contain_text("The doorbell still rings.")
    page.get_by_role("button", name="End snooze").click()
    expect(page.get_by_test_id("snooze")).to_contain_text("Nothing is snoozed.")


def test_a_tap_opens_a_window_where_there_is_none(new_phone: NewPhone) -> None:
    phone = new_phone("closed")
    page = phone.turn_on()
    phone.deliver(page, json.dumps(WORD))
    phone.shown(page)
    worker = phone.worker
    page.goto("about:blank")
    assert phone.worker == worker
    assert phone.tap() == ["/answer/yard-1?camera=yard"]


def test_what_comes_later_about_a_visit_takes_the_place_of_what_came_before(new_phone: NewPhone) -> None:
    phone = new_phone("once")
    page = phone.turn_on()
    phone.deliver(page, json.dumps(WORD))
    phone.shown(page)
    phone.deliver(page, json.dumps(WORD | {"id": "d2", "alert": "a2", "cause": "press", "title": "Doorbell"}))
    until(page, lambda: [one["title"] for one in phone.shown(page)] == ["Doorbell"])


def test_a_push_that_nobody_can_read_is_still_shown(new_phone: NewPhone) -> None:
    phone = new_phone("puzzled")
    page = phone.turn_on()
    for message in ("", "{", '{"title": 7}', "[]", "\x00"):
        phone.deliver(page, message)
        [shown] = phone.shown(page)
        assert shown["body"] == "There is something to see. Open Doorstep."
        phone.put_away()
        phone.shown(page, 0)


def test_what_could_not_be_acknowledged_is_acknowledged_with_the_next_alert(new_phone: NewPhone) -> None:
    phone = new_phone("patchy")
    page = phone.turn_on()
    phone.worker.evaluate(
        "() => { const real = self.fetch; self.real = real; self.fetch = () => Promise.reject(new TypeError()); }"
    )
    phone.deliver(page, json.dumps(WORD))
    phone.shown(page)
    until(page, lambda: unsent(page) == ["/acks/no-such-delivery"])
    phone.worker.evaluate("() => { self.fetch = self.real; }")
    phone.deliver(page, json.dumps(WORD | {"id": "d9"}))
    until(page, lambda: unsent(page) == [])


def unsent(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "async () => (await (await caches.open('doorstep-acks')).keys()).map(({ url }) => new URL(url).pathname)"
    )
    return found


def test_a_sign_out_takes_the_notifications_along(new_phone: NewPhone) -> None:
    phone = new_phone("leaver")
    page = phone.turn_on()
    phone.deliver(page, json.dumps(WORD))
    phone.shown(page)
    page.route("**/api/v1/session", lambda route: route.fulfill(status=204))  # the session of the other tests goes on
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_test_id("login")).to_be_visible()
    assert phone.shown(page, 0) == []


def test_a_device_is_turned_off_where_it_was_turned_on(new_phone: NewPhone) -> None:
    phone = new_phone("quitter")
    page = phone.turn_on()
    expect(page.get_by_test_id("device").filter(has_text="this one")).to_have_count(1)
    page.get_by_test_id("turn-off").click()
    expect(page.get_by_test_id("this-device")).to_contain_text("This device is not told.")
    expect(page.get_by_test_id("device").filter(has_text="this one")).to_have_count(0)


def test_a_device_is_proven_as_soon_as_it_is_turned_on_and_can_be_tested_again(
    house: BrowserHouse, new_phone: NewPhone
) -> None:
    def tests() -> int:
        return sum("/push/tester-" in one.path for one in house.service.pushed)

    phone = new_phone("tester")
    page = phone.turn_on()
    until(page, lambda: tests() == 1)
    expect(page.get_by_text("Sent. It comes up in a few seconds.")).to_be_visible()
    page.get_by_test_id("test-device").click()
    until(page, lambda: tests() == 2)


# --------------------------------------------------------------------------------- why it cannot be turned on


def test_a_push_service_that_does_not_answer_is_given_up_and_said(new_phone: NewPhone) -> None:
    phone = new_phone("offline")
    phone.context.add_init_script(
        "PushManager.prototype.subscribe = () => new Promise(() => {});"
        "const wait = setTimeout;"
        "globalThis.setTimeout = (what, ms, ...rest) => wait(what, ms === 20_000 ? 50 : ms, ...rest);"
    )
    expect_refusal(phone, "The browser's push service did not answer.")


def test_a_push_service_that_refuses_is_said(new_phone: NewPhone) -> None:
    phone = new_phone("refused")
    phone.context.add_init_script(
        "PushManager.prototype.subscribe = () => Promise.reject(new DOMException('no', 'AbortError'));"
    )
    expect_refusal(phone, "The browser's push service refused.")


@pytest.mark.parametrize(
    ("answer", "words"),
    [("default", "The browser asked, and got no answer."), ("denied", "This browser blocks notifications")],
)
def test_a_person_who_does_not_allow_it_is_told_how_to(new_phone: NewPhone, answer: str, words: str) -> None:
    phone = new_phone("unwilling")
    phone.context.add_init_script(f"Notification.requestPermission = () => Promise.resolve('{answer}');")
    expect_refusal(phone, words)


def expect_refusal(phone: ToldPhone, words: str) -> None:
    page = phone.context.new_page()
    page.goto(f"{phone.url}/settings/notifications")
    page.get_by_test_id("turn-on").click()
    expect(page.get_by_test_id("this-device")).to_contain_text(words)


def test_without_https_the_page_says_what_is_needed(house: BrowserHouse, new_phone: NewPhone) -> None:
    phone = new_phone("plain")
    phone.context.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false });")
    page = phone.context.new_page()
    page.goto(f"{house.url}/settings/notifications")
    expect(page.get_by_test_id("this-device")).to_contain_text("Notifications need the secure address")
    expect(page.get_by_test_id("turn-on")).to_have_count(0)


def test_while_nobody_is_told_every_page_says_so_and_how_to_mend_it(house: BrowserHouse, new_page: NewPage) -> None:
    told = house.told("/status")
    page = new_page("/alerts")
    page.route("**/api/v1/status", lambda route: route.fulfill(json=told | {"problems": [NOBODY_TOLD]}))
    for path in ("/", "/alerts", "/status"):
        page.goto(house.url + path)
        expect(page.get_by_test_id("nobody-told")).to_contain_text("Nobody will be told")
    page.get_by_role("link", name="Set up notifications").click()
    expect(page.get_by_test_id("settings-notifications")).to_be_visible()
    expect(page.get_by_test_id("nobody-told")).to_be_visible()
