"""The backup as the owner's page takes it: who may, what is asked again, what comes, and what is written down."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import structlog

from doorstep.core.access import SCOPES_OF_ROLE, Role, Scope, SignInWay
from doorstep.core.audit import BACKED_UP
from doorstep.core.errors import ConfigInvalid
from doorstep.web.asgi import create_app
from doorstep.web.backup_parts import BackupParts, BackupRunning, LastBackup, MadeBackup
from fakes.house import FRONT, House

BACKUP = "/api/v1/backup"
PASSWORD, WORDS = "correct horse battery", "three random words"
CONTENT = b"a backup " * 100_000
MADE_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Desk:
    """Makes the same backup always, and remembers with what."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.files: list[io.BytesIO] = []
        self.error: Exception | None = None

    def make(self, passphrase: str | None) -> MadeBackup:
        self.asked.append(passphrase)
        if self.error is not None:
            raise self.error
        self.files.append(io.BytesIO(CONTENT))
        return MadeBackup(self.files[-1], len(CONTENT), "doorstep-20261121-1300.age")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def house(desk: Desk) -> Iterator[House]:
    with House() as made:
        parts = BackupParts(desk.make, lambda: LastBackup(MADE_AT, True), lambda one: made.audit.save_entries([one]))
        made.parts = replace(made.parts, backup=parts)
        made.app = create_app(made.parts)
        made.accounts.add("bob", "another long one", Role.FAMILY, None)
        yield made


def signed_in(house: House, age: timedelta = timedelta(0)) -> dict[str, str]:
    """Ada, since a while."""
    secret = house.accounts.grant(SCOPES_OF_ROLE[Role.OWNER], None, account="ada")
    house.accounts.grants[secret] = replace(house.accounts.grants[secret], created_at=house.clock.now() - age)
    return {"Cookie": f"doorstep={secret}", "Sec-Fetch-Site": "same-origin"}


def take(house: House, asker: dict[str, str], **body: Any) -> httpx.Response:
    return house.ask("POST", BACKUP, asker, json=body)


OLD = timedelta(days=1)


def test_who_just_signed_in_gets_it_whole_and_the_file_is_closed(house: House, desk: Desk) -> None:
    answer = take(house, signed_in(house), passphrase=WORDS)
    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["content-disposition"] == 'attachment; filename="doorstep-20261121-1300.age"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert desk.asked == [WORDS]
    assert desk.files[0].closed


def test_without_a_passphrase_it_is_made_without_secrets(house: House, desk: Desk) -> None:
    for body in ({}, {"passphrase": None}, {"passphrase": ""}):
        assert take(house, signed_in(house), **body).status_code == 200
    assert desk.asked == [None, None, None]


def test_a_session_that_is_not_fresh_says_its_password_again(house: House, desk: Desk) -> None:
    asker, sessions = signed_in(house, OLD), len(house.accounts.grants)
    answer = take(house, asker, passphrase=WORDS)
    assert (answer.status_code, answer.json()["code"]) == (409, "say-password")
    answer = take(house, asker, passphrase=WORDS, password="not this one")
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong-password")
    assert desk.asked == []
    assert take(house, asker, passphrase=WORDS, password=PASSWORD).status_code == 200
    assert len(house.accounts.grants) == sessions


def test_nobody_but_an_owner_who_is_signed_in_gets_it(house: House, desk: Desk) -> None:
    secret = house.accounts.sign_in("bob", "another long one", "", "")
    bob = {"Cookie": f"doorstep={secret}", "Sec-Fetch-Site": "same-origin"}
    for asker in (bob, house.token(Scope.ADMIN), house.token(*Scope)):
        assert take(house, asker, password=PASSWORD).status_code == 403
    assert take(house, {**signed_in(house), "Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert desk.asked == []


def test_one_at_a_time_and_what_fails_is_told_in_words(house: House, desk: Desk) -> None:
    desk.error = BackupRunning()
    answer = take(house, signed_in(house))
    assert (answer.status_code, answer.json()["code"]) == (409, "backup-running")
    desk.error = ConfigInvalid("The passphrase needs 12 letters or more.")
    answer = take(house, signed_in(house), passphrase="short")
    assert (answer.status_code, answer.json()["detail"]) == (409, "The passphrase needs 12 letters or more.")
    assert house.audit.entries(None, 10)[0] == []


@pytest.mark.parametrize("body", [{"passphrase": 5}, {"passphrase": "x" * 2000}, {"password": ["x"]}, []])
def test_what_is_no_passphrase_is_refused_and_not_repeated(house: House, body: object) -> None:
    answer = house.ask("POST", BACKUP, signed_in(house), json=body)
    assert answer.status_code == 400
    assert "x" * 20 not in answer.text


def test_when_the_last_one_was_made_is_told_and_whether_the_password_is_asked(house: House) -> None:
    told = {"why_not": "", "last": {"made_at": "2026-11-01T12:00:00.000Z", "with_secrets": True}}
    assert house.ask("GET", BACKUP, signed_in(house)).json() == {**told, "fresh": True}
    assert house.ask("GET", BACKUP, signed_in(house, OLD)).json() == {**told, "fresh": False}


def test_where_none_can_be_made_it_is_said_why(house: House) -> None:
    assert house.parts.backup is not None
    for parts, words in (
        (replace(house.parts.backup, why_not="It lies elsewhere."), "It lies elsewhere."),
        (None, "no"),
    ):
        app = create_app(replace(house.parts, backup=parts))
        assert words in house.ask("GET", BACKUP, signed_in(house), app=app).json()["why_not"]
        answer = house.ask("POST", BACKUP, signed_in(house), json={}, app=app)
        assert (answer.status_code, answer.json()["code"]) == (409, "no-backup")


def test_it_is_in_the_audit_log_and_no_secret_in_any(house: House) -> None:
    with structlog.testing.capture_logs() as lines:
        take(house, signed_in(house, OLD), passphrase=WORDS, password=PASSWORD)
    [entry] = house.audit.entries(None, 10)[0]
    assert (entry.who, entry.verb, entry.at) == ("ada", BACKED_UP, house.clock.now())
    for secret in (WORDS, PASSWORD):
        assert secret not in f"{lines}{entry}"


def test_a_session_that_began_by_a_phones_code_is_never_fresh(house: House, desk: Desk) -> None:
    asker = signed_in(house)
    secret = asker["Cookie"].partition("=")[2]
    house.accounts.grants[secret] = replace(house.accounts.grants[secret], how=SignInWay.PAIRING)
    assert house.ask("GET", BACKUP, asker).json()["fresh"] is False
    assert take(house, asker, passphrase=WORDS).json()["code"] == "say-password"
    assert desk.asked == []
    assert take(house, asker, passphrase=WORDS, password=PASSWORD).status_code == 200


def test_an_owner_of_some_cameras_gets_no_backup_of_all(house: House, desk: Desk) -> None:
    asker = house.session(Role.OWNER, frozenset({FRONT}))
    assert house.ask("GET", BACKUP, asker).status_code == 403
    assert take(house, asker, passphrase=WORDS, password=PASSWORD).status_code == 403
    assert desk.asked == []
