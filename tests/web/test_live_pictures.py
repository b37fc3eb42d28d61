"""Live pictures behind a real server, as a live session: counted, limited, and over with the right to watch."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from argon2 import PasswordHasher
from starlette.requests import Request
from starlette.types import Message

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.grants import SESSION_LASTS
from doorstep.accounts.passwords import Passwords
from doorstep.catalog.memory_accounts import MemoryAccountRecords
from doorstep.core.access import SCOPES_OF_ROLE, Account, Role, Scope
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.live_session import LiveWay, ViewerLimits
from doorstep.live.session_book import SessionBook
from doorstep.ports import Snapshot
from doorstep.web.mjpeg import PictureStream
from fakes.house import FRONT, GARDEN, JPEG, House
from fakes.served_house import run, served, until

LIVE = f"/api/v1/cameras/{FRONT}/live.mjpeg"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NAME, PASSWORD = "Bob", "another long one"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def limited(house: House, limits: ViewerLimits) -> None:
    house.live_sessions = SessionBook(house.clock, limits)
    object.__setattr__(house.parts, "live_sessions", house.live_sessions)


@asynccontextmanager
async def watching(house: House, client: httpx.AsyncClient, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
    """Somebody who has their first picture."""
    async with client.stream("GET", LIVE, headers=headers) as answer:
        assert answer.status_code == 200
        await house.live.queue.put(Snapshot(JPEG, house.clock.now()))
        await until(house.live.queue.empty)
        yield answer


def test_pictures_come_as_they_are_taken_until_the_viewer_goes(house: House) -> None:
    async def act() -> None:
        async with served(house) as client:
            async with client.stream("GET", LIVE, headers=house.token(Scope.LIVE_READ)) as answer:
                assert answer.headers["content-type"] == "multipart/x-mixed-replace; boundary=doorstep-picture"
                assert answer.headers["cache-control"] == "private, no-store"
                chunks, seen = answer.aiter_raw(), b""
                for number in range(3):
                    picture = b"%d" % number + JPEG
                    await house.live.queue.put(Snapshot(picture, house.clock.now()))
                    while picture + b"\r\n--doorstep-picture\r\n" not in seen:
                        seen += await anext(chunks)
                assert seen.count(b"Content-Type: image/jpeg") == 3
                assert house.live.watching == 1
                [session] = house.live_sessions.sessions()
                assert (session.viewer.camera, session.viewer.way) == (FRONT, LiveWay.MJPEG)
                assert session.viewer.address == "127.0.0.1"
            await until(lambda: house.live.watching == 0)
            assert list(house.live_sessions.sessions()) == []

    run(house, act)


def test_pictures_end_when_the_camera_is_removed(house: House) -> None:
    async def act() -> None:
        house.live.queue.put_nowait(Snapshot(JPEG, house.clock.now()))
        house.live.queue.put_nowait(None)
        async with served(house) as client:
            answer = await client.get(LIVE, headers=house.owner())
            assert answer.content.count(JPEG) == 1
            assert list(house.live_sessions.sessions()) == []
            foreign = house.token(Scope.LIVE_READ, cameras=frozenset({GARDEN}))
            assert (await client.get(LIVE, headers=foreign)).status_code == 404

    run(house, act)


def test_the_owner_sees_who_watches_and_can_end_it(house: House) -> None:
    async def act() -> None:
        owner, guest = house.owner(), house.session(Role.GUEST)
        async with served(house) as client, watching(house, client, guest) as answer:
            [listed] = (await client.get("/api/v1/live/sessions", headers=owner)).json()["sessions"]
            assert listed == {
                "id": listed["id"],
                "camera": FRONT,
                "way": "mjpeg",
                "who": "guest",
                "address": "127.0.0.1",
                "since": "2026-11-21T13:00:00.000Z",
            }
            path = f"/api/v1/live/sessions/{listed['id']}"
            elsewhere = house.token(Scope.ADMIN, cameras=frozenset({GARDEN}))
            assert (await client.get("/api/v1/live/sessions", headers=elsewhere)).json() == {"sessions": []}
            assert (await client.delete(path, headers=elsewhere)).status_code == 404
            assert (await client.delete(path, headers=guest)).status_code == 403
            assert (await client.delete(path, headers=owner)).status_code == 204
            assert JPEG in await answer.aread()
            await until(lambda: house.live.watching == 0)
            assert (await client.delete(path, headers=owner)).status_code == 404

    run(house, act)


def test_one_too_many_is_told_so_and_may_come_when_another_went(house: House) -> None:
    limited(house, ViewerLimits(all=1))

    async def act() -> None:
        owner = house.owner()
        async with served(house) as client:
            async with watching(house, client, owner):
                refused = await client.get(LIVE, headers=owner)
                assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
                assert refused.json()["code"] == "too-many-viewers"
                assert refused.headers["retry-after"]
                assert house.live.watching == 1
            await until(lambda: not house.live_sessions.sessions())
            async with watching(house, client, owner):
                assert len(house.live_sessions.sessions()) == 1

    run(house, act)


def test_a_storm_of_viewers_is_bounded_by_their_login_and_leaves_nothing_behind(house: House) -> None:
    limited(house, ViewerLimits(of_person=8))

    async def act() -> None:
        owner, all_answered = house.owner(), asyncio.Barrier(60)

        async def come() -> int:
            async with client.stream("GET", LIVE, headers=owner) as answer:
                await all_answered.wait()
                return answer.status_code

        async with served(house) as client:
            seen = await asyncio.gather(*(come() for _ in range(60)))
            assert sorted(seen) == [200] * 8 + [429] * 52
            await until(lambda: not house.live_sessions.sessions() and house.live.watching == 0)

    run(house, act)


def test_what_was_watched_stands_in_the_audit_log(house: House) -> None:
    async def act() -> None:
        owner = house.owner()
        async with served(house) as client:
            async with watching(house, client, house.session(Role.GUEST)):
                [running] = (await client.get("/api/v1/audit", headers=owner)).json()["entries"]
                assert (running["until"], running["seconds"]) == (None, None)
                house.clock.advance(90)
            await until(lambda: not house.live_sessions.sessions())
            assert (await client.get("/api/v1/audit", headers=owner)).json() == {
                "entries": [
                    {
                        "id": running["id"],
                        "at": "2026-11-21T13:00:00.000Z",
                        "who": "guest",
                        "address": "127.0.0.1",
                        "verb": "watched",
                        "camera": FRONT,
                        "way": "mjpeg",
                        "until": "2026-11-21T13:01:30.000Z",
                        "seconds": 90.0,
                    }
                ],
                "next": None,
            }
            elsewhere = house.token(Scope.ADMIN, cameras=frozenset({GARDEN}))
            assert (await client.get("/api/v1/audit", headers=elsewhere)).json()["entries"] == []

    run(house, act)


# ------------------------------------------------------------------------------ the end of a login, with real accounts


class RealHouse:
    """A house with the real account book, and somebody in it who watches."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.records = MemoryAccountRecords()
        self.book = AccountBook(self.records, house.clock, Passwords(CHEAP))
        object.__setattr__(house.parts, "accounts", self.book)
        self.book.add(NAME, PASSWORD, Role.GUEST, None)
        self.session = self.book.sign_in(NAME, PASSWORD, "192.0.2.7", "A browser")
        self.token = self.book.create_token(
            "t", SCOPES_OF_ROLE[Role.GUEST], None, house.clock.now() + timedelta(minutes=5)
        )

    @property
    def account(self) -> Account:
        found = self.records.account(NAME)
        assert found is not None
        return found

    def sign_out(self) -> None:
        self.book.sign_out(self.session)

    def let_the_session_expire(self) -> None:
        self.house.clock.advance(SESSION_LASTS.total_seconds())

    def take_the_camera(self) -> None:
        self.records.save_account(replace(self.account, cameras=frozenset({GARDEN})))

    def remove_the_account(self) -> None:
        self.records.remove_account(NAME)

    def revoke_the_token(self) -> None:
        [token] = self.book.tokens()
        self.book.revoke(token.id)

    def let_the_token_expire(self) -> None:
        self.house.clock.advance(300)


