"""Nobody gets more devices than he may by asking for many at once, and who comes back while he leaves stays."""

import asyncio

import pytest

from doorstep.core.access import SCOPES_OF_ROLE, Grant, Role
from doorstep.core.push_subscription import MOST_DEVICES, NewDevice
from fakes.accounts import FakeAccounts
from fakes.clock import FakeClock
from fakes.push_house import ENDPOINT, PushHouse


@pytest.fixture
def house() -> PushHouse:
    return PushHouse(FakeAccounts(), FakeClock())


def signed_in(house: PushHouse) -> Grant:
    return house.accounts.grants[house.accounts.grant(SCOPES_OF_ROLE[Role.FAMILY], None, account="ada")]


def test_many_at_once_are_as_many_as_may_be(house: PushHouse) -> None:
    async def storm() -> None:
        login = signed_in(house)
        asked = [
            house.devices.subscribe(login, NewDevice("Phone", f"{ENDPOINT}{number}", "key", "auth"))
            for number in range(3 * MOST_DEVICES)
        ]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, OverflowError)]
        assert len(refused) == 2 * MOST_DEVICES
        await house.devices.subscribe(login, NewDevice("Phone", f"{ENDPOINT}0", "key", "auth"))  # one that is there

    asyncio.run(storm())
    assert len(house.devices.of("ada")) == len(house.records.subscriptions()) == MOST_DEVICES


def test_a_device_that_comes_back_while_it_leaves_keeps_its_row(house: PushHouse) -> None:
    async def waver() -> None:
        login, phone = signed_in(house), NewDevice("Phone", ENDPOINT, "key", "auth")
        made = await house.devices.subscribe(login, phone)
        async with asyncio.TaskGroup() as tasks:
            again = tasks.create_task(house.devices.subscribe(login, phone))
            await asyncio.sleep(0)
            await house.devices.unsubscribe(made.id)
        await house.devices.write_all()
        assert [one.id for one in house.devices.of("ada")] == [again.result().id]
        assert [row.id for row in house.records.subscriptions()] == [again.result().id]

    asyncio.run(waver())
