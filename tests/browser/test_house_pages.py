"""The owner's other pages in the browser: tokens, who watched what, storage, the backup; and what is said where nobody
answers.
"""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Route, expect

from browser.conftest import OWNER, BrowserHouse, NewPage
from doorstep.app.restore import restore_backup
from fakes.browser import PHONE, Troubles
from fakes.server_process import PASSWORD

WORDS = "four random words here"


def test_a_token_is_made_shown_once_works_and_is_revoked(house: BrowserHouse, new_page: NewPage) -> None:
    page = new_page("/settings/tokens")
    page.get_by_test_id("new-token").click()
    page.get_by_label("Name", exact=True).fill("Bell <b>button</b>")
    page.get_by_label("Read health and metrics").check()
    page.get_by_test_id("make-token").click()
    secret = page.get_by_label("The token").input_value()
    headers = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(f"{house.url}/api/v1/status", headers=headers).status_code == 200
    assert httpx.get(f"{house.url}/api/v1/events", headers=headers).status_code == 403
    page.get_by_role("button", name="Done").click()
    assert secret not in page.content()

    page.get_by_role("button", name="Revoke Bell <b>button</b>").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Bell <b>button</b>")).to_have_count(0)
    assert httpx.get(f"{house.url}/api/v1/status", headers=headers).status_code == 401


def test_who_watched_is_told_in_a_sentence_and_found_by_person_and_kind(rung: BrowserHouse, new_page: NewPage) -> None:
    with rung.server.client() as client:
        made = client.post(f"/events/{rung.rung['id']}/share", json={"hours": 1})
        made.raise_for_status()
        client.delete(f"/shares/{made.json()['id']}").raise_for_status()
    watching = new_page("/live/porch")
    expect(watching.locator("[data-verdict=live]").first).to_be_visible()
    page = new_page("/settings/activity")
    expect(page.get_by_text(f"{OWNER} watched Porch <b>& door</b>").first).to_be_visible()
    page.get_by_label("What", exact=True).select_option("Links to clips")
    expect(page.get_by_text(re.compile("made a link to an alert of Yard")).first).to_be_visible()
    expect(page.get_by_text(f"{OWNER} watched")).to_have_count(0)
    page.get_by_label("Who", exact=True).select_option(OWNER)
    page.get_by_label("Camera", exact=True).select_option("Shed")  # which has nothing to share
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    expect(page.get_by_text(f"{OWNER} watched").first).to_be_visible()


def test_the_storage_says_how_full_it_is_and_what_fills_it(rung: BrowserHouse, new_page: NewPage) -> None:
    assert rung.rung
    page = new_page("/settings/storage", viewport=PHONE)
    expect(page.get_by_test_id("storage")).to_contain_text("of 50 GB used")
    expect(page.get_by_test_id("forecast")).to_have_text("Not enough recorded yet to say how long it lasts.")
    expect(page.get_by_test_id("by-camera")).to_contain_text('Yard <img src=x onerror="alert(1)">')


def test_a_backup_is_saved_and_can_be_brought_back(new_page: NewPage, tmp_path: Path) -> None:
    page = new_page("/settings/backup")
    form = page.get_by_test_id("backup-form")
    form.get_by_label("Passphrase", exact=True).fill(WORDS)
    form.get_by_label("The passphrase again").fill(f"{WORDS}!")
    own = form.get_by_label("Your own password")
    if own.count():  # where the browser signed in a while ago
        own.fill(PASSWORD)
    page.get_by_test_id("make-backup").click()
    expect(form.get_by_role("alert")).to_have_text("The two passphrases are not the same.")
    form.get_by_label("The passphrase again").fill(WORDS)
    with page.expect_download() as saving:
        page.get_by_test_id("make-backup").click()
    assert re.fullmatch(r"doorstep-\d{8}-\d{4}\.age", saving.value.suggested_filename)
    expect(page.get_by_test_id("backup-made")).to_contain_text("Saved as doorstep-")
    expect(page.get_by_test_id("last-backup")).to_contain_text("The last backup was made")
    restored = restore_backup(saving.value.path(), tmp_path / "new", tmp_path / "doorstep.toml", lambda: WORDS)
    assert restored.manifest.rows["accounts"] >= 1
    assert "demo://" in (tmp_path / "doorstep.toml").read_text()


def test_a_wrong_password_makes_no_backup(new_page: NewPage, troubles: Troubles) -> None:
    troubles.expect("status of 400 .*/backup")
    page = new_page("/settings/backup")
    state = {"why_not": "", "fresh": False, "last": None}

    def answer(route: Route) -> None:
        if route.request.method == "GET":
            route.fulfill(json=state)
        else:
            route.fulfill(status=400, json={"detail": "This name and this password do not belong together."})

    page.route("**/api/v1/backup", answer)
    page.reload()
    form = page.get_by_test_id("backup-form")
    form.get_by_label("Without passwords and keys").check()
    page.get_by_test_id("make-backup").click()
    expect(form.get_by_role("alert")).to_have_text("Enter your own password.")
    form.get_by_label("Your own password").fill("a wrong one")
    page.get_by_test_id("make-backup").click()
    expect(form).to_contain_text("Doorstep did not accept this.")
    expect(page.get_by_test_id("backup-made")).to_have_count(0)


@pytest.mark.parametrize(
    ("section", "route"),
    [
        ("people", "**/api/v1/users"),
        ("shares", "**/api/v1/shares"),
        ("activity", "**/api/v1/audit?*"),
        ("tokens", "**/api/v1/tokens"),
        ("storage", "**/api/v1/storage"),
        ("backup", "**/api/v1/backup"),
    ],
)
def test_where_nobody_answers_it_is_said_and_tried_again(
    new_page: NewPage, troubles: Troubles, section: str, route: str
) -> None:
    troubles.expect("ERR_FAILED|Failed to load resource")
    page = new_page(f"/settings/{section}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.route(route, lambda one: one.abort())
    page.reload()
    said = page.get_by_role("main").get_by_text("Can't reach Doorstep. Are you on your home network or VPN?").first
    expect(said).to_be_visible()
    page.unroute(route)
    page.get_by_role("main").get_by_role("button", name="Try again").first.click()
    expect(said).to_have_count(0)


def test_an_answer_that_is_late_is_waited_for_in_words(new_page: NewPage) -> None:
    page = new_page("/settings/tokens")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/tokens", hold)
    page.reload()
    expect(page.get_by_role("main").get_by_text("Loading…")).to_be_visible()
    held[0].continue_()
    expect(page.get_by_test_id("tokens")).to_be_visible()
    expect(page.get_by_text("Loading…")).to_have_count(0)
