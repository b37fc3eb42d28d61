"""The clip sheet: from a tap on Live to a file that plays, and what becomes of it when something ends in the middle."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from browser.conftest import OWNER, PORCH, BrowserHouse, NewPage
from fakes.browser import PHONE, Troubles, sign_in, until
from fakes.server_process import PASSWORD, wait_for

CLIP = re.compile(r"/api/v1/cameras/[^/]+/clip\?")
SLOW = 20_000
"""Bytes a second: a clip of some seconds takes its time."""

CUT_ONCE = """
const real = window.fetch;
let whole = false;
window.fetch = async (address, wish) => {
  const answer = await real(address, wish);
  if (whole || wish?.method !== 'GET' || !String(address).includes('/clip?')) return answer;
  whole = true;
  const { value } = await answer.body.getReader().read();
  const body = new ReadableStream({
    start(stream) { stream.enqueue(value.slice(0, 50000)); },
    pull(stream) { stream.error(new TypeError('network error')); },
  }, { highWaterMark: 0 });
  return new Response(body, { status: answer.status, headers: answer.headers });
};
"""
"""The connection breaks in the middle of the first clip, as where a phone leaves the house."""

STUB_SHARE = """
window.shared = [];
navigator.canShare = (what) => (what.files ?? []).length > 0;
navigator.share = async (what) => {
  for (const file of what.files) window.shared.push([file.name, file.type, file.size]);
};
"""


@pytest.fixture(autouse=True)
def filmed(house: BrowserHouse) -> None:
    """For half a minute at least."""

    def has_much() -> bool:
        with house.server.client() as client:
            answer = client.head("/cameras/yard/clip?duration=30")
            return answer.is_success and float(answer.headers["doorstep-missing-seconds"]) < 1

    wait_for(has_much, 90, "half a minute of film")


@contextmanager
def slowed(page: Page) -> Iterator[None]:
    """What comes to the page comes slowly, until the block ends."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": SLOW, "uploadThroughput": -1}

    session.send("Network.emulateNetworkConditions", conditions)
    yield
    session.send("Network.emulateNetworkConditions", conditions | {"downloadThroughput": -1})


def seconds_of(content: bytes) -> float:
    """How long it plays; every picture of it is decoded."""
    with av.open(io.BytesIO(content), "r") as film:
        pictures = len(list(film.decode(video=0)))
        assert pictures > 0
        assert film.duration is not None
        return film.duration / 1_000_000


def is_clip(request: Request) -> bool:
    return request.method == "GET" and CLIP.search(request.url) is not None


# ------------------------------------------------------------------------------------------------------ saving


def test_the_last_minute_is_saved_with_three_clicks(house: BrowserHouse, new_page: NewPage, tmp_path: Path) -> None:
    page = new_page("/live/yard", viewport=PHONE)
    page.get_by_test_id("save-other").click()
    page.get_by_test_id("length-60").click()
    with page.expect_download() as saved:
        page.get_by_test_id("save-clip").click()
    file = tmp_path / "clip.mp4"
    saved.value.save_as(file)
    assert re.fullmatch(r"\d{8}_\d{6}_Yard-img-src-x-onerror-alert-1\.mp4", saved.value.suggested_filename)
    said = page.get_by_test_id("clip-ready").inner_text()
    shown = re.search(r"(\d+):(\d\d),", said)
    assert shown is not None
    assert abs(seconds_of(file.read_bytes()) - int(shown[1]) * 60 - int(shown[2])) < 1.5
    assert 25 < seconds_of(file.read_bytes()) < 61
    del house


def test_what_is_told_before_is_what_is_saved(new_page: NewPage, tmp_path: Path) -> None:
    page = new_page("/live/yard")
    page.get_by_test_id("save-other").click()
    page.get_by_test_id("length-15").click()
    with page.expect_response(lambda answer: is_clip(answer.request)) as fetched, page.expect_download() as saved:
        page.get_by_test_id("save-clip").click()
    file = tmp_path / "clip.mp4"
    saved.value.save_as(file)
    assert file.stat().st_size == int(fetched.value.headers["content-length"])
    assert page.get_by_test_id("clip-size").inner_text() == f"About {size(file.stat().st_size)}"
    assert abs(seconds_of(file.read_bytes()) - 15) < 0.5
    expect(page.get_by_test_id("clip-message")).to_contain_text("Saved.")


