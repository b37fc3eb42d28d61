"""The clip sheet, the quiet sheet, and alerts while some are selected, as they look."""

from playwright.sync_api import Page, expect

from browser.screen import Screen


def _choosing(page: Page) -> None:
    page.get_by_test_id("save-other").click()
    expect(page.get_by_test_id("clip-size")).to_be_visible()


def _ready(page: Page) -> None:
    page.get_by_test_id("save-last").click()
    expect(page.get_by_test_id("clip-ready")).to_be_visible()


def _own_length(page: Page) -> None:
    _choosing(page)
    page.get_by_test_id("length-other").click()
    expect(page.get_by_test_id("clip-size")).to_be_visible()


def _wrong_length(page: Page) -> None:
    _own_length(page)
    page.get_by_label("Minutes").fill("61")
    expect(page.get_by_text("A clip lasts from 1 second to 60 minutes.")).to_be_visible()


def _making(page: Page) -> None:
    page.route("**/clip?*start=*", lambda route: None if route.request.method == "GET" else route.continue_())
    page.get_by_test_id("save-last").click()
    expect(page.get_by_test_id("clip-progress")).to_be_visible()


def _failed(page: Page) -> None:
    page.route(
        "**/clip?*start=*", lambda route: route.fulfill(status=503, json={"detail": "The disk does not answer."})
    )
    page.get_by_test_id("save-last").click()
    expect(page.get_by_test_id("clip-again")).to_be_visible()


def _quiet(page: Page) -> None:
    page.get_by_test_id("quiet").click()
    expect(page.get_by_test_id("quiet-detection")).to_be_visible()


def _selecting(page: Page) -> None:
    page.get_by_test_id("select").click()
    page.get_by_test_id("alert-card").first.click()
    expect(page.get_by_test_id("selection")).to_contain_text("1 selected")


SCREENS = (
    Screen("clip-choosing", "/live/yard", "[data-verdict=live]", _choosing),
    Screen("clip-ready", "/live/yard", "[data-verdict=live]", _ready),
    Screen("clip-own-length", "/live/yard", "[data-verdict=live]", _own_length),
    Screen("clip-wrong-length", "/live/yard", "[data-verdict=live]", _wrong_length),
    Screen("clip-making", "/live/yard", "[data-verdict=live]", _making),
    Screen("clip-failed", "/live/yard", "[data-verdict=live]", _failed, trouble="status of 503 .*/clip"),
    Screen("quiet", "/live/yard", "[data-verdict=live]", _quiet),
    Screen("alerts-selecting", "/alerts", "[data-testid=alert-card] img", _selecting),
)
