"""HLS by HTTP: who gets in, what a key opens, and when a viewer counts."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.live_session import LiveWay, ViewerLimits
from doorstep.live.session_book import ASK_SECONDS
from doorstep.web.asgi import create_app
from doorstep.web.hls_viewers import ENDED_SECONDS, IDLE_SECONDS
from fakes.footage import FORMAT, plain_packets
from fakes.hls_validator import faults_of, read
from fakes.house import FRONT, GARDEN, House

LIVE = f"/api/v1/cameras/{FRONT}/live"
INDEX, MEDIA = f"{LIVE}/index.m3u8", f"{LIVE}/hls/media.m3u8"


@pytest.fixture
def house() -> Iterator[House]:
    """One whose camera has filmed while somebody watched."""
    with House() as made:
        made.packets.put(FRONT, FORMAT)
        assert made.ask("GET", MEDIA, made.owner()).status_code == 503  # the first waits for more than there is
        for packet in plain_packets(200):
            made.packets.put(FRONT, packet)
        made.clock.advance(2 * IDLE_SECONDS)
        made.hls.forget_idle = lambda: None  # type: ignore[method-assign]
        for session in made.live_sessions.sessions():
            made.live_sessions.cut(session.id)
        yield made


def key_of(house: House) -> str:
    secret = house.ask("POST", f"{LIVE}/key", house.owner()).json()["secret"]
    assert isinstance(secret, str)
    return secret


def test_the_first_address_leads_to_a_lawful_playlist_and_that_to_its_pieces(house: House) -> None:
    guest = house.session(Role.GUEST)
    index = house.ask("GET", INDEX, guest)
    assert index.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert index.headers["cache-control"] == "private, no-store"
    assert index.text.endswith("\nhls/media.m3u8\n")
    media = house.ask("GET", MEDIA, guest)
    assert faults_of(media.text) == []
    playlist = read(media.text)
    for name in (playlist.segments[0].map_uri, playlist.whole[0].uri, playlist.whole[-1].parts[0].uri):
        piece = house.ask("GET", f"{LIVE}/hls/{name}", guest)
        assert piece.headers["content-type"] == "video/mp4"
        assert piece.content[4:8] in (b"ftyp", b"moof")


def test_the_key_answers_an_address_that_a_player_opens_as_it_is(house: House) -> None:
    body = house.ask("POST", f"{LIVE}/key", house.owner()).json()
    assert body["hls"] == f"http://127.0.0.1:8080{INDEX}?key={body['secret']}"
    assert house.ask("GET", body["hls"]).status_code == 200


def test_the_key_rides_on_in_every_address(house: House) -> None:
    key = key_of(house)
    index = house.ask("GET", f"{INDEX}?key={key}")
    assert f"hls/media.m3u8?key={key}" in index.text
    text = house.ask("GET", f"{MEDIA}?key={key}").text
    addresses = [*re.findall(r'URI="([^"]*)"', text), *(line for line in text.split("\n") if line[:1] not in ("#", ""))]
    assert all(address.endswith(f"?key={key}") for address in addresses)
    assert house.ask("GET", f"{LIVE}/hls/{addresses[0]}").status_code == 200


def test_a_login_has_no_key_in_its_playlists(house: House) -> None:
    assert "key=" not in house.ask("GET", MEDIA, house.session(Role.FAMILY)).text


def test_a_key_opens_nothing_but_the_live_routes_of_its_camera(house: House) -> None:
    key = key_of(house)
    for path in ("/cameras", f"/cameras/{FRONT}", f"/cameras/{FRONT}/snapshot.jpg", f"/cameras/{FRONT}/live.mjpeg"):
        assert house.ask("GET", f"/api/v1{path}?key={key}").status_code == 401
    assert house.ask("POST", f"{LIVE}/key?key={key}").status_code == 401
    assert house.ask("GET", f"/api/v1/cameras/{FRONT}/clip?duration=5&key={key}").status_code == 401
    assert house.ask("GET", f"/metrics?key={key}").status_code == 401
    foreign = house.ask("GET", f"{INDEX.replace(FRONT, GARDEN)}?key={key}")
    unknown = house.ask("GET", f"{INDEX.replace(FRONT, 'nowhere')}?key={key}")
    assert (foreign.status_code, foreign.content) == (404, unknown.content)


@pytest.mark.parametrize("role", list(Role))
def test_a_sessions_secret_is_no_key(house: House, role: Role) -> None:
    secret = house.session(role)["Cookie"].partition("=")[2]
    assert house.ask("GET", f"{INDEX}?key={secret}").status_code == 401


@pytest.mark.parametrize("scope", [Scope.ADMIN, Scope.LIVE_READ, Scope.CLIP_READ])
def test_a_token_for_scripts_is_no_key(house: House, scope: Scope) -> None:
    secret = house.token(scope)["Authorization"].removeprefix("Bearer ")
    assert house.ask("GET", f"{INDEX}?key={secret}").status_code == 401


@pytest.mark.parametrize("key", ["", "x", "x" * 513, "%00", "a&key=b", "..%2f"])
def test_a_wrong_key_is_a_stranger(house: House, key: str) -> None:
    answer = house.ask("GET", f"{INDEX}?key={key}")
    assert answer.status_code == 401
    assert "key" not in answer.text


def test_a_key_does_not_make_a_header_more_than_it_is(house: House) -> None:
    motion = house.token(Scope.MOTION_WRITE)
    assert house.ask("GET", f"{INDEX}?key={key_of(house)}", motion).status_code == 403


@pytest.mark.parametrize(
    "query", ["_HLS_part=0", "_HLS_msn=-1", "_HLS_msn=x", "_HLS_msn=99999999999999999999", "_HLS_msn=9007199254740000"]
)
def test_what_no_player_may_ask_is_refused(house: House, query: str) -> None:
    assert house.ask("GET", f"{MEDIA}?{query}", house.owner()).status_code in (400, 422)


def test_what_is_there_already_is_answered_at_once(house: House) -> None:
    last = read(house.ask("GET", MEDIA, house.owner()).text).whole[-1].number
    assert house.ask("GET", f"{MEDIA}?_HLS_msn={last}&_HLS_part=0", house.owner()).status_code == 200


def test_a_camera_that_sends_nothing_is_said_to(house: House) -> None:
    answer = house.ask("GET", f"/api/v1/cameras/{GARDEN}/live/index.m3u8", house.owner())
    assert (answer.status_code, answer.json()["code"]) == (503, "no-video")
    assert answer.headers["retry-after"]


def test_a_camera_that_is_removed_is_not_there(house: House) -> None:
    owner = house.owner()
    playlist = read(house.ask("GET", MEDIA, owner).text)
    house.packets.forget(FRONT)
    house.cameras.all = [camera for camera in house.cameras.all if camera.id != FRONT]
    for path in (INDEX, MEDIA, f"{LIVE}/hls/{playlist.whole[0].uri}"):
        assert house.ask("GET", path, owner).status_code == 404


def test_many_requests_of_one_player_are_one_viewer(house: House) -> None:
    guest = house.session(Role.GUEST)
    for path in (INDEX, MEDIA, f"{LIVE}/hls/none.m4s"):
        house.ask("GET", path, guest)
    [session] = house.live_sessions.sessions()
    assert (session.viewer.way, session.viewer.camera) == (LiveWay.HLS, FRONT)
    house.ask("GET", INDEX, house.session(Role.FAMILY))
    assert len(house.live_sessions.sessions()) == 2


def ask_all(house: House) -> None:
    house.runner.run(house.live_sessions.ask_all())


def test_a_viewer_counts_until_it_asks_no_more(house: House) -> None:
    guest = house.session(Role.GUEST)
    house.ask("GET", INDEX, guest)
    for _ in range(10):
        house.clock.advance(ASK_SECONDS)
        house.ask("GET", f"{LIVE}/hls/none.m4s", guest)
        ask_all(house)
    assert len(house.live_sessions.sessions()) == 1
    house.clock.advance(IDLE_SECONDS)
    ask_all(house)
    assert list(house.live_sessions.sessions()) == []
    assert house.ask("GET", MEDIA, guest).status_code == 200  # who paused goes on
    assert len(house.live_sessions.sessions()) == 1


def test_a_player_whose_session_was_ended_stops_until_it_is_opened_again(house: House) -> None:
    guest = house.session(Role.GUEST)
    house.ask("GET", INDEX, guest)
    [session] = house.live_sessions.sessions()
    assert house.live_sessions.cut(session.id)
    assert house.ask("GET", MEDIA, guest).status_code == 403
    assert list(house.live_sessions.sessions()) == []
    assert house.ask("GET", INDEX, guest).status_code == 200
    assert house.ask("GET", MEDIA, guest).status_code == 200


def test_an_ended_player_is_forgotten_after_a_minute(house: House) -> None:
    guest = house.session(Role.GUEST)
    house.ask("GET", INDEX, guest)
    [session] = house.live_sessions.sessions()
    house.live_sessions.cut(session.id)
    house.clock.advance(ENDED_SECONDS + 1)
    assert house.ask("GET", MEDIA, guest).status_code == 200


def test_a_revoked_key_ends_the_session(house: House) -> None:
    key = key_of(house)
    house.ask("GET", f"{INDEX}?key={key}")
    [session] = house.live_sessions.sessions()
    house.accounts.revoke(session.viewer.login)
    ask_all(house)
    assert list(house.live_sessions.sessions()) == []


def test_one_viewer_too_many_is_told_so(house: House) -> None:
    house.live_sessions._limits = replace(ViewerLimits(), all=1)
    app = create_app(house.parts)
    assert house.ask("GET", INDEX, house.session(Role.GUEST), app=app).status_code == 200
    answer = house.ask("GET", INDEX, house.session(Role.FAMILY), app=app)
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-viewers")
