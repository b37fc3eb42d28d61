"""The settings are changed in the page: looked at, saved, taken back, and nothing is lost by two tabs or an editor."""

import shutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from fakes.browser import PATIENCE_MS, PHONE, Troubles, set_up
from fakes.free_port import free_port
from fakes.server_process import PASSWORD, ServerProcess, wait_for

CONFIG = """\
# My house
[[camera]]
id = "porch"
name = '🚪 <b>Porch</b> & door'
source = "demo://"   # the demo

# The alerts
[events]
pre_roll = 5   # seconds
"""


class OwnServer(ServerProcess):
    """One whose settings a test may change; it comes back on the same port."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "data", CONFIG)
        self._arguments[self._arguments.index("127.0.0.1:0")] = f"127.0.0.1:{free_port()}"
        self.config = Path(self._arguments[self._arguments.index("--config") + 1])

    def values(self) -> dict[str, Any]:
        return tomllib.loads(self.config.read_text(encoding="utf-8"))

    def as_at_first(self) -> None:
        """The file, and a house that runs by it, without any state of before."""
        shutil.rmtree(self.data / "config-versions", ignore_errors=True)
        if self.config.read_text(encoding="utf-8") != CONFIG:
            self.stop()
            self.config.write_text(CONFIG, encoding="utf-8")
            self.start()

    def on_page(self, page: Page) -> Page:
        page.goto(f"{self.url}/settings/rules")
        page.get_by_test_id("review").wait_for()
        return page


@pytest.fixture(scope="module")
def own_house(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[tuple[OwnServer, StorageState]]:
    """Its server, and what its owner's browser holds."""
    own = OwnServer(tmp_path_factory.mktemp("rules"))
    own.start()
    try:
        with browser.new_context(locale="en-GB", service_workers="block") as context:
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            set_up(page, own, "Ann", PASSWORD)
            signed_in = context.storage_state()
        yield own, signed_in
    finally:
        own.kill()


@pytest.fixture
def server(own_house: tuple[OwnServer, StorageState]) -> OwnServer:
    own, _ = own_house
    own.as_at_first()
    return own


@pytest.fixture
def page(
    server: OwnServer, own_house: tuple[OwnServer, StorageState], new_context: Callable[..., BrowserContext]
) -> Page:
    return server.on_page(new_context(PHONE, storage_state=own_house[1]).new_page())


def type_in(page: Page, label: str, value: str) -> None:
    page.get_by_label(label).fill(value)
    page.get_by_label(label).blur()


def review(page: Page) -> None:
    page.get_by_test_id("review").get_by_role("button", name="What changes").click()
    page.get_by_test_id("diff").wait_for()


def save(page: Page) -> None:
    review(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_test_id("saved").wait_for()


def test_a_change_is_looked_at_saved_used_at_once_and_taken_back(server: OwnServer, page: Page) -> None:
    type_in(page, "Video before somebody comes", "7,5")
    page.get_by_label("Tell: Anything moves").check()
    review(page)
    expect(page.get_by_test_id("diff")).to_contain_text("pre_roll = 7.5 # seconds")
    assert server.values()["events"] == {"pre_roll": 5}
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_test_id("saved")).to_have_text("Saved. It is used from now on.")
    assert server.values()["events"]["pre_roll"] == 7.5
    assert "motion" in server.values()["events"]["alert_on"]
    assert "# The alerts\n[events]\npre_roll = 7.5   # seconds\n" in server.config.read_text(encoding="utf-8")
    wait_for(lambda: server.cameras()[0]["state"] == "live", 30, "the camera, begun anew")

    page.get_by_role("link", name="Earlier settings").click()
    rows = page.get_by_test_id("versions").locator("li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("by Ann")
    rows.nth(1).get_by_role("button", name="Go back to this").click()
    expect(page.get_by_test_id("diff")).to_contain_text("pre_roll = 5")
    page.get_by_role("button", name="Go back", exact=True).click()
    expect(rows).to_have_count(3)
    assert server.config.read_text(encoding="utf-8") == CONFIG


def test_what_another_tab_saved_meanwhile_stays_and_mine_can_be_saved_after_it(
    server: OwnServer, page: Page, troubles: Troubles
) -> None:
    troubles.expect("status of 409")
    other = page.context.new_page()
    server.on_page(other)
    type_in(page, "Video before somebody comes", "8")
    type_in(other, "Time between two alerts", "60")
    save(other)
    page.get_by_test_id("review").get_by_role("button", name="What changes").click()
    expect(page.get_by_test_id("meanwhile")).to_contain_text("changed by Ann meanwhile")
    expect(page.get_by_label("Video before somebody comes")).to_have_value("8")
    expect(page.get_by_label("Time between two alerts")).to_have_value("60")
    save(page)
    assert server.values()["events"] == {"pre_roll": 8, "alert_cooldown": 60}


def test_what_an_editor_wrote_meanwhile_is_told_and_a_broken_file_is_not_written_over(
    server: OwnServer, page: Page, troubles: Troubles
) -> None:
    troubles.expect("status of 409")
    type_in(page, "Video before somebody comes", "9")
    review(page)
    server.config.write_text(CONFIG.replace("My house", "My own house"), encoding="utf-8")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_test_id("meanwhile")).to_contain_text("Your changes are still here")
    server.config.write_text("[events\n", encoding="utf-8")
    page.get_by_test_id("review").get_by_role("button", name="What changes").click()
    expect(page.get_by_test_id("review")).to_contain_text("Not saved.")
    page.reload()
    expect(page.get_by_test_id("unwritable")).to_contain_text("line 1: this is not TOML")
    assert server.config.read_text(encoding="utf-8") == "[events\n"


def test_what_cannot_be_saved_is_said_where_it_stands(server: OwnServer, page: Page) -> None:
    type_in(page, "Video after the last sight", "<b>long</b>")
    type_in(page, "Gigabytes at most", "-5")
    page.get_by_test_id("review").get_by_role("button", name="What changes").click()
    expect(page.get_by_test_id("faults")).to_contain_text("Video after the last sight: Must be a number.")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    expect(page.get_by_label("Video after the last sight")).to_have_value("<b>long</b>")
    page.get_by_role("button", name="Forget my changes").click()
    expect(page.get_by_label("Video after the last sight")).to_have_value("5")
    assert server.config.read_text(encoding="utf-8") == CONFIG


def test_what_waits_for_a_restart_has_a_button_and_the_page_waits_until_doorstep_is_back(
    server: OwnServer, page: Page, troubles: Troubles
) -> None:
    troubles.expect("ERR_", "status of 50", "WebSocket", "Failed to load resource")
    page.get_by_role("link", name="Advanced").click()
    page.get_by_test_id("table-buffer").locator("summary").click()
    page.get_by_label("seconds", exact=True).fill("600")
    page.get_by_label("seconds", exact=True).blur()
    save(page)
    expect(page.get_by_test_id("saved")).to_contain_text("after a restart")
    waiting = page.get_by_test_id("restart")
    expect(waiting).to_contain_text("[buffer]")
    pid = server.pid
    waiting.get_by_role("button", name="Restart now").click()
    expect(waiting).to_contain_text("Doorstep is back.")
    assert server.pid == pid
    expect(page.get_by_label("seconds", exact=True)).to_have_value("600")
    page.reload()
    page.get_by_test_id("review").wait_for()
    expect(page.get_by_test_id("restart")).to_have_count(0)