def size(count: int) -> str:
    return f"{-(-count // 1000)} kB" if count < 1_000_000 else f"{round(count / 1_000_000)} MB"


def test_a_length_of_ones_own(new_page: NewPage) -> None:
    page = new_page("/live/yard")
    page.get_by_test_id("save-other").click()
    page.get_by_test_id("length-other").click()
    page.get_by_label("Minutes").fill("0")
    page.get_by_label("Seconds").fill("7")
    page.get_by_test_id("make-clip").click()
    expect(page.get_by_test_id("clip-ready")).to_contain_text("Ready: 0:07")


def test_more_than_there_is_says_where_the_recording_starts(new_page: NewPage) -> None:
    page = new_page("/live/yard")
    # Whether there are holes depends on how long the house has been up, and whether it was begun anew meanwhile.
    page.route(CLIP, told({"doorstep-parts": "1"}))  # type: ignore[arg-type]
    page.get_by_test_id("save-other").click()
    page.get_by_test_id("length-other").click()
    page.get_by_label("Minutes").fill("60")
    page.get_by_label("Seconds").fill("0")
    expect(page.get_by_test_id("clip-shortened")).to_have_text(
        re.compile(r"^Recording starts at \d?\d:\d\d( [AP]M)?\. Clip shortened to .*(min|s)\.$")
    )


def test_a_shortcut_of_the_home_screen_makes_the_last_minute(house: BrowserHouse, new_page: NewPage) -> None:
    page = new_page("/?save=60")
    expect(page.get_by_test_id("clip-ready")).to_be_visible()
    expect(page.get_by_test_id("length-60")).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(f"{house.url}/")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("clip-sheet")).to_have_count(0)


def test_a_phone_is_handed_the_file_within_the_tap(new_context: object, house: BrowserHouse) -> None:
    context: BrowserContext = new_context(  # type: ignore[operator]
        storage_state=house.signed_in, viewport=PHONE, is_mobile=True, has_touch=True
    )
    context.add_init_script(STUB_SHARE)
    page = context.new_page()
    page.goto(f"{house.url}/live/porch")
    page.get_by_test_id("save-last").tap()
    page.get_by_test_id("save-to-phone").tap()
    until(page, lambda: page.evaluate("shared.length") == 1)
    [[name, kind, count]] = page.evaluate("shared")
    assert re.fullmatch(r"\d{8}_\d{6}_Porch-b-door-b\.mp4", name)
    assert kind == "video/mp4"
    assert count > 10_000
    expect(page.get_by_role("heading", name="Save the last")).to_be_visible()
    expect(page.get_by_text(PORCH, exact=True).first).to_be_visible()


# ----------------------------------------------------------------------------------------- what ends in the middle


def test_who_cancels_frees_what_came(new_page: NewPage) -> None:
    page = new_page("/live/yard")
    ended: list[str] = []
    page.on("requestfailed", lambda request: ended.append(request.url) if is_clip(request) else None)
    page.get_by_test_id("save-other").click()
    expect(page.get_by_test_id("clip-size")).to_be_visible()
    with slowed(page):
        page.get_by_test_id("make-clip").click()
        expect(page.get_by_test_id("clip-progress")).not_to_have_attribute("data-received", "0")
        page.get_by_test_id("clip-cancel").click()
        expect(page.get_by_test_id("clip-message")).to_contain_text("Cancelled.")
        until(page, lambda: len(ended) == 1)
    page.get_by_test_id("make-clip").click()
    expect(page.get_by_test_id("clip-ready")).to_be_visible()


