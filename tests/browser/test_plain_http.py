"""The plain address of a house without a certificate: all but what browsers keep to secure ones works there."""

import socket
from pathlib import Path

from playwright.sync_api import Browser, expect

from browser.conftest import OWNER, BrowserHouse
from fakes.browser import PATIENCE_MS, PHONE, Troubles, another, sign_in
from fakes.server_process import PASSWORD


def test_a_family_watches_looks_back_and_saves_on_a_plain_address(
    rung: BrowserHouse, browser: Browser, troubles: Troubles, tmp_path: Path
) -> None:
    troubles.expect("Cross-Origin-Opener-Policy header has been ignored")  # which it says of any plain address
    # Chromium takes loopback for secure, and no other name of it.
    name = f"{socket.gethostname().lower().partition('.')[0]}.local"
    url = rung.url.replace("127.0.0.1", name)
    with another(browser.browser_type, f"--host-resolver-rules=MAP {name} 127.0.0.1") as plain:
        context = plain.new_context(viewport=PHONE, locale="en-GB", accept_downloads=True)
        context.set_default_timeout(PATIENCE_MS)
        troubles.watch(context)
        page = context.new_page()
        page.goto(url)
        sign_in(page, OWNER, PASSWORD)
        assert page.evaluate("() => isSecureContext") is False
        expect(page.get_by_test_id("insecure")).to_be_visible()

        page.goto(f"{url}/live/yard")
        expect(page.locator("[data-verdict=live]").first).to_be_visible()
        page.get_by_test_id("save-other").click()
        page.get_by_test_id("length-15").click()
        with page.expect_download() as saved:
            page.get_by_test_id("save-clip").click()
        saved.value.save_as(tmp_path / "clip.mp4")
        assert (tmp_path / "clip.mp4").read_bytes()[4:8] == b"ftyp"

        page.goto(f"{url}/alerts")
        page.locator(f"[data-event='{rung.rung['id']}']").click()
        page.wait_for_function("() => document.querySelector('[data-testid=clip]')?.currentTime > 0")

        page.goto(f"{url}/timeline/yard")
        expect(page.get_by_role("heading", level=1)).to_have_text("Timeline")
        page.goto(f"{url}/settings/notifications")
        expect(page.get_by_test_id("this-device")).to_have_attribute("data-state", "insecure")
