"""How passwords are hashed and checked."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.passwords import Passwords
from doorstep.catalog.memory_accounts import MemoryAccountRecords
from doorstep.core.access import Role
from doorstep.core.errors import AccessDenied
from fakes.clock import FakeClock

GOOD = "correct horse battery"


class CountingHasher(PasswordHasher):
    def __init__(self, time_cost: int = 1) -> None:
        super().__init__(time_cost=time_cost, memory_cost=8, parallelism=1)
        self.checked: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
        self.checked.append(str(hash))
        return super().verify(hash, password)


@contextmanager
def denied() -> Iterator[None]:
    with pytest.raises(AccessDenied, match="wrong"):
        yield


def test_hashes_are_argon2id_with_the_second_recommendation_of_its_rfc() -> None:
    parameters = extract_parameters(Passwords().hashed(GOOD))
    assert parameters.type is Type.ID
    assert (parameters.time_cost, parameters.memory_cost) == (3, 64 * 1024)


def test_two_hashes_of_one_password_differ() -> None:
    passwords = Passwords(CountingHasher())
    assert passwords.hashed(GOOD) != passwords.hashed(GOOD)


@pytest.mark.parametrize("kept", ["", "nonsense", "$argon2id$v=19$m=8,t=1,p=1$AAAA"])
def test_a_damaged_hash_opens_nothing(kept: str) -> None:
    assert not Passwords(CountingHasher()).opens(kept, GOOD)


def test_unknown_names_cost_one_check_as_known_ones_do() -> None:
    hasher = CountingHasher()
    book = AccountBook(MemoryAccountRecords(), FakeClock(), Passwords(hasher))
    book.add("Anna", GOOD, Role.OWNER, None)
    with denied():
        book.sign_in("Anna", "wrong password", "192.0.2.1", "")
    with denied():
        book.sign_in("Eve", "wrong password", "192.0.2.1", "")
    somebodys, nobodys = hasher.checked
    assert somebodys != nobodys
    assert extract_parameters(somebodys) == extract_parameters(nobodys)


def test_an_old_hash_is_made_stronger_at_the_next_sign_in() -> None:
    records, clock = MemoryAccountRecords(), FakeClock()
    AccountBook(records, clock, Passwords(CountingHasher(1))).add("Anna", GOOD, Role.OWNER, None)
    stronger = AccountBook(records, clock, Passwords(CountingHasher(2)))
    secret = stronger.sign_in("Anna", GOOD, "192.0.2.1", "")
    account = records.account("Anna")
    assert account is not None
    assert extract_parameters(account.password_hash).time_cost == 2
    assert stronger.grant_of(secret) is not None
    assert stronger.sign_in("Anna", GOOD, "192.0.2.1", "")
