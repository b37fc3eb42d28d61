""" "Why this alert?": what is said, drawn and asked, in every state, and what the family answers."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

from browser.conftest import BrowserHouse, NewPage
from browser.explanations import BOX, EXPLANATION, FEEDBACK, explanation, look, show_still, tell
from fakes.browser import PHONE, Troubles, until
from fakes.server_process import wait_for

TITLE = "Why this alert?"
THANKS = "Thank you. The picture stays on this machine, for tuning."
NOTHING = "Nothing was kept about this one."
# Where a frame and a picture are on the screen, both at once: what is above them may still move them.
PLACES = """
(rect, image) => {
  const box = rect.getBBox();
  const to = rect.getScreenCTM();
  const across = [box.x, box.x + box.width].map((x) => to.a * x + to.e);
  const down = [box.y, box.y + box.height].map((y) => to.d * y + to.f);
  return [[...across, ...down], image.getBoundingClientRect().toJSON()];
}
"""


@pytest.fixture
def person_page(rung: BrowserHouse, new_page: NewPage) -> Callable[..., Page]:
    """The page at the newest alert of a person, not yet opened as to why; answered as `stub` says from the start."""

    def at_alert(stub: Callable[[Page], None] = tell, **options: Any) -> Page:
        person = next(one["id"] for one in rung.server.events() if "person" in one["causes"])
        page = new_page("/status", timezone_id="UTC", **options)
        stub(page)
        show_still(page, 640, 360)
        page.goto(f"{rung.url}/alerts/{person}")
        return page

    return at_alert


def why(page: Page) -> Locator:
    """Opened."""
    page.get_by_text(TITLE).click()
    return page.get_by_test_id("why")


def test_nothing_is_asked_until_it_is_opened_by_key(person_page: Callable[..., Page]) -> None:
    asked: list[str] = []
    page = person_page()
    page.on("request", lambda request: asked.append(request.url))
    summary = page.get_by_text(TITLE)
    expect(summary).to_be_visible()
    expect(page.get_by_test_id("why-story")).to_have_count(0)
    assert [url for url in asked if url.endswith("/explanation")] == []
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("why-story")).to_be_visible()
    expect(summary).to_be_focused()


def test_it_is_told_in_plain_words(person_page: Callable[..., Page]) -> None:
    shown = why(person_page())
    expect(shown.get_by_test_id("why-story")).to_have_text(
        "A person was seen with 93 % certainty at 14:02:06, first in the zone porch, walking towards the door."
    )
    facts = shown.get_by_test_id("why-facts")
    expect(facts).to_contain_text("on this machine (36 looks) and by your remote detector (4 looks)")
    expect(facts).to_contain_text("1.2 % of the picture")
    expect(facts).to_contain_text(re.compile(r"yolox-nano, fingerprint c789161ef18e\s"))
    expect(facts).to_contain_text("416 \N{MULTIPLICATION SIGN} 416")
    assert not re.search("objects?|confidence|inference", shown.inner_text(), re.IGNORECASE)


def test_the_scores_are_drawn_and_can_be_read(person_page: Callable[..., Page]) -> None:
    shown = why(person_page())
    drawing = shown.get_by_role(
        "img", name="How sure in 40 looks from 14:02:03 to 14:02:12: at most 93 %, at 14:02:06."
    )
    expect(drawing).to_be_visible()
    expect(drawing.locator("circle")).to_have_count(len(explanation()["looks"]))
    expect(shown).to_contain_text("Begins at 50 %")
    expect(shown).to_contain_text("Goes on above 35 %")
    shown.get_by_text("All looks (40)").click()
    rows = shown.get_by_test_id("why-looks").get_by_role("row")
    expect(rows).to_have_count(41)
    expect(rows.nth(15)).to_have_text(re.compile(r"14:02:06\.5\s*93 %\s*by your remote detector"))


@pytest.mark.parametrize(("width", "height"), [(640, 360), (360, 640), (400, 400), (2560, 800)])
@pytest.mark.parametrize("viewport", [PHONE, ViewportSize(width=1440, height=900)], ids=["phone", "desk"])
def test_the_frame_lies_where_the_person_is_whatever_shape_the_picture_has(
    person_page: Callable[..., Page], width: int, height: int, viewport: ViewportSize
) -> None:
    page = person_page(viewport=viewport)
    show_still(page, width, height)
    shown = why(page)
    frame = shown.get_by_test_id("why-frame").locator("rect.over")
    expect(frame).to_be_attached()
    expect(shown.locator("img")).to_have_js_property("naturalWidth", width)
    found, place = frame.evaluate(PLACES, shown.locator("img").element_handle())
    scale = min(place["width"] / width, place["height"] / height)
    left = place["x"] + (place["width"] - width * scale) / 2
    top = place["y"] + (place["height"] - height * scale) / 2
    wanted = [left + x * width * scale for x in BOX[::2]] + [top + y * height * scale for y in BOX[1::2]]
    assert found == pytest.approx(wanted, abs=1)


def test_the_frame_can_be_taken_away(person_page: Callable[..., Page]) -> None:
    shown = why(person_page())
    expect(shown.get_by_test_id("why-frame")).to_be_visible()
    shown.get_by_label("Draw a frame around who was seen").uncheck()
    expect(shown.get_by_test_id("why-frame")).to_have_count(0)
    expect(shown.get_by_role("img", name="The best picture", exact=True)).to_be_visible()


def test_an_old_alert_says_that_nothing_was_kept(person_page: Callable[..., Page], troubles: Troubles) -> None:
    troubles.expect("status of 404 .*/explanation")
    shown = why(person_page(lambda page: page.route(EXPLANATION, refusal(404))))
    expect(shown.get_by_role("status")).to_have_text(re.compile(f"{re.escape(NOTHING)}|It is still happening"))


def test_a_fault_is_said_and_can_be_tried_again(person_page: Callable[..., Page], troubles: Troubles) -> None:
    troubles.expect("status of 500 .*/explanation")
    page = person_page(lambda page: page.route(EXPLANATION, refusal(500)))
    shown = why(page)
    expect(shown).to_contain_text("Doorstep had a fault of its own. Try again.")
    page.unroute(EXPLANATION)
    tell(page)
    shown.get_by_role("button", name="Try again").click()
    expect(shown.get_by_test_id("why-story")).to_be_visible()


def test_it_says_that_it_is_loading(person_page: Callable[..., Page]) -> None:
    held: list[Route] = []
    page = person_page(lambda page: page.route(EXPLANATION, lambda route: held.append(route)))  # noqa: PLW0108 - playwright marks the function
    shown = why(page)
    expect(shown.get_by_role("status")).to_have_text("Loading why…")
    until(shown.page, lambda: held)  # the page says so before the browser has told of its request
    held[0].fulfill(json=explanation())
    expect(shown.get_by_test_id("why-story")).to_be_visible()


def test_an_alert_without_any_look_has_no_drawing(person_page: Callable[..., Page]) -> None:
    shown = why(person_page(lambda page: tell(page, looks=[], still_box=None, opened_by="motion", motion=None)))
    expect(shown.get_by_test_id("why-story")).to_have_text("Something moved. No picture was looked at.")
    expect(shown.get_by_test_id("why-chart")).to_have_count(0)
    expect(shown.get_by_test_id("why-frame")).to_have_count(0)
    expect(shown.get_by_label("Draw a frame around who was seen")).to_have_count(0)


def test_as_many_looks_as_are_kept_fit_a_phone(person_page: Callable[..., Page]) -> None:
    looks = [look(number, (number % 20) / 20) for number in range(120)]
    page = person_page(lambda page: tell(page, looks=looks), viewport=ViewportSize(width=320, height=640))
    shown = why(page)
    shown.get_by_text("All looks (120)").click()
    assert page.get_by_test_id("alert-dialog").evaluate("(one) => one.scrollWidth") <= 320
    expect(shown.locator("circle")).to_have_count(120)


def test_not_a_person_is_kept_and_can_be_taken_back(person_page: Callable[..., Page]) -> None:
    page = person_page()
    said: list[Any] = []

    def keep(route: Route) -> None:
        said.append(route.request.post_data_json)
        route.fulfill(status=204)

    page.route(FEEDBACK, keep)
    shown = why(page)
    shown.get_by_role("button", name="Not a person").click()
    expect(shown.get_by_test_id("why-verdict").get_by_role("status")).to_have_text(THANKS)
    back = shown.get_by_role("button", name="It was a person")
    expect(back).to_be_focused()
    page.keyboard.press("Enter")
    expect(shown.get_by_role("button", name="Not a person")).to_be_focused()
    expect(shown.get_by_test_id("why-verdict")).to_contain_text("Noted: it was a person.")
    until(page, lambda: len(said) > 1)
    assert said == [{"verdict": "not_a_person"}, {"verdict": "person"}]


def test_what_was_said_before_is_still_known(person_page: Callable[..., Page]) -> None:
    shown = why(person_page(lambda page: tell(page, feedback="not_a_person")))
    expect(shown.get_by_test_id("why-verdict")).to_contain_text(THANKS)
    expect(shown.get_by_role("button", name="It was a person")).to_be_visible()


def test_an_answer_that_was_not_kept_is_not_thanked_for(person_page: Callable[..., Page], troubles: Troubles) -> None:
    troubles.expect("status of 403 .*/feedback")
    page = person_page()
    page.route(FEEDBACK, refusal(403))
    shown = why(page)
    shown.get_by_role("button", name="Not a person").click()
    expect(shown).to_contain_text("Your account may not do this. Ask the owner.")
    expect(shown).not_to_contain_text("Thank you")
    expect(shown.get_by_role("button", name="Not a person")).to_be_visible()


def test_an_alert_about_nobody_is_not_asked_about(rung: BrowserHouse, new_page: NewPage) -> None:
    page = new_page("/status")
    tell(page, opened_by="press")
    show_still(page, 640, 360)
    page.goto(f"{rung.url}/alerts/{rung.rung['id']}")
    shown = why(page)
    expect(shown.get_by_test_id("why-story")).to_have_text(re.compile("^Somebody pressed the doorbell. A person"))
    expect(shown.get_by_test_id("person-or-not")).to_have_count(0)


def test_the_next_alert_is_told_of_by_itself(rung: BrowserHouse, new_page: NewPage) -> None:
    del rung
    page = new_page("/alerts")
    tell(page)
    show_still(page, 640, 360)
    page.get_by_test_id("alert-card").first.click()
    expect(why(page).get_by_test_id("why-story")).to_be_visible()
    page.get_by_test_id("next").click()
    expect(page.get_by_test_id("why")).not_to_have_attribute("open", "")
    expect(page.get_by_test_id("why-story")).to_have_count(0)


def test_a_card_says_where_and_which_way(rung: BrowserHouse, new_page: NewPage) -> None:
    told = rung.told("/events?limit=60")
    for event in told["events"]:
        event |= {"zone": "porch", "direction": "leaving", "causes": ["loitering", "person"]}
    page = new_page("/status")
    page.route("**/api/v1/events?*", lambda route: route.fulfill(json=told))
    page.goto(f"{rung.url}/alerts")
    card = page.get_by_test_id("alert-card").first
    expect(card).to_contain_text("Somebody stayed")
    expect(card).to_contain_text(" · porch, leaving")


def test_a_hint_and_a_remote_detector_are_named(new_page: NewPage, house: BrowserHouse) -> None:
    hint = "Its key frames are 10 s apart, which costs CPU. Set the key frame interval of the camera to 1 s."
    told = house.told("/cameras")
    for camera in told["cameras"]:
        camera |= {"hint": hint if camera["id"] == "porch" else ""}
        camera["watching"] |= {"on": camera["id"] == "porch", "where": "remote"}
    page = new_page("/cellar")
    page.route("**/api/v1/cameras", lambda route: route.fulfill(json=told))
    page.goto(f"{house.url}/status")
    expect(page.get_by_test_id("who-looks")).to_contain_text(re.compile(r"(yolox-nano|nanodet-g), at \d{3} pixels"))
    expect(page.get_by_test_id("hint")).to_have_count(1)
    expect(page.get_by_test_id("hint")).to_have_text(hint)
    expect(page.get_by_text("Looked at by your remote detector")).to_have_count(1)
    page.goto(f"{house.url}/live/porch")
    expect(page.get_by_test_id("looked-at")).to_have_text("Looked at by your remote detector")


def test_the_real_server_tells_why_and_keeps_what_is_said(rung: BrowserHouse, new_page: NewPage) -> None:
    def seen() -> str | None:
        for one in rung.server.events():
            if one["causes"] == ["person"] and one["still"]["ready"] and one["ended_at"] and one["box"]:
                return str(one["id"])
        return None

    person = wait_for(seen, 60, "the end of a visit")
    page = new_page(f"/alerts/{person}")
    shown = why(page)
    expect(shown.get_by_test_id("why-story")).to_have_text(
        re.compile(r"^A person was seen with \d\d % certainty at \d\d:\d\d:\d\d[,.]")
    )
    expect(shown.get_by_test_id("why-frame").locator("rect.over")).to_be_attached()
    expect(shown.locator("circle").first).to_be_visible()
    expect(shown.get_by_test_id("why-facts")).to_contain_text(
        re.compile(r"(yolox-nano|nanodet-g), fingerprint [0-9a-f]{12}")
    )
    shown.get_by_role("button", name="Not a person").click()
    expect(shown).to_contain_text(THANKS)
    page.reload()
    shown = why(page)
    expect(shown).to_contain_text(THANKS)
    shown.get_by_role("button", name="It was a person").click()
    expect(shown).to_contain_text("Noted: it was a person.")


def refusal(status: int) -> Callable[[Route], None]:
    """A problem, as Doorstep words it."""
    told = {"type": "about:blank", "title": "Problem", "status": status, "detail": "The reason."}

    def refuse(route: Route) -> None:
        route.fulfill(status=status, json=told, content_type="application/problem+json")

    return refuse
