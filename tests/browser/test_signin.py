"""One's own sign-in in a real browser: passkeys, a phone that reads a code, a new password, and a link of the owner."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser.conftest import OWNER, BrowserHouse
from fakes.server_process import PASSWORD

BETTER = "another long password"
DEVICES = "/settings/devices"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Version/17.4 Mobile/15E148 Safari/604.1"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def at_box(house: BrowserHouse) -> str:
    """The address that browsers trust without a certificate."""
    return house.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def desk(browser: Browser, at_box: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=at_box, locale="en-GB", service_workers="block")
    yield context
    context.close()


@pytest.fixture
def phone(browser: Browser, at_box: str) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=at_box,
        user_agent=PHONE,
        viewport={"width": 390, "height": 844},
        locale="en-GB",
        service_workers="block",
    )
    yield context
    context.close()


def sign_in(page: Page, path: str, name: str = OWNER, password: str = PASSWORD) -> None:
    page.goto(path)
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    page.get_by_test_id("login").get_by_role("button", name="Sign in", exact=True).click()


def with_device(context: BrowserContext) -> Page:
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return page


def test_a_passkey_is_added_signs_in_where_one_was_and_is_removed(desk: BrowserContext) -> None:
    page = with_device(desk)
    sign_in(page, DEVICES)
    page.get_by_test_id("add-passkey").click()
    expect(page.get_by_test_id("passkey")).to_have_count(1)
    page.get_by_test_id("add-passkey").click()
    expect(page.get_by_test_id("passkeys")).to_contain_text("has a passkey for Doorstep already")
    desk.clear_cookies()
    page.goto("/alerts?camera=porch")
    page.get_by_test_id("with-passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Alerts")
    assert page.url.endswith("/alerts?camera=porch")
    page.goto(DEVICES)
    expect(page.get_by_test_id("my-logins")).to_contain_text("with a passkey")
    page.get_by_test_id("passkey").get_by_role("button").click()
    expect(page.get_by_test_id("passkey")).to_have_count(0)
    desk.clear_cookies()
    page.goto("/")
    page.get_by_test_id("with-passkey").click()
    expect(page.get_by_test_id("notice")).to_contain_text("opens nothing here")


def test_a_phone_reads_a_code_taps_once_and_is_in(desk: BrowserContext, phone: BrowserContext) -> None:
    here = desk.new_page()
    sign_in(here, DEVICES)
    expect(here.get_by_test_id("my-logins").get_by_test_id("login").first).to_be_visible()
    here.get_by_test_id("show-pairing").click()
    expect(here.get_by_test_id("pairing-code").first).to_be_visible()
    code = here.locator("#pairing-address").input_value().partition("#")[2]
    there = phone.new_page()
    there.goto(f"/pair#{code}")
    expect(there.get_by_test_id("pair-who")).to_have_text(f"Sign in as {OWNER} on this device?")
    assert "#" not in there.url
    there.get_by_test_id("pair-yes").click()
    expect(there.get_by_role("navigation").first).to_be_visible()
    expect(here.get_by_test_id("add-phone")).to_contain_text("The phone is signed in.")
    row = here.get_by_test_id("my-logins").get_by_test_id("login").filter(has_text="Safari on iPhone")
    row.first.get_by_role("button").click()
    there.goto(DEVICES)
    expect(there.get_by_role("heading", level=1)).to_have_text("Sign in")
    there.goto(f"/pair#{code}")
    expect(there.get_by_test_id("notice")).to_contain_text("used up")


def test_a_new_password_and_a_link_of_the_owner(
    house: BrowserHouse, desk: BrowserContext, phone: BrowserContext
) -> None:
    with house.server.client() as client:
        client.request("DELETE", "/users/Cleo")
        made = client.post("/users", json={"name": "Cleo", "role": "family"})
        assert made.status_code == 201, made.text
        href = client.post("/users/Cleo/reset", json={}).json()["href"]
    link = f"/reset#{href.partition('#')[2]}"
    there = phone.new_page()
    there.goto(link)
    expect(there.locator("#name")).to_have_value("Cleo")
    there.locator("#new-password").fill("short")
    expect(there.get_by_role("button", name="Set the password")).to_be_disabled()
    there.locator("#new-password").fill(PASSWORD)
    there.get_by_role("button", name="Set the password").click()
    expect(there.get_by_role("navigation").first).to_be_visible()

    here = desk.new_page()
    sign_in(here, DEVICES, "Cleo")
    here.get_by_test_id("open-password").click()
    here.locator("#old-password").fill("wrong horse battery")
    here.locator("#new-password").fill(BETTER)
    here.get_by_role("button", name="Change it").click()
    expect(here.get_by_test_id("change-password")).to_contain_text("is another one")
    here.locator("#old-password").fill(PASSWORD)
    here.get_by_role("button", name="Change it").click()
    expect(here.get_by_test_id("change-password")).to_contain_text("One other sign-in ended.")
    there.goto(link)
    expect(there.get_by_test_id("notice")).to_contain_text("used up")
    there.goto(DEVICES)
    expect(there.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_session_that_ends_in_the_middle_leads_back_to_where_one_was(
    house: BrowserHouse, desk: BrowserContext
) -> None:
    page = desk.new_page()
    sign_in(page, DEVICES)
    expect(page.get_by_test_id("my-logins")).to_contain_text("this one")
    with house.server.client() as client:
        mine = client.get("/sessions", params={"all": "true"}).json()["sessions"]
        newest = max(mine, key=lambda one: str(one["created_at"]))
        assert client.delete(f"/sessions/{newest['id']}").status_code == 204
    page.evaluate("document.querySelector('[data-testid=show-pairing]')?.click()")  # if it is still there
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.locator("#name").fill(OWNER)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("sign-in and devices"))
    assert page.url.endswith(DEVICES)


def test_at_a_number_there_are_no_passkeys_and_the_page_says_why(house: BrowserHouse, desk: BrowserContext) -> None:
    page = desk.new_page()
    sign_in(page, f"{house.url}{DEVICES}")
    expect(page.get_by_test_id("no-passkeys")).to_contain_text("by a number")
    expect(page.get_by_test_id("add-passkey")).to_have_count(0)
