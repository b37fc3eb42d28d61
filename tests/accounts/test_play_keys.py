"""Keys for players: what they open, for how long, and that they do not pile up."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.play_keys import (
    KEY_LASTS,
    LOOKUPS_AT_ONCE,
    MOST_KEYS_EACH,
    MOST_REMEMBERED,
    MOST_WAITING,
    YES_LASTS_SECONDS,
    PlayKeys,
)
from doorstep.catalog.memory_accounts import MemoryAccountRecords
from doorstep.core.access import Grant, Role, Scope
from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable
from fakes.accounts import FakeAccounts
from fakes.clock import FakeClock

PASSWORD = "correct horse battery"
DOOR, YARD = CameraId("front-door"), CameraId("yard")


def person(name: str, expires_at: datetime | None = None) -> Grant:
    return Grant(name, "", "phone", name, frozenset(Scope), None, datetime(2026, 1, 1, tzinfo=UTC), expires_at)


ADA, BOB = person("Ada"), person("Bob")


class Made:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.book = AccountBook(MemoryAccountRecords(), self.clock)
        self.keys = PlayKeys(self.book, self.clock, {DOOR, YARD}.__contains__)

    def plays(self, token: str, camera: CameraId = DOOR) -> bool:
        return asyncio.run(self.keys.may_play(camera, token))


@pytest.fixture
def made() -> Made:
    return Made()


def signed_in(made: Made, name: str) -> tuple[str, Grant]:
    made.book.add(name, PASSWORD, Role.FAMILY, frozenset({DOOR}))
    secret = made.book.sign_in(name, PASSWORD, "192.0.2.7", "phone")
    grant = made.book.grant_of(secret)
    assert grant is not None
    return secret, grant


def test_a_key_ends_with_the_login_that_made_it_and_so_does_a_key_made_with_that(made: Made) -> None:
    session, grant = signed_in(made, "Cleo")
    key, _ = made.keys.make(DOOR, grant)
    keys_grant = made.book.grant_of(key)
    assert keys_grant is not None
    assert (keys_grant.made_by, keys_grant.person) == (grant.id, grant.id)
    another, _ = made.keys.make(DOOR, keys_grant)
    assert made.book.grant_of(another) is not None
    made.book.sign_out(session)
    assert made.book.grant_of(key) is None
    assert made.book.grant_of(another) is None


def test_a_key_ends_with_the_token_that_made_it(made: Made) -> None:
    token = made.book.create_token("script", frozenset({Scope.LIVE_READ}), frozenset({DOOR}), None)
    grant = made.book.grant_of(token)
    assert grant is not None
    key, _ = made.keys.make(DOOR, grant)
    assert made.book.grant_of(key) is not None
    made.book.revoke(grant.id)
    assert made.book.grant_of(key) is None


def test_a_key_opens_no_camera_that_its_maker_may_not_see_any_more(made: Made) -> None:
    _, grant = signed_in(made, "Cleo")
    key, _ = made.keys.make(DOOR, grant)
    stray, _ = made.keys.make(YARD, grant)
    assert made.book.grant_of(key) is not None
    assert made.book.grant_of(stray) is None


def test_a_key_for_all_cameras_needs_a_maker_who_sees_all(made: Made) -> None:
    live = frozenset({Scope.LIVE_READ})
    _, grant = signed_in(made, "Cleo")
    wide = made.book.create_token("wide", live, None, None, grant.id)
    assert made.book.grant_of(wide) is None
    everywhere = made.book.grant_of(made.book.create_token("script", live, None, None))
    assert everywhere is not None
    assert made.book.grant_of(made.book.create_token("key", live, None, None, everywhere.id)) is not None


def test_a_session_is_no_play_key_however_little_it_opens(made: Made) -> None:
    made.book.add("Gast", PASSWORD, Role.GUEST, frozenset({DOOR}))
    grant = made.book.grant_of(made.book.sign_in("Gast", PASSWORD, "192.0.2.7", "phone"))
    assert grant is not None
    assert not grant.is_play_key()


def test_a_key_that_this_machine_itself_made_needs_nobody(made: Made) -> None:
    key, _ = made.keys.make(DOOR, ADA)
    grant = made.book.grant_of(key)
    assert grant is not None
    assert grant.made_by is None


def test_a_key_plays_its_camera_for_an_hour(made: Made) -> None:
    secret, until = made.keys.make(DOOR, ADA)
    assert until - made.clock.now() == timedelta(hours=1)
    assert made.plays(secret)
    assert not made.plays(secret, YARD)
    made.clock.advance(KEY_LASTS.total_seconds())
    assert not made.plays(secret)


def test_a_key_opens_nothing_but_the_live_picture(made: Made) -> None:
    secret, _ = made.keys.make(DOOR, ADA)
    grant = made.book.grant_of(secret)
    assert grant is not None
    assert grant.scopes == {Scope.LIVE_READ}
    assert grant.cameras == frozenset({DOOR})


def test_a_key_never_outlives_what_it_was_made_with(made: Made) -> None:
    soon = made.clock.now() + timedelta(minutes=5)
    _, until = made.keys.make(DOOR, person("Ada", soon))
    assert until == soon


def test_any_token_for_the_live_picture_of_the_camera_plays(made: Made) -> None:
    live = made.book.create_token("player", frozenset({Scope.LIVE_READ}), None, None)
    assert made.plays(live)
    motion = made.book.create_token("sensor", frozenset({Scope.MOTION_WRITE}), None, None)
    assert not made.plays(motion)
    assert not made.plays(live, CameraId("a camera that is gone"))


@pytest.mark.parametrize("token", ["", "x", "\ud800", "x" * 100_000])
def test_anything_else_plays_nothing(made: Made, token: str) -> None:
    assert not made.plays(token)


def test_a_revoked_key_plays_nothing_within_seconds(made: Made) -> None:
    secret, _ = made.keys.make(DOOR, ADA)
    assert made.plays(secret)
    [key] = made.book.tokens()
    made.book.revoke(key.id)
    made.clock.advance(YES_LASTS_SECONDS)
    assert not made.plays(secret)


def test_keys_that_are_over_are_cleared_away_and_other_tokens_are_not(made: Made) -> None:
    soon = made.clock.now() + timedelta(minutes=1)
    made.book.create_token("play DVD", frozenset({Scope.ADMIN}), None, soon)
    made.book.create_token("play with me", frozenset({Scope.LIVE_READ}), None, soon)
    for camera in (DOOR, YARD):
        made.keys.make(camera, ADA)
    made.clock.advance(2 * KEY_LASTS.total_seconds())
    made.keys.make(DOOR, ADA)
    assert {token.name for token in made.book.tokens()} == {"play DVD", "play with me", "play front-door (Ada)"}


def test_who_asks_for_ever_more_keys_loses_the_own_oldest_ones(made: Made) -> None:
    bobs, _ = made.keys.make(DOOR, BOB)
    secrets = []
    for _ in range(MOST_KEYS_EACH + 3):
        made.clock.advance(1)
        secrets.append(made.keys.make(DOOR, ADA)[0])
    assert [made.plays(secret) for secret in secrets] == [False] * 3 + [True] * MOST_KEYS_EACH
    assert made.plays(bobs)
    assert len(made.book.tokens()) == MOST_KEYS_EACH + 1


def test_keys_made_with_keys_do_not_pile_up() -> None:
    made = Made()
    asker = ADA
    for _ in range(5 * MOST_KEYS_EACH):
        made.clock.advance(1)
        secret, _ = made.keys.make(DOOR, asker)
        grant = made.book.grant_of(secret)
        assert grant is not None
        asker = grant
    assert len(made.book.tokens()) == MOST_KEYS_EACH
    assert {token.name for token in made.book.tokens()} == {"play front-door (Ada)"}


class Slow(FakeAccounts):
    """Lookups that end when the test says so; counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.go = Event()
        self.full = Event()
        self.broken = False

    def grant_of(self, secret: str) -> Grant | None:
        self.asked.append(secret)
        if len(self.asked) == LOOKUPS_AT_ONCE:
            self.full.set()
        assert self.go.wait(60)
        if self.broken:
            msg = "locked"
            raise CatalogUnavailable(msg)
        return super().grant_of(secret)


