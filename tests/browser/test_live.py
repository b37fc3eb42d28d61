"""The Live page: pictures that move, and only true words about them."""

import re

from playwright.sync_api import WebSocket, expect

from browser.conftest import PORCH, YARD, BrowserHouse, NewPage
from fakes.browser import PHONE, SINCE, Troubles, until

# A camera that has shown nothing since the start has no picture to answer with.
DRAWN = """
(image) => {
  const canvas = new OffscreenCanvas(64, 48);
  const pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0, 64, 48);
  return [...pen.getImageData(0, 0, 64, 48).data].join();
}
"""


def test_the_picture_moves(new_page: NewPage) -> None:
    page = new_page("/")
    expect(page.get_by_test_id("live")).to_have_attribute("data-verdict", "live")
    page.wait_for_function("() => document.querySelector('[data-testid=live-video]').videoWidth === 640")
    before = page.get_by_test_id("live-video").evaluate(DRAWN)
    page.wait_for_function(
        f"(before) => ({DRAWN})(document.querySelector('[data-testid=live-video]')) !== before", arg=before
    )


def test_a_live_picture_is_called_live_and_says_who_looks(new_page: NewPage) -> None:
    page = new_page("/")
    expect(page.get_by_test_id("live-verdict")).to_have_text("Live")
    expect(page.get_by_test_id("watching")).to_have_text(re.compile(r"^\s*Watching, last look \d+ s ago$"))


def test_the_age_of_a_look_goes_on_counting(new_page: NewPage) -> None:
    watching = new_page("/live/yard").get_by_test_id("watching")
    # While a visitor walks there is a look four times a second: wait for the porch to be empty.
    expect(watching).to_have_text(re.compile(r"last look 1 s ago$"))
    expect(watching).to_have_text(re.compile(r"last look [023456789] s ago$"))


def test_a_paused_picture_says_from_when_it_is(new_page: NewPage) -> None:
    page = new_page("/")
    expect(page.get_by_test_id("live-verdict")).to_have_text("Live")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_test_id("live-verdict")).to_have_text(re.compile(r"^Paused\. Picture from \d\d:\d\d:\d\d\.$"))
    expect(page.get_by_test_id("live-video")).to_be_hidden()
    expect(page.get_by_test_id("live-picture")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_test_id("live-verdict")).to_have_text("Live")


def test_a_picture_is_saved_under_the_name_of_its_camera(new_page: NewPage) -> None:
    page = new_page("/")
    expect(page.get_by_test_id("live-verdict")).to_have_text("Live")
    with page.expect_download() as saved:
        page.get_by_test_id("save-picture").click()
    assert re.fullmatch(r"porch_\d{8}_\d{6}\.jpg", saved.value.suggested_filename)
    assert saved.value.path().read_bytes().startswith(b"\xff\xd8")


def test_one_stream_while_looked_at_none_while_paused(new_page: NewPage) -> None:
    page = new_page("/status")
    expect(page.get_by_test_id("status")).to_be_visible()
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))  # noqa: PLW0108 - playwright takes no built-in

    def watched() -> list[str]:
        return [socket.url.split("/")[-3] for socket in sockets if not socket.is_closed()]

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Live").click()
    until(page, lambda: watched() == ["porch"])
    page.get_by_role("link", name=YARD).click()
    until(page, lambda: watched() == ["yard"])
    page.get_by_role("button", name="Pause", exact=True).click()
    until(page, lambda: watched() == [])


def test_a_camera_that_ended_says_since_when_and_why(new_page: NewPage) -> None:
    page = new_page("/live/shed")
    expect(page.get_by_test_id("live-verdict")).to_have_text(re.compile(rf"^Camera off since {SINCE}\.$"))
    expect(page.get_by_test_id("camera-reason")).to_contain_text("end of file")


def test_a_camera_that_is_gone_leads_to_the_others(new_page: NewPage, troubles: Troubles) -> None:
    troubles.expect(r"status of 404 .*/cameras/attic/", r"WebSocket connection to .*/cameras/attic/.* failed")
    page = new_page("/live/attic")
    expect(page.get_by_test_id("notice")).to_contain_text("This camera is no longer here.")
    page.get_by_role("link", name="Show the other cameras").click()
    expect(page.get_by_test_id("live-verdict")).to_have_text("Live")


def test_a_name_with_markup_is_text_everywhere(rung: BrowserHouse, new_page: NewPage) -> None:
    page = new_page("/")
    expect(page.get_by_role("heading", level=1)).to_have_text(PORCH)
    expect(page).to_have_title(f"{PORCH} · Doorstep")
    for path in ("/live/yard", "/alerts", f"/alerts/{rung.rung['id']}", "/status"):
        page.goto(rung.url + path)
        expect(page.get_by_text(YARD).first).to_be_visible()
        expect(page.locator("img[src=x], h1 b, .where b, .where img, p b")).to_have_count(0)  # no name became elements


def test_a_tap_brings_the_latest_alert(rung: BrowserHouse, new_page: NewPage) -> None:
    page = new_page("/live/yard", viewport=PHONE)
    page.get_by_test_id("alert-card").first.click()
    expect(page.get_by_test_id("alert-dialog")).to_be_visible()
    expect(page).to_have_url(re.compile("/alerts/yard-"))
    page.go_back()
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page).to_have_url(f"{rung.url}/live/yard")


def test_the_camera_that_is_shown_is_in_view_among_the_others(new_page: NewPage) -> None:
    page = new_page("/live/shed", viewport=PHONE)
    expect(page.get_by_role("navigation", name="Cameras").locator("[aria-current]")).to_be_in_viewport(ratio=1)


def test_without_a_camera_the_owner_is_led_to_one(house: BrowserHouse, new_page: NewPage) -> None:
    page = new_page("/status")
    page.route("**/api/v1/cameras", lambda route: route.fulfill(json={"cameras": []}))
    for path in ("/", "/all"):
        page.goto(house.url + path)
        link = page.get_by_role("main").get_by_role("link", name="Add a camera")
        expect(link).to_have_attribute("href", "/settings/cameras/+")
