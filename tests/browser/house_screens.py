"""The owner's pages of people, links, activity, tokens, storage and backup, as they look when there is much to show."""

from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page, expect

from browser.screen import Screen

LONG = "Grandmother Wilhelmina " + "of the very long name " * 12  # 287 letters
MARKUP = 'Ben <img src=x onerror="alert(1)"> & 👵'


def ago(**span: float) -> str:
    """An instant of the past: the pages say "today" by the server's clock."""
    return (datetime.now(UTC) - timedelta(**span)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def person(name: str, role: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "role": role,
        "cameras": None,
        "created_at": ago(days=40),
        "until": None,
        "over": False,
        "has_password": True,
        "sessions": 1,
        "last_seen_at": ago(minutes=4),
        **more,
    }


PEOPLE = [
    person("Ann", "owner"),
    person(MARKUP, "family", last_seen_at=ago(days=2)),
    person(LONG, "guest", cameras=["porch", "yard"], until=ago(days=-7), has_password=False, last_seen_at=None),
    person("Sitter", "guest", cameras=["porch"], until=ago(days=1), over=True, sessions=0, last_seen_at=None),
]


def login(number: int, owner: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"s{number}",
        "name": name,
        "person": owner,
        "created_at": ago(days=number),
        "last_seen_at": ago(hours=number),
        "address": "192.168.1.23",
        "current": False,
        "how": "password",
        **more,
    }


LOGINS = [
    login(1, MARKUP, "Chrome on Android", how="pairing"),
    login(2, MARKUP, "Safari on iPad", how=None, address=""),
    login(3, "Ann", "Firefox on Linux", current=True),
]
PAIRING = {
    "code": "abc",
    "name": MARKUP,
    "href": "http://192.168.1.5:8080/pair#abc",
    "expires_at": ago(days=-1),
    "ways": [
        {
            "href": "http://192.168.1.5:8080/pair#abc",
            "host": "192.168.1.5",
            "qr": "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M1 1h3v3H1zM5 5h3v3H5z'/></svg>",  # noqa: E501
        }
    ],
    "warning": "",
}
RESET = {"href": "http://192.168.1.5:8080/reset#" + "x" * 43, "expires_at": ago(days=-1)}


def share(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"l{number}",
        "event": "yard-1",
        "camera": "yard",
        "made_by": "Ann",
        "by_mail": False,
        "created_at": ago(hours=number),
        "expires_at": ago(hours=number - 24),
        "opened": number,
        "pin": False,
        **more,
    }


SHARES = [share(0, pin=True), share(1, made_by=LONG), share(3, made_by="", by_mail=True, camera="old-shed")]


def entry(number: int, who: str, verb: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"a{number}",
        "at": ago(hours=5 * number),
        "who": who,
        "address": "192.168.1.23",
        "verb": verb,
        "camera": None,
        "way": "",
        "until": None,
        "seconds": None,
        **more,
    }


AUDIT = [
    entry(0, "Ann", "watched", camera="porch", way="webrtc"),
    entry(1, MARKUP, "watched", camera="yard", way="mse", until=ago(hours=4.8), seconds=480.0),
    entry(2, "Ann", "added a person", way=LONG),
    entry(3, "Somebody", "opened an event by a link", camera="yard", way="link l1"),
    entry(4, "Ann", "made a backup", address="local"),
    entry(5, LONG, "did something new", camera="yard", way="a way"),
    entry(6, "Somebody", "failed to sign in", way="password, 3 tries"),
    entry(9, "Ann", "switched detection off", camera="porch"),
]
TOKENS = [
    {
        "id": "t1",
        "name": "Bell button",
        "scopes": ["press:write"],
        "cameras": ["porch"],
        "created_at": ago(days=100),
        "expires_at": None,
    },
    {
        "id": "t2",
        "name": LONG,
        "scopes": ["clip:read", "events:read", "live:read", "new:scope"],
        "cameras": None,
        "created_at": ago(days=3),
        "expires_at": ago(days=-300),
    },
    {
        "id": "t3",
        "name": "",
        "scopes": ["admin"],
        "cameras": None,
        "created_at": ago(days=3),
        "expires_at": ago(days=-9),
    },
]
STORAGE = {
    "storage": {
        "used_bytes": 46_000_000_000,
        "limit_bytes": 50_000_000_000,
        "days_left": 2.4,
        "days_kept": 23.4,
        "bound": "room",
        "written_bytes_a_day": 2_140_000_000,
    },
    "keep_days": 30.0,
    "cameras": [
        {"camera": "porch", "name": "Porch <b>& door</b>", "bytes": 40_000_000_000},
        {"camera": "yard", "name": LONG, "bytes": 5_900_000_000},
        {"camera": "old-shed", "name": "old-shed", "bytes": 100_000_000},
    ],
}
COSTS = {
    "month": "2026-11",
    "spent_usd": 1.2345,
    "forecast_usd": 2.2,
    "payees": [
        {"payee": "s3", "calls": 12_345, "bytes": 10**10, "spent_usd": 0.9, "forecast_usd": 1.4, "cap_usd": 5.0},
        {"payee": "lambda", "calls": 1, "bytes": 10**6, "spent_usd": 0.3345, "forecast_usd": 0.8, "cap_usd": 0.3},
    ],
}
DISK_FULL = {
    "key": "disk",
    "what": "Recording has to stop: the disk is full (12.0 MB are free).",
    "since": ago(minutes=30),
    "remedy": "Free some space. Recording goes on by itself.",
    "minor": False,
}


def fill_people(page: Page) -> None:
    page.route("**/api/v1/users", lambda route: route.fulfill(json={"users": PEOPLE}))
    page.route("**/api/v1/sessions?all=true", lambda route: route.fulfill(json={"sessions": LOGINS}))
    page.route("**/api/v1/pairings", lambda route: route.fulfill(status=201, json=PAIRING))
    page.route("**/api/v1/users/*/reset", lambda route: route.fulfill(status=201, json=RESET))


def see_everybody(page: Page) -> None:
    expect(page.get_by_test_id("person")).to_have_count(len(PEOPLE))


def add_somebody(page: Page) -> None:
    page.get_by_test_id("add-person").click()
    page.get_by_label("Only these").check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Say who it is.")).to_be_visible()
    expect(page.get_by_role("checkbox").first).to_be_visible()


def open_person(page: Page) -> None:
    page.get_by_test_id("person").nth(1).click()
    expect(page.get_by_test_id("login")).to_have_count(2)
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_test_id("once-shown")).to_be_visible()
    page.get_by_role("button", name="Show a code").click()
    expect(page.get_by_role("img", name="Code for a phone")).to_be_visible()


