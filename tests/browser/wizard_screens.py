"""Settings > Cameras as it looks in each of its states."""

from playwright.sync_api import Page, expect

from browser.screen import Screen

STREAM = {
    "address": "rtsp://192.168.1.20/stream1",
    "codec": "hevc",
    "width": 2560,
    "height": 1440,
    "fps": 15.0,
    "audio": True,
}
LONG = "Front <b>door</b> 🚪" + " long" * 15
FOUND = [
    {
        "name": "Front <b>door</b> 🚪" + " long" * 15,
        "address": "192.168.1.20",
        "onvif": "http://192.168.1.20/onvif",
        "known": False,
    },
    {"name": "", "address": "192.168.1.21", "onvif": "http://192.168.1.21/onvif", "known": True},
    {"name": "USB Camera", "address": "v4l2:///dev/video0", "onvif": None, "known": False},
]
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs="
NEW = "/settings/cameras/+"
PROBE = "[data-testid=probe-form]"


def find(page: Page) -> None:
    """Cameras of the network and of this machine, one of them here already."""
    page.route("**/api/v1/cameras/discover", lambda route: route.fulfill(json={"found": FOUND}))


def see_found(page: Page) -> None:
    expect(page.get_by_test_id("found-camera")).to_have_count(3)


def choose(page: Page) -> None:
    see_found(page)
    page.get_by_test_id("found-camera").first.get_by_role("button").click()
    page.get_by_test_id("show-picture").click()


def find_none(page: Page) -> None:
    """Nobody answered."""
    page.route("**/api/v1/cameras/discover", lambda route: route.fulfill(json={"found": []}))


def be_refused(page: Page) -> None:
    """A wrong password."""
    report: dict[str, object] = {
        "ok": False,
        "picture": None,
        "streams": [],
        "kind": "wrong-password",
        "trouble": "The camera said no.",
    }
    find(page)
    page.route("**/api/v1/cameras/probe", lambda route: route.fulfill(json=report))


def choose_refused(page: Page) -> None:
    choose(page)
    expect(page.get_by_test_id("probe-trouble")).to_contain_text("does not accept")


def see(page: Page) -> None:
    """A picture, with a small stream."""
    small = {**STREAM, "address": "rtsp://192.168.1.20/stream2", "width": 640, "height": 360}
    report = {"ok": True, "picture": PIXEL, "streams": [STREAM, small], "kind": "", "trouble": ""}
    find(page)
    page.route("**/api/v1/cameras/probe", lambda route: route.fulfill(json=report))


def choose_seen(page: Page) -> None:
    choose(page)
    expect(page.get_by_test_id("seen-camera")).to_be_visible()


def draw(page: Page) -> None:
    """A zone, and one that crosses itself."""
    page.get_by_test_id("open-areas").click()
    page.get_by_role("button", name="Zone", exact=True).click()
    page.get_by_role("button", name="Motion mask", exact=True).click()
    page.locator("[data-corner]").first.focus()
    for key in ["ArrowRight"] * 55 + ["ArrowDown"] * 20:
        page.keyboard.press(key)
    expect(page.get_by_test_id("areas-told")).to_contain_text("crosses itself")


def ask_to_remove(page: Page) -> None:
    """Once more before it is gone."""
    page.get_by_test_id("remove").get_by_role("button").click()
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()


SCREENS = [
    Screen("settings-cameras", "/settings/cameras", "[data-testid=camera-list]"),
    Screen("camera-new", NEW, PROBE, see_found, find),
    Screen("camera-new-none", NEW, "[data-testid=found] >> text=No camera answered.", told=find_none),
    Screen("camera-new-refused", NEW, PROBE, choose_refused, be_refused),
    Screen("camera-new-seen", NEW, PROBE, choose_seen, see),
    Screen("camera-page", "/settings/cameras/yard", "[data-testid=camera-form]", ask_to_remove),
    Screen("camera-zones", "/settings/cameras/porch", "[data-testid=camera-form]", draw),
    Screen("camera-gone", "/settings/cameras/nowhere", "text=There is no such camera any more."),
]
