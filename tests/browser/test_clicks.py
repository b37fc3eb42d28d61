"""Tasks as a new user does them, and how many taps each takes, from the first start: counted in a real browser.

A tap is whatever a finger does in Doorstep: a button, a link, a field that is filled in.  What is done inside another
app (to subscribe to a topic, to write to a bot) is not counted here; it stands in docs/guide/first-run.md.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from browser.told_phone import ToldPhone
from fakes.browser import DESK, PATIENCE_MS, PHONE, setup_address, until
from fakes.certificates import Certificate, certificate
from fakes.http_channel import http_channel
from fakes.mail_server import mail_server
from fakes.near_server import NearServer
from fakes.push_service import PushService, push_service
from fakes.server_process import PASSWORD
from fakes.telegram import TOKEN, telegram

MOST_TO_PICTURE = 5
MOST_TO_TOLD = 8
CAMERA = '[[camera]]\nid = "door"\nname = "Front door <b>& 🚪</b>"\nsource = "demo://"\n'

NewHouse = Callable[..., NearServer]


class Fingers:
    """Whoever uses the page: counts what they touch, and says so at the end."""

    def __init__(self, task: str, most: int) -> None:
        self.taps = 0
        self._task = task
        self._most = most

    def tap(self, what: Locator) -> None:
        self.taps += 1
        what.click()

    def fill(self, field: Locator, text: str) -> None:
        self.taps += 1
        field.fill(text)

    def done(self) -> None:
        print(f"\n{self._task}: {self.taps} of at most {self._most} taps")
        assert self.taps <= self._most


@pytest.fixture
def tls(tmp_path: Path) -> Certificate:
    return certificate(tmp_path)


@pytest.fixture
def new_house(tmp_path: Path, tls: Certificate) -> Iterator[NewHouse]:
    """A server that nobody has set up yet."""
    begun: list[NearServer] = []

    def begin(config: str = CAMERA, telegram: str = "", hurry: float = 1.0) -> NearServer:
        begun.append(NearServer(tmp_path / "data", config, telegram, tls.certificate, hurry=hurry))
        begun[-1].start()
        return begun[-1]

    yield begin
    for server in begun:
        server.kill()


@pytest.fixture
def owner(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=DESK, locale="en-GB", service_workers="block")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


def set_up(fingers: Fingers, page: Page, server: NearServer) -> None:
    """From the printed address to the first steps."""
    page.goto(setup_address(server))
    fingers.fill(page.get_by_label("Your name"), "Ann")
    fingers.fill(page.get_by_label("Password", exact=True), PASSWORD)
    fingers.tap(page.get_by_role("button", name="Set up"))
    page.get_by_test_id("welcome").wait_for()


def to_ways(fingers: Fingers, page: Page, server: NearServer) -> None:
    set_up(fingers, page, server)
    fingers.tap(page.get_by_test_id("next"))


def said_to_have_come(page: Page, server: NearServer, channel: str) -> None:
    """Confirmed by the person, written down, and proven through what was written."""
    page.get_by_test_id("arrived").click()
    expect(page.get_by_test_id("proof")).to_have_attribute("data-step", "done")
    expect(page.get_by_test_id("step-tell")).to_have_attribute("data-state", "done")
    [one] = [one for one in server.get("/recipients")["recipients"] if one["channel"] == channel]
    assert one["proven_at"] is not None
    assert [(told["name"], told["state"]) for told in server.get("/told")["people"]] == [("Ann", "told")]


def test_first_start_to_the_first_live_picture(new_house: NewHouse, owner: Page) -> None:
    fingers = Fingers("First start to the first live picture", MOST_TO_PICTURE)
    set_up(fingers, owner, new_house())
    expect(owner.get_by_test_id("camera-tile")).to_have_attribute("data-streaming", "true")
    expect(owner.get_by_text("Front door <b>& 🚪</b>")).to_be_visible()
    fingers.done()


def test_to_the_first_notification_by_ntfy(new_house: NewHouse, owner: Page, tmp_path: Path) -> None:
    fingers = Fingers("First start to a notification by ntfy, with a server of one's own", MOST_TO_TOLD)
    with http_channel() as server:
        house = new_house()
        to_ways(fingers, owner, house)
        fingers.tap(owner.get_by_test_id("way-ntfy"))
        topic = owner.get_by_label("Topic", exact=True).input_value()
        owner.get_by_text("A server of your own").click()  # ntfy.sh needs neither of these two
        owner.get_by_label("Server", exact=True).fill(f"http://{server.host}")
        fingers.tap(owner.get_by_test_id("send-test"))
        until(owner, lambda: server.asked)
        fingers.done()
        assert topic in server.asked[0].path + server.asked[0].body.decode()
        said_to_have_come(owner, house, "apprise:ntfy")
        assert len(server.asked) >= 2  # the demo visitor may have come since it was written
    written = (tmp_path / "data.toml").read_text()
    assert topic not in written
    assert "${NOTIFY_NTFY}" in written


def test_to_the_first_notification_by_telegram(new_house: NewHouse, owner: Page, tls: Certificate) -> None:
    fingers = Fingers("First start to a message by Telegram", MOST_TO_TOLD)
    with telegram(tls) as bot:
        house = new_house(telegram=bot.base)
        to_ways(fingers, owner, house)
        fingers.tap(owner.get_by_test_id("way-telegram"))
        fingers.fill(owner.get_by_label("Token"), TOKEN)
        fingers.tap(owner.get_by_test_id("ask-bot"))
        expect(owner.get_by_text("Waiting for your word")).to_be_visible()
        bot.write(42, "Ann <img src=x onerror=alert(1)> 🚪")
        fingers.tap(owner.get_by_test_id("chat"))
        until(owner, lambda: bot.sent)
        fingers.done()
        assert b"42" in bot.sent[0][1]
        said_to_have_come(owner, house, "apprise:telegram")


def test_to_the_first_notification_by_mail(new_house: NewHouse, owner: Page) -> None:
    fingers = Fingers("First start to a mail", MOST_TO_TOLD)
    with mail_server() as mailbox:
        house = new_house()
        to_ways(fingers, owner, house)
        fingers.tap(owner.get_by_test_id("way-mail"))
        fingers.fill(owner.get_by_label("Your mail address"), "ann@example.org")
        owner.get_by_text("Server, sender and receiver").click()  # a provider that is known needs neither of these two
        owner.get_by_label("Outgoing server").fill(f"smtp://127.0.0.1:{mailbox.port}")
        fingers.taps += 1  # its password, which this mail server does not want
        fingers.tap(owner.get_by_test_id("send-test"))
        until(owner, lambda: mailbox.messages)
        fingers.done()
        said_to_have_come(owner, house, "email")


def test_a_wrong_way_is_said_and_nothing_is_written(new_house: NewHouse, owner: Page, tmp_path: Path) -> None:
    house = new_house()
    before = (tmp_path / "data.toml").read_text()
    to_ways(Fingers("", 99), owner, house)
    owner.get_by_test_id("way-ntfy").click()
    owner.get_by_text("A server of your own").click()
    owner.get_by_label("Server", exact=True).fill("http://127.0.0.1:9")
    owner.get_by_test_id("send-test").click()
    expect(owner.get_by_text("It was not sent.")).to_be_visible()
    owner.get_by_label("Server", exact=True).fill("<b>")
    expect(owner.get_by_text("That is not the address of a server.")).to_be_visible()
    expect(owner.get_by_test_id("send-test")).to_be_disabled()
    owner.get_by_test_id("skip").click()
    expect(owner.get_by_test_id("step-tell")).to_contain_text("Nobody will be told")
    assert (tmp_path / "data.toml").read_text() == before


def test_the_first_steps_are_taken_up_where_they_were_left(new_house: NewHouse, owner: Page) -> None:
    house = new_house(hurry=10.0)
    to_ways(Fingers("", 99), owner, house)
    owner.reload()
    expect(owner.get_by_test_id("way-ntfy")).to_be_visible()
    expect(owner.get_by_test_id("step-camera")).to_have_attribute("data-state", "done")
    owner.get_by_test_id("finish").click()
    expect(owner.get_by_test_id("nobody-told")).to_be_visible()  # not silently
    owner.get_by_test_id("nobody-told").get_by_role("link").click()
    expect(owner.get_by_test_id("told-me")).to_have_attribute("data-state", "no-channel")


def test_two_tabs_add_a_channel_each(new_house: NewHouse, owner: Page) -> None:
    with http_channel() as server:
        house = new_house()
        to_ways(Fingers("", 99), owner, house)
        other = owner.context.new_page()
        other.set_default_timeout(PATIENCE_MS)
        other.goto(f"{house.url}/settings/notifications")
        other.get_by_test_id("open-ways").click()
        for page in (owner, other):
            page.get_by_test_id("way-ntfy").click()
            page.get_by_text("A server of your own").click()
            page.get_by_label("Server", exact=True).fill(f"http://{server.host}")
            page.get_by_test_id("send-test").click()
            page.get_by_test_id("arrived").wait_for()
        for page in (owner, other):
            page.get_by_test_id("arrived").click()
            expect(page.get_by_test_id("proof")).to_have_attribute("data-step", "done")
    assert [one["channel"] for one in house.get("/recipients")["recipients"]] == ["apprise:ntfy", "apprise:ntfy-2"]


def test_to_the_first_notification_by_push_on_another_phone(
    new_house: NewHouse, owner: Page, chromium: Browser, tls: Certificate
) -> None:
    fingers = Fingers("First start to a notification on another phone", MOST_TO_TOLD)
    with push_service(tls) as service:
        house = new_house(f'{CAMERA}[notify.push]\nservices = ["{service.base}"]\n')
        to_ways(fingers, owner, house)
        fingers.tap(owner.get_by_test_id("way-phone"))
        href = owner.get_by_role("textbox", name="Or open this on the phone").input_value()
        context: BrowserContext = chromium.new_context(viewport=PHONE, locale="en-GB")
        told = ToldPhone(context, house.url, service.browser("phone", f"push/phone-{token_hex(4)}"))
        phone = context.new_page()
        phone.set_default_timeout(PATIENCE_MS)
        phone.goto(f"{house.url}/pair{href[href.index('#') :]}")  # by loopback, which browsers trust, instead of TLS
        fingers.tap(phone.locator("button.primary"))
        fingers.tap(phone.get_by_test_id("turn-on"))
        fingers.taps += 1  # the browser's own question, which the test has answered already
        until(phone, lambda: service.pushed)
        told.deliver(phone, json.dumps(told_word(service, told)))
        [shown] = told.shown(phone)
        assert shown["title"] == "Test alert from Doorstep"
        fingers.done()
        expect(owner.get_by_test_id("step-tell")).to_have_attribute("data-state", "done")
        context.close()


def told_word(service: PushService, phone: ToldPhone) -> dict[str, object]:
    """The message as the service worker gets it."""
    return phone.receiver.read(service.pushed[-1].body)
