"""Settings and the answer page as they look when there is much to show."""

from typing import Any

from playwright.sync_api import Page, Route, expect

SINCE = "2026-11-20T13:40:00.000Z"
DEVICES = {
    "public_key": "BP__-w",
    "devices": [
        {
            "id": "phone",
            "name": "Chrome on Android",
            "created_at": SINCE,
            "accepted_at": SINCE,
            "acknowledged_at": SINCE,
            "this": False,
            "preferences": None,
        },
        {
            "id": "tablet",
            "name": "Safari on iPad",
            "created_at": SINCE,
            "accepted_at": None,
            "acknowledged_at": None,
            "this": False,
            "preferences": None,
        },
    ],
}
WISHES = {
    "causes": ["person", "press", "loitering"],
    "cameras": ["porch"],
    "quiet_hours": [{"weekdays": [0, 1, 2, 3, 4], "begins": "22:00", "ends": "06:30"}],
    "troubles": True,
    "alerted": ["person", "press", "loitering", "trigger"],
    "timezone": "Europe/Berlin",
    "quiet_now": False,
    "snoozed_until": None,
    "house_until": None,
    "stored": True,
}
RECIPIENTS = [
    {"channel": "email", "name": "Mail", "person": None, "turn": "first", "proven_at": SINCE, "problem": ""},
    {
        "channel": "ntfy",
        "name": "Loud ntfy",
        "person": "Ann",
        "turn": "unanswered",
        "proven_at": None,
        "problem": "ntfy.example did not answer within 10 s.",
    },
]


def _stage(stage: str, state: str, ms: int | None, words: str = "", name: str | None = None) -> dict[str, Any]:
    return {"stage": stage, "state": state, "ms": ms, "words": words, "channel": name, "name": name}


ANSWERED = [
    {
        "id": "d1",
        "recipient": "Chrome on Android",
        "channel": "push:phone",
        "cause": "press",
        "state": "accepted",
        "attempts": 1,
        "outcome": "",
        "raised_at": "2026-11-20T13:40:00.000Z",
        "next_try_at": None,
        "accepted_at": "2026-11-20T13:40:00.420Z",
        "shown_at": "2026-11-20T13:40:01.100Z",
        "opened_at": None,
    },
    {
        "id": "d2",
        "recipient": "Bert's tablet",
        "channel": "push:tablet",
        "cause": "person",
        "state": "spared",
        "attempts": 0,
        "outcome": "quiet hours",
        "raised_at": "2026-11-20T13:40:00.000Z",
        "next_try_at": None,
        "accepted_at": None,
        "shown_at": None,
        "opened_at": None,
    },
    {
        "id": "d3",
        "recipient": "Mail",
        "channel": "email",
        "cause": "person",
        "state": "failed",
        "attempts": 5,
        "outcome": "mail.example did not answer within 10 s.",
        "raised_at": "2026-11-20T13:40:00.000Z",
        "next_try_at": None,
        "accepted_at": None,
        "shown_at": None,
        "opened_at": None,
    },
]
NOBODY_TOLD = {
    "key": "nobody-told",
    "what": "Nobody will be told: there is no way to tell anybody.",
    "since": "2026-11-21T13:00:00.000Z",
    "remedy": "",
    "minor": False,
}


WALK: dict[str, Any] = {
    "id": "w1",
    "camera": "porch",
    "state": "failed",
    "stages": [
        _stage("captured", "reached", 0),
        _stage("seen", "reached", 412),
        _stage("decided", "reached", 430),
        _stage("sent", "reached", 520, name="Mail"),
        _stage("sent", "skipped", None, "quiet hours", "Bert's tablet"),
        _stage("acknowledged", "failed", None, "The phone did not answer within 60 s.", "Chrome on Android"),
        _stage("stored", "skipped", None),
    ],
    "summary": "The visitor was seen, but one phone did not answer.",
}


PASSED = WALK | {
    "state": "passed",
    "stages": [stage | {"state": "reached", "ms": 100 * n, "words": ""} for n, stage in enumerate(WALK["stages"])],
    "summary": "The visitor was seen, recorded and told to Mail, first after 520 ms.",
}
RUNNING = WALK | {
    "state": "running",
    "stages": [stage | {"state": "waiting", "ms": None, "words": ""} for stage in WALK["stages"]],
    "summary": "The test is running.",
}


