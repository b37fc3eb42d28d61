"""Detection is switched camera by camera in Settings, and everybody sees where nobody is looked for."""

from playwright.sync_api import expect

from browser.conftest import BrowserHouse, NewPage
from fakes.browser import Troubles
from fakes.server_process import wait_for


def wanted(house: BrowserHouse) -> bool:
    return next(bool(one["watching"]["wanted"]) for one in house.server.cameras() if one["id"] == "gate")


def test_detection_is_switched_off_and_on_again_and_said_where_the_camera_is(
    house: BrowserHouse, new_page: NewPage
) -> None:
    page = new_page("/settings/cameras")
    row = page.locator("[data-testid=detection-of][data-camera=gate]")
    expect(row).to_contain_text("Doorstep looks at this camera.")
    row.get_by_role("button", name="Stop looking: Gate").click()
    expect(row).to_contain_text("Doorstep does not look at this camera.")
    wait_for(lambda: not wanted(house), 5, "the switch")
    page.goto(f"{house.url}/status")
    expect(page.get_by_test_id("detection-off")).to_have_count(1)
    page.goto(f"{house.url}/live/gate")
    expect(page.get_by_test_id("watching")).to_have_text("Detection is off")
    page.goto(f"{house.url}/settings/cameras")
    row.get_by_role("button", name="Look again: Gate").click()
    expect(row).to_contain_text("Doorstep looks at this camera.")
    wait_for(lambda: wanted(house), 5, "the switch")
    page.goto(f"{house.url}/live/gate")
    expect(page.get_by_test_id("watching")).to_contain_text("Watching")


def test_a_switch_that_does_not_reach_doorstep_says_so_and_stays_as_it_is(
    new_page: NewPage, troubles: Troubles
) -> None:
    troubles.expect(r"status of 500 .*/cameras/gate/detection")
    page = new_page("/settings/cameras")
    page.route("**/api/v1/cameras/gate/detection", lambda route: route.fulfill(status=500, json={}))
    row = page.locator("[data-testid=detection-of][data-camera=gate]")
    row.get_by_role("button").click()
    expect(page.get_by_test_id("detection")).to_contain_text("Doorstep had a fault of its own. Try again.")
    expect(row).to_contain_text("Doorstep looks at this camera.")
