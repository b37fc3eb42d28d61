"""WHEP: an offer is answered, the session is its login's own, and every refusal is a problem document."""

from collections.abc import Iterator

import httpx
import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.camera import StreamKind
from doorstep.core.errors import MediaInvalid, WayImpossible
from doorstep.core.ice_server import IceServer
from doorstep.core.live_session import LiveWay
from fakes.house import FRONT, GARDEN, House
from fakes.webrtc import ANSWER

PATH = f"/api/v1/cameras/{FRONT}/live/whep"
OFFER = b"v=0\r\nan offer\r\n"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def post(
    house: House, headers: dict[str, str], *, path: str = PATH, kind: str = "application/sdp", body: bytes = OFFER
) -> httpx.Response:
    return house.ask("POST", path, {**headers, "Content-Type": kind}, content=body)


def refused(answer: httpx.Response, status: int) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    return str(answer.json()["detail"])


def test_an_offer_is_answered_and_counted_until_it_is_deleted(house: House) -> None:
    viewer = house.session(Role.GUEST)
    answer = post(house, viewer)
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (201, "application/sdp", ANSWER)
    assert house.webrtc.offers == [(FRONT, StreamKind.MAIN, OFFER.decode(), True)]
    (session,) = house.live_sessions.sessions()
    assert answer.headers["location"] == f"{PATH}/{session.id}"
    assert session.viewer.way is LiveWay.WEBRTC
    assert house.ask("DELETE", answer.headers["location"], viewer).status_code == 204
    assert (house.live_sessions.sessions(), house.webrtc.running) == ([], {})
    refused(house.ask("DELETE", answer.headers["location"], viewer), 404)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
def test_who_comes_through_a_proxy_on_this_machine_is_not_on_it(house: House, header: str) -> None:
    assert post(house, house.owner() | {header: "192.0.2.7"}).status_code == 201
    assert [from_here for *_, from_here in house.webrtc.offers] == [False]


def test_the_smaller_stream_may_be_asked_for_and_an_unknown_one_not(house: House) -> None:
    assert post(house, house.owner(), path=f"{PATH}?stream=sub").status_code == 201
    assert house.webrtc.offers[0][1] is StreamKind.SUB
    refused(post(house, house.owner(), path=f"{PATH}?stream=third"), 400)


def test_the_servers_that_help_are_told_in_links(house: House) -> None:
    house.webrtc.servers = [IceServer(("stun:192.0.2.1",)), IceServer(("turn:192.0.2.2",), "17:ada", "c3/=")]
    assert post(house, house.owner()).headers["link"] == (
        '<stun:192.0.2.1>; rel="ice-server", '
        '<turn:192.0.2.2>; rel="ice-server"; username="17:ada"; credential="c3/="; credential-type="password"'
    )
    house.webrtc.servers = []
    assert "link" not in post(house, house.owner()).headers


def test_more_candidates_are_taken_from_the_login_that_began_it(house: House) -> None:
    viewer, kind = house.session(Role.GUEST), {"Content-Type": "application/trickle-ice-sdpfrag"}
    location = post(house, viewer).headers["location"]
    assert house.ask("PATCH", location, viewer | kind, content=b"a=candidate:1").status_code == 204
    assert [fragment for _, fragment in house.webrtc.fragments] == ["a=candidate:1"]
    refused(house.ask("PATCH", location, viewer | {"Content-Type": "application/sdp"}, content=b"a=x"), 415)
    house.webrtc.error = MediaInvalid("It cannot be read.")
    refused(house.ask("PATCH", location, viewer | kind, content=b"nonsense"), 400)


def test_somebody_elses_session_looks_like_none(house: House) -> None:
    location = post(house, house.session(Role.GUEST)).headers["location"]
    kind = {"Content-Type": "application/trickle-ice-sdpfrag"}
    for other in (house.session(Role.GUEST), house.owner()):
        unknown = house.ask("DELETE", f"{PATH}/unknown", other)
        foreign = house.ask("DELETE", location, other)
        assert (
            (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content) == (404, foreign.content)
        )
        refused(house.ask("PATCH", location, other | kind, content=b"a=x"), 404)
    wrong_camera = location.replace(FRONT, GARDEN)
    refused(house.ask("DELETE", wrong_camera, house.owner()), 404)
    assert len(house.webrtc.running) == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [(WayImpossible("This camera sends B-frames."), 409), (MediaInvalid("It cannot be read."), 400)],
)
def test_a_refusal_says_why_and_leaves_nothing_behind(house: House, error: WayImpossible, status: int) -> None:
    house.webrtc.error = error
    assert refused(post(house, house.owner()), status) == str(error)
    assert house.live_sessions.sessions() == []


def test_other_types_and_other_bodies_are_refused(house: House) -> None:
    refused(post(house, house.owner(), kind="text/plain"), 415)
    refused(post(house, house.owner(), kind="application/json", body=b"{}"), 415)
    refused(post(house, house.owner(), body=b"\xff\xfe"), 400)
    refused(post(house, house.owner(), body=b"v" * 70_000), 413)
    assert house.live_sessions.sessions() == []


def test_sdp_is_taken_nowhere_else_and_from_no_other_site(house: House) -> None:
    elsewhere = f"/api/v1/cameras/{FRONT}/press"
    refused(post(house, house.token(Scope.ADMIN), path=elsewhere), 415)
    cross = house.session(Role.GUEST) | {"Sec-Fetch-Site": "cross-site"}
    refused(post(house, cross), 403)
    assert house.webrtc.offers == []


def test_who_watches_too_much_is_told_to_wait(house: House) -> None:
    for _ in range(16):
        assert post(house, house.owner()).status_code == 201
    assert "least delay" in refused(post(house, house.owner()), 429)


def test_a_session_ended_from_outside_hangs_up(house: House) -> None:
    post(house, house.owner())
    (session,) = house.live_sessions.sessions()
    assert house.live_sessions.cut(session.id)
    assert house.webrtc.running == {}


def test_a_session_ended_while_it_is_answered_hangs_up_too(house: House) -> None:
    house.webrtc.while_answering = house.live_sessions.cut
    refused(post(house, house.owner()), 404)
    assert (house.live_sessions.sessions(), house.webrtc.running) == ([], {})


def test_a_peer_that_is_gone_ends_the_session(house: House) -> None:
    post(house, house.owner())
    (end,) = house.webrtc.running.values()
    end()
    assert house.live_sessions.sessions() == []
