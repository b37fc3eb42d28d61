"""What follows at once when somebody may no longer watch, and by which addresses a phone reaches this box."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.grants import MOST_SESSIONS
from doorstep.accounts.passwords import Passwords
from doorstep.app.address import listening_address
from doorstep.app.sign_ins import SignIns, sign_in_parts
from doorstep.catalog.memory_accounts import MemoryAccountRecords
from doorstep.core.access import Rights, Role, Scope
from doorstep.core.camera import CameraId
from doorstep.core.live_session import LiveWay, Viewer
from doorstep.core.settings import ServerSettings
from doorstep.live.session_book import SessionBook
from fakes.accounts import CHEAP
from fakes.clock import FakeClock

GOOD = "correct horse battery"
DOOR = CameraId("front-door")
ENDINGS = {
    "revoked": lambda book: book.revoke(book.grants.sessions("bob")[0].id),
    "signed out everywhere": lambda book: book.grants.end_sessions("bob"),
    "other cameras": lambda book: book.persons.change("bob", Rights(Role.GUEST, frozenset())),
    "over": lambda book: book.persons.change("bob", Rights(Role.FAMILY, None, FakeClock().now() - timedelta(1))),
    "removed": lambda book: book.persons.remove("bob"),
}


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_who_watches_is_cut_off_at_once_and_nobody_else(ending: str) -> None:
    asyncio.run(_cut_off_by(ending))


async def _cut_off_by(ending: str) -> None:
    clock = FakeClock()
    book, sessions = AccountBook(MemoryAccountRecords(), clock, Passwords(CHEAP)), SessionBook(clock)
    ended = {name: asyncio.Event() for name in ("ada", "bob")}
    for name, role in (("ada", Role.OWNER), ("bob", Role.FAMILY)):
        book.admit(name, GOOD, Rights(role))
        secret = book.sign_in(name, GOOD, "192.0.2.7", "phone")

        async def may_watch(secret: str = secret) -> bool:
            grant = await asyncio.to_thread(book.grant_of, secret)
            return grant is not None and grant.allows(Scope.LIVE_READ, DOOR)

        viewer = Viewer(DOOR, LiveWay.MSE, login=name, who=name, address="192.0.2.7", person=name)
        sessions.begin(viewer, may_watch, ended[name].set)
    run = SignIns(book, sessions, clock).endless()["ended sign-ins"]

    async def run_beside() -> None:
        await run()

    async with asyncio.TaskGroup() as tasks:
        beside = tasks.create_task(run_beside())
        await asyncio.to_thread(ENDINGS[ending], book)
        async with asyncio.timeout(60):
            await ended["bob"].wait()
        assert not ended["ada"].is_set()
        assert [session.viewer.who for session in sessions.sessions()] == ["ada"]
        beside.cancel()


@pytest.mark.parametrize(
    ("host", "address", "base", "expected"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8080", []),
        ("0.0.0.0", "", "http://192.0.2.9:8080", ["http://LAN:8080"]),  # noqa: S104 - a value, not bound
        ("0.0.0.0", "https://door.example.org", "https://door.example.org", ["http://LAN:8080"]),  # noqa: S104 - as above
    ],
)
def test_a_phone_at_home_comes_by_the_number_of_the_box(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str, address: str, base: str, expected: list[str]
) -> None:
    monkeypatch.setattr("doorstep.app.sign_ins.lan_address", lambda: "LAN")
    clock = FakeClock()
    settings = ServerSettings(data=tmp_path, host=host, port=8080, address=address)
    book = AccountBook(MemoryAccountRecords(), clock, Passwords(CHEAP))
    parts = sign_in_parts(book, clock, lambda _entry: None, settings, base)
    assert list(parts.at_home) == expected
    assert parts.address == address


def test_the_page_about_the_address_is_told_where_doorstep_really_listens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("doorstep.app.address.lan_address", lambda: "LAN")
    settings = ServerSettings(data=tmp_path, host="127.0.0.1")
    assert listening_address(settings) == "127.0.0.1"
    assert listening_address(replace(settings, host="::")) == "LAN"


def test_who_signs_in_without_end_keeps_the_newest_sessions_and_ends_nobody_elses() -> None:
    clock = FakeClock()
    book = AccountBook(MemoryAccountRecords(), clock, Passwords(CHEAP))
    for name in ("ada", "bob"):
        book.admit(name, GOOD, Rights(Role.FAMILY))
    bob = book.persons.find("bob")
    assert bob is not None
    hers = book.sign_in("ada", GOOD, "192.0.2.7", "phone")
    first = book.sign_in("bob", GOOD, "192.0.2.7", "phone")
    his = [first]
    for _ in range(MOST_SESSIONS):
        clock.advance(1)
        code, _ = book.pairings.make(bob, book.grant_of(his[-1]))
        his.append(book.pairings.use(code, "192.0.2.7", "phone"))
    assert len(book.grants.sessions("bob")) == MOST_SESSIONS
    assert book.grant_of(first) is None
    assert all(book.grant_of(secret) for secret in (hers, *his[1:]))