def test_a_clip_that_is_cut_off_goes_on_where_it_was(new_page: NewPage) -> None:
    page = new_page("/status")
    page.add_init_script(CUT_ONCE)
    page.goto(page.url.replace("/status", "/live/yard"))
    asked: list[str | None] = []
    page.on("request", lambda request: asked.append(request.headers.get("range")) if is_clip(request) else None)
    page.get_by_test_id("save-other").click()
    expect(page.get_by_test_id("clip-size")).to_be_visible()
    page.get_by_test_id("make-clip").click()
    expect(page.get_by_test_id("clip-again")).to_be_visible()
    expect(page.get_by_test_id("clip-sheet")).to_contain_text("What has come is kept.")
    expect(page.get_by_test_id("length-30")).to_have_attribute("aria-pressed", "true")
    page.get_by_test_id("clip-again").click()
    expect(page.get_by_test_id("clip-ready")).to_be_visible()
    assert asked == [None, "bytes=50000-"]
    with page.expect_download() as saved:
        page.get_by_test_id("save-clip").click()
    assert 25 < seconds_of(saved.value.path().read_bytes()) < 31


def test_whose_session_ends_signs_in_and_carries_on(new_page: NewPage, troubles: Troubles) -> None:
    troubles.expect("401", "WebSocket")
    page = new_page("/live/yard")
    page.get_by_test_id("save-other").click()
    expect(page.get_by_test_id("clip-size")).to_be_visible()
    with slowed(page):
        page.get_by_test_id("make-clip").click()
        expect(page.get_by_test_id("clip-progress")).not_to_have_attribute("data-received", "0")
        page.context.clear_cookies()
        expect(page.get_by_label("Password", exact=True)).to_be_visible()
    sign_in(page, OWNER, PASSWORD)
    expect(page.get_by_test_id("clip-ready")).to_be_visible()
    expect(page.get_by_test_id("length-30")).to_have_attribute("aria-pressed", "true")
    with page.expect_download() as saved:
        page.get_by_test_id("save-clip").click()
    assert 25 < seconds_of(saved.value.path().read_bytes()) < 31


def test_where_nothing_was_recorded_it_says_so(new_page: NewPage, troubles: Troubles) -> None:
    troubles.expect("status of 404")
    page = new_page("/live/yard")
    page.route(CLIP, lambda route: route.fulfill(status=404))
    page.get_by_test_id("save-last").click()
    expect(page.get_by_test_id("clip-sheet")).to_contain_text("Nothing was recorded in this span.")
    expect(page.get_by_test_id("make-clip")).to_be_disabled()


# ------------------------------------------------------------------------------------------- large, and of another kind


def told(change: dict[str, str]) -> object:
    """The server's answer about a clip, with some of it changed."""

    def answer(route: Route) -> None:
        if route.request.method != "HEAD":
            route.continue_()
            return
        found = route.fetch()
        route.fulfill(status=found.status, headers={**found.headers, **change})

    return answer


def test_a_large_clip_is_left_to_the_phones_own_download(new_context: object, house: BrowserHouse) -> None:
    context: BrowserContext = new_context(  # type: ignore[operator]
        storage_state=house.signed_in, viewport=PHONE, is_mobile=True, has_touch=True
    )
    page = context.new_page()
    page.route(CLIP, told({"content-length": "400000000"}))  # type: ignore[arg-type]
    page.goto(f"{house.url}/live/yard")
    page.get_by_test_id("save-last").tap()
    expect(page.get_by_test_id("clip-large")).to_contain_text("400 MB")
    page.unroute(CLIP)
    with page.expect_download() as saved:
        page.get_by_test_id("clip-direct").tap()
    assert 25 < seconds_of(saved.value.path().read_bytes()) < 31
    assert saved.value.suggested_filename.endswith("_Yard-img-src-x-onerror-alert-1.mp4")


