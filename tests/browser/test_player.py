"""The player: the best way that works, handed on with the reason, back by itself; what can be done with a picture."""

import json
import re
import time

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from browser.conftest import BrowserHouse, NewPage
from fakes.browser import PHONE, Troubles, until
from fakes.server_process import wait_for

MSE = re.compile(r"/live/mse")
WHEP = re.compile(r"/live/whep")
HLS = re.compile(r"/live/(index\.m3u8|hls/)")
MJPEG = re.compile(r"/live\.mjpeg")
REFUSED = r"status of (404|503) .*/live"
CUT = r"WebSocket connection to .* failed"


def way(page: Page, name: str) -> None:
    expect(page.get_by_test_id("live-player")).to_have_attribute("data-way", name)
    expect(page.get_by_test_id("live")).to_have_attribute("data-verdict", "live")


def test_the_best_way_is_taken_and_tells_its_true_delay(new_page: NewPage) -> None:
    page = new_page("/")
    way(page, "mse")
    expect(page.get_by_test_id("live-verdict")).to_have_text("Live")
    expect(page.get_by_test_id("live-player")).to_have_attribute("data-delay-ms", re.compile(r"^\d{1,4}$"))
    expect(page.get_by_test_id("live-delay")).to_have_text(re.compile(r"^Delay (\d\.\d|under 0\.1) s$"))


@pytest.mark.parametrize("refusal", ["AbortError", ""])
def test_a_way_that_answers_and_shows_nothing_is_given_up(new_page: NewPage, troubles: Troubles, refusal: str) -> None:
    troubles.expect(REFUSED, CUT)
    page = new_page("/status")
    if refusal:  # neither does the film wait for a tap then, nor has anybody paused it
        page.add_init_script(
            "HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('no', 'AbortError'));"
        )

    def answer_pings(socket: WebSocketRoute) -> None:
        def say(word: dict[str, object]) -> None:
            socket.send(json.dumps(word | {"now": time.time() * 1000}))

        say({"type": "hello"})
        socket.on_message(lambda told: say({"type": "pong", "t": json.loads(told)["t"]}))

    page.route_web_socket(MSE, answer_pings)
    page.goto(page.url.removesuffix("status") + "live/yard")
    expect(page.get_by_test_id("live-player")).not_to_have_attribute("data-way", "mse")


def test_each_way_that_breaks_hands_on_to_the_next_and_says_why(new_page: NewPage, troubles: Troubles) -> None:
    troubles.expect(REFUSED, CUT)
    page = new_page("/status")
    expect(page.get_by_test_id("status")).to_be_visible()
    page.route_web_socket(MSE, lambda socket: socket.close(code=1011, reason="broken by the test"))
    for broken, taken in ((WHEP, "hls"), (HLS, "mjpeg"), (MJPEG, "snapshot")):
        page.route(broken, lambda route: route.fulfill(status=404))
        page.goto(page.url.replace("/status", "/"))
        way(page, taken)
    verdict = page.get_by_test_id("live-verdict")
    expect(verdict).to_have_text("Live, low quality (broken by the test)")
    page.unroute_all()
    page.reload()
    page.get_by_test_id("retry-best").click()
    expect(page.get_by_test_id("live")).to_have_attribute("data-verdict", "live")


def test_a_socket_that_is_cut_comes_back_by_itself(new_page: NewPage) -> None:
    page = new_page("/status")
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket(MSE, pass_on)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Live").click()
    way(page, "mse")
    sockets[-1].close(code=1011)
    until(page, lambda: len(sockets) > 1)
    way(page, "mse")
    expect(page.get_by_test_id("live-picture")).to_be_attached()


def test_the_least_delay_is_kept_for_the_next_visit(new_page: NewPage, troubles: Troubles) -> None:
    troubles.expect(REFUSED)
    page = new_page("/")
    way(page, "mse")
    page.route(WHEP, lambda route: route.fulfill(status=409, json={"detail": "The camera sends B-frames."}))
    troubles.expect(r"status of 409 .*/live/whep")
    page.get_by_test_id("least-delay").click()
    expect(page.get_by_test_id("second-best")).to_have_text("Not the best way (The camera sends B-frames.)")
    way(page, "mse")
    page.reload()
    expect(page.get_by_test_id("least-delay")).to_have_attribute("aria-pressed", "true")


def test_a_way_that_was_left_while_it_was_loading_never_begins(new_page: NewPage) -> None:
    page = new_page("/")
    way(page, "mse")
    held, asked = list[Route](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.route(re.compile(r"/assets/webrtc-.*\.js$"), lambda route: held.append(route))  # noqa: PLW0108 - playwright marks the function
    page.get_by_test_id("least-delay").click()
    until(page, lambda: held)
    page.get_by_test_id("least-delay").click()
    way(page, "mse")
    asked.clear()
    held[0].continue_()
    page.wait_for_timeout(2_000)  # nothing tells that nothing begins
    assert [url for url in asked if WHEP.search(url) or url.endswith("/live")] == []


def test_the_picture_is_zoomed_by_keys_and_shown_whole_again(new_page: NewPage) -> None:
    page = new_page("/", viewport=PHONE)
    way(page, "mse")
    page.get_by_test_id("zoom-in").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.locator("[data-scale]")).to_have_attribute("data-scale", "2.25")
    page.keyboard.press("0")
    expect(page.locator("[data-scale]")).to_have_attribute("data-scale", "1.00")
    page.get_by_test_id("live-player").locator(".touch").dblclick()
    expect(page.locator("[data-scale]")).to_have_attribute("data-scale", "2.50")


def test_another_player_gets_an_address_and_no_rtsp(new_page: NewPage) -> None:
    page = new_page("/live/yard")
    page.get_by_test_id("another-player").click()
    page.get_by_test_id("make-addresses").click()
    other = page.get_by_test_id("other-player")
    expect(other.get_by_label("HLS", exact=True)).to_have_value(re.compile(r"/live/index\.m3u8\?key="))
    expect(other).to_contain_text("Good until")
    expect(other).to_contain_text("RTSP is not offered")


def test_the_owner_sees_who_watches_and_ends_it(house: BrowserHouse, new_page: NewPage) -> None:
    def sessions() -> set[str]:
        return {session["id"] for session in house.told("/live/sessions")["sessions"]}

    others = sessions()  # another test's player of HLS may count as a viewer for half a minute longer
    watching = new_page("/live/yard")
    way(watching, "mse")
    (session,) = wait_for(lambda: sessions() - others, 10, "its session")
    status = new_page("/status")
    row = status.locator(f"[data-session='{session}']")
    for words in ("Yard", "Ann", "in the browser"):
        expect(row).to_contain_text(words)
    row.get_by_role("button").click()
    expect(row).to_have_count(0)
    expect(watching.get_by_text("The owner has ended this.")).to_be_visible()
    watching.get_by_role("button", name="Resume").click()
    way(watching, "mse")
    assert house.told("/live/sessions")["sessions"]
