"""Zones and masks drawn on the picture, by hand and by keys, and found in the config file as they were drawn."""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from fakes.browser import DESK, PHONE, Troubles, axe_violations, set_up, shot
from fakes.server_process import PASSWORD, ServerProcess, model_folder, wait_for

CONFIG = """
# the porch
[[camera]]
id = "porch"
name = "Porch <b>& door</b>"
source = "demo://"

[[camera]]
id = "yard"
name = "Yard"
source = "rtsp://viewer:secret@198.51.100.7/stream1"
enabled = false
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("zones")
    made = ServerProcess(folder / "data", CONFIG, {"DOORSTEP_MODELS": str(model_folder())})
    made.start()
    yield made
    made.kill()


Zone = dict[str, Any]
FOUR: list[list[float]] = [[0.1, 0.2], [0.6, 0.2], [0.6, 0.7], [0.1, 0.7]]
PATH: Zone = {"name": "Path", "polygon": FOUR}


@pytest.fixture(scope="module")
def signed_in(server: ServerProcess, browser: Browser) -> Any:
    context = browser.new_context()
    page = context.new_page()
    set_up(page, server, "Ann", PASSWORD)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def draw_on(server: ServerProcess, signed_in: Any, new_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    def open_one(camera: str, *zones: Zone, **options: Any) -> Page:
        draw(server, camera, zones)
        page = new_context(storage_state=signed_in, **options).new_page()
        page.goto(f"{server.url}/settings/cameras/{camera}")
        page.get_by_test_id("open-areas").click()
        expect(page.get_by_test_id("areas")).to_be_visible()
        return page

    return open_one


def draw(server: ServerProcess, camera: str, zones: Sequence[Zone]) -> None:
    """The camera has these and no masks, whatever other tests drew; and a picture to draw on if it is there at all."""
    drawn = camera_in(server, camera)
    wanted = {"zones": list(zones) or None, "masks": None, "reencode": None}
    changes = [
        {"path": ["camera", camera, key], "value": value} for key, value in wanted.items() if value != drawn.get(key)
    ]
    with server.client() as client:
        if changes:
            version = client.get("/settings").json()["version"]
            client.put("/settings", json={"version": version, "changes": changes}).raise_for_status()
        if drawn.get("enabled", True):
            wait_for(lambda: client.get(f"/cameras/{camera}/snapshot.jpg").is_success, 30, f"a picture of the {camera}")


def camera_in(server: ServerProcess, camera_id: str) -> dict[str, Any]:
    text = server.data.with_name("data.toml").read_text(encoding="utf-8")
    assert "# the porch" in text
    return next(one for one in tomllib.loads(text)["camera"] if one["id"] == camera_id)


def corners(page: Page) -> Locator:
    return page.locator("[data-corner]")


def save(page: Page) -> None:
    page.get_by_test_id("save-areas").click()
    expect(page.get_by_test_id("book-state")).to_contain_text("Saved.")


def test_a_zone_is_drawn_by_hand(server: ServerProcess, draw_on: Callable[..., Page], shots: Path | None) -> None:
    page = draw_on("porch", viewport=DESK, bypass_csp=True)
    page.get_by_role("button", name="Zone", exact=True).click()
    expect(corners(page)).to_have_count(4)
    page.get_by_label("Name of the zone").fill("Path <i>&</i> 🌿")
    page.evaluate("scrollTo(0, 0)")
    stage = page.get_by_test_id("drawing").bounding_box()
    assert stage is not None

    def at(x: float, y: float) -> tuple[float, float]:
        return stage["x"] + x * stage["width"], stage["y"] + y * stage["height"]

    page.mouse.move(*at(0.25, 0.35))  # the first corner
    page.mouse.down()
    page.mouse.move(*at(0.15, 0.25), steps=5)
    page.mouse.move(*at(0.1, 0.2), steps=5)
    page.mouse.up()
    page.mouse.click(*at(0.45, 0.1))  # outside: the nearest edge is bent there
    expect(corners(page)).to_have_count(5)
    assert axe_violations(page) == []
    shot(page, shots, "zones-drawn-desk")
    save(page)
    [zone] = camera_in(server, "porch")["zones"]
    assert zone["name"] == "Path <i>&</i> 🌿"
    assert [round(each, 2) for each in zone["polygon"][0]] == [0.1, 0.2]
    assert [round(each, 2) for each in zone["polygon"][1]] == [0.45, 0.1]
    assert zone["polygon"][2:] == [[0.65, 0.35], [0.65, 0.75], [0.25, 0.75]]
    assert all(len(str(each)) <= len("0.123") for corner in zone["polygon"] for each in corner)
    corners(page).nth(1).dblclick()
    expect(corners(page)).to_have_count(4)
    page.get_by_role("button", name="Undo").click()
    expect(corners(page)).to_have_count(5)


def test_a_zone_is_changed_by_keys_alone(server: ServerProcess, draw_on: Callable[..., Page]) -> None:
    page = draw_on("porch", PATH)
    first = corners(page).first
    first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(corners(page)).to_have_count(len(FOUR) + 1)
    expect(corners(page).nth(1)).to_be_focused()
    page.keyboard.press("Tab")
    expect(corners(page).nth(2)).to_be_focused()
    page.keyboard.press("Delete")
    expect(corners(page)).to_have_count(len(FOUR))
    expect(page.get_by_test_id("areas-told")).to_contain_text("Corner taken away.")
    save(page)
    [after] = [zone["polygon"] for zone in camera_in(server, "porch")["zones"]]
    assert after[0] == [0.12, 0.21]
    assert after[2:] == FOUR[2:]


def test_three_corners_stay_and_what_crosses_itself_is_not_saved(
    draw_on: Callable[..., Page], shots: Path | None
) -> None:
    page = draw_on("porch", PATH, bypass_csp=True)
    for _ in range(4):
        corners(page).first.focus()
        page.keyboard.press("Delete")
    expect(corners(page)).to_have_count(3)
    expect(page.get_by_test_id("areas-told")).to_contain_text("at least three corners")
    page.get_by_role("button", name="Motion mask", exact=True).click()
    expect(corners(page)).to_have_count(4)
    corners(page).first.focus()
    for _ in range(60):
        page.keyboard.press("ArrowRight")
    for _ in range(20):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("areas-told")).to_contain_text("crosses itself")
    expect(page.get_by_test_id("save-areas")).to_be_disabled()
    assert axe_violations(page) == []
    shot(page, shots, "zones-crossing")


def test_a_mask_of_a_network_camera_asks_for_consent(
    server: ServerProcess, draw_on: Callable[..., Page], troubles: Troubles
) -> None:
    troubles.expect("status of 404 .*snapshot.jpg", "status of 503 .*snapshot.jpg")
    page = draw_on("yard", viewport=PHONE)
    expect(page.get_by_text("There is no picture just now.")).to_be_visible()
    page.get_by_role("button", name="Privacy mask", exact=True).click()
    expect(page.get_by_test_id("areas-told")).to_contain_text("need the consent below")
    expect(page.get_by_test_id("save-areas")).to_be_disabled()
    page.get_by_label("Let Doorstep encode this camera").check()
    save(page)
    saved = camera_in(server, "yard")
    assert saved["reencode"] is True
    assert saved["masks"] == [[[0.25, 0.35], [0.65, 0.35], [0.65, 0.75], [0.25, 0.75]]]
    assert saved["source"] == "rtsp://viewer:secret@198.51.100.7/stream1"


def test_two_zones_of_one_name_are_told_apart_before_they_are_saved(draw_on: Callable[..., Page]) -> None:
    page = draw_on("porch", PATH)
    name = page.get_by_label("Name of the zone")
    page.get_by_role("button", name="Zone", exact=True).click()
    name.fill("Path")
    expect(page.get_by_test_id("areas-told")).to_contain_text("Two zones are called")
    name.fill("x" * 300)
    expect(page.get_by_test_id("areas-told")).to_contain_text("at most 100")
    name.fill(" ")
    expect(page.get_by_test_id("areas-told")).to_contain_text("Each zone needs a name.")


def test_a_camera_that_goes_while_it_is_drawn_on_loses_nothing(
    server: ServerProcess, draw_on: Callable[..., Page], troubles: Troubles
) -> None:
    troubles.expect("status of 404 .*snapshot.jpg", "net::ERR", "Failed to load resource")
    page = draw_on("porch", PATH)
    page.get_by_role("button", name="Zone", exact=True).click()
    page.route("**/snapshot.jpg**", lambda route: route.fulfill(status=404, json={}))
    page.get_by_role("button", name="New picture").click()
    expect(page.get_by_text("There is no picture just now.")).to_be_visible()
    save(page)
    assert len(camera_in(server, "porch")["zones"]) == 2
