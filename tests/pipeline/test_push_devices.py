"""Who is told by Web Push, and until when: logins, push services and people end it; a restart and a disk do not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from doorstep.core.access import SCOPES_OF_ROLE, Grant, Role
from doorstep.core.alert import Alert, AlertId
from doorstep.core.alert_preferences import AlertPreferences
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.errors import CatalogUnavailable, NotifierUnavailable
from doorstep.core.push_subscription import NewDevice
from doorstep.pipeline.disk_calls import KEY, SLOW_SECONDS
from fakes.accounts import FakeAccounts
from fakes.clock import FakeClock
from fakes.instant_loop import LoopClock, run
from fakes.push_house import ENDPOINT, PushHouse

PHONE = NewDevice("Ada's phone", ENDPOINT, "key", "secret")
TABLET = NewDevice("Ada's tablet", ENDPOINT + "-2", "key", "secret")
FRONT = frozenset({CameraId("front-door")})


@pytest.fixture
def house() -> PushHouse:
    return PushHouse(FakeAccounts(), FakeClock())


def signed_in(
    house: PushHouse,
    person: str = "ada",
    role: Role = Role.OWNER,
    cameras: frozenset[CameraId] | None = None,
    expires_at: datetime | None = None,
) -> Grant:
    secret = house.accounts.grant(SCOPES_OF_ROLE[role], cameras, account=person, expires_at=expires_at)
    return house.accounts.grants[secret]


def channels(house: PushHouse) -> list[str]:
    return [recipient.channel for recipient in house.book.recipients()]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - rows are written in a thread, which sets no event
            await asyncio.sleep(0.001)


async def while_running(house: PushHouse, act: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(house.devices.run())
        await act()
        running.cancel()


def test_a_device_is_told_what_its_login_may_see(house: PushHouse) -> None:
    login = signed_in(house, "bob", Role.FAMILY, FRONT)
    made = asyncio.run(house.devices.subscribe(login, PHONE))
    [recipient] = house.book.recipients()
    assert (recipient.channel, recipient.name, recipient.person) == (made.channel, "Ada's phone", "bob")
    assert recipient.may_see == FRONT
    assert recipient.preferences is None
    assert len(made.channel) <= 20
    assert list(house.records.subscriptions()) == [made]


def test_who_asks_again_stays_and_has_the_newest_keys_and_login(house: PushHouse) -> None:
    async def twice() -> None:
        first = await house.devices.subscribe(signed_in(house), PHONE)
        newer = signed_in(house)
        again = await house.devices.subscribe(newer, NewDevice("Phone", ENDPOINT, "other", "keys"))
        assert (again.id, again.grant, again.p256dh) == (first.id, newer.id, "other")

    asyncio.run(twice())
    assert len(house.records.subscriptions()) == len(channels(house)) == 1


def test_another_person_on_the_same_browser_takes_its_place(house: PushHouse) -> None:
    async def both() -> None:
        await house.devices.subscribe(signed_in(house, "ada"), PHONE)
        await house.devices.subscribe(signed_in(house, "bob"), PHONE)

    asyncio.run(both())
    assert [recipient.person for recipient in house.book.recipients()] == ["bob"]
    assert [row.person for row in house.records.subscriptions()] == ["bob"]


def test_two_at_once_with_one_endpoint_are_one_device(house: PushHouse) -> None:
    async def both() -> None:
        login = signed_in(house)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(5):
                tasks.create_task(house.devices.subscribe(login, PHONE))

    asyncio.run(both())
    assert len(channels(house)) == 1


def test_what_cannot_be_stored_is_not_promised(house: PushHouse) -> None:
    house.records.away = True
    with pytest.raises(CatalogUnavailable):
        asyncio.run(house.devices.subscribe(signed_in(house), PHONE))
    assert channels(house) == []


def test_leaving_counts_at_once_and_its_row_goes_when_the_disk_lets_it(house: PushHouse) -> None:
    async def leave() -> None:
        made = await house.devices.subscribe(signed_in(house), PHONE)
        house.records.away = True
        assert await house.devices.unsubscribe(made.id)
        assert channels(house) == []
        assert not await house.devices.write_all()
        assert house.records.subscriptions()
        assert [problem.key for problem in house.health.problems()] == ["preferences:devices"]
        house.records.away = False
        assert await house.devices.write_all()
        assert not house.health.problems()
        assert not house.records.subscriptions()
        assert not await house.devices.unsubscribe(made.id)

    asyncio.run(leave())


@pytest.mark.parametrize("end", ["sign-out", "guest", "expiry"])
def test_it_ends_with_its_login(house: PushHouse, end: str) -> None:
    expires_at = house.clock.now() + timedelta(days=30)

    async def ended() -> None:
        login = signed_in(house, expires_at=expires_at)
        other = signed_in(house)
        await house.devices.subscribe(login, PHONE)
        tablet = await house.devices.subscribe(other, TABLET)
        await house.devices.look()
        assert len(channels(house)) == 2
        if end == "sign-out":
            assert house.accounts.revoke(login.id)
        elif end == "guest":
            secret = next(secret for secret, grant in house.accounts.grants.items() if grant.id == login.id)
            guest = signed_in(house, role=Role.GUEST)
            house.accounts.grants[secret] = Grant(
                login.id, "", "", "ada", guest.scopes, None, login.created_at, expires_at
            )
        else:
            house.clock.advance(31 * 24 * 3600)
        await house.devices.look()
        assert channels(house) == [tablet.channel]
        await house.devices.write_all()
        assert [row.id for row in house.records.subscriptions()] == [tablet.id]

    asyncio.run(ended())
    problems = [problem.what for problem in house.health.problems()]
    assert problems == (["Ada's phone of ada no longer takes alerts: its login is over."] if end == "expiry" else [])


def test_signing_out_is_noticed_at_once(house: PushHouse) -> None:
    async def act() -> None:
        login = signed_in(house)
        await house.devices.subscribe(login, PHONE)
        house.accounts.revoke(login.id)
        house.devices.look_now()
        await until(lambda: not channels(house) and not house.records.subscriptions())

    asyncio.run(while_running(house, act))


def test_other_cameras_of_its_person_count(house: PushHouse) -> None:
    async def change() -> None:
        login = signed_in(house)
        await house.devices.subscribe(login, PHONE)
        secret = next(iter(house.accounts.grants))
        house.accounts.grants[secret] = Grant(login.id, "", "", "ada", login.scopes, FRONT, login.created_at, None)
        await house.devices.look()

    asyncio.run(change())
    assert [recipient.may_see for recipient in house.book.recipients()] == [FRONT]


def test_while_nobody_can_say_whether_logins_are_over_it_goes_on(house: PushHouse) -> None:
    async def act() -> None:
        await house.devices.subscribe(signed_in(house), PHONE)
        house.records.away = True
        with pytest.raises(CatalogUnavailable):
            await house.devices.look()

    asyncio.run(act())
    assert len(channels(house)) == 1


def test_a_push_service_that_knows_it_no_more_ends_it_and_that_is_told(house: PushHouse) -> None:
    async def act() -> None:
        made = await house.devices.subscribe(signed_in(house), PHONE)
        house.gone[made.id]()
        assert channels(house) == [made.channel]  # its lane is just sending
        await until(lambda: channels(house) == [])
        await house.devices.write_all()

    asyncio.run(act())
    assert not house.records.subscriptions()
    [problem] = house.health.problems()
    assert "Ada's phone of ada no longer takes alerts" in problem.what
    assert problem.person == "ada"
    assert ENDPOINT not in problem.what + problem.remedy
    asyncio.run(house.devices.subscribe(signed_in(house), PHONE))
    assert not house.health.problems()


def test_two_devices_of_one_name_each_have_a_word_of_their_own(house: PushHouse) -> None:
    twin = replace(TABLET, name=PHONE.name)

    async def act() -> None:
        for made in [await house.devices.subscribe(signed_in(house), device) for device in (PHONE, twin)]:
            house.gone[made.id]()
        await until(lambda: channels(house) == [])
        assert len(house.health.problems()) == 2
        await house.devices.subscribe(signed_in(house), replace(TABLET, name="Tablet"))
        [left] = house.health.problems()
        assert "Ada's phone" in left.what
        await house.devices.subscribe(signed_in(house), replace(PHONE, endpoint=ENDPOINT + "-anew"))
        assert not house.health.problems()

    asyncio.run(act())


def test_two_of_one_name_that_come_back_with_other_addresses_come_back_one_by_one(house: PushHouse) -> None:
    async def act() -> None:
        twins = [replace(PHONE, endpoint=f"{ENDPOINT}-{number}") for number in range(2)]
        for made in [await house.devices.subscribe(signed_in(house), device) for device in twins]:
            house.gone[made.id]()
        await until(lambda: channels(house) == [])
        for left in (1, 0):
            await house.devices.subscribe(signed_in(house), replace(PHONE, endpoint=f"{ENDPOINT}-anew-{left}"))
            assert len(house.health.problems()) == left

    asyncio.run(act())


def test_a_restart_finds_everybody_whose_login_still_lasts(house: PushHouse) -> None:
    async def before() -> None:
        login = signed_in(house)
        await house.devices.subscribe(login, PHONE)
        await house.devices.subscribe(signed_in(house), TABLET)
        house.accounts.revoke(login.id)

    async def after() -> None:
        devices = house.restarted()
        await devices.load()
        assert [device.name for device in devices.devices()] == ["Ada's tablet"]
        assert [recipient.name for recipient in house.book.recipients()] == ["Ada's tablet"]
        await devices.write_all()

    asyncio.run(before())
    asyncio.run(after())
    assert [row.name for row in house.records.subscriptions()] == ["Ada's tablet"]


def test_preferences_of_a_device_hold_at_once_and_are_stored(house: PushHouse) -> None:
    wanted = AlertPreferences(causes=frozenset({Cause.PRESS}))

    async def act() -> None:
        made = await house.devices.subscribe(signed_in(house), PHONE)
        changed = await house.devices.prefer(made.id, wanted)
        assert changed is not None
        assert changed.preferences == wanted
        assert house.book.recipients()[0].preferences == wanted
        await until(lambda: house.records.subscriptions()[0].preferences == wanted)
        await house.devices.prefer(made.id, None)
        assert house.book.recipients()[0].preferences is None
        assert await house.devices.prefer("nobody", wanted) is None

    asyncio.run(while_running(house, act))


def test_when_it_was_told_and_when_it_answered_are_kept(house: PushHouse) -> None:
    async def act() -> None:
        made = await house.devices.subscribe(signed_in(house), PHONE)
        at = house.clock.now() + timedelta(seconds=5)
        alert = Alert(AlertId("a1"), None, None, None, at, "", "", "/")
        for channel in (made.channel, "email", "push:nobody"):
            house.devices.told(Delivery(alert, channel, DeliveryState.DUE, 1, at))
        assert house.devices.of("ada")[0].accepted_at is None
        house.devices.told(Delivery(alert, made.channel, DeliveryState.ACCEPTED, 1, at, acknowledged_at=at))
        await until(lambda: house.records.subscriptions()[0].acknowledged_at == at)
        assert house.records.subscriptions()[0].accepted_at == at

    asyncio.run(while_running(house, act))


def test_it_is_remembered_since_when_a_device_shows_nothing(house: PushHouse) -> None:
    async def act() -> None:
        made = await house.devices.subscribe(signed_in(house), PHONE)
        first = house.clock.now() + timedelta(days=9)

        def told(number: int, acknowledged_at: datetime | None = None) -> datetime | None:
            at = first + timedelta(days=number)
            alert = Alert(AlertId(f"a{number}"), None, None, None, at, "", "", "/")
            house.devices.told(
                Delivery(alert, made.channel, DeliveryState.ACCEPTED, 1, at, acknowledged_at=acknowledged_at)
            )
            return house.devices.of("ada")[0].unshown_since

        assert [told(0), told(1)] == [first, first]
        shown_at = first + timedelta(days=2)
        assert told(1, shown_at) is None
        assert told(0) is None, "an old one that is noted again"
        assert told(3) == first + timedelta(days=3)

    asyncio.run(act())


def test_a_warning_that_would_wake_somebody_waits(house: PushHouse) -> None:
    async def act() -> None:
        await house.devices.subscribe(signed_in(house, expires_at=house.clock.now() + timedelta(days=2)), PHONE)
        house.is_quiet = True
        await house.devices.look()
        assert house.warned == []
        house.is_quiet = False
        await house.devices.look()
        await house.devices.look()
        assert house.warned == ["Ada's phone"]

    asyncio.run(act())


def test_each_device_of_a_login_is_warned(house: PushHouse) -> None:
    async def act() -> None:
        login = signed_in(house, expires_at=house.clock.now() + timedelta(days=2))
        await house.devices.subscribe(login, PHONE)
        await house.devices.subscribe(login, TABLET)
        await house.devices.look()
        assert sorted(house.warned) == ["Ada's phone", "Ada's tablet"]

    asyncio.run(act())


def test_a_device_is_warned_once_before_its_login_ends(house: PushHouse) -> None:
    async def act() -> None:
        expires_at = house.clock.now() + timedelta(days=30)
        await house.devices.subscribe(signed_in(house, expires_at=expires_at), PHONE)
        await house.devices.subscribe(signed_in(house), TABLET)
        await house.devices.look()
        assert house.warned == []
        house.clock.advance(28 * 24 * 3600)
        await house.devices.look()
        await house.devices.look()
        assert house.warned == ["Ada's phone"]

    asyncio.run(act())


def test_who_signs_in_anew_on_it_stays_told_there(house: PushHouse) -> None:
    async def act() -> None:
        former, newer, bob = signed_in(house), signed_in(house), signed_in(house, "bob")
        made = await house.devices.subscribe(former, PHONE)
        house.devices.follow(former.id, bob)
        assert house.devices.of("ada")[0].grant == former.id
        house.devices.follow(former.id, newer)
        house.accounts.revoke(former.id)
        await house.devices.look()
        await house.devices.write_all()
        assert channels(house) == [made.channel]
        assert house.records.subscriptions()[0].grant == newer.id

    asyncio.run(act())


def test_a_test_without_an_answer_is_tried_again_by_itself(house: PushHouse) -> None:
    house.answers = lambda: "hang"

    async def act() -> None:
        device = await house.devices.subscribe(signed_in(house), PHONE)
        with pytest.raises(NotifierUnavailable, match="Nobody answered yet; it is tried again by itself"):
            await house.devices.test(device.id)

    asyncio.run(act())


@pytest.mark.parametrize("row", ["made", "changed", "removed"])
def test_a_disk_that_hangs_under_its_row_is_told(row: str) -> None:
    clock = LoopClock()
    house = PushHouse(FakeAccounts(), clock)

    async def act() -> None:
        if row == "made":
            house.records.takes = SLOW_SECONDS + 1.0
        made = await house.devices.subscribe(signed_in(house), PHONE)
        house.records.takes = SLOW_SECONDS + 1.0
        if row == "changed":
            await house.devices.prefer(made.id, AlertPreferences())
        if row == "removed":
            await house.devices.unsubscribe(made.id)
        assert await house.devices.write_all()
        assert [problem.key for problem in house.health.problems()] == [KEY]

    run(clock, act)
