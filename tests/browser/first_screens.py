"""The first steps, the ways to be told, and the page about the secure address, for test_looks."""

from typing import Any

from playwright.sync_api import Page, expect

from browser.screen import Screen

BOX: dict[str, Any] = {
    "lan": "192.168.1.20",
    "port": 8080,
    "tls": False,
    "hostname": "pi",
    "names": [],
    "link": "http://192.168.1.20:8080",
    "trusted_proxies": [],
    "asked": {"scheme": "http", "host": "pi.local", "client": "127.0.0.1", "proxy": "127.0.0.1", "believed": False},
}
NAMES = ["Ann", "Ben <b>& 🚪</b>", "X" * 120]


def tell_of(page: Page, state: str) -> None:
    people = [{"name": name, "state": state} for name in NAMES]
    page.route("**/api/v1/told", lambda route: route.fulfill(json={"people": people}))


def tell_of_nobody(page: Page) -> None:
    tell_of(page, "no-channel")


def open_ways(page: Page) -> None:
    """The second step, whatever has been seen before."""
    page.get_by_test_id("next").click()
    expect(page.get_by_test_id("way-ntfy")).to_be_visible()


def open_ntfy(page: Page) -> None:
    open_ways(page)
    page.get_by_test_id("way-ntfy").click()
    page.get_by_text("A server of your own").click()
    page.get_by_label("Server", exact=True).fill("<b>")
    expect(page.get_by_text("That is not the address of a server.")).to_be_visible()


def ask_whether_it_came(page: Page) -> None:
    page.route("**/api/v1/channels/try", lambda route: route.fulfill(json={"sent": True, "problem": ""}))
    open_ways(page)
    page.get_by_test_id("way-ntfy").click()
    page.get_by_test_id("send-test").click()
    page.get_by_test_id("not-arrived").click()
    expect(page.get_by_text("Is the topic in the app spelt exactly as here?")).to_be_visible()


def be_refused(page: Page) -> None:
    problem = "The mail server smtp.example.org does not accept user and password (answer 535)."
    page.route("**/api/v1/channels/try", lambda route: route.fulfill(json={"sent": False, "problem": problem}))
    open_ways(page)
    page.get_by_test_id("way-mail").click()
    page.get_by_label("Your mail address").fill("ann@gmail.com")
    page.get_by_text("Server, sender and receiver").click()
    page.get_by_test_id("send-test").click()
    expect(page.get_by_text("It was not sent.")).to_be_visible()


def choose_a_chat(page: Page) -> None:
    chats = [{"id": str(number), "name": name} for number, name in enumerate(NAMES)]
    bot = {"bot": "ann_door_bot", "chats": chats, "problem": ""}
    page.route("**/api/v1/channels/telegram", lambda route: route.fulfill(json=bot))
    open_ways(page)
    page.get_by_test_id("way-telegram").click()
    page.get_by_label("Token").fill(f"123456:{'A' * 35}")
    page.get_by_test_id("ask-bot").click()
    expect(page.get_by_test_id("chat")).to_have_count(len(NAMES))


def skip_all(page: Page) -> None:
    open_ways(page)
    page.get_by_test_id("skip").click()
    expect(page.get_by_test_id("step-tell")).to_contain_text("Nobody will be told")


def tell_of_failing(page: Page) -> None:
    tell_of(page, "failing")


def tell_the_box(page: Page) -> None:
    page.route("**/api/v1/address", lambda route: route.fulfill(json=BOX))


def open_all_ways(page: Page) -> None:
    for way in ("tailscale", "domain", "lan", "own"):
        page.get_by_test_id(f"address-{way}").locator("summary").click()


WELCOME = "[data-testid=welcome]"
ADDRESS = "[data-testid=address-now]"
SCREENS = [
    Screen("first-camera", "/welcome", "[data-testid=camera-tile]"),
    Screen("first-ways", "/welcome", WELCOME, open_ways, tell_of_nobody),
    Screen("first-ntfy", "/welcome", WELCOME, open_ntfy, tell_of_nobody),
    Screen("first-asked", "/welcome", WELCOME, ask_whether_it_came, tell_of_nobody),
    Screen("first-mail-refused", "/welcome", WELCOME, be_refused, tell_of_nobody),
    Screen("first-telegram", "/welcome", WELCOME, choose_a_chat, tell_of_nobody),
    Screen("first-skipped", "/welcome", WELCOME, skip_all, tell_of_nobody),
    Screen("told-everybody", "/settings/notifications", "[data-testid=told-people]", told=tell_of_failing),
    Screen("address", "/settings/address", ADDRESS),
    Screen("address-ways", "/settings/address", "[data-testid=address-left]", open_all_ways, tell_the_box),
]
