"""Who is signed in goes on while the rows stall or fail, and nothing that was ended opens anything again."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.grants import SESSION_LASTS
from doorstep.accounts.passwords import Passwords
from doorstep.accounts.remembered_records import REREAD_SECONDS, RememberedRecords
from doorstep.catalog.memory_accounts import MemoryAccountRecords
from doorstep.core.access import Account, Grant, Role, Scope
from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable
from fakes.clock import FakeClock

GOOD = "correct horse battery"
HOME = "192.0.2.7"
PATIENCE = 0.1
SOON = 60.0
"""How long a test waits for another thread at most."""


class Rows(MemoryAccountRecords):
    """Rows on a disk that stalls or fails when the test says so; counts what is read of them."""

    def __init__(self) -> None:
        super().__init__()
        self.answers, self.reads = Event(), Event()
        self.answers.set()
        self.reads.set()
        self.asked = Event()
        self.broken = False
        self.full = False
        self.readings = 0

    def accounts(self) -> Sequence[Account]:
        self._answer()
        return super().accounts()

    def grants(self) -> Sequence[Grant]:
        self.readings += 1
        found = super().grants()  # as it is now: a stall between reading and answering keeps what is old
        self._answer()
        assert self.reads.wait(SOON)
        return found

    def save_grant(self, grant: Grant, *, insert: bool = True) -> None:
        self._answer(writes=True)
        super().save_grant(grant, insert=insert)

    def revoke_grant(self, grant_id: str) -> bool:
        self._answer(writes=True)
        return super().revoke_grant(grant_id)

    def _answer(self, *, writes: bool = False) -> None:
        self.asked.set()
        assert self.answers.wait(SOON)
        if self.broken or (writes and self.full):
            msg = "the disk does not answer"
            raise CatalogUnavailable(msg)


class Made:
    def __init__(self) -> None:
        self.rows, self.clock = Rows(), FakeClock()
        self.remembered = RememberedRecords(self.rows, self.clock, patience=PATIENCE)
        self.remembered.accounts()

    def keep(self, number: int, account: str | None = None) -> Grant:
        grant = Grant(
            f"g{number}", f"hash {number}", "", account, frozenset({Scope.LIVE_READ}), None, self.clock.now(), None
        )
        self.remembered.save_grant(grant)
        return grant

    def opens(self, grant: Grant) -> bool:
        return self.remembered.recall(grant.secret_hash) is not None

    def eventually_opens(self, grant: Grant, *, wanted: bool) -> bool:
        """Whether it comes to that once the reading that this begins is over."""
        for _ in range(6000):
            if self.opens(grant) is wanted:
                return True
            Event().wait(0.01)
        return False


@pytest.fixture
def made() -> Iterator[Made]:
    one = Made()
    yield one
    one.rows.answers.set()
    one.rows.reads.set()


def test_a_known_grant_opens_while_the_rows_stall_and_one_thread_waits_for_them(made: Made) -> None:
    known = made.keep(1)
    made.rows.answers.clear()
    readings = made.rows.readings
    for _ in range(20):
        made.clock.advance(REREAD_SECONDS)
        assert made.opens(known)
        assert made.remembered.recall("of nobody") is None
    made.rows.answers.set()
    assert made.eventually_opens(known, wanted=True)
    assert made.rows.readings <= readings + 2


def test_a_known_grant_opens_while_the_rows_cannot_be_read(made: Made) -> None:
    known = made.keep(1)
    made.rows.broken = True
    for _ in range(3):
        made.clock.advance(REREAD_SECONDS)
        assert made.opens(known)


def test_rows_that_could_never_be_read_open_nothing() -> None:
    rows = Rows()
    rows.broken = True
    remembered = RememberedRecords(rows, FakeClock())
    with pytest.raises(CatalogUnavailable):
        remembered.accounts()
    rows.grant = lambda _: rows._answer()  # type: ignore[method-assign,assignment]
    with pytest.raises(CatalogUnavailable):
        remembered.recall("hash 1")


def test_what_another_process_ends_opens_nothing_seconds_later(made: Made) -> None:
    known = made.keep(1)
    made.clock.advance(REREAD_SECONDS)
    assert made.opens(known)
    made.rows.revoke_grant(known.id)
    made.clock.advance(REREAD_SECONDS)
    assert made.eventually_opens(known, wanted=False)


def test_what_another_process_makes_opens_seconds_later(made: Made) -> None:
    known = made.keep(1)
    other = replace(known, id="g2", secret_hash="hash 2")
    made.rows.save_grant(other)
    made.clock.advance(REREAD_SECONDS)
    assert made.eventually_opens(other, wanted=True)


def test_what_is_revoked_while_the_rows_stall_opens_nothing_from_then_on(made: Made) -> None:
    known, other = made.keep(1), made.keep(2)
    made.rows.answers.clear()
    made.rows.asked.clear()
    with ThreadPoolExecutor(1) as pool:
        revoking = pool.submit(made.remembered.revoke_grant, known.id)
        assert made.rows.asked.wait(SOON)
        for _ in range(3):
            made.clock.advance(REREAD_SECONDS)
            assert not made.opens(known)
            assert made.opens(other)
        made.rows.answers.set()
        assert revoking.result(SOON)
    for _ in range(3):
        made.clock.advance(REREAD_SECONDS)
        assert not made.opens(known)


def test_a_reading_that_was_under_way_brings_nothing_back(made: Made) -> None:
    known, other = made.keep(1), made.keep(2)
    made.rows.reads.clear()
    made.clock.advance(REREAD_SECONDS)
    assert made.opens(known)  # begins a reading, which has the row in its hands and waits
    assert made.remembered.revoke_grant(known.id)
    new = made.keep(3)
    reading = made.remembered._reading
    assert reading is not None
    made.rows.reads.set()
    assert reading.over.wait(SOON)
    assert [made.opens(one) for one in (known, other, new)] == [False, True, True]


def test_who_waited_in_vain_for_rows_that_stall_is_the_only_one(made: Made) -> None:
    known = made.keep(1)
    made.rows.reads.clear()
    made.clock.advance(REREAD_SECONDS)
    began = time.monotonic()
    assert all(made.opens(known) for _ in range(200))
    assert time.monotonic() - began < 200 * PATIENCE / 2
    made.rows.reads.set()


def test_what_cannot_be_removed_is_told_opens_nothing_and_goes_when_it_can(made: Made) -> None:
    known = made.keep(1)
    made.rows.full = True
    with pytest.raises(CatalogUnavailable):
        made.remembered.revoke_grant(known.id)
    for _ in range(3):
        made.clock.advance(REREAD_SECONDS)
        assert not made.opens(known)
    assert made.rows.grant(known.secret_hash) is not None
    made.rows.full = False
    made.clock.advance(REREAD_SECONDS)
    made.opens(known)
    for _ in range(6000):
        if made.rows.grant(known.secret_hash) is None:
            break
        Event().wait(0.01)
    assert made.rows.grant(known.secret_hash) is None


def test_what_cannot_be_written_opens_nothing(made: Made) -> None:
    made.rows.full = True
    with suppress(CatalogUnavailable):
        made.keep(1)
    assert made.remembered.recall("hash 1") is None


def test_a_storm_of_wrong_secrets_leaves_nothing_behind_and_reads_nothing(made: Made) -> None:
    made.keep(1)
    readings = made.rows.readings
    for number in range(10_000):
        assert made.remembered.recall(f"guessed {number}") is None
    assert made.rows.readings == readings
    assert len(made.remembered._grants) == 1


DO: dict[str, Callable[[Made, Grant], object]] = {
    "save": lambda made, grant: made.remembered.save_grant(grant),
    "renew": lambda made, grant: made.remembered.save_grant(grant, insert=False),
    "revoke": lambda made, grant: made.remembered.revoke_grant(grant.id),
    "remove": lambda made, _: made.remembered.remove_account("Anna"),
    "account": lambda made, _: made.remembered.save_account(Account("Anna", "", Role.GUEST, None, made.clock.now())),
    "later": lambda made, _: made.clock.advance(REREAD_SECONDS),
}


@given(st.lists(st.tuples(st.sampled_from(sorted(DO)), st.integers(1, 3), st.sampled_from([None, "Anna"]))))
def test_the_memory_says_what_the_rows_say_after_any_changes(steps: list[tuple[str, int, str | None]]) -> None:
    made = Made()
    for what, number, account in steps:
        grant = Grant(f"g{number}", f"{number} {account}", "", account, frozenset(), None, made.clock.now(), None)
        DO[what](made, grant)
        for each in ("1 None", "2 Anna", "3 Anna", grant.secret_hash):
            known = made.rows.grant(each)
            owner = made.rows.account(known.account) if known is not None and known.account else None
            assert made.remembered.recall(each) == (None if known is None else (known, owner))


def test_a_session_ends_in_time_and_with_its_sign_out_while_the_rows_stall() -> None:
    rows, clock = Rows(), FakeClock()
    book = AccountBook(rows, clock, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
    book.add("Anna", GOOD, Role.GUEST, frozenset({CameraId("yard")}))
    phone, laptop = (book.sign_in("Anna", GOOD, HOME, agent) for agent in ("phone", "laptop"))
    token = book.create_token("Gate", frozenset({Scope.MOTION_WRITE}), None, clock.now() + timedelta(hours=1))
    assert book.grant_of(phone) is not None
    rows.answers.clear()
    try:
        clock.advance(3599)
        assert book.grant_of(token) is not None
        clock.advance(1)
        assert book.grant_of(token) is None
        with ThreadPoolExecutor(1) as pool:
            leaving = pool.submit(book.sign_out, phone)
            while book.grant_of(phone) is not None:
                pass
            grant = book.grant_of(laptop)
            assert grant is not None
            assert grant.scopes == {Scope.LIVE_READ}
            clock.advance(SESSION_LASTS.total_seconds())
            assert book.grant_of(laptop) is None
            rows.answers.set()
            leaving.result(SOON)
    finally:
        rows.answers.set()
