"""A phone outside, a hub in the public, a box behind a NAT that lets nothing in: all that the page does, and scripts.

How fast it is tells `faults/hub_campaign.py`; here the times are ten times what is promised.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from doorstep.core.audit import FAILED
from fakes import browser, hub_browser
from fakes.hub_home import CAMERA, Home
from fakes.hub_phone import OWNER, Phone
from fakes.hub_places import needs_places
from fakes.hub_rig import Hub, hub_world, joined
from fakes.hub_world import HOME_PUBLIC, HUB_HOST, PHONE_ADDRESS, TABLET_ADDRESS
from fakes.live_page import break_ways
from fakes.pictures import NEEDS_MODEL
from fakes.push_service import Browser
from fakes.server_process import PASSWORD, wait_for

pytestmark = [pytest.mark.slow, NEEDS_MODEL]

SLOWER = 10.0
FIRST_PICTURE_SECONDS = 3.0
SHOWN = """(way) => [...document.querySelectorAll(`[data-way="${way}"] video, video[data-way="${way}"]`)]
  .some((video) => video.videoWidth > 0 && video.currentTime > 0)"""
FORGED = {
    "X-Forwarded-For": "9.9.9.9, 127.0.0.1",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Real-IP": "9.9.9.9",
    "Forwarded": "for=9.9.9.9;host=evil.example;proto=http",
    "X-Client-IP": "9.9.9.9",
    "True-Client-IP": "9.9.9.9",
}


@dataclass(frozen=True, slots=True)
class Visited:
    """The three, with the owner signed in at the phone and one visit recorded."""

    hub: Hub
    home: Home
    phone: Phone
    event: dict[str, Any]

    def audit(self, **wanted: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.home.get("/audit?limit=200")["entries"]
        return [one for one in entries if all(one[name] == value for name, value in wanted.items())]


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    needs_places("caddy", "turnserver")
    folder = tmp_path_factory.mktemp("away")
    with hub_world(folder / "world") as hub, joined(hub, folder / "data") as made:
        home, phone = made.home, made.phone
        line = wait_for(
            lambda: next((line for line in home.lines if "/setup#" in line), None), 20, "the set-up address"
        )
        phone.set_up(line)
        wait_for(lambda: home.cameras()[0]["state"] == "live" or None, 30, "a live camera")
        home.ask("POST", f"/cameras/{CAMERA}/press").raise_for_status()
        event = wait_for(lambda: next((one for one in home.events() if one["ended_at"]), None), 60, "a visit's end")
        yield Visited(hub, home, phone, event)


def token(away: Visited, *scopes: str) -> str:
    made: str = away.phone.api("POST", "/tokens", json={"name": f"for {scopes[0]}", "scopes": list(scopes)})["token"]
    return made


def test_the_owner_signs_in_with_a_cookie_that_only_this_host_gets_over_tls(away: Visited) -> None:
    fresh = replace(away.phone, cookies=httpx.Cookies())
    assert fresh.ask("GET", "/api/v1/cameras").status_code == 401
    answer = fresh.sign_in()
    assert answer.status_code == 201, answer.text
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"))
    assert fresh.api("GET", "/session")["name"] == OWNER
    assert fresh.ask("GET", "/api/v1/cameras").status_code == 200


def test_the_page_is_served_and_says_how_it_came(away: Visited) -> None:
    shown = away.phone.api("GET", "/hub")
    assert (shown["paired"], shown["state"], shown["address"]) == (True, "up", f"https://{HUB_HOST}")
    assert (shown["through_hub"], shown["at_home"]) == (True, False)


def test_who_is_at_home_is_shown_the_short_way(away: Visited) -> None:
    """By the house's public address, which the hub sees from both."""
    tablet = replace(away.phone, place=away.hub.world.tablet)
    shown = wait_for(lambda: found if (found := tablet.api("GET", "/hub"))["at_home"] else None, 20, "at home")
    assert away.hub.world.router.run("conntrack", "-C").stdout.strip() != "0"
    short = shown["home_address"]
    direct = away.hub.world.tablet.call(lambda: httpx.get(f"{short.rstrip('/')}/healthz", timeout=60))
    assert direct.status_code == 200
    assert HOME_PUBLIC not in short


def test_the_first_picture_comes_by_mse_through_443(away: Visited) -> None:
    assert away.phone.first_picture(CAMERA) < SLOWER * FIRST_PICTURE_SECONDS


def test_by_webrtc_with_udp_blocked_pictures_come_through_the_relay(away: Visited) -> None:
    away.hub.world.no_udp(off=True)
    try:
        assert away.phone.relayed(CAMERA) < SLOWER * FIRST_PICTURE_SECONDS
    finally:
        away.hub.world.no_udp(off=False)


