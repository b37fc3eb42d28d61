"""The contract of `ports.Accounts`."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.passwords import Passwords
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.memory_accounts import MemoryAccountRecords
from doorstep.core.access import Role, Scope
from doorstep.core.camera import CameraId
from doorstep.core.errors import AccessDenied
from doorstep.ports import Accounts
from fakes.catalogs import KINDS, new_engine
from fakes.clock import FakeClock

GOOD = "correct horse battery"
HOME = "192.0.2.7"
DAY = 24 * 60 * 60.0
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=[*KINDS, "memory"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlAccountRecords | MemoryAccountRecords]:
    if request.param == "memory":
        yield MemoryAccountRecords()
        return
    with new_engine(request.param, tmp_path) as engine:
        yield SqlAccountRecords(engine)


@pytest.fixture
def accounts(records: SqlAccountRecords | MemoryAccountRecords, clock: FakeClock) -> Accounts:
    return AccountBook(records, clock, Passwords(CHEAP))


def test_the_first_user_is_the_owner_and_is_signed_in(accounts: Accounts) -> None:
    assert not accounts.is_set_up()
    grant = accounts.grant_of(accounts.set_up(accounts.setup_code(), "Anna", GOOD))
    assert accounts.is_set_up()
    assert grant is not None
    assert grant.account == "Anna"
    assert grant.allows(Scope.ADMIN)


@pytest.mark.parametrize("code", ["", "wrong", "ü" * 500])
def test_a_wrong_set_up_code_opens_nothing(accounts: Accounts, code: str) -> None:
    with pytest.raises(AccessDenied, match="not valid"):
        accounts.set_up(code, "Anna", GOOD)
    accounts.setup_code()
    with pytest.raises(AccessDenied, match="not valid"):
        accounts.set_up(code, "Anna", GOOD)
    assert not accounts.is_set_up()


def test_a_set_up_code_lasts_ten_minutes(accounts: Accounts, clock: FakeClock) -> None:
    code = accounts.setup_code()
    clock.advance(600)
    with pytest.raises(AccessDenied):
        accounts.set_up(code, "Anna", GOOD)
    fresh = accounts.setup_code()
    clock.advance(599)
    assert accounts.set_up(fresh, "Anna", GOOD)


def test_a_new_set_up_code_ends_the_one_before(accounts: Accounts) -> None:
    old, new = accounts.setup_code(), accounts.setup_code()
    with pytest.raises(AccessDenied):
        accounts.set_up(old, "Anna", GOOD)
    assert accounts.set_up(new, "Anna", GOOD)


def test_set_up_closes_for_good(accounts: Accounts) -> None:
    code = accounts.setup_code()
    accounts.set_up(code, "Anna", GOOD)
    with pytest.raises(AccessDenied):
        accounts.set_up(code, "Eve", GOOD)
    with pytest.raises(AccessDenied, match="set up already"):
        accounts.setup_code()


def test_a_first_user_made_elsewhere_closes_set_up(accounts: Accounts) -> None:
    code = accounts.setup_code()
    accounts.add("Anna", GOOD, Role.OWNER, None)
    with pytest.raises(AccessDenied):
        accounts.set_up(code, "Eve", GOOD)


def test_a_mistyped_password_leaves_the_set_up_code_valid(accounts: Accounts) -> None:
    code = accounts.setup_code()
    with pytest.raises(AccessDenied, match="12"):
        accounts.set_up(code, "Anna", "too short")
    with pytest.raises(AccessDenied, match="name"):
        accounts.set_up(code, " ", GOOD)
    assert accounts.set_up(code, "Anna", GOOD)


def test_of_many_who_set_up_at_once_one_becomes_the_owner(accounts: Accounts) -> None:
    code = accounts.setup_code()

    def set_up(number: int) -> str | None:
        try:
            return accounts.set_up(code, f"Person {number}", GOOD)
        except AccessDenied:
            return None

    with ThreadPoolExecutor(8) as pool:
        secrets = [secret for secret in pool.map(set_up, range(8)) if secret]
    assert len(secrets) == 1
    assert accounts.grant_of(secrets[0]) is not None


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 1025])
def test_a_password_needs_12_to_1024_characters(accounts: Accounts, password: str) -> None:
    with pytest.raises(AccessDenied, match="12 to 1024"):
        accounts.add("Anna", password, Role.FAMILY, None)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb", "a\0b", "a\N{RIGHT-TO-LEFT OVERRIDE}b"])
def test_a_name_can_be_seen(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccessDenied, match="name"):
        accounts.add(name, GOOD, Role.FAMILY, None)


def test_a_name_is_taken_once_however_it_is_written(accounts: Accounts) -> None:
    accounts.add("Anna Groß", GOOD, Role.FAMILY, None)
    for name in ("Anna Groß", " anna GROSS ", "\N{FULLWIDTH LATIN CAPITAL LETTER A}nna gross"):
        with pytest.raises(AccessDenied, match="taken"):
            accounts.add(name, GOOD, Role.OWNER, None)


def test_of_many_who_take_a_name_at_once_one_gets_it(accounts: Accounts) -> None:
    def add(number: int) -> bool:
        try:
            accounts.add("Anna", f"{GOOD} {number}", Role.FAMILY, None)
        except AccessDenied:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(8))) == 1


def test_signing_in_gives_what_the_role_may_on_the_cameras_granted(accounts: Accounts) -> None:
    accounts.add("Gast", GOOD, Role.GUEST, frozenset({CameraId("yard")}))
    grant = accounts.grant_of(accounts.sign_in("gast", GOOD, HOME, "Firefox on a phone"))
    assert grant is not None
    assert grant.name == "Firefox on a phone"
    assert grant.allows(Scope.LIVE_READ, CameraId("yard"))
    assert not grant.allows(Scope.LIVE_READ, CameraId("front-door"))
    assert not grant.allows(Scope.CLIP_READ, CameraId("yard"))


def test_a_password_is_the_same_from_every_keyboard(accounts: Accounts) -> None:
    accounts.add("Anna", "Straße nach Mu\N{LATIN SMALL LETTER U}\N{COMBINING DIAERESIS}nchen", Role.FAMILY, None)
    assert accounts.sign_in("Anna", "Straße nach Mu\N{LATIN SMALL LETTER U WITH DIAERESIS}nchen", HOME, "")


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(accounts: Accounts) -> None:
    accounts.add("Anna", GOOD, Role.FAMILY, None)
    answers = set()
    for name, password in [("Anna", "wrong"), ("Eve", GOOD), ("", ""), ("Anna", "x" * 2000)]:
        with pytest.raises(AccessDenied) as caught:
            accounts.sign_in(name, password, HOME, "")
        answers.add(str(caught.value))
    assert answers == {"The name or the password is wrong."}


def test_wrong_tries_make_the_next_one_wait(accounts: Accounts, clock: FakeClock) -> None:
    accounts.add("Anna", GOOD, Role.FAMILY, None)
    for _ in range(4):
        with pytest.raises(AccessDenied, match="wrong"):
            accounts.sign_in("Anna", "wrong", HOME, "")
    with pytest.raises(AccessDenied, match=r"Too many tries\. Wait 1 seconds"):
        accounts.sign_in("Anna", GOOD, HOME, "")
    clock.advance(1)
    assert accounts.sign_in("Anna", GOOD, HOME, "")


def test_signing_out_ends_that_session_alone(accounts: Accounts) -> None:
    accounts.add("Anna", GOOD, Role.FAMILY, None)
    phone, laptop = (accounts.sign_in("Anna", GOOD, HOME, agent) for agent in ("phone", "laptop"))
    accounts.sign_out(phone)
    accounts.sign_out(phone)
    accounts.sign_out("never was one")
    assert accounts.grant_of(phone) is None
    assert accounts.grant_of(laptop) is not None


def test_a_session_ends_after_thirty_days(accounts: Accounts, clock: FakeClock) -> None:
    accounts.add("Anna", GOOD, Role.FAMILY, None)
    secret = accounts.sign_in("Anna", GOOD, HOME, "")
    clock.advance(30 * DAY - 1)
    assert accounts.grant_of(secret) is not None
    clock.advance(1)
    assert accounts.grant_of(secret) is None


def test_sessions_that_are_over_leave_no_rows(
    accounts: Accounts, clock: FakeClock, records: SqlAccountRecords | MemoryAccountRecords
) -> None:
    accounts.add("Anna", GOOD, Role.FAMILY, None)
    for _ in range(3):
        accounts.sign_in("Anna", GOOD, HOME, "")
    clock.advance(31 * DAY)
    accounts.sign_in("Anna", GOOD, HOME, "")
    assert len(records.grants()) == 1


def test_a_session_dies_with_its_account(accounts: Accounts, records: SqlAccountRecords | MemoryAccountRecords) -> None:
    accounts.add("Anna", GOOD, Role.FAMILY, None)
    secret = accounts.sign_in("Anna", GOOD, HOME, "")
    records.remove_account("Anna")
    assert accounts.grant_of(secret) is None
    accounts.add("Anna", GOOD, Role.OWNER, None)
    assert accounts.grant_of(secret) is None


def test_a_session_may_what_its_account_may_now(
    accounts: Accounts, records: SqlAccountRecords | MemoryAccountRecords
) -> None:
    accounts.add("Anna", GOOD, Role.OWNER, None)
    secret = accounts.sign_in("Anna", GOOD, HOME, "")
    account = records.account("Anna")
    assert account is not None
    records.save_account(replace(account, role=Role.GUEST, cameras=frozenset({CameraId("yard")})))
    grant = accounts.grant_of(secret)
    assert grant is not None
    assert grant.scopes == {Scope.LIVE_READ}
    assert grant.cameras == frozenset({CameraId("yard")})


def test_a_session_survives_a_clock_that_was_wrong_at_start(accounts: Accounts, clock: FakeClock) -> None:
    accounts.add("Anna", GOOD, Role.OWNER, None)
    clock.advance(-7 * DAY)
    secret = accounts.sign_in("Anna", GOOD, HOME, "")
    clock.advance(7 * DAY)
    assert accounts.grant_of(secret) is not None


def test_a_token_opens_what_it_was_made_for(accounts: Accounts, clock: FakeClock) -> None:
    soon = clock.now() + timedelta(days=1)
    secret = accounts.create_token("Gate", frozenset({Scope.MOTION_WRITE}), frozenset({CameraId("yard")}), soon)
    grant = accounts.grant_of(secret)
    assert grant is not None
    assert grant.name == "Gate"
    assert grant.allows(Scope.MOTION_WRITE, CameraId("yard"))
    assert not grant.allows(Scope.CLIP_READ, CameraId("yard"))
    assert not grant.allows(Scope.MOTION_WRITE, CameraId("front-door"))
    clock.advance(DAY)
    assert accounts.grant_of(secret) is None


def test_tokens_are_listed_and_sessions_are_not(accounts: Accounts) -> None:
    accounts.add("Anna", GOOD, Role.FAMILY, None)
    accounts.sign_in("Anna", GOOD, HOME, "")
    secret = accounts.create_token("", frozenset({Scope.ADMIN}), None, None)
    (token,) = accounts.tokens()
    assert token.name == "Token"
    assert secret not in repr(token)
    accounts.sign_out(secret)
    assert accounts.grant_of(secret) == token
    assert accounts.revoke(token.id)
    assert not accounts.revoke(token.id)
    assert accounts.tokens() == []
    assert accounts.grant_of(secret) is None


def test_a_token_for_nothing_or_for_the_past_is_refused(accounts: Accounts, clock: FakeClock) -> None:
    with pytest.raises(AccessDenied, match="scope"):
        accounts.create_token("x", frozenset(), None, None)
    with pytest.raises(AccessDenied, match="over"):
        accounts.create_token("x", frozenset({Scope.ADMIN}), None, clock.now())


@pytest.mark.parametrize("secret", ["", "x", "\ud800", "x" * 100_000])
def test_an_unknown_secret_opens_nothing(accounts: Accounts, secret: str) -> None:
    accounts.set_up(accounts.setup_code(), "Anna", GOOD)
    assert accounts.grant_of(secret) is None
