"""Motion that is signed by a secret of the house: what does not hold is refused, what comes again is acted on once."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from doorstep.core.access import Scope
from doorstep.core.camera import CameraId
from doorstep.core.motion_word import MotionWord
from doorstep.core.signed_motion import HEADER, MotionSecret, SeenMarks
from doorstep.stores.mark_journal import MarkJournal
from doorstep.web.asgi import create_app
from fakes.house import FRONT, GARDEN, House

MOTION, OTHER = f"/api/v1/cameras/{FRONT}/motion", f"/api/v1/cameras/{GARDEN}/motion"
SECRET = MotionSecret("a secret of both ends")


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        made.parts = replace(made.parts, motion_secret=SECRET)
        made.app = create_app(made.parts)
        yield made


@pytest.fixture
def token(house: House) -> dict[str, str]:
    return house.token(Scope.MOTION_WRITE)


def sent(
    house: House,
    headers: dict[str, str],
    body: bytes = b"{}",
    at: datetime | None = None,
    path: str = MOTION,
    secret: MotionSecret = SECRET,
    place: str = "192.0.2.1",
) -> httpx.Response:
    signed = {HEADER: secret.sign(at or house.clock.now(), body), "Content-Type": "application/json"}

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(house.app, client=(place, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            return await client.post(path, headers={**signed, **headers}, content=body)

    return house.runner.run(ask())


def test_what_is_signed_is_taken_with_a_token_and_not_without(house: House, token: dict[str, str]) -> None:
    assert sent(house, token).status_code == 202
    assert sent(house, {}).status_code == 401
    assert len(house.triggers) == 1


def test_what_is_not_signed_is_a_matter_of_its_token_alone(house: House, token: dict[str, str]) -> None:
    assert house.ask("POST", MOTION, token).status_code == 202


@pytest.mark.parametrize("body", [b'{"note":"other"}', b"", b"{}"])
def test_a_forged_signature_is_refused_in_plain_words(house: House, token: dict[str, str], body: bytes) -> None:
    answer = sent(house, token, body, secret=MotionSecret("what a stranger guesses"))
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-signature")
    assert house.triggers == []


def test_nothing_but_a_signature_is_one(house: House, token: dict[str, str]) -> None:
    for header in ("", "t=1,v1=", "v1=abc", "Bearer x"):
        assert house.ask("POST", MOTION, {**token, HEADER: header}).status_code == 403
    assert house.triggers == []


@pytest.mark.parametrize(("seconds", "status"), [(-301, 403), (-299, 202), (0, 202), (299, 202), (301, 403)])
def test_it_holds_for_five_minutes_of_either_clock(
    house: House, token: dict[str, str], seconds: int, status: int
) -> None:
    answer = sent(house, token, at=house.clock.now() + timedelta(seconds=seconds))
    assert answer.status_code == status
    if status == 403:
        assert "clock" in answer.json()["detail"]


def test_a_replay_is_answered_like_the_first_and_not_acted_on(house: House, token: dict[str, str]) -> None:
    at = house.clock.now()
    first = sent(house, {**token, "Idempotency-Key": "k1"}, b'{"note":"a"}', at)
    house.clock.advance(200.0)
    again = sent(house, {**token, "Idempotency-Key": "k2"}, b'{"note":"a"}', at, place="192.0.2.9")
    elsewhere = sent(house, {**token, "Idempotency-Key": "k3"}, b'{"note":"a"}', at, path=OTHER)
    assert (again.status_code, again.json()) == (202, first.json())
    assert elsewhere.json() == first.json()
    assert len(house.triggers) == 1
    house.clock.advance(101.0)
    assert sent(house, token, b'{"note":"a"}', at).status_code == 403


def test_a_word_about_one_camera_is_none_about_another(house: House, token: dict[str, str]) -> None:
    body = MotionWord(CameraId(FRONT), key="k", nonce="n").body()
    assert sent(house, token, body, path=OTHER).status_code == 403
    assert sent(house, token, body).status_code == 202


def test_what_the_sender_signed_once_is_known_by_its_nonce_however_often_it_is_passed_on(
    house: House, token: dict[str, str]
) -> None:
    for second in range(3):
        house.clock.advance(second)
        body = MotionWord(CameraId(FRONT), note=str(second), nonce="of the sender").body()
        assert sent(house, token, body).status_code == 202
    assert len(house.triggers) == 1


def test_another_try_of_a_report_has_another_nonce_and_the_same_key(house: House, token: dict[str, str]) -> None:
    """A function in the cloud calls from another address each time."""
    keyed = {**token, "Idempotency-Key": "k1"}
    for number in range(3):
        at = house.clock.now() - timedelta(milliseconds=number)
        body = MotionWord(CameraId(FRONT), at, key="k1", nonce=str(number)).body()
        assert sent(house, keyed, body, place=f"192.0.2.{number}").status_code == 202
    assert len(house.triggers) == 1
    assert house.words[0].place == ""


def test_what_failed_is_acted_on_when_it_comes_again(house: House, token: dict[str, str]) -> None:
    at = house.clock.now()
    for _ in range(20):
        sent(house, token, json.dumps({"note": str(len(house.triggers))}).encode())
    refused = sent(house, token, b'{"note":"last"}', at)
    assert refused.status_code == 429
    house.clock.advance(2.0)
    assert sent(house, token, b'{"note":"last"}', at).status_code == 202
    assert house.triggers[-1][2] == "last"


def test_a_house_without_a_secret_asks_for_the_token_alone() -> None:
    with House() as plain:
        assert sent(plain, plain.token(Scope.MOTION_WRITE), secret=MotionSecret("any")).status_code == 202


def restarted(house: House, folder: Path) -> None:
    """The same house in its next run: answers are forgotten, what was acted on is not."""
    journal = MarkJournal(folder)
    seen = SeenMarks(note=journal.note)
    seen.take_up(journal.noted(), house.clock.monotonic())
    house.parts = replace(house.parts, seen_motion=seen)
    house.app = create_app(house.parts)


def test_what_a_former_run_acted_on_is_taken_again_and_not_acted_on_by_its_nonce_or_its_key(
    house: House, token: dict[str, str], tmp_path: Path
) -> None:
    restarted(house, tmp_path / "memory")
    at, body = house.clock.now(), MotionWord(CameraId(FRONT), key="k1", nonce="of the sender").body()
    assert sent(house, {**token, "Idempotency-Key": "k1"}, body, at).status_code == 202
    restarted(house, tmp_path / "memory")
    replay = sent(house, {**token, "Idempotency-Key": "a stranger's"}, body, at)
    same_key = MotionWord(CameraId(FRONT), key="k1", nonce="another").body()
    retry = sent(house, {**token, "Idempotency-Key": "k1"}, same_key)
    assert [(one.status_code, one.json()["camera"]) for one in (replay, retry)] == [(202, FRONT)] * 2
    assert len(house.triggers) == 1


def test_what_was_signed_before_a_restart_and_never_acted_on_is_acted_on(
    house: House, token: dict[str, str], tmp_path: Path
) -> None:
    restarted(house, tmp_path / "memory")
    signed_at = house.clock.now()
    house.clock.advance(50.0)
    restarted(house, tmp_path / "memory")
    assert sent(house, token, b'{"note":"late and genuine"}', signed_at).status_code == 202
    assert len(house.triggers) == 1