def test_a_clip_is_downloaded_whole_and_in_parts(away: Visited) -> None:
    path = f"/api/v1/events/{away.event['id']}/clip.mp4"
    whole = away.phone.ask("GET", path)
    assert (whole.status_code, whole.content[4:8]) == (200, b"ftyp")
    part = away.phone.ask("GET", path, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, whole.content[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(whole.content)}"
    assert "no-store" in whole.headers["cache-control"]


def test_a_share_link_opens_outside_for_who_has_it_and_ends(away: Visited) -> None:
    made = away.phone.api("POST", f"/events/{away.event['id']}/share", json={})
    assert made["href"].startswith(f"https://{HUB_HOST}/s/")
    stranger = replace(away.phone, cookies=httpx.Cookies())
    path = made["href"].removeprefix(stranger.address)
    opened = stranger.ask("GET", path)
    assert opened.status_code == 200
    assert "no-referrer" in opened.headers["referrer-policy"]
    assert stranger.ask("GET", f"/api/v1/events/{away.event['id']}").status_code == 401
    away.phone.api("DELETE", f"/shares/{made['id']}")
    assert stranger.ask("GET", path).status_code in {404, 410}


def test_motion_and_a_press_from_outside_are_taken_from_who_may(away: Visited) -> None:
    motion, press = token(away, "motion:write"), token(away, "press:write")
    script = replace(away.phone, cookies=httpx.Cookies())
    for word, may, may_not in (("motion", motion, press), ("press", press, motion)):
        path = f"/api/v1/cameras/{CAMERA}/{word}"
        assert script.ask("POST", path, token=may_not).status_code in {403, 404}
        assert script.ask("POST", path, token="no such token").status_code == 401
        assert script.ask("POST", path, token=may).status_code == 202
    assert script.ask("GET", "/api/v1/events", token=motion).status_code in {403, 404}


def test_a_browser_outside_turns_notifications_on_and_off(away: Visited) -> None:
    assert away.phone.api("GET", "/push")["public_key"]
    phone = Browser("https://fcm.googleapis.com/fcm/send/a-long-secret", "Ada's phone")
    device = away.phone.api("POST", "/push/subscriptions", json=phone.to_json())
    assert [one["name"] for one in away.phone.api("GET", "/push")["devices"]] == ["Ada's phone"]
    away.phone.api("DELETE", f"/push/subscriptions/{device['id']}")
    assert away.phone.api("GET", "/push")["devices"] == []


def test_the_audit_log_knows_the_phones_own_address_whatever_it_claims(away: Visited) -> None:
    liar = replace(away.phone, cookies=httpx.Cookies())
    answer = liar.ask(
        "POST", "/api/v1/session", headers=FORGED, json={"name": OWNER, "password": "wrong, and known to be"}
    )
    assert answer.status_code in {401, 429}
    assert "evil" not in answer.text
    failed_from(away, PHONE_ADDRESS)
    assert liar.ask("GET", "/api/v1/tokens", headers={**FORGED, "X-Forwarded-For": "127.0.0.1"}).status_code == 401


def test_a_link_is_not_led_astray_by_a_forged_host(away: Visited) -> None:
    made = away.phone.api("POST", f"/events/{away.event['id']}/share", json={}, headers=FORGED)
    assert made["href"].startswith(f"https://{HUB_HOST}/s/")


def test_at_home_nobody_is_believed_who_says_that_he_is_the_hub(away: Visited) -> None:
    """By the box's own port, past the hub."""
    url = f"http://{away.hub.world.home.run('hostname', '-I').stdout.split()[0]}:8080/api/v1/session"
    body = {"name": OWNER, "password": "wrong, and known to be"}
    headers = {**FORGED, "Sec-Fetch-Site": "same-origin"}
    answer = away.hub.world.tablet.call(lambda: httpx.post(url, json=body, headers=headers, timeout=60))
    assert answer.status_code in {401, 429}
    failed_from(away, TABLET_ADDRESS)


def failed_from(away: Visited, address: str) -> None:
    """It is in the audit log that somebody there failed to sign in, and nobody at any address that he claimed."""
    wait_for(lambda: away.audit(verb=FAILED, address=address) or None, 20, f"a failed try from {address}")
    assert {one["address"] for one in away.audit(verb=FAILED)} <= {PHONE_ADDRESS, TABLET_ADDRESS}


def test_a_name_that_no_box_has_is_nobody(away: Visited) -> None:
    with pytest.raises(httpx.HTTPError):
        away.phone.ask("GET", "/", headers={"Host": "evil.example"}).raise_for_status()


def test_a_long_request_and_a_socket_outlive_the_hubs_own_timeouts(away: Visited) -> None:
    """Fragments come without a break for longer than Caddy waits for heads of requests."""
    came = away.phone.watch(CAMERA, 12.0)
    assert len(came) > 5
    assert came[-1] > 10.0
    assert max(later - earlier for earlier, later in pairwise(came)) < SLOWER


def test_the_hubs_own_word_tells_it_from_a_portal(away: Visited) -> None:
    answer = away.phone.ask("GET", "/.well-known/doorstep-hub")
    assert (answer.status_code, answer.text) == (200, "doorstep-hub")


def test_a_real_browser_outside_shows_the_door_by_mse_and_where_udp_is_blocked_by_webrtc(
    away: Visited, tmp_path: Path
) -> None:
    if why := browser.missing() or hub_browser.missing():
        pytest.skip(why)
    with hub_browser.opened(away.phone, tmp_path) as context:
        page = context.new_page()
        page.goto(away.phone.address)
        page.locator("#name").fill(OWNER)
        page.locator("#password").fill(PASSWORD)
        page.get_by_test_id("login").get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_function(SHOWN, arg="mse", timeout=browser.PATIENCE_MS)
        assert page.evaluate("window.isSecureContext")
        assert page.evaluate("navigator.serviceWorker.ready.then((one) => one.scope)") == f"{away.phone.address}/"
        away.hub.world.no_udp(off=True)
        try:
            break_ways(context, ["mse"])
            page.reload()
            page.wait_for_function(SHOWN, arg="webrtc", timeout=browser.PATIENCE_MS)
        finally:
            away.hub.world.no_udp(off=False)