def ask_to_remove(page: Page) -> None:
    page.get_by_test_id("person").nth(2).click()
    page.get_by_test_id("remove-person").click()
    expect(page.get_by_test_id("confirm")).to_be_visible()


def fill_shares(page: Page) -> None:
    page.route("**/api/v1/shares", lambda route: route.fulfill(json={"shares": SHARES}))


def see_shares(page: Page) -> None:
    expect(page.get_by_test_id("share")).to_have_count(len(SHARES))


def no_shares(page: Page) -> None:
    page.route("**/api/v1/shares", lambda route: route.fulfill(json={"shares": []}))


def fill_activity(page: Page) -> None:
    page.route("**/api/v1/users", lambda route: route.fulfill(json={"users": PEOPLE}))
    page.route("**/api/v1/audit?*", lambda route: route.fulfill(json={"entries": AUDIT, "next": "more"}))


def see_activity(page: Page) -> None:
    expect(page.get_by_test_id("audit-entry")).to_have_count(len(AUDIT))


def fill_tokens(page: Page) -> None:
    page.route("**/api/v1/tokens", lambda route: route.fulfill(json={"tokens": TOKENS}))


def see_tokens(page: Page) -> None:
    expect(page.get_by_test_id("token")).to_have_count(len(TOKENS))


def make_token(page: Page) -> None:
    page.get_by_test_id("new-token").click()
    page.get_by_test_id("make-token").click()
    expect(page.get_by_text("Choose at least one thing that it opens.")).to_be_visible()


