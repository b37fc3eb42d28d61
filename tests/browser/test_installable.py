"""Doorstep as an app on the home screen: what it must have for that, what it keeps, how it is brought up to date."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from browser.conftest import BrowserHouse, NewPage
from fakes.browser import FLAGS, PHONE, Troubles, until

WITHOUT_NETWORK = r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to fetch"
NOT_THERE = r"status of 404|Failed to (?:fetch|load)|MIME type|error loading dynamically"


def kept(page: Page) -> list[str]:
    """The paths of all that the service worker keeps."""
    paths: list[str] = page.evaluate(
        """async () => {
          const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
          const keys = await Promise.all(caches_.map((one) => one.keys()));
          return keys.flat().map(({ url }) => new URL(url).pathname);
        }"""
    )
    return paths


def until_kept(page: Page) -> None:
    """The service worker has the shell, and answers for this page."""
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    until(page, lambda: page.evaluate("navigator.serviceWorker.controller !== null") and "/index.html" in kept(page))


def test_it_can_be_installed(house: BrowserHouse, browser: Browser, tmp_path: Path) -> None:
    # With a profile of its own on the disk: other windows of these tests are private ones, where nothing is installed.
    with browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=shutil.which("chromium"), args=FLAGS, viewport=PHONE
    ) as context:
        page = context.new_page()
        page.goto(house.url)
        until_kept(page)
        assert_installable(page)


def assert_installable(page: Page) -> None:
    cdp = page.context.new_cdp_session(page)
    cdp.send("Page.enable")
    assert cdp.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    told = cdp.send("Page.getAppManifest")
    assert told["errors"] == []
    manifest = json.loads(told["data"])
    assert [one["url"] for one in manifest["shortcuts"]] == ["/", "/alerts", "/?save=60"]
    assert {icon["purpose"] for icon in manifest["icons"] if "purpose" in icon} == {"any", "maskable"}


def test_each_shortcut_leads_to_a_page_of_the_app(new_page: NewPage, house: BrowserHouse) -> None:
    page = new_page("/nowhere")
    manifest = page.request.get(house.url + "/manifest.webmanifest").json()
    for shortcut in manifest["shortcuts"]:
        page.goto(house.url + shortcut["url"])
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Nothing here")
        assert page.request.get(house.url + shortcut["icons"][0]["src"]).ok


def test_without_a_network_any_address_of_the_app_opens_and_says_so(
    new_page: NewPage, house: BrowserHouse, troubles: Troubles
) -> None:
    page = new_page("/", viewport=PHONE, service_workers="allow")
    until_kept(page)
    troubles.expect(WITHOUT_NETWORK)
    page.context.set_offline(True)
    page.goto(house.url + "/alerts/some-alert")
    expect(page.get_by_text("You are offline.")).to_be_visible()
    page.goto(house.url + "/timeline")
    expect(page.get_by_text("You are offline.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_test_id("timeline")).to_be_visible()  # it gets in by itself


def test_what_is_not_the_apps_is_never_answered_with_the_app(
    new_page: NewPage, house: BrowserHouse, troubles: Troubles
) -> None:
    page = new_page("/", service_workers="allow")
    until_kept(page)
    troubles.expect(WITHOUT_NETWORK)
    page.context.set_offline(True)
    for path in ("/s/somebodys-link", "/api/v1/cameras", "/metrics"):
        with pytest.raises(Error, match="ERR_"):
            page.goto(house.url + path)


def test_no_answer_of_the_api_and_no_picture_is_kept(rung: BrowserHouse, new_page: NewPage) -> None:
    page = new_page("/alerts", service_workers="allow")
    expect(page.get_by_test_id("alert-card").first).to_be_visible()
    until_kept(page)
    page.goto(rung.url + f"/alerts/{rung.rung['id']}")
    expect(page.get_by_role("dialog")).to_be_visible()
    paths = kept(page)
    assert [path for path in paths if path.startswith(("/api/", "/s/"))] == []
    assert [path for path in paths if path.endswith((".jpg", ".mp4"))] == []
    assert any(path.startswith("/assets/Alerts-") for path in paths)
    assert not any(re.match(r"/assets/(?:Setup|de)-", path) for path in paths)


def test_the_number_on_the_icon_goes_when_the_alerts_are_looked_at(new_page: NewPage) -> None:
    page = new_page("/")
    expect(page.get_by_test_id("live")).to_be_visible()
    page.evaluate(
        "() => { globalThis.cleared = 0; navigator.clearAppBadge = async () => { globalThis.cleared += 1; }; }"
    )
    page.get_by_role("link", name="Alerts", exact=True).click()
    until(page, lambda: page.evaluate("globalThis.cleared") > 0)


# ------------------------------------------------------------------------------------------------- brought up to date


class Newer:
    """Stands before the server, and has of its files what a newer build would have."""

    def __init__(self, house: BrowserHouse) -> None:
        self.house = house
        self.sw_is_newer = False
        self.gone: str | None = None
        self.url = ""

    def answer(self, path: str, headers: dict[str, str]) -> httpx.Response:
        if self.gone is not None and self.gone in path:
            return httpx.Response(404, text="gone")
        wanted = {name: value for name, value in headers.items() if name.lower() in ("cookie", "accept")}
        told = httpx.get(self.house.url + path, headers=wanted, timeout=30)
        if path == "/sw.js" and self.sw_is_newer:
            return httpx.Response(200, headers={"content-type": "text/javascript"}, text=told.text + "\n// newer")
        return told


@pytest.fixture
def newer(house: BrowserHouse) -> Iterator[Newer]:
    stand_in = Newer(house)
    with served(stand_in):
        yield stand_in


@contextmanager
def served(stand_in: Newer) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = stand_in.answer(self.path, dict(self.headers))
            self.send_response(told.status_code)
            for name in ("content-type", "content-security-policy", "cache-control"):
                if name in told.headers:
                    self.send_header(name, told.headers[name])
            self.send_header("content-length", str(len(told.content)))
            self.end_headers()
            self.wfile.write(told.content)

        def log_message(self, *_words: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_update_is_told_and_taken_up_when_the_person_says_so(
    newer: Newer, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(viewport=PHONE, service_workers="allow").new_page()
    page.goto(newer.url + "/login")
    expect(page.get_by_test_id("login")).to_be_visible()
    until_kept(page)
    page.evaluate("globalThis.isTheOldOne = true")
    newer.sw_is_newer = True
    page.evaluate("() => navigator.serviceWorker.getRegistration().then((one) => one.update())")
    toast = page.get_by_test_id("toast")
    expect(toast).to_contain_text("Doorstep was updated.")
    assert page.evaluate("globalThis.isTheOldOne") is True  # nothing is taken from under anybody's hands
    with page.expect_event("load"):
        toast.get_by_role("button", name="Reload").click()
    assert page.evaluate("globalThis.isTheOldOne ?? false") is False
    expect(page.get_by_test_id("login")).to_be_visible()
    waiting = page.evaluate("() => navigator.serviceWorker.getRegistration().then((one) => one.waiting === null)")
    assert waiting is True
    expect(toast).not_to_contain_text("Doorstep was updated.")


def test_a_part_of_the_page_that_is_gone_never_stays_missing_in_silence(
    newer: Newer, new_context: Callable[..., BrowserContext], troubles: Troubles
) -> None:
    newer.gone = "/assets/Setup-"
    troubles.expect(NOT_THERE)
    page = new_context(viewport=PHONE, service_workers="allow").new_page()
    page.goto(newer.url + "/setup")
    expect(page.get_by_text("Doorstep was updated.").first).to_be_visible()
    newer.gone = None
    page.get_by_role("button", name="Reload").first.click()
    expect(page.get_by_text("Doorstep is already set up.")).to_be_visible()