def test_a_storm_of_tries_asks_the_catalog_few_at_once_and_turns_the_rest_away() -> None:
    async def act() -> None:
        accounts = Slow()
        keys = PlayKeys(accounts, FakeClock(), {DOOR}.__contains__)
        async with asyncio.TaskGroup() as tasks, asyncio.timeout(60):
            tries = [tasks.create_task(keys.may_play(DOOR, f"wrong {number}")) for number in range(500)]
            for turned_away in tries[MOST_WAITING:]:
                assert not await turned_away
            await asyncio.to_thread(accounts.full.wait, 20)
            assert len(accounts.asked) == LOOKUPS_AT_ONCE
            accounts.go.set()
        assert not any(one.result() for one in tries)
        assert len(accounts.asked) == MOST_WAITING

    asyncio.run(act())


def test_an_answer_is_remembered_for_a_moment_and_not_for_many() -> None:
    accounts, clock = Slow(), FakeClock()
    accounts.go.set()
    accounts.add("ada", "correct horse battery", Role.OWNER, None)
    keys = PlayKeys(accounts, clock, {DOOR}.__contains__)
    secret, _ = keys.make(DOOR, ADA)

    async def ask(tokens: Sequence[str]) -> list[bool]:
        return [await keys.may_play(DOOR, token) for token in tokens]

    assert asyncio.run(ask([secret] * 50 + ["wrong"] * 50)) == [True] * 50 + [False] * 50
    assert accounts.asked == [secret, "wrong"]
    asyncio.run(ask([f"wrong {number}" for number in range(MOST_REMEMBERED + 10)]))
    assert len(keys._remembered) == MOST_REMEMBERED


def test_while_the_catalog_is_away_nobody_plays_and_nothing_is_remembered() -> None:
    accounts = Slow()
    accounts.go.set()
    keys = PlayKeys(accounts, FakeClock(), {DOOR}.__contains__)
    secret, _ = keys.make(DOOR, ADA)
    accounts.broken = True
    assert not asyncio.run(keys.may_play(DOOR, secret))
    accounts.broken = False
    assert asyncio.run(keys.may_play(DOOR, secret))
