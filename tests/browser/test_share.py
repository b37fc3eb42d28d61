"""Sharing one alert by a link: made in the app, opened on a phone that knows nobody, taken back."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, Request, ViewportSize, expect

from browser.conftest import YARD, BrowserHouse, NewPage
from fakes.browser import DESK, PHONE, Troubles, axe_violations, painted, shot, until

NARROW = ViewportSize(width=320, height=640)
STUB_SHARE = """
globalThis.sent = [];
navigator.share = async (what) => { globalThis.sent.push(what); };
"""
TARGETS = """
() => [...document.querySelectorAll('a[href]')].map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 43.9 || box.height < 43.9).map(([html]) => html)
"""


def link_made(page: Page) -> str:
    """Of the alert that is open."""
    page.get_by_test_id("make-link").click()
    field = page.get_by_label("Link", exact=True)
    expect(field).to_have_value(re.compile("/s/"))
    return field.input_value()


@pytest.fixture
def link(rung: BrowserHouse) -> str:
    """To the ring in the yard."""
    with rung.server.client() as client:
        answer = client.post(f"/events/{rung.rung['id']}/share", json={"hours": 24})
        answer.raise_for_status()
        secret = str(answer.json()["href"]).rpartition("/")[2]
    return f"{rung.url}/s/{secret}"


def test_a_link_is_made_copied_listed_and_taken_back(
    rung: BrowserHouse, new_page: NewPage, new_context: Callable[..., BrowserContext], troubles: Troubles
) -> None:
    troubles.expect("status of 404 .*/s/")
    page = new_page(f"/alerts/{rung.rung['id']}", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_test_id("share").click()
    dialog = page.get_by_test_id("share-dialog")
    dialog.get_by_label("The link opens it for").select_option("7 days")
    href = link_made(page)
    expect(dialog).to_contain_text("This link works at home only")
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == href

    stranger = new_context(viewport=PHONE).new_page()
    stranger.goto(href)
    expect(stranger.get_by_role("heading", level=1)).to_have_text(f"Doorbell rang at {YARD}")

    dialog.get_by_role("button", name=re.compile("^End the link")).first.click()
    expect(dialog.get_by_role("status")).to_have_text("The link opens nothing any more.")
    stranger.reload()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("This link opens nothing")


def test_a_phones_own_sheet_is_offered_the_link_right_within_the_tap(rung: BrowserHouse, new_page: NewPage) -> None:
    page = new_page("/status", viewport=PHONE)
    page.add_init_script(STUB_SHARE)
    page.goto(f"{rung.url}/alerts/{rung.rung['id']}")
    page.get_by_test_id("share").click()
    href = link_made(page)
    page.get_by_role("button", name="Share…").click()
    assert page.evaluate("globalThis.sent") == [{"title": f"Doorbell, {YARD}", "url": href}]


def test_the_keys_of_the_alert_rest_while_a_link_is_made(rung: BrowserHouse, new_page: NewPage) -> None:
    page = new_page(f"/alerts/{rung.rung['id']}")
    page.get_by_test_id("share").click()
    page.get_by_label("The link opens it for").focus()
    for key in ("Delete", "j", "d"):
        page.keyboard.press(key)
    expect(page.get_by_test_id("share-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("share-dialog")).to_have_count(0)
    expect(page.get_by_test_id("alert-dialog")).to_have_attribute("data-event", rung.rung["id"])
    expect(page.get_by_test_id("share")).to_be_focused()


def test_what_cannot_be_made_is_said(rung: BrowserHouse, new_page: NewPage, troubles: Troubles) -> None:
    troubles.expect("status of 409 .*/share")
    page = new_page(f"/alerts/{rung.rung['id']}")
    detail = "There are 50 links to this event already. End one first."
    page.route("**/share", lambda route: route.fulfill(status=409, json={"detail": detail}))
    page.get_by_test_id("share").click()
    page.get_by_test_id("make-link").click()
    expect(page.get_by_test_id("share-dialog").get_by_role("status")).to_contain_text("did not accept this")


def test_a_phone_without_scripts_sees_all_of_it(link: str, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(viewport=PHONE, java_script_enabled=False).new_page()
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Doorbell rang at {YARD}")
    expect(page.locator("video")).to_have_attribute("controls", "")
    with page.expect_download() as saving:
        page.get_by_role("link", name=re.compile("Save the video")).click()
    assert re.fullmatch(r"\d{8}_\d{6}(_[\w-]+)?\.mp4", saving.value.suggested_filename)
    assert b"ftyp" in saving.value.path().read_bytes()[:12]
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save the picture").click()
    assert saving.value.path().read_bytes().startswith(b"\xff\xd8")


def test_the_video_plays_and_seeks_and_tells_nobody_where_it_was(
    link: str, new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context(viewport=PHONE)
    page = context.new_page()
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - playwright marks the function
    page.goto(link)
    video = page.locator("video")
    video.evaluate("(one) => { one.muted = true; return one.play(); }")
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.3")
    length = video.evaluate("(one) => one.duration")
    video.evaluate(f"(one) => {{ one.currentTime = {length / 2}; }}")
    page.wait_for_function(
        "(half) => !document.querySelector('video').seeking && document.querySelector('video').currentTime >= half",
        arg=length / 2,
    )
    told = [(one.url, one.all_headers()) for one in asked]  # as they were sent, not as they were meant to be
    assert any("range" in headers for url, headers in told if url.endswith("/clip.mp4"))
    assert [url for url, headers in told if "referer" in headers] == []
    assert not any("cookie" in headers for _, headers in told)
    assert context.cookies() == []
    assert {url.partition("/s/")[0] for url, _ in told if "/s/" in url} == {link.partition("/s/")[0]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK, NARROW], ids=["phone", "desk", "narrow"])
def test_the_page_behind_a_link_is_for_everybody(
    link: str,
    new_context: Callable[..., BrowserContext],
    shots: Path | None,
    viewport: ViewportSize,
    scheme: Literal["light", "dark"],
    troubles: Troubles,
) -> None:
    troubles.expect("status of 404 .*/s/")
    page = new_context(viewport=viewport, color_scheme=scheme, bypass_csp=True).new_page()
    for name, address in (("shared", link), ("shared-ended", f"{link[:-3]}xxx")):
        page.goto(address)
        if name == "shared":
            page.wait_for_function("() => document.querySelector('video').readyState >= 1")
        painted(page)
        shot(page, shots, f"{name}-{viewport['width']}-{scheme}")
        assert axe_violations(page) == []
        assert page.evaluate(TARGETS) == []
        assert page.evaluate("() => document.documentElement.scrollWidth") <= viewport["width"]


def test_a_link_asks_for_its_pin_without_scripts_and_then_plays(
    rung: BrowserHouse, new_page: NewPage, new_context: Callable[..., BrowserContext], troubles: Troubles
) -> None:
    troubles.expect("status of 403 .*/s/")
    page = new_page(f"/alerts/{rung.rung['id']}")
    page.get_by_test_id("share").click()
    dialog = page.get_by_test_id("share-dialog")
    dialog.get_by_label("PIN (optional)").fill("12")
    dialog.get_by_test_id("make-link").click()
    expect(dialog.get_by_role("status")).to_have_text("A PIN has 4 to 8 digits.")
    dialog.get_by_label("PIN (optional)").fill("4711")
    href = link_made(page)
    expect(dialog).to_contain_text("asks for a PIN")

    stranger = new_context(viewport=PHONE, java_script_enabled=False).new_page()
    stranger.goto(href)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("This link asks for a PIN")
    assert YARD not in stranger.content()
    stranger.get_by_label("PIN").fill("0000")
    stranger.get_by_role("button", name="Open").click()
    expect(stranger.get_by_role("alert")).to_have_text("That is not the PIN. Try again.")
    stranger.get_by_label("PIN").fill("4711")
    stranger.get_by_label("PIN").press("Enter")
    expect(stranger.get_by_role("heading", level=1)).to_have_text(f"Doorbell rang at {YARD}")
    with stranger.expect_download() as saving:
        stranger.get_by_role("link", name=re.compile("Save the video")).click()
    assert b"ftyp" in saving.value.path().read_bytes()[:12]


def test_the_page_that_asks_for_a_pin_is_clean_at_each_width_in_both_themes(
    rung: BrowserHouse, new_context: Callable[..., BrowserContext], shots: Path | None
) -> None:
    with rung.server.client() as client:
        href = client.post(f"/events/{rung.rung['id']}/share", json={"pin": "4711"}).json()["href"]
    page = new_context(bypass_csp=True).new_page()
    page.goto(f"{rung.url}/s/{href.rpartition('/')[2]}")
    found = []
    for size in (DESK, PHONE, NARROW):
        page.set_viewport_size(size)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            painted(page)
            shot(page, shots, f"share-pin-{size['width']}-{theme}")
            found += axe_violations(page)
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_all_open_links_are_listed_and_ended_at_once(
    link: str, new_page: NewPage, new_context: Callable[..., BrowserContext], troubles: Troubles
) -> None:
    troubles.expect("status of 404 .*/s/")
    stranger = new_context(viewport=PHONE).new_page()
    stranger.goto(link)
    expect(stranger.locator("video")).to_be_visible()
    page = new_page("/settings/shares")
    expect(page.get_by_test_id("share").first).to_contain_text(YARD)
    page.get_by_test_id("end-all").click()
    page.get_by_test_id("confirm").get_by_role("button", name="End all links").click()
    expect(page.get_by_text("No link is open.")).to_be_visible()
    stranger.reload()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("This link opens nothing")


def test_a_link_that_plays_in_a_fresh_browser_is_dead_after_its_hour(
    rung: BrowserHouse, link: str, new_context: Callable[..., BrowserContext], troubles: Troubles
) -> None:
    troubles.expect("status of 404 .*/s/")
    stranger = new_context(viewport=PHONE).new_page()
    stranger.goto(link)
    stranger.locator("video").evaluate("(video) => { video.muted = true; return video.play(); }")
    until(stranger, lambda: stranger.locator("video").evaluate("(video) => video.currentTime > 0.2"))
    with closing(sqlite3.connect(rung.server.data / "doorstep.sqlite", timeout=30)) as catalog, catalog:
        catalog.execute("UPDATE shares SET expires_at = created_at")  # as if its day had passed
    stranger.reload()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("This link opens nothing")
    assert stranger.request.get(f"{link}/clip.mp4").status == 404
