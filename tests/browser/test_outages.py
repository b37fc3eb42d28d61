"""What the page says while the server, the network or a camera is away, and that it comes back by itself."""

import os
import re
import signal

from playwright.sync_api import Page, Route, expect

from browser.conftest import BrowserHouse, NewPage
from fakes.browser import SINCE, Troubles

UNREACHABLE = "Can't reach Doorstep. Are you on your home network or VPN?"
# chromium logs every request that nobody answered.
NOBODY_ANSWERED = r"Failed to load resource: net::ERR_|WebSocket connection to .* failed"


def verdict(page: Page, kind: str) -> None:
    expect(page.get_by_test_id("live")).to_have_attribute("data-verdict", kind)


def test_a_server_that_restarts_is_found_again_with_the_session(
    house: BrowserHouse, new_page: NewPage, troubles: Troubles
) -> None:
    troubles.expect(NOBODY_ANSWERED)
    page = new_page("/")
    verdict(page, "live")
    house.server.kill()
    try:
        verdict(page, "unreachable")
        expect(page.get_by_test_id("connection")).to_contain_text(UNREACHABLE)
        expect(page.get_by_test_id("live-verdict")).to_have_text(
            re.compile(r"^Can't reach Doorstep\. Picture from \d\d:\d\d:\d\d\.$")
        )
        expect(page.get_by_test_id("live-picture")).to_be_visible()
    finally:
        house.server.start()
    verdict(page, "live")
    expect(page.get_by_test_id("connection")).to_be_empty()
    house.until_all_are_seen()


NOTE_VERDICTS = """() => {
  window.verdicts = [];
  const note = () => window.verdicts.push(document.querySelector('[data-testid=live-verdict]')?.textContent.trim());
  new MutationObserver(note).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""


def test_a_server_that_hangs_is_never_called_live(house: BrowserHouse, new_page: NewPage, troubles: Troubles) -> None:
    troubles.expect(NOBODY_ANSWERED)
    page = new_page("/")
    verdict(page, "live")
    page.evaluate(NOTE_VERDICTS)
    os.kill(house.server.pid, signal.SIGSTOP)
    try:
        verdict(page, "reconnecting")
        said = page.evaluate("() => window.verdicts")
        assert [words for words in said if re.fullmatch(r"\d+ s behind", words)]
        verdict(page, "unreachable")
        expect(page.get_by_test_id("connection")).to_contain_text(UNREACHABLE)
    finally:
        os.kill(house.server.pid, signal.SIGCONT)
    verdict(page, "live")


def test_the_grid_stays_while_the_server_is_away(rung: BrowserHouse, new_page: NewPage, troubles: Troubles) -> None:
    troubles.expect(NOBODY_ANSWERED)
    page = new_page("/alerts")
    card = page.locator(f"[data-event='{rung.rung['id']}']")
    expect(card).to_be_visible()
    page.context.set_offline(offline=True)
    expect(page.get_by_test_id("connection")).to_have_text(re.compile("You are offline."))
    expect(card).to_be_visible()
    page.context.set_offline(offline=False)
    expect(page.get_by_test_id("connection")).to_be_empty()


def test_a_delete_that_did_not_reach_the_server_is_taken_back(
    rung: BrowserHouse, new_page: NewPage, troubles: Troubles
) -> None:
    troubles.expect(NOBODY_ANSWERED)
    page = new_page("/alerts")
    card = page.locator(f"[data-event='{rung.rung['id']}']")
    expect(card).to_be_visible()
    page.context.set_offline(offline=True)
    card.focus()
    page.keyboard.press("Delete")
    expect(page.get_by_test_id("toast")).to_contain_text("Could not delete the alert.")
    expect(card).to_be_visible()


def test_a_camera_that_goes_is_called_offline_until_it_is_back(new_page: NewPage) -> None:
    page = new_page("/")
    verdict(page, "live")

    def lose(route: Route) -> None:
        answer = route.fetch()
        cameras = answer.json()
        cameras["cameras"][0]["state"] = "stalled"
        route.fulfill(response=answer, json=cameras)

    page.route("**/api/v1/cameras", lose)
    expect(page.get_by_test_id("live-verdict")).to_have_text(
        re.compile(rf"^Camera offline since {SINCE}\. Check its power and Wi-Fi\.$")
    )
    expect(page.get_by_test_id("live-picture")).to_be_visible()
    page.unroute("**/api/v1/cameras", lose)
    verdict(page, "live")


def test_a_camera_whose_file_went_says_what_to_mend(house: BrowserHouse, new_page: NewPage) -> None:
    page = new_page("/live/gate")
    verdict(page, "live")
    film = house.gate_file.read_bytes()
    house.gate_file.unlink()
    try:
        verdict(page, "camera")
        expect(page.get_by_test_id("live-verdict")).to_have_text(
            re.compile(rf"^Camera refuses Doorstep since {SINCE}\. Check its address, user name and password\.$")
        )
        expect(page.get_by_test_id("camera-reason")).to_contain_text("mend the camera's address")
        expect(page.get_by_test_id("live-picture")).to_be_visible()
        page.goto(f"{house.url}/status")
        expect(page.get_by_test_id("problems")).to_contain_text("Gate")
    finally:
        page.close()
        house.gate_file.write_bytes(film)
        house.server.stop()
        house.server.start()  # which asks a camera that refused at once, and not in a minute
        house.until_all_are_seen()


def test_a_first_visit_while_the_server_is_away_gets_in_by_itself(
    house: BrowserHouse, new_page: NewPage, troubles: Troubles
) -> None:
    troubles.expect(NOBODY_ANSWERED)
    page = new_page("/nowhere")
    page.route("**/api/v1/setup", lambda route: route.abort())  # the first question: who is this?
    page.goto(f"{house.url}/status")
    expect(page.get_by_test_id("notice")).to_contain_text(UNREACHABLE)
    page.unroute("**/api/v1/setup")
    expect(page.get_by_test_id("status")).to_be_visible()
