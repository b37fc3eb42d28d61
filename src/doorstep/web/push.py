"""Notifications of this browser, and of the asker's others: on, off, what they are told, and a test."""

import asyncio
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from doorstep.core.access import Grant
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.pace import Buckets, Pace
from doorstep.core.push_subscription import MOST_DEVICES, NewDevice, PushSubscription
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.instants import rfc3339, rfc3339_or_none
from doorstep.web.preference_shapes import ChoiceShape, choice_shape, given_choice
from doorstep.web.problems import Refusal, not_found, too_often
from doorstep.web.push_parts import PushParts

router = resource("push")

TESTS_PACE = Pace(10, 0.1)
"""Of one person: each is a message to every device of theirs, and a row."""


class PushDeviceShape(BaseModel):
    """One device, without its address.  `this` says that it was turned on with the login that asks.

    `accepted_at` is when its push service last took an alert, `acknowledged_at` when the device last showed one;
    `preferences` null means what its person wants.
    """

    id: str
    name: str
    created_at: str
    accepted_at: str | None
    acknowledged_at: str | None
    this: bool
    preferences: ChoiceShape | None


class PushShape(BaseModel):
    """The key for `applicationServerKey`, and the asker's own devices, oldest first."""

    public_key: str
    devices: list[PushDeviceShape]


class PushKeys(BaseModel):
    """What `PushSubscription.toJSON()` calls `keys`, base64url."""

    p256dh: str = Field(min_length=1, max_length=128)
    auth: str = Field(min_length=1, max_length=64)


class NewDeviceShape(BaseModel):
    """`PushSubscription.toJSON()` of a browser, and a name for the list."""

    endpoint: str = Field(min_length=1, max_length=2048)
    keys: PushKeys
    name: str = Field(default="", max_length=100)


class EndpointShape(BaseModel):
    """A device by its address, for a browser that knows no id."""

    endpoint: str = Field(min_length=1, max_length=2048)


class PushTest(BaseModel):
    """Which of the asker's devices, null for all of them."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = Field(default=None, max_length=100)


class PushTestShape(BaseModel):
    """What became of it at one device: taken by its push service, or why not."""

    id: str
    name: str
    accepted: bool
    problem: str | None


class PushTestsShape(BaseModel):
    """Of each device that was tried."""

    devices: list[PushTestShape]


async def _push(parts: Parts) -> PushParts:
    if parts.push is None:
        raise Refusal(503, "push-unavailable", "This server cannot send notifications just now. See what is wrong.")
    return parts.push


Push = Annotated[PushParts, Depends(_push)]


async def _own_device(subscription_id: str, push: Push, asker: Asker) -> PushSubscription:
    """Raises the same Refusal for what is not there and for what is somebody else's."""
    return _own(push, asker, subscription_id)


def _own(push: PushParts, asker: Grant, subscription_id: str) -> PushSubscription:
    found = next((one for one in push.devices.of(asker.person) if one.id == subscription_id), None)
    if found is None:
        raise not_found()
    return found


OwnDevice = Annotated[PushSubscription, Depends(_own_device)]


@router.get("/push")
async def get_push(push: Push, asker: Asker) -> PushShape:
    """What a browser needs to turn notifications on, and where they are on."""
    return PushShape(public_key=push.public_key, devices=[_shape(one, asker) for one in push.devices.of(asker.person)])


@router.post("/push/subscriptions", status_code=201)
async def subscribe(body: NewDeviceShape, push: Push, asker: Asker) -> PushDeviceShape:
    """Tell this browser from now on.  One that asks again stays the same device."""
    if asker.account is None:
        raise Refusal(403, "sign-in", "Sign in with your name: notifications are a person's.")
    name = "".join(letter for letter in body.name if letter.isprintable()).strip() or "A device"
    device = NewDevice(name, body.endpoint, body.keys.p256dh, body.keys.auth)
    try:
        push.judge(device)
    except NotifierRefused as error:
        raise Refusal(400, "push-refused", str(error)) from None
    try:
        return _shape(await push.devices.subscribe(asker, device), asker)
    except OverflowError:
        detail = f"You have {MOST_DEVICES} devices already. Take one away first."
        raise Refusal(409, "too-many-devices", detail) from None


@router.delete("/push/subscriptions", status_code=204)
async def unsubscribe_by_endpoint(body: EndpointShape, push: Push, asker: Asker) -> None:
    """Turn this browser off.  No error if it is off."""
    for one in push.devices.of(asker.person):
        if one.endpoint == body.endpoint:
            await push.devices.unsubscribe(one.id)


@router.delete("/push/subscriptions/{subscription_id}", status_code=204)
async def unsubscribe(device: OwnDevice, push: Push) -> None:
    """Turn one of the asker's devices off."""
    await push.devices.unsubscribe(device.id)


@router.put("/push/subscriptions/{subscription_id}/preferences")
async def prefer(
    device: OwnDevice, push: Push, parts: Parts, asker: Asker, body: ChoiceShape | None = None
) -> PushDeviceShape:
    """What this device is told; null for what its person wants."""
    wanted = None if body is None else given_choice(parts, asker, body)
    changed = await push.devices.prefer(device.id, wanted)
    if changed is None:
        raise not_found()
    return _shape(changed, asker)


@router.post("/push/test")
async def test_push(body: PushTest, push: Push, asker: Asker, request: Request, parts: Parts) -> PushTestsShape:
    """Send a test to one device or to all of the asker's, and say what their push services answered."""
    buckets: Buckets = request.app.state.push_tests
    if wait := buckets.wait((asker.person,), parts.clock.monotonic()):
        detail = "That were many tests. Wait a moment."
        raise too_often(detail, wait)
    chosen = push.devices.of(asker.person) if body.id is None else [_own(push, asker, body.id)]
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(_tested(push, one)) for one in chosen]
    return PushTestsShape(devices=[task.result() for task in running])


async def _tested(push: PushParts, device: PushSubscription) -> PushTestShape:
    problem = None
    try:
        await push.devices.test(device.id)
    except (NotifierUnavailable, NotifierRefused) as error:
        problem = str(error)
    return PushTestShape(id=device.id, name=device.name, accepted=problem is None, problem=problem)


def _shape(device: PushSubscription, asker: Grant) -> PushDeviceShape:
    return PushDeviceShape(
        id=device.id,
        name=device.name,
        created_at=rfc3339(device.created_at),
        accepted_at=rfc3339_or_none(device.accepted_at),
        acknowledged_at=rfc3339_or_none(device.acknowledged_at),
        this=device.grant == asker.id,
        preferences=None if device.preferences is None else choice_shape(device.preferences),
    )
