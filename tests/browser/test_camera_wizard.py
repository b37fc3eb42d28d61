"""A camera is found, asked for its picture and saved; its password is in no page and in no config file."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from fakes.browser import PHONE, Troubles, axe_violations, painted, shot
from fakes.far_network import needs_far_network
from fakes.lan_cameras import LanCamera, lan
from fakes.rtsp_camera import needs_camera
from fakes.wizard_house import WizardHouse, wizard_house

USER, PASSWORD, ENCODED = "viewer", "p@ss:w/rd#%&", "p%40ss%3Aw%2Frd%23%25%26"
DOOR = {"id": "front-b-door-b", "name": "Front <b>door</b> 🚪", "source": "demo://"}
MOST_CLICKS = 5
COUNT_CLICKS = """
sessionStorage.clicks ??= '0';
addEventListener('click', (event) => {
  if (event.isTrusted && event.detail > 0) sessionStorage.clicks = String(Number(sessionStorage.clicks) + 1);
}, true);
"""
NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[WizardHouse]:
    needs_far_network()
    needs_camera()
    # Every cable before the first page: a chromium that sees the network change breaks off what it loads.
    with lan() as network:
        camera = network.whole("--name", "Front%20%3Cb%3Edoor%3C/b%3E", user=USER, password=PASSWORD)
        nobody = network.nobody()
        with wizard_house(tmp_path_factory.mktemp("wizard"), browser, camera, nobody) as made:
            yield made


@pytest.fixture
def camera(home: WizardHouse) -> LanCamera:
    return home.camera


@pytest.fixture
def open_page(home: WizardHouse, new_context: NewContext) -> Callable[..., Page]:
    def open_one(path: str = "/", **options: Any) -> Page:
        page = new_context(storage_state=home.signed_in, **options).new_page()
        page.add_init_script(COUNT_CLICKS)
        page.goto(home.url + path)
        return page

    return open_one


def test_from_set_up_to_the_first_live_picture_of_a_found_camera(
    home: WizardHouse, camera: LanCamera, open_page: Callable[..., Page], shots: Path | None
) -> None:
    home.furnish()
    page = open_page("/welcome", viewport=PHONE, bypass_csp=True)
    page.get_by_test_id("first-camera").click()
    found = page.get_by_test_id("found-camera").filter(has_text=camera.address)
    found.get_by_role("button").click()
    shot(page, shots, "wizard-sign-phone")
    page.get_by_label("User in the camera").fill(USER)
    page.get_by_label("Password in the camera", exact=True).fill(PASSWORD)
    page.get_by_test_id("show-picture").click()
    expect(page.get_by_test_id("probe-picture")).to_be_visible()
    expect(page.get_by_test_id("seen-camera")).to_contain_text(
        re.compile(r"H\.264, 640 . 480, 25 pictures a second, no sound")
    )
    expect(page.get_by_label("Name")).to_have_value("Front <b>door</b> DS-2CD")
    assert axe_violations(page) == []
    shot(page, shots, "wizard-picture-phone")
    page.get_by_label("Name").fill("Front <b>door</b> 🚪")
    page.get_by_test_id("save-camera").click()
    expect(page).to_have_url(re.compile(r"/live/front-b-door-b$"))
    expect(page.get_by_test_id("live")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Front <b>door</b> 🚪")
    expect(page.get_by_test_id("live")).to_have_attribute("data-verdict", "live")
    assert int(page.evaluate("sessionStorage.clicks")) <= MOST_CLICKS
    [saved] = home.cameras()
    assert saved["name"] == "Front <b>door</b> 🚪"
    assert saved["source"] == f"rtsp://{USER}:${{CAM_FRONT_B_DOOR_B_PASSWORD}}@{camera.address}/stream1"
    assert saved["detect"] == f"rtsp://{USER}:${{CAM_FRONT_B_DOOR_B_PASSWORD}}@{camera.address}:8554/stream2"
    assert PASSWORD not in home.config.read_text(encoding="utf-8")
    assert home.secrets.stat().st_mode & 0o077 == 0
    assert ENCODED in home.secrets.read_text(encoding="utf-8")


def test_a_wrong_password_is_told_and_the_next_try_is_the_owners(
    home: WizardHouse, camera: LanCamera, open_page: Callable[..., Page], shots: Path | None
) -> None:
    home.furnish()
    page = open_page("/settings/cameras/+", bypass_csp=True)
    found = page.get_by_test_id("found-camera").filter(has_text=camera.address)
    expect(found).to_be_visible()
    assert axe_violations(page) == []
    shot(page, shots, "wizard-found-desk")
    found.get_by_role("button").click()
    page.get_by_label("User in the camera").fill(USER)
    page.get_by_label("Password in the camera", exact=True).fill("wrong")
    page.get_by_test_id("show-picture").click()
    trouble = page.get_by_test_id("probe-trouble")
    expect(trouble).to_contain_text("does not accept this user and password")
    painted(page)
    assert axe_violations(page) == []
    shot(page, shots, "wizard-wrong-password")
    page.get_by_label("Password in the camera", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("probe-picture")).to_be_visible()


def test_an_address_is_typed_with_its_password_in_it(
    home: WizardHouse, camera: LanCamera, open_page: Callable[..., Page]
) -> None:
    home.furnish(DOOR)
    page = open_page("/settings/cameras/+")
    page.get_by_label("Address", exact=True).fill(f"rtsp://{USER}:{ENCODED}@{camera.address}/stream1")
    page.get_by_test_id("show-picture").click()
    expect(page.get_by_test_id("probe-picture")).to_be_visible()
    page.get_by_label("Name").fill("Front <b>door</b> 🚪")
    page.get_by_test_id("save-camera").click()
    expect(page).to_have_url(re.compile(r"/live/front-b-door-b-2$"))
    assert [one["id"] for one in home.cameras()] == ["front-b-door-b", "front-b-door-b-2"]
    assert home.cameras()[1]["source"].endswith(f"${{CAM_FRONT_B_DOOR_B_2_PASSWORD}}@{camera.address}/stream1")


def test_this_machine_and_what_does_not_answer_are_no_cameras(
    home: WizardHouse, open_page: Callable[..., Page]
) -> None:
    page = open_page("/settings/cameras/+")
    for address, words in (
        ("127.0.0.1", "No camera can be there."),
        ("http://169.254.169.254/latest/meta-data/", "No camera can be there."),
        ("file:///etc/passwd", "No camera can be there."),
        (home.nobody, "Nobody answers there."),
    ):
        page.get_by_label("Address", exact=True).fill(address)
        page.get_by_test_id("show-picture").click()
        expect(page.get_by_test_id("probe-trouble")).to_contain_text(words)


def test_a_search_that_lasts_can_be_stopped(open_page: Callable[..., Page], shots: Path | None) -> None:
    page = open_page("/settings/cameras/+", viewport=PHONE)

    def never(route: Route) -> None:
        del route  # the answer comes when it is stopped: the server's is of another test

    page.route("**/api/v1/cameras/probe", never)
    page.route(
        "**/api/v1/cameras/probe/progress", lambda route: route.fulfill(json={"running": True, "tried": 3, "most": 14})
    )
    page.get_by_label("Address", exact=True).fill("192.168.1.20")
    page.get_by_test_id("show-picture").click()
    expect(page.get_by_test_id("probing")).to_contain_text("Trying address 3 of 14")
    shot(page, shots, "wizard-trying-phone")
    page.get_by_test_id("probing").get_by_role("button", name="Stop").click()


def test_a_name_that_is_too_long_is_said_before_it_is_saved(open_page: Callable[..., Page]) -> None:
    page = open_page("/settings/cameras/+")
    page.get_by_label("Address", exact=True).fill("demo://")
    page.get_by_test_id("show-picture").click()
    page.get_by_label("Name").fill("x" * 300)
    expect(page.get_by_test_id("seen-camera")).to_contain_text("A name has at most 100 letters.")
    expect(page.get_by_test_id("save-camera")).to_be_disabled()


def test_a_camera_is_renamed_switched_off_and_removed(home: WizardHouse, open_page: Callable[..., Page]) -> None:
    source = f"rtsp://viewer:${{CAM_YARD_PASSWORD}}@{home.camera.address}/stream1"
    home.furnish(DOOR, {"id": "yard", "name": "Yard", "source": source}, CAM_YARD_PASSWORD=ENCODED)
    page = open_page("/settings/cameras/yard")
    expect(page.get_by_test_id("source")).to_contain_text("rtsp://viewer:${CAM_YARD_PASSWORD}@")
    assert ENCODED not in page.content()
    page.get_by_label("Name").fill("Garden")
    page.get_by_label("This camera is on").uncheck()
    page.get_by_test_id("save-form").click()
    expect(page.get_by_test_id("book-state")).to_contain_text("Saved.")
    saved = home.cameras()[1]
    assert (saved["name"], saved["enabled"], saved["id"]) == ("Garden", False, "yard")
    page.get_by_test_id("remove").get_by_role("button").click()
    page.get_by_role("button", name="Yes, remove it").click()
    expect(page.get_by_test_id("camera-list")).to_be_visible()
    assert [one["id"] for one in home.cameras()] == ["front-b-door-b"]


def test_settings_that_changed_meanwhile_are_not_overwritten(
    home: WizardHouse, open_page: Callable[..., Page], troubles: Troubles
) -> None:
    troubles.expect("status of 409")
    home.furnish(DOOR)
    page = open_page("/settings/cameras/front-b-door-b")
    expect(page.get_by_test_id("camera-form")).to_be_visible()
    home.config.write_text(home.config.read_text(encoding="utf-8") + "\n# by hand\n", encoding="utf-8")
    page.get_by_label("Name").fill("Door")
    page.get_by_test_id("save-form").click()
    expect(page.get_by_test_id("book-state")).to_contain_text("changed elsewhere")
    assert home.cameras()[0]["name"] == "Front <b>door</b> 🚪"
    page.get_by_label("Name").fill("Door")
    page.get_by_test_id("save-form").click()
    expect(page.get_by_test_id("book-state")).to_contain_text("Saved.")
    assert home.cameras()[0]["name"] == "Door"
    assert "# by hand" in home.config.read_text(encoding="utf-8")