def answer_with_a_token(page: Page) -> None:
    def answer(route: Any) -> None:
        if route.request.method == "POST":
            route.fulfill(status=201, json={"token": "x" * 43})
        else:
            route.fulfill(json={"tokens": TOKENS})

    page.route("**/api/v1/tokens", answer)


def token_made(page: Page) -> None:
    page.get_by_test_id("new-token").click()
    page.get_by_label("Ring the doorbell").check()
    page.get_by_test_id("make-token").click()
    expect(page.get_by_test_id("once-shown")).to_be_visible()


def fill_storage(page: Page) -> None:
    page.route("**/api/v1/storage", lambda route: route.fulfill(json=STORAGE))
    page.route("**/api/v1/costs", lambda route: route.fulfill(json=COSTS))

    def tell(route: Any) -> None:
        answer = route.fetch()
        off_site = {"place": "s3.example", "waiting": 3}
        route.fulfill(response=answer, json=answer.json() | {"problems": [DISK_FULL], "off_site": off_site})

    page.route("**/api/v1/status", tell)


def see_storage(page: Page) -> None:
    expect(page.get_by_test_id("storage-full")).to_contain_text("Storage full. Recording stopped at")
    expect(page.get_by_test_id("costs")).to_be_visible()


def old_backup(page: Page) -> None:
    state = {"why_not": "", "fresh": False, "last": {"made_at": ago(days=42), "with_secrets": True}}
    page.route("**/api/v1/backup", lambda route: route.fulfill(json=state))


def want_a_passphrase(page: Page) -> None:
    expect(page.get_by_test_id("last-backup")).to_contain_text("That is more than 30 days ago.")
    page.get_by_test_id("make-backup").click()
    expect(page.get_by_text("The passphrase needs 12 letters or more.")).to_be_visible()


def send_a_backup(page: Page) -> None:
    def answer(route: Any) -> None:
        if route.request.method == "POST":
            name = 'attachment; filename="doorstep-20261121-1300.tar.gz"'
            route.fulfill(body=b"x" * 123_456, headers={"content-disposition": name, "content-length": "123456"})
        else:
            route.fulfill(json={"why_not": "", "fresh": True, "last": None})

    page.route("**/api/v1/backup", answer)


def backup_made(page: Page) -> None:
    expect(page.get_by_test_id("last-backup")).to_contain_text("No backup was made yet.")
    page.get_by_label("Without passwords and keys").check()
    page.get_by_test_id("make-backup").click()
    expect(page.get_by_test_id("backup-made")).to_contain_text("doorstep-20261121-1300.tar.gz")


PEOPLE_LIST = "[data-testid=people]"
TOKEN_LIST = "[data-testid=tokens]"
BACKUP = "[data-testid=backup-form]"
SCREENS = [
    Screen("people", "/settings/people", PEOPLE_LIST, see_everybody, fill_people),
    Screen("people-add", "/settings/people", PEOPLE_LIST, add_somebody, fill_people),
    Screen("person", "/settings/people", PEOPLE_LIST, open_person, fill_people),
    Screen("person-remove", "/settings/people", PEOPLE_LIST, ask_to_remove, fill_people),
    Screen("shares", "/settings/shares", "[data-testid=share]", see_shares, fill_shares),
    Screen("shares-none", "/settings/shares", "text=No link is open.", told=no_shares),
    Screen("activity", "/settings/activity", "[data-testid=audit-entry]", see_activity, fill_activity),
    Screen("tokens", "/settings/tokens", TOKEN_LIST, see_tokens, fill_tokens),
    Screen("tokens-make", "/settings/tokens", TOKEN_LIST, make_token, fill_tokens),
    Screen("tokens-made", "/settings/tokens", TOKEN_LIST, token_made, answer_with_a_token),
    Screen("storage", "/settings/storage", "[data-testid=storage]", see_storage, fill_storage),
    Screen("backup", "/settings/backup", BACKUP, want_a_passphrase, old_backup),
    Screen("backup-made", "/settings/backup", BACKUP, backup_made, send_a_backup),
]
