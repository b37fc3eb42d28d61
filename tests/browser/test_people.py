"""The people of the house in the browser: somebody is added, let in, changed and removed; nobody is lost on the way."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import OWNER, BrowserHouse, NewPage
from browser.house_screens import LONG, MARKUP
from fakes.browser import PHONE, Troubles
from fakes.server_process import PASSWORD as OWN_PASSWORD

PASSWORD = "a password of her own"


@pytest.fixture(autouse=True)
def nobody_but_the_owner(house: BrowserHouse) -> None:
    """Lives there: other tests make people too, and none is removed by a test that fails."""
    names = [one["name"] for one in house.told("/users")["users"] if one["name"] != OWNER]
    with house.server.client() as client:
        for name in names:
            client.delete(f"/users/{quote(name, safe='')}").raise_for_status()


def add(page: Page, name: str, role: str = "Family") -> None:
    page.get_by_test_id("add-person").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("radio", name=re.compile(f"^{role}")).check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_test_id("person-page")).to_contain_text(name.strip())


def remove(page: Page, name: str) -> None:
    page.get_by_test_id("remove-person").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Remove").click()
    expect(page.get_by_test_id("people")).to_be_visible()
    expect(page.get_by_test_id("people")).not_to_contain_text(name)


def test_somebody_is_added_let_in_by_a_link_signed_out_and_removed(
    house: BrowserHouse, new_page: NewPage, new_context: Callable[..., BrowserContext], troubles: Troubles
) -> None:
    page = new_page("/settings/people")
    add(page, "Cleo")
    page.get_by_role("button", name="Make a link").click()
    href = page.get_by_label("Link for them").input_value()
    path = re.sub(r"^https?://[^/]+", "", href)
    assert path.startswith("/reset#")

    troubles.expect(r"status of 401 .*/api/v1/session\)")
    hers = new_context(viewport=PHONE).new_page()
    hers.goto(house.url + path)
    hers.get_by_label(re.compile("password", re.IGNORECASE)).first.fill(PASSWORD)
    hers.get_by_role("button", name=re.compile("password|save|set|continue", re.IGNORECASE)).last.click()
    expect(hers.get_by_role("navigation", name="Main")).to_be_visible()

    page.reload()
    expect(page.get_by_test_id("login")).to_have_count(1)
    page.get_by_test_id("login").get_by_role("button", name=re.compile("^Sign out")).click()
    expect(page.get_by_test_id("logins")).to_contain_text("Nowhere.")
    troubles.expect("status of 401 ")
    hers.reload()
    expect(hers.get_by_test_id("login")).to_be_visible()
    remove(page, "Cleo")


@pytest.mark.parametrize("name", [MARKUP, LONG[:64].strip()], ids=["markup", "long"])
def test_a_name_is_text_wherever_it_stands(new_page: NewPage, name: str) -> None:
    page = new_page("/settings/people", viewport=PHONE)
    add(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.locator("img[src=x]").count() == 0
    page.reload()
    expect(page.get_by_test_id("person-page")).to_contain_text(name.strip())
    remove(page, name.strip())


def test_what_somebody_may_is_changed_and_a_second_owner_sees_it(
    house: BrowserHouse, new_page: NewPage, troubles: Troubles
) -> None:
    page = new_page("/settings/people")
    add(page, "Dora")
    other = new_page("/settings/people/Dora")
    expect(other.get_by_test_id("person-page")).to_be_visible()

    page.get_by_role("radio", name=re.compile("^Guest")).check()
    page.get_by_label("Only these").check()
    page.get_by_label(re.compile("^Porch")).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("toast")).to_contain_text("Saved.")
    [dora] = [one for one in house.told("/users")["users"] if one["name"] == "Dora"]
    assert (dora["role"], dora["cameras"]) == ("guest", ["porch"])

    # The other one still shows what was; it is removed here meanwhile, and nothing is done to somebody who is gone.
    remove(page, "Dora")
    troubles.expect("status of 404 .*/users/Dora")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_text("Dora is no longer here.")).to_be_visible()


def test_the_last_owner_can_not_be_removed(new_page: NewPage) -> None:
    page = new_page(f"/settings/people/{OWNER}")
    expect(page.get_by_text("The last owner stays")).to_be_visible()
    expect(page.get_by_test_id("remove-person")).to_have_count(0)


def test_a_name_that_is_taken_is_told_in_words(new_page: NewPage, troubles: Troubles) -> None:
    troubles.expect("status of 400 .*/users")
    page = new_page("/settings/people")
    page.get_by_test_id("add-person").click()
    page.get_by_label("Name", exact=True).fill(OWNER)
    page.get_by_role("button", name="Add", exact=True).click()
    form = page.get_by_test_id("person-form")
    expect(form.get_by_role("alert")).to_contain_text("This name is taken.")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    expect(page.get_by_label("Name", exact=True)).to_have_value(OWNER)


def test_a_phone_that_came_by_a_code_says_the_password_before_it_opens_the_house(
    house: BrowserHouse, new_page: NewPage, new_context: Callable[..., BrowserContext], troubles: Troubles
) -> None:
    page = new_page("/settings/people")
    made = page.evaluate(
        """async () => (await fetch('/api/v1/pairings', {
            method: 'POST', headers: {'content-type': 'application/json'}, body: '{}'})).json()"""
    )
    troubles.expect(r"status of 401 .*/api/v1/session\)")
    troubles.expect(r"status of 409 .*/api/v1/tokens\)")
    troubles.expect(r"status of 400 .*/api/v1/tokens\)")
    phone = new_context(viewport=PHONE).new_page()
    phone.goto(house.url + f"/pair#{made['code']}")
    phone.get_by_role("button", name=re.compile("sign in|continue|yes", re.IGNORECASE)).first.click()
    expect(phone.get_by_role("navigation", name="Main")).to_be_visible()
    phone.goto(house.url + "/settings/tokens")
    phone.get_by_role("button", name=re.compile("token", re.IGNORECASE)).first.click()
    form, dialog = phone.get_by_test_id("token-form"), phone.get_by_test_id("confirm-password")
    form.locator("input[value=admin]").check()
    form.get_by_test_id("make-token").click()
    expect(dialog).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(form).to_contain_text("once more")

    form.get_by_test_id("make-token").click()
    dialog.get_by_label("Your own password").fill("not the password")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog).to_contain_text("That is not your password.")
    dialog.get_by_label("Your own password").fill(OWN_PASSWORD)
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog).to_have_count(0)
    expect(form.locator("input[readonly]")).to_have_count(1)
