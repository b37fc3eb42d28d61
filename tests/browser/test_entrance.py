"""Getting in: set-up, signing in, a session that ends."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import OWNER, BrowserHouse, NewPage
from fakes.browser import Troubles, missing, setup_address, sign_in
from fakes.server_process import PASSWORD, ServerProcess, running

ENDED = r"status of 401 .*/api/v1/"
REFUSED = r"status of 403 .*/api/v1/setup\)"


@pytest.fixture(scope="module")
def new_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that nobody has set up, without a camera."""
    if missing():
        pytest.skip(missing())
    with running(tmp_path_factory.mktemp("new") / "data", "") as server:
        yield server


@pytest.fixture
def stranger(new_context: Callable[..., BrowserContext]) -> Page:
    page: Page = new_context().new_page()
    return page


def test_the_code_leaves_the_address_at_once(new_house: ServerProcess, stranger: Page) -> None:
    address = setup_address(new_house)
    stranger.goto(address)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Set up Doorstep")
    expect(stranger).to_have_url(f"{new_house.url}/setup")
    expect(stranger.get_by_label("Set-up code")).to_have_count(0)


def test_a_short_password_is_counted_not_refused(new_house: ServerProcess, stranger: Page) -> None:
    stranger.goto(setup_address(new_house))
    stranger.get_by_label("Your name").fill(OWNER)
    stranger.get_by_label("Password", exact=True).fill("elevenchars")
    expect(stranger.get_by_text("1 more character, please.")).to_be_visible()
    expect(stranger.get_by_role("button", name="Set up")).to_be_disabled()
    stranger.get_by_label("Password", exact=True).press("End")
    stranger.keyboard.type("!")
    expect(stranger.get_by_text("Long enough.")).to_be_visible()
    expect(stranger.get_by_role("button", name="Set up")).to_be_enabled()


def test_a_wrong_code_is_answered_with_the_remedy(new_house: ServerProcess, stranger: Page, troubles: Troubles) -> None:
    troubles.expect(REFUSED)
    stranger.goto(f"{new_house.url}/setup#not-the-code")
    stranger.get_by_label("Your name").fill("Mallory")
    stranger.get_by_label("Password", exact=True).fill(PASSWORD)
    stranger.get_by_role("button", name="Set up").click()
    expect(stranger.get_by_test_id("notice")).to_contain_text("Restart Doorstep to get a new one.")
    expect(stranger.get_by_label("Set-up code")).to_be_visible()


def test_a_new_doorstep_points_to_its_set_up(new_house: ServerProcess, stranger: Page) -> None:
    stranger.goto(new_house.url)
    stranger.get_by_role("link", name="enter the set-up code").click()
    expect(stranger.get_by_label("Set-up code")).to_be_visible()


def test_set_up_is_closed_once_there_is_an_owner(house: BrowserHouse, stranger: Page) -> None:
    stranger.goto(f"{house.url}/setup")
    expect(stranger.get_by_text("Doorstep is already set up.")).to_be_visible()
    stranger.get_by_role("link", name="Sign in").click()
    expect(stranger.get_by_test_id("login")).to_be_visible()


def test_a_wrong_password_is_said_in_plain_words(house: BrowserHouse, stranger: Page, troubles: Troubles) -> None:
    troubles.expect(ENDED)
    stranger.goto(house.url)
    sign_in(stranger, OWNER, "not the password at all")
    expect(stranger.get_by_test_id("notice")).to_have_text("That name and password do not match.")
    expect(stranger.get_by_label("Password", exact=True)).to_have_value("")
    sign_in(stranger, OWNER, PASSWORD)
    expect(stranger.get_by_test_id("live")).to_be_visible()


def test_a_password_can_be_pasted_and_shown(house: BrowserHouse, stranger: Page) -> None:
    stranger.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=house.url)
    stranger.goto(house.url)
    stranger.evaluate("(text) => navigator.clipboard.writeText(text)", PASSWORD)
    stranger.get_by_label("Name", exact=True).fill(OWNER)
    stranger.get_by_label("Password", exact=True).focus()
    stranger.keyboard.press("Control+V")
    expect(stranger.get_by_label("Password", exact=True)).to_have_value(PASSWORD)
    stranger.get_by_role("button", name="Show password").click()
    expect(stranger.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    stranger.get_by_label("Password", exact=True).press("Enter")
    expect(stranger.get_by_test_id("live")).to_be_visible()


def test_who_signs_in_is_where_the_address_led(rung: BrowserHouse, stranger: Page) -> None:
    stranger.goto(f"{rung.url}/alerts?camera=yard")
    sign_in(stranger, OWNER, PASSWORD)
    expect(stranger.get_by_test_id("alert-card").first).to_be_visible()
    expect(stranger).to_have_url(f"{rung.url}/alerts?camera=yard")


def test_an_ended_session_asks_and_leads_back(rung: BrowserHouse, stranger: Page, troubles: Troubles) -> None:
    troubles.expect(ENDED)
    stranger.goto(f"{rung.url}/alerts/{rung.rung['id']}")
    sign_in(stranger, OWNER, PASSWORD)
    expect(stranger.get_by_test_id("alert-dialog")).to_be_visible()
    elsewhere = stranger.context.new_page()
    elsewhere.goto(f"{rung.url}/status")
    elsewhere.get_by_test_id("sign-out").click()
    expect(elsewhere.get_by_text("You are signed out.")).to_be_visible()
    stranger.bring_to_front()
    expect(stranger.get_by_text("Your session has ended. Sign in to carry on.")).to_be_visible()
    expect(stranger.get_by_role("heading", level=1)).to_be_focused()
    sign_in(stranger, OWNER, PASSWORD)
    expect(stranger.get_by_test_id("alert-dialog")).to_have_attribute("data-event", rung.rung["id"])


def test_nothing_of_the_session_can_be_read_by_scripts(house: BrowserHouse, new_page: NewPage) -> None:
    page = new_page("/")
    expect(page.get_by_test_id("live")).to_be_visible()
    assert page.evaluate("document.cookie") == ""
    cookies = page.context.cookies(house.url)
    assert [(cookie["httpOnly"], cookie["sameSite"]) for cookie in cookies] == [(True, "Strict")]


def test_the_recordings_are_not_in_the_page_of_a_stranger(rung: BrowserHouse, stranger: Page) -> None:
    stranger.goto(rung.url)
    expect(stranger.get_by_test_id("login")).to_be_visible()
    for href in (rung.rung["clip"]["href"], rung.rung["thumbnail"]["href"], "/api/v1/cameras/porch/live.mjpeg"):
        assert stranger.request.get(rung.url + href).status == 401
