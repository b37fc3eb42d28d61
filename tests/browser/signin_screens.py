"""The screens of one's own sign-in."""

from playwright.sync_api import Page, expect

from browser.screen import Screen


def _code_shown(page: Page) -> None:
    page.get_by_test_id("show-pairing").click()
    expect(page.get_by_test_id("pairing-left")).to_be_visible()


def _password_open(page: Page) -> None:
    page.get_by_test_id("open-password").click()
    page.locator("#new-password").fill("short")


def _forgotten(page: Page) -> None:
    page.locator("summary").click()


SCREENS = [
    Screen("sign-in-and-devices", "/settings/devices", '[data-testid="login"]'),
    Screen("phone-code", "/settings/devices", '[data-testid="login"]', _code_shown),
    Screen("password-change", "/settings/devices", '[data-testid="open-password"]', _password_open),
    Screen("pair-without-code", "/pair", '[data-testid="notice"]', signed_in=False),
    Screen(
        "pair-over", "/pair#wrong", '[data-testid="notice"]', signed_in=False, trouble="status of 401 .*/pairing/person"
    ),
    Screen("reset-without-code", "/reset", '[data-testid="notice"]', signed_in=False),
    Screen("password-forgotten", "/", '[data-testid="login"]', _forgotten, signed_in=False),
]