BY_SESSION = (
    RealHouse.sign_out,
    RealHouse.let_the_session_expire,
    RealHouse.take_the_camera,
    RealHouse.remove_the_account,
)
BY_TOKEN = (RealHouse.revoke_the_token, RealHouse.let_the_token_expire)


@pytest.mark.parametrize("lose", [*BY_SESSION, *BY_TOKEN], ids=lambda lose: lose.__name__)
def test_pictures_end_with_the_right_to_watch_even_if_none_comes(
    house: House, lose: Callable[[RealHouse], None]
) -> None:
    real = RealHouse(house)
    asker = {"Authorization": f"Bearer {real.token if lose in BY_TOKEN else real.session}"}

    async def act() -> None:
        async with served(house) as client, watching(house, client, asker) as answer:
            house.clock.advance(10)
            await house.live_sessions.ask_all()
            assert house.live.watching == 1
            lose(real)
            house.clock.advance(10)
            await house.live_sessions.ask_all()
            assert JPEG in await answer.aread()
            await until(lambda: house.live.watching == 0)
            assert list(house.live_sessions.sessions()) == []

    run(house, act)


def test_a_catalog_that_does_not_answer_ends_nobodys_pictures(house: House) -> None:
    async def act() -> None:
        owner = house.owner()
        async with served(house) as client, watching(house, client, owner):
            object.__setattr__(house.accounts, "grant_of", unreachable)
            await house.live_sessions.ask_all()
            assert house.live.watching == len(house.live_sessions.sessions()) == 1

    run(house, act)