def test_a_browser_without_hevc_is_offered_what_works_everywhere(new_page: NewPage) -> None:
    page = new_page("/live/yard")
    page.add_init_script("HTMLMediaElement.prototype.canPlayType = () => '';")
    page.reload()
    page.route(CLIP, told({"doorstep-codec": "hevc"}))  # type: ignore[arg-type]
    page.get_by_test_id("save-other").click()
    expect(page.get_by_test_id("everywhere")).to_be_checked()
    with page.expect_request(is_clip) as asked:
        page.get_by_test_id("make-clip").click()
    assert "codec=h264" in asked.value.url
    assert asked.value.headers["prefer"] == "respond-async"
    expect(page.get_by_test_id("clip-ready")).to_be_visible()


# -------------------------------------------------------------------------------------------------- kept and shared


def test_a_kept_clip_lies_with_the_alerts_and_is_shared_by_a_link(house: BrowserHouse, new_page: NewPage) -> None:
    page = new_page("/live/yard")
    page.get_by_test_id("save-other").click()
    page.get_by_test_id("length-15").click()
    expect(page.get_by_test_id("clip-ready")).to_be_visible()
    before = saved_of(house)
    page.get_by_test_id("keep-clip").click()
    expect(page.get_by_test_id("clip-kept")).to_contain_text("Kept with your alerts.")
    after = saved_of(house)
    [kept] = [after[one] for one in after.keys() - before.keys()]
    page.get_by_test_id("link-clip").click()
    expect(page.get_by_test_id("share-dialog")).to_be_visible()
    assert saved_of(house).keys() == after.keys()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Show it").click()
    expect(page.get_by_test_id("alert-dialog")).to_have_attribute("data-event", kept["id"])
    expect(page.get_by_test_id("alert-dialog")).to_contain_text("Saved")
    expect(page.get_by_test_id("seen")).to_contain_text("Kept from")
    assert abs(seconds_of(house.bytes_of(kept["clip"]["href"])) - 15) < 0.5
    assert kept["thumbnail"]["ready"]


def saved_of(house: BrowserHouse) -> dict[str, dict[str, Any]]:  # JSON
    return {event["id"]: event for event in house.told("/events?cause=saved&camera=yard")["events"]}


def test_a_full_disk_is_said_and_the_phone_can_save_all_the_same(new_page: NewPage, troubles: Troubles) -> None:
    troubles.expect("status of 507")
    page = new_page("/live/yard")
    words = "There is no room for this clip, so it was not kept."
    page.route(re.compile(r"/clips$"), lambda route: route.fulfill(status=507, json={"detail": words}))
    page.get_by_test_id("save-last").click()
    expect(page.get_by_test_id("clip-ready")).to_be_visible()
    page.get_by_test_id("keep-clip").click()
    expect(page.get_by_test_id("clip-sheet")).to_contain_text(words)
    expect(page.get_by_test_id("save-clip")).to_be_visible()


def test_the_whole_sheet_by_keyboard(new_page: NewPage) -> None:
    page = new_page("/live/yard")
    page.get_by_test_id("save-other").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Save the last")).to_be_focused()
    expect(page.get_by_test_id("clip-size")).to_be_visible()
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_test_id("length-15")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("save-clip")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("clip-sheet")).to_have_count(0)
    expect(page.get_by_test_id("save-other")).to_be_focused()


# ------------------------------------------------------------------------------------------------- pause watching


def test_watching_is_paused_for_a_quarter_of_an_hour_and_taken_up(new_page: NewPage) -> None:
    page = new_page("/live/yard")
    page.get_by_test_id("quiet").click()
    page.get_by_test_id("quiet-15").click()
    expect(page.get_by_test_id("quiet-until")).to_contain_text("Quiet for you until")
    assert page.evaluate("fetch('/api/v1/snooze').then((answer) => answer.json())")["snoozed_until"] is not None
    page.get_by_test_id("quiet-end").click()
    expect(page.get_by_test_id("quiet-until")).to_have_count(0)
    page.get_by_test_id("quiet-detection").click()
    expect(page.get_by_test_id("quiet-detection")).to_have_text("Turn detection on")
    page.get_by_test_id("quiet-detection").click()
    expect(page.get_by_test_id("quiet-detection")).to_have_text("Until I turn it on")