def fill_settings(page: Page) -> None:
    page.route("**/api/v1/push", lambda route: route.fulfill(json=DEVICES))
    page.route("**/api/v1/alerts/preferences", lambda route: route.fulfill(json=WISHES))
    page.route("**/api/v1/recipients", lambda route: route.fulfill(json={"recipients": RECIPIENTS}))
    page.route("**/api/v1/test", lambda route: route.fulfill(status=202, json={"id": "w1"}))
    page.route("**/api/v1/test/w1", lambda route: route.fulfill(json=WALK))


def see_the_walk(page: Page) -> None:
    page.get_by_test_id("start-walk").click()
    expect(page.get_by_test_id("walk")).to_contain_text("one phone did not answer")
    expect(page.get_by_test_id("walk-stage")).to_have_count(len(WALK["stages"]))
    expect(page.get_by_test_id("walk")).to_contain_text("Not told: quiet hours")
    page.get_by_test_id("louder").locator("summary").click()
    expect(page.get_by_test_id("louder")).to_contain_text("[[notify.apprise]]")
    expect(page.get_by_test_id("channel")).to_have_count(2)
    expect(page.get_by_test_id("device")).to_have_count(2)
    expect(page.get_by_label("Monday")).to_be_checked()


def pass_the_walk(page: Page) -> None:
    _walk(page, PASSED, "The visitor was seen")


def begin_the_walk(page: Page) -> None:
    _walk(page, RUNNING, "The visitor is on the way")


def _walk(page: Page, walk: dict[str, Any], words: str) -> None:
    page.route("**/api/v1/test", lambda route: route.fulfill(status=202, json={"id": "w1"}))
    page.route("**/api/v1/test/w1", lambda route: route.fulfill(json=walk))
    page.get_by_test_id("start-walk").click()
    expect(page.get_by_test_id("walk")).to_contain_text(words)
    expect(page.get_by_test_id("walk-stage")).to_have_count(len(WALK["stages"]))


def tell_a_snooze(page: Page) -> None:
    until = {"snoozed_until": "2126-11-21T21:00:00.000Z", "house_until": "2126-11-21T23:30:00.000Z"}
    page.route("**/api/v1/snooze", lambda route: route.fulfill(json=until))


def deny_notifications(page: Page) -> None:
    page.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' });")


def leave_https(page: Page) -> None:
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false });")


def tell_nobody(page: Page) -> None:
    def tell(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"seeing": False, "problems": [NOBODY_TOLD]})

    page.route("**/api/v1/status", tell)


def see_nobody_told(page: Page) -> None:
    expect(page.get_by_test_id("nobody-told")).to_be_visible()


def tell_some(page: Page) -> None:
    """The recipients' problems beside the house's own."""
    page.route("**/api/v1/recipients", lambda route: route.fulfill(json={"recipients": RECIPIENTS}))


def see_untold(page: Page) -> None:
    expect(page.get_by_test_id("untold")).to_contain_text("ntfy.example did not answer within 10 s.")
    expect(page.get_by_test_id("untold").get_by_role("listitem")).to_have_count(1)


def stop_looking(page: Page) -> None:
    def tell(route: Route) -> None:
        answer = route.fetch()
        cameras = answer.json()["cameras"]
        for camera in cameras:
            camera["watching"] |= {"on": False, "wanted": False}
        route.fulfill(response=answer, json={"cameras": cameras})

    page.route("**/api/v1/cameras", tell)


def open_who_was_told(page: Page) -> None:
    def tell(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"stored": False, "deliveries": ANSWERED})

    page.route("**/api/v1/events/yard-*", tell)
    page.get_by_test_id("alert-card").first.click()
    told = page.get_by_test_id("who-was-told")
    told.locator("summary").click()
    expect(told.get_by_role("listitem").nth(1)).to_contain_text("Not told: quiet hours")
    told.scroll_into_view_if_needed()


def answer_newest(page: Page) -> None:
    """From the card of an alert that is over to its answer page, as a notification leads there."""
    event = page.locator("[data-event^=yard-]").first.get_attribute("data-event")
    page.goto(page.url.split("/alerts")[0] + f"/answer/{event}?camera=yard")
    expect(page.get_by_test_id("answer")).to_have_attribute("data-verdict", "live")
    expect(page.get_by_test_id("clip")).to_be_visible()