def unreachable(_secret: str) -> None:
    msg = "The catalog does not answer. Try again later."
    raise CatalogUnavailable(msg)


# --------------------------------------------------------------------------------------------- viewers who do not read


def test_a_viewer_who_stops_reading_is_given_up_and_ends_what_was_decoded_for_them(house: House) -> None:
    async def act() -> None:
        stream = PictureStream(asked(house), FRONT, house.live.pictures(FRONT))
        stream.stall_seconds = 0.05
        taken: list[Message] = []

        async def takes_three(message: Message) -> None:
            if len(taken) == 3:
                await asyncio.Event().wait()
            taken.append(message)

        for _ in range(5):
            house.live.queue.put_nowait(Snapshot(JPEG, house.clock.now()))
        await asyncio.wait_for(stream({}, stays, takes_three), 60)
        assert len(taken) == 3
        assert house.live.watching == 0
        assert list(house.live_sessions.sessions()) == []

    run(house, act)


def test_who_is_slow_but_reads_goes_on(house: House) -> None:
    async def act() -> None:
        stream = PictureStream(asked(house), FRONT, house.live.pictures(FRONT))
        stream.stall_seconds = 30
        taken: list[Message] = []

        async def takes_slowly(message: Message) -> None:
            await asyncio.sleep(0.02)
            taken.append(message)

        for _ in range(5):
            house.live.queue.put_nowait(Snapshot(JPEG, house.clock.now()))
        house.live.queue.put_nowait(None)
        await asyncio.wait_for(stream({}, stays, takes_slowly), 60)
        assert sum(JPEG in message.get("body", b"") for message in taken) == 5
        assert taken[-1] == {"type": "http.response.body", "body": b"", "more_body": False}

    run(house, act)


def asked(house: House) -> Request:
    """What the gate leaves of a request that it let in."""
    request = Request({"type": "http", "app": house.app, "headers": [], "client": ("192.0.2.7", 1), "path": LIVE})
    request.state.grant = house.accounts.grant_of(house.accounts.grant(frozenset({Scope.LIVE_READ})))
    return request


async def stays() -> Message:
    await asyncio.Event().wait()
    return {}
