"""From anywhere: without a hub, reached through one, not reached and why, left; and Live for who is at home anyway, or
on a link that is too slow for it.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page, Route, WebSocketRoute, expect

from browser.screen import Screen

HUB = "**/api/v1/hub"
HOME = "http://192.168.1.5:8080"


def instant(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hub(**more: Any) -> dict[str, Any]:
    """As GET /hub says it of one that works."""
    return {
        "paired": True,
        "enabled": True,
        "box": "home",
        "host": "door.example.org",
        "address": "https://door.example.org",
        "state": "up",
        "since": instant(hours=-3),
        "reason": "",
        "why": "",
        "round_trip_ms": 31.4,
        "certificate_ends_at": instant(days=62, hours=1),
        "bytes_this_month": 1_234_567_890,
        "reached": True,
        "reached_why": "",
        "through_hub": False,
        "at_home": False,
        "home_address": HOME,
        "needs_restart": False,
        **more,
    }


NONE = hub(
    paired=False,
    box="",
    host="",
    address="",
    state="off",
    since=None,
    round_trip_ms=None,
    certificate_ends_at=None,
    bytes_this_month=None,
    reached=None,
)
DOWN = hub(
    state="down",
    since=instant(minutes=-12),
    reason="The hub door.example.org does not answer.",
    why="timed-out",
    certificate_ends_at=instant(days=4),
)
REVOKED = hub(
    state="down",
    since=instant(minutes=-12),
    reason="The hub door.example.org does not know this box any more: its key was revoked there, or the hub is new.",
    why="revoked",
)
UNREACHED = hub(reached=False, reached_why="The certificate of door.example.org could not be verified.")
AT_HOME = hub(through_hub=True, at_home=True, needs_restart=True)
REFUSED = {"title": "Conflict", "detail": "This code was used already. Make another on the hub.", "code": "hub-refused"}


def told(*answers: dict[str, Any], refused: bool = False) -> Any:
    """What GET answers, one after the other and the last for good; who posts is refused, or joins what is last."""

    def tell(page: Page) -> None:
        left = list(answers)

        def answer(route: Route) -> None:
            match route.request.method:
                case "GET":
                    route.fulfill(json=left[0])
                case "DELETE":
                    del left[:-1]
                    route.fulfill(status=204)
                case _ if refused:
                    route.fulfill(status=409, json=REFUSED)
                case _:
                    del left[:-1]
                    route.fulfill(status=201, json=left[0])

        page.route(HUB, answer)

    return tell


def paste_a_used_code(page: Page) -> None:
    form = page.get_by_test_id("join-hub")
    form.get_by_label("Pairing code").fill("ssh-ed25519 AAAA")
    form.get_by_role("button", name="Join the hub").click()
    expect(form.get_by_role("alert")).to_contain_text("That is no pairing code")
    form.get_by_label("Pairing code").fill("dh1-abc\n def")
    form.get_by_role("button", name="Join the hub").click()
    expect(form.get_by_test_id("notice")).to_contain_text("This code was used already.")


def join(page: Page) -> None:
    page.get_by_test_id("join-hub").get_by_label("Pairing code").fill("dh1-abcdef")
    page.get_by_role("button", name="Join the hub").click()
    see_it_open(page)


def see_it_open(page: Page) -> None:
    now = page.get_by_test_id("hub-now")
    expect(now.get_by_test_id("hub-sentence")).to_have_text("Your door is reached from anywhere.")
    for said in ("31 ms", "renews itself, 62 days left", "1.2 GB", "yes, the hub looks twice a minute"):
        expect(now).to_contain_text(said)
    expect(now.get_by_label("Address", exact=True)).to_have_value("https://door.example.org")


def see_it_down(page: Page) -> None:
    now = page.get_by_test_id("hub-now")
    expect(now.get_by_test_id("hub-sentence")).to_contain_text("Your door cannot be reached from outside since")
    expect(now).to_contain_text("The hub door.example.org does not answer.")
    expect(now).to_contain_text("At home everything goes on: Live, recording and the chime.")
    expect(now).to_contain_text("was not renewed: 3 days left.")


def see_a_new_code_asked_for(page: Page) -> None:
    expect(page.get_by_test_id("hub-now")).to_contain_text("sudo doorstep-hub pair prints a new pairing code.")
    expect(page.get_by_test_id("join-hub")).to_be_visible()


def see_it_unreached(page: Page) -> None:
    now = page.get_by_test_id("hub-now")
    expect(now.get_by_test_id("hub-sentence")).to_contain_text("but your door cannot be reached from outside")
    expect(now).to_contain_text("The hub says: The certificate of door.example.org could not be verified.")


def ask_to_leave(page: Page) -> None:
    page.get_by_test_id("leave-hub").click()
    expect(page.get_by_test_id("confirm")).to_contain_text("You are here by way of the hub")
    expect(page.get_by_test_id("at-home").first).to_be_attached()


def leave(page: Page) -> None:
    page.get_by_test_id("leave-hub").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Leave the hub").click()
    expect(page.get_by_test_id("hub-left")).to_contain_text("You have left the hub.")
    expect(page.get_by_test_id("no-hub")).to_be_visible()


def see_the_way_home(page: Page) -> None:
    shown = page.get_by_test_id("at-home")
    expect(shown).to_contain_text("You are at home, and here by way of the hub.")
    expect(shown.get_by_role("link", name="Open the address at home")).to_have_attribute("href", HOME)


def move_to_the_small_stream(page: Page) -> None:
    """As the server does it, once the film has begun."""

    def carry(near: WebSocketRoute) -> None:
        far = near.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            near.send(message)
            if isinstance(message, str) and '"hello"' in message:
                near.send('{"type": "stream", "stream": "sub"}')

        far.on_message(pass_on)

    page.route_web_socket(re.compile(r"/live/mse\?stream=main&got=0$"), carry)


def see_a_slow_link(page: Page) -> None:
    expect(page.get_by_test_id("live")).to_contain_text("Live, low quality (slow link)")
    expect(page.get_by_test_id("retry-best")).to_be_visible()


PAGE = "/settings/anywhere"
NOW = "[data-testid=hub-now]"
SCREENS = [
    Screen(
        "anywhere",
        PAGE,
        "[data-testid=no-hub]",
        paste_a_used_code,
        told(NONE, refused=True),
        trouble="status of 409 .*/hub",
    ),
    Screen("anywhere-open", PAGE, "[data-testid=no-hub]", join, told(NONE, hub())),
    Screen("anywhere-down", PAGE, NOW, see_it_down, told(DOWN)),
    Screen("anywhere-revoked", PAGE, NOW, see_a_new_code_asked_for, told(REVOKED)),
    Screen("anywhere-unreached", PAGE, NOW, see_it_unreached, told(UNREACHED)),
    Screen("anywhere-leave", PAGE, NOW, ask_to_leave, told(AT_HOME)),
    Screen("anywhere-left", PAGE, NOW, leave, told(hub(), NONE)),
    Screen("live-at-home", "/", "[data-testid=at-home]", see_the_way_home, told(AT_HOME)),
    Screen("live-slow-link", "/", "[data-verdict=live]", see_a_slow_link, move_to_the_small_stream, alone=True),
]
