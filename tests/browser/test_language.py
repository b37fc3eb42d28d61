"""The language, the hours and the time zone: as the phone has them, or as chosen in Settings."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import GATE, PORCH, SHED, YARD, BrowserHouse, NewPage
from fakes.browser import PHONE, until

GERMAN_FILE = re.compile(r"/assets/de-[\w-]+\.js$")
# Words that English sentences hardly do without, and German ones never have.
ENGLISH = re.compile(
    r"\b(?:the|and|of|is|are|were|you|your|with|this|that|from|to|for|not|no|on|off|all|what|who|when|how|add|"
    r"alerts?|settings?|save|share|delete|close|open|loading|camera|cameras|time|day|turn|show|seen|watching|sign|out)\b",
    re.IGNORECASE,
)
_SAID = """() => {
  const said = [...document.querySelectorAll('[aria-label], [alt], [placeholder], [title]')].flatMap((one) =>
    ['aria-label', 'alt', 'placeholder', 'title'].map((name) => one.getAttribute(name) ?? ''));
  return [document.title, document.body.innerText, ...said].join('\\n');
}"""


def said_on(page: Page) -> str:
    """All that a person sees or hears of a page, but for what he wrote himself: the names of cameras."""
    text: str = page.evaluate(_SAID)
    for name in (PORCH, YARD, SHED, GATE):
        text = text.replace(name, "")
    return text


def english_in(page: Page) -> list[str]:
    return [line for line in said_on(page).splitlines() if ENGLISH.search(line)]


def expect_german(page: Page) -> None:
    """Soon, for what is loaded comes after the page; else it is named."""
    with suppress(AssertionError):
        until(page, lambda: english_in(page) == [], 20)
    assert english_in(page) == []


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "live"),
        ("/alerts", "alerts"),
        ("/settings", "settings"),
        ("/settings/appearance", "settings-appearance"),
        ("/nirgends", "lost"),
    ],
)
def test_a_german_phone_reads_german(rung: BrowserHouse, new_page: NewPage, path: str, shown: str) -> None:
    del rung
    page = new_page(path, viewport=PHONE, locale="de-DE")
    expect(page.get_by_test_id(shown)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("link", name="Meldungen", exact=True)).to_be_visible()
    expect_german(page)


def test_an_open_alert_is_german(rung: BrowserHouse, new_page: NewPage) -> None:
    page = new_page(f"/alerts/{rung.rung['id']}", locale="de-DE")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=2).first).to_contain_text("Klingel")
    expect(dialog.get_by_text(re.compile(r"^Gesehen|Gesehen (?:um|von)")).first).to_be_visible()
    expect_german(page)


def test_english_pages_fetch_no_other_language(new_page: NewPage, house: BrowserHouse) -> None:
    page = new_page("/nowhere")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(house.url)
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert [url for url in asked if GERMAN_FILE.search(url)] == []
    assert len([url for url in asked if "/assets/" in url]) > 1


def test_a_language_is_chosen_and_given_back(new_page: NewPage) -> None:
    page = new_page("/settings/appearance", viewport=PHONE)
    page.get_by_role("button", name="Deutsch").click()
    chosen = page.get_by_role("button", name="Deutsch")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sprache und Uhrzeit")
    expect(chosen).to_have_attribute("aria-pressed", "true")
    expect(chosen).to_be_focused()
    expect(page.get_by_text("Gesichert.")).to_be_visible()
    page.get_by_role("group", name="Sprache").get_by_role("button", name="Wie dieses Gerät").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Language and times")


def test_twelve_hours_are_chosen(rung: BrowserHouse, new_page: NewPage) -> None:
    del rung
    page = new_page("/settings/appearance", viewport=PHONE)
    page.get_by_role("button", name="12 hours").click()
    expect(page.get_by_role("button", name="12 hours")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Alerts", exact=True).click()
    expect(page.get_by_test_id("alert-card").first).to_contain_text(re.compile(r"\b1?\d:\d\d [AP]M\b"))


def test_a_phone_of_twelve_hours_is_believed(rung: BrowserHouse, new_page: NewPage) -> None:
    del rung
    page = new_page("/alerts", locale="en-US")
    expect(page.get_by_test_id("alert-card").first).to_contain_text(re.compile(r"\b1?\d:\d\d [AP]M\b"))


def test_days_are_the_phones_until_the_houses_are_chosen(rung: BrowserHouse, new_page: NewPage) -> None:
    page = new_page("/alerts", timezone_id="Pacific/Kiritimati")  # fourteen hours ahead of UTC
    card = page.locator(f"[data-event='{rung.rung['id']}']")  # the newest one may still be happening
    expect(card).to_be_visible()
    here = clock_of(card.text_content() or "")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_test_id("zone-note")).to_contain_text("Days and times of Pacific/Kiritimati. The house is in")
    page.get_by_test_id("zone-note").get_by_role("link", name="Change").click()
    page.get_by_role("button", name="Of the house").click()
    expect(page.get_by_role("button", name="Of the house")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Alerts", exact=True).click()
    expect(card).to_be_visible()
    assert clock_of(card.text_content() or "") != here
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_test_id("zone-note")).to_contain_text("Days and times of the house, in")


def clock_of(text: str) -> str:
    found = re.search(r"\d\d:\d\d", text)
    assert found, text
    return found.group()


def test_a_phone_whose_clock_is_wrong_asks_for_the_houses_today(
    rung: BrowserHouse, new_page: NewPage, house: BrowserHouse
) -> None:
    del rung
    page = new_page("/")
    expect(page.get_by_test_id("live")).to_be_visible()
    page.add_init_script(_TWO_DAYS_AHEAD)
    page.goto(house.url + "/alerts")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("button", name="Today").click()
    expect(page.get_by_test_id("alert-card").first).to_be_visible()
    expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()


_TWO_DAYS_AHEAD = "const now = Date.now.bind(Date); Date.now = () => now() + 2 * 86_400_000;"
