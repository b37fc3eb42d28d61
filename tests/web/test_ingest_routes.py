"""What nginx's rtmp module asks: only from where it may ask, and only what is right."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.access import SCOPES_OF_ROLE, Role, Scope
from doorstep.core.camera import CameraId
from doorstep.web.asgi import create_app
from doorstep.web.local import LocalOwner
from doorstep.web.peers import PEER_PATHS, is_trusted
from doorstep.web.rtmp_call import read_call
from doorstep.web.wrong_tries import AT_ONCE
from fakes.house import FRONT, FRONT_KEY, GARDEN, House

PUBLISH, PLAY, UPDATE = (f"/api/v1/ingest/rtmp/{name}" for name in ("publish", "play", "update"))
KINDS = {PUBLISH: "publish", PLAY: "play", UPDATE: "update_play"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CAMERA_AT = "192.0.2.44"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def form(call: str, name: str, address: str = CAMERA_AT, **more: str) -> bytes:
    """As the module writes it: its own fields, then what stood behind the name's question mark."""
    first = {"app": "live", "flashver": "", "swfurl": "", "tcurl": "rtmp://door/live", "pageurl": ""}
    return urlencode({**first, "addr": address, "clientid": "1", "call": call, "name": name, **more}).encode()


def ask(
    house: House,
    path: str,
    content: bytes,
    *,
    peer: str | None = "127.0.0.1",
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """A POST whose connection comes from `peer`."""

    async def act() -> httpx.Response:
        transport = httpx.ASGITransport(house.app, client=(peer, 4000) if peer else None)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            return await client.post(path, headers={**FORM, **(headers or {})}, content=content)

    return house.runner.run(act())


def right(path: str, house: House) -> bytes:
    """A form that is accepted."""
    if path == PUBLISH:
        return form("publish", FRONT_KEY)
    return form(KINDS[path], FRONT, token=token(house))


def token(house: House, camera: CameraId = FRONT) -> str:
    return house.accounts.grant(frozenset({Scope.LIVE_READ}), frozenset({camera}))


# ------------------------------------------------------------------------------------------------- who may ask


def test_every_peers_route_is_tested_here() -> None:
    assert set(KINDS) == PEER_PATHS


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_ask(house: House, path: str, peer: str) -> None:
    assert ask(house, path, right(path, house), peer=peer).status_code in (204, 302)


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.1", "::2", "fe80::1", "localhost", "", "::ffff:10.0.0.1", None])
def test_nobody_else_may_ask_whoever_they_are(house: House, path: str, peer: str | None) -> None:
    secrets = [{}, house.owner(), *(house.token(scope) for scope in Scope), *map(house.session, Role)]
    for secret in secrets:
        answer = ask(house, path, right(path, house), peer=peer, headers=secret)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
    assert len(secrets) == 2 + len(Scope) + len(SCOPES_OF_ROLE)


@pytest.mark.parametrize("path", KINDS)
def test_a_listed_network_may_ask(house: House, path: str) -> None:
    rtmp = replace(house.parts.rtmp, ingest_from=("192.0.2.0/24", "2001:db8::5"))
    house.app = create_app(replace(house.parts, rtmp=rtmp))
    assert ask(house, path, right(path, house), peer="192.0.2.7").status_code in (204, 302)
    assert ask(house, path, right(path, house), peer="2001:db8::5").status_code in (204, 302)
    assert ask(house, path, right(path, house), peer="192.0.3.7").status_code == 403


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.parametrize(
    "header",
    [
        *({"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"Via": "1.1 proxy"}),
        *({"X-Real-IP": "127.0.0.1"}, {"Origin": "http://127.0.0.1:8080"}, {"Origin": "null"}),
        *({"Sec-Fetch-Site": "same-origin"}, {"Cookie": "doorstep=x"}, {"Authorization": "Bearer x"}),
    ],
)
def test_neither_a_page_nor_a_proxy_of_this_machine_may_ask(house: House, path: str, header: dict[str, str]) -> None:
    assert ask(house, path, right(path, house), headers=header).status_code == 403


@pytest.mark.parametrize("path", KINDS)
def test_the_owners_socket_is_no_peer(house: House, path: str) -> None:
    content = right(path, house)
    house.app = LocalOwner(house.app)
    assert ask(house, path, content, peer=None).status_code == 403


def test_a_form_is_taken_nowhere_else(house: House) -> None:
    for path in ("/api/v1/session", f"/api/v1/cameras/{FRONT}/press", f"{PUBLISH}/"):
        assert ask(house, path, form("publish", FRONT_KEY)).status_code in (404, 405, 415)


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_say_nothing(house: House, path: str, method: str) -> None:
    assert house.ask(method, path).status_code in (404, 405)


# ------------------------------------------------------------------------------------------------------ publish


def test_the_right_key_publishes_under_the_cameras_id(house: House) -> None:
    answer = ask(house, PUBLISH, form("publish", FRONT_KEY))
    assert (answer.status_code, answer.headers["location"]) == (302, FRONT)
    assert FRONT_KEY not in str(answer.headers)


@pytest.mark.parametrize("name", [FRONT, GARDEN, FRONT_KEY.upper(), FRONT_KEY + " ", "x" * 1024])
def test_a_wrong_key_does_not_publish(house: House, name: str) -> None:
    assert ask(house, PUBLISH, form("publish", name)).status_code == 403


def test_the_log_names_the_address_and_never_the_key(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    ask(house, PUBLISH, form("publish", FRONT_KEY))
    ask(house, PUBLISH, form("publish", "wrong horse"))
    ask(house, PLAY, form("play", FRONT, token="wrong battery"))
    written = "".join(capsys.readouterr())  # a command that ran before in this process sends lines to standard error
    assert written.count(CAMERA_AT) == 3
    for secret in (FRONT_KEY, "wrong horse", "wrong battery"):
        assert secret not in written


def test_wrong_tries_are_few_a_second_and_the_others_are_untouched(house: House) -> None:
    wrong = [ask(house, PUBLISH, form("publish", f"wrong {number}")).status_code for number in range(20)]
    assert wrong == [403] * int(AT_ONCE) + [429] * (20 - int(AT_ONCE))
    assert ask(house, PUBLISH, form("publish", FRONT_KEY)).status_code == 429
    assert ask(house, PLAY, form("play", FRONT, token=token(house))).status_code == 429
    assert ask(house, PUBLISH, form("publish", FRONT_KEY, "192.0.2.45")).status_code == 302
    house.clock.advance(1.0)
    assert ask(house, PUBLISH, form("publish", FRONT_KEY)).status_code == 302


def test_a_household_of_ipv6_is_one_address(house: House) -> None:
    wrong = [ask(house, PUBLISH, form("publish", "wrong", f"2001:db8::{number:x}")).status_code for number in range(6)]
    assert wrong[-1] == 429


def test_right_tries_are_never_too_many(house: House) -> None:
    for _ in range(50):
        assert ask(house, PUBLISH, form("publish", FRONT_KEY)).status_code == 302


def test_many_addresses_take_bounded_space(house: House) -> None:
    tries = house.app.state.wrong_tries  # type: ignore[attr-defined]
    for number in range(10_000):
        tries.note(f"10.1.{number // 256}.{number % 256}")
    assert len(tries._left) == 4096


# --------------------------------------------------------------------------------------------------------- play


def test_a_token_plays_its_camera_under_its_name(house: House) -> None:
    answer = ask(house, PLAY, form("play", FRONT, token=token(house)))
    assert (answer.status_code, "location" in answer.headers) == (204, False)


@pytest.mark.parametrize("name", [FRONT, GARDEN, "nowhere", ""])
def test_without_a_token_nothing_plays(house: House, name: str) -> None:
    for more in ({}, {"token": ""}, {"token": "wrong"}):
        assert ask(house, PLAY, form("play", name, **more)).status_code in (400, 403)


def test_a_token_plays_no_other_camera_and_no_other_scope_plays(house: House) -> None:
    assert ask(house, PLAY, form("play", GARDEN, token=token(house))).status_code == 403
    motion = house.accounts.grant(frozenset({Scope.MOTION_WRITE, Scope.CLIP_READ}))
    assert ask(house, PLAY, form("play", FRONT, token=motion)).status_code == 403
    everything = house.accounts.grant(frozenset({Scope.LIVE_READ}))
    assert ask(house, PLAY, form("play", "nowhere", token=everything)).status_code == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_doorstep_itself_plays_by_the_key_from_this_machine(house: House, address: str) -> None:
    answer = ask(house, PLAY, form("play", FRONT_KEY, address))
    assert (answer.status_code, answer.headers["location"]) == (302, FRONT)


@pytest.mark.parametrize("address", [CAMERA_AT, "unix:", "localhost", "127.0.0.1.example.org"])
def test_from_elsewhere_a_key_does_not_play(house: House, address: str) -> None:
    assert ask(house, PLAY, form("play", FRONT_KEY, address)).status_code == 403


@pytest.mark.parametrize("name", [FRONT, "wrong"])
def test_this_machine_plays_nothing_without_key_or_token(house: House, name: str) -> None:
    assert ask(house, PLAY, form("play", name, "127.0.0.1")).status_code == 403


# ------------------------------------------------------------------------------------------------------- update


def test_what_runs_goes_on_while_its_key_or_token_holds(house: House) -> None:
    assert ask(house, UPDATE, form("update_publish", FRONT_KEY)).status_code == 204
    assert ask(house, UPDATE, form("update_play", FRONT_KEY, "127.0.0.1")).status_code == 204
    secret = token(house)
    assert ask(house, UPDATE, form("update_play", FRONT, token=secret)).status_code == 204
    house.accounts.sign_out(secret)
    house.clock.advance(10)
    assert ask(house, UPDATE, form("update_play", FRONT, token=secret)).status_code == 403
    assert ask(house, UPDATE, form("update_publish", "no key any more")).status_code == 403


def test_what_runs_is_not_ended_by_strangers_who_guess(house: House) -> None:
    for _ in range(20):
        ask(house, PUBLISH, form("publish", "wrong"))
    assert ask(house, UPDATE, form("update_publish", FRONT_KEY)).status_code == 204


# ---------------------------------------------------------------------------------------------------- the form


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{}", b"name=x", b"call=publish&name=&addr=1", b"\xff\xfe", b"call=publish&name=x"),
        form("publish", FRONT_KEY) + b"&name=other",
        form("publish", "other") + b"&name=" + FRONT_KEY.replace(" ", "+").encode(),
        form("publish", FRONT_KEY) + b"&addr=127.0.0.1",
        form("play", FRONT_KEY),
        form("done", FRONT_KEY),
        form("publish", "x" * 2000),
        form("publish", FRONT_KEY) + b"&a=1" * 2,
        form("publish", FRONT_KEY) + "".join(f"&a{number}=1" for number in range(100)).encode(),
    ],
)
def test_what_is_not_the_modules_form_is_refused(house: House, content: bytes) -> None:
    assert ask(house, PUBLISH, content).status_code == 400


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", ""])
def test_what_is_declared_as_something_else_is_refused(house: House, kind: str) -> None:
    answer = ask(house, PUBLISH, form("publish", FRONT_KEY), headers={"Content-Type": kind})
    assert answer.status_code in (400, 415)


def test_a_large_form_is_refused(house: House) -> None:
    assert ask(house, PUBLISH, form("publish", "x" * 70_000)).status_code == 413


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        call = read_call(body)
    except ValueError:
        return
    assert call.name
    assert call.address


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_a_stranger_appends_never_changes_the_modules_own_fields(name: str, value: str) -> None:
    try:
        call = read_call(form("publish", "their key") + f"&{name}={value}".encode("utf-8", "replace"))
    except ValueError:
        return
    assert (call.kind, call.name, call.address) == ("publish", "their key", CAMERA_AT)


@given(st.text(max_size=40))
def test_any_text_is_judged_as_an_address(text: str) -> None:
    assert isinstance(is_trusted(text, ("192.0.2.0/24",)), bool)
