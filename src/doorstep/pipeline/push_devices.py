"""Browsers that are told by Web Push: whose they are, since when, and until when.  Sending lives in `notifiers`."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

import structlog

from doorstep.core.access import Grant, Scope
from doorstep.core.alert_preferences import AlertPreferences
from doorstep.core.delivery import Delivery, DeliveryState, was_tried
from doorstep.core.errors import CatalogUnavailable, NotifierRefused, NotifierUnavailable
from doorstep.core.push_subscription import CHANNEL_PREFIX, MOST_DEVICES, NewDevice, PushSubscription, after_taken
from doorstep.core.push_words import ends_soon
from doorstep.core.recipient import Recipient
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.ended_devices import EndedDevices
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.written_behind import WrittenBehind
from doorstep.ports import Clock, Notifier, RecipientRecords, Recipients

log = structlog.get_logger()

KEY = "preferences:devices"
LOOK_EVERY_SECONDS = 5.0

MakeNotifier = Callable[[PushSubscription, Callable[[], None]], Notifier]
"""A channel to one device, and who is told, on the event loop, that it is gone."""

TryOut = Callable[[str], Awaitable[Delivery | None]]
"""Send a test alert by one channel: how its delivery stands after that, None without such a channel.

Raises OverflowError while another test of this channel runs.
"""


class PushDevices:
    """Implements `ports.PushDevices`.  Used on the event loop.

    A device is told as long as the login lasts with which it was made, and sees what that may see.  `login` is what a
    grant's id allows now, None where it is over; it blocks, and raises CatalogUnavailable.  `warn` tells a device that
    its login ends soon, False where that must wait; it raises CatalogUnavailable.  Leaving counts at once, whatever the
    disk does; its row goes when the disk lets it.
    """

    def __init__(
        self,
        recipients: Recipients,
        records: RecipientRecords,
        login: Callable[[str], Grant | None],
        make: MakeNotifier,
        try_out: TryOut,
        warn: Callable[[PushSubscription], Awaitable[bool]],
        health: HealthBoard,
        clock: Clock,
    ) -> None:
        self._recipients = recipients
        self._records = records
        self._login = login
        self._make = make
        self._try_out = try_out
        self._warn = warn
        self._health = health
        self._ended = EndedDevices(health)
        self._clock = clock
        self._devices: dict[str, PushSubscription] = {}
        self._logins: dict[str, Grant] = {}
        self._warned: set[tuple[str, str]] = set()
        self._changing = asyncio.Lock()  # held while a row is written: one endpoint has one row
        self._look = asyncio.Event()
        what = "Which devices are told holds, and is not stored yet"
        self._behind = WrittenBehind(KEY, what, self._write, health, clock)

    def devices(self) -> Sequence[PushSubscription]:
        """Everybody's, oldest first."""
        return sorted(self._devices.values(), key=lambda one: (one.created_at, one.id))

    def of(self, person: str) -> Sequence[PushSubscription]:
        """One person's."""
        return [one for one in self.devices() if one.person == person]

    async def load(self) -> None:
        """Take up what a former run left, before anything is sent.  Raises CatalogUnavailable."""
        for subscription in await on_disk(self._health, self._records.subscriptions):
            login = await on_disk(self._health, self._login, subscription.grant)
            if login is not None and login.allows(Scope.EVENTS_READ):
                self._put(subscription, login)
            else:
                self._ended.say(subscription, "its login is over")
                self._behind.due(subscription.id)

    async def subscribe(self, login: Grant, device: NewDevice) -> PushSubscription:
        """Tell this device from now on; one that asks again stays.  Raises CatalogUnavailable, OverflowError."""
        person = login.person
        async with self._changing:
            known = next((one for one in self._devices.values() if one.endpoint == device.endpoint), None)
            mine = known if known is not None and known.person == person else None
            if mine is None and len(self.of(person)) >= MOST_DEVICES:
                raise OverflowError(person)
            subscription = PushSubscription(
                id=mine.id if mine else secrets.token_hex(6),
                person=person,
                grant=login.id,
                name=device.name,
                endpoint=device.endpoint,
                p256dh=device.p256dh,
                auth=device.auth,
                created_at=mine.created_at if mine else self._clock.now(),
                preferences=mine.preferences if mine else None,
                accepted_at=mine.accepted_at if mine else None,
                acknowledged_at=mine.acknowledged_at if mine else None,
                unshown_since=mine.unshown_since if mine else None,
            )
            await on_disk(self._health, self._records.save_subscription, subscription)
            now = self._devices.get(subscription.id)
            if now is not None and now.preferences != subscription.preferences:  # chosen while the disk was slow
                subscription = replace(subscription, preferences=now.preferences)
                self._behind.due(subscription.id)
            if known is not None and mine is None:
                self._drop(known.id)
            self._put(subscription, login)
        self._ended.is_told(subscription)
        log.info("a device is told by Web Push", device=subscription.id, person=person)
        return subscription

    async def unsubscribe(self, subscription_id: str) -> bool:
        """Whether there was one.  It is told nothing more from now on."""
        return self._drop(subscription_id)

    def follow(self, former: str, login: Grant) -> None:
        """Who signs in anew on a device stays told there; `former` is the id of the login that ends with that."""
        for known in self.devices():
            if known.grant == former and known.person == login.person and login.allows(Scope.EVENTS_READ):
                self._put(replace(known, grant=login.id), login)
                self._behind.due(known.id)

    async def prefer(self, subscription_id: str, preferences: AlertPreferences | None) -> PushSubscription | None:
        """What this device wants to be told, None for what its person wants; None where there is no such device."""
        known = self._devices.get(subscription_id)
        if known is None:
            return None
        changed = replace(known, preferences=preferences)
        self._put(changed, self._logins[changed.id])
        self._behind.due(changed.id)
        return changed

    async def test(self, subscription_id: str) -> None:
        """Send it a test alert; returns once it is taken.  Raises NotifierUnavailable, NotifierRefused."""
        known = self._devices.get(subscription_id)
        if known is None:
            return
        try:
            delivery = await self._try_out(known.channel)
        except OverflowError as error:
            msg = "Another test of it is under way."
            raise NotifierUnavailable(msg) from error
        match delivery:
            case Delivery(state=DeliveryState.ACCEPTED):
                return
            case Delivery(state=DeliveryState.DUE):
                words = delivery.outcome if was_tried(delivery) else "Nobody answered yet; it is tried again by itself."
                raise NotifierUnavailable(words)
            case _:
                raise NotifierRefused(delivery.outcome if delivery else "It is no longer told.")

    def told(self, delivery: Delivery) -> None:
        """How a delivery stands now; called for those of all channels."""
        known = self._devices.get(delivery.channel.removeprefix(CHANNEL_PREFIX))
        if known is None or known.channel != delivery.channel or delivery.state is not DeliveryState.ACCEPTED:
            return
        changed = after_taken(known, delivery.next_at, delivery.acknowledged_at)
        if changed != known:
            self._devices[known.id] = changed
            self._behind.due(known.id)

    def look_now(self) -> None:
        """A login may be over: see at once."""
        self._look.set()

    async def run(self) -> None:
        """Keep rows and logins in step, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_logins())
            tasks.create_task(self._behind.run())

    async def _watch_logins(self) -> None:
        while True:
            try:
                await self.look()
            except CatalogUnavailable:
                log.debug("nobody can say whether logins are over: devices are told as before")
            await _woken(self._look, LOOK_EVERY_SECONDS)

    async def look(self) -> None:
        """End what is told on behalf of a login that is over.  Raises CatalogUnavailable."""
        for known in self.devices():
            login = await on_disk(self._health, self._login, known.grant)
            if self._devices.get(known.id) is None or self._devices[known.id].grant != known.grant:
                continue  # it left, or signed in anew, meanwhile
            if login is None or not login.allows(Scope.EVENTS_READ):
                self._end(known)
            elif self._logins[known.id].cameras != login.cameras:
                self._put(self._devices[known.id], login)
            elif (
                (known.id, known.grant) not in self._warned
                and ends_soon(login.expires_at, self._clock.now())
                and await self._warn(known)
            ):
                self._warned.add((known.id, known.grant))

    async def write_all(self) -> bool:
        """Bring the rows in line with what is told, as far as the disk lets us; whether that was all."""
        return await self._behind.write_all()

    async def _write(self, subscription_id: str) -> None:
        async with self._changing:
            known = self._devices.get(subscription_id)
            if known is not None:
                await on_disk(self._health, self._records.save_subscription, known)
            else:
                await on_disk(self._health, self._records.remove_subscription, subscription_id)

    def _put(self, subscription: PushSubscription, login: Grant) -> None:
        """A new one, or the same changed."""
        self._devices[subscription.id] = subscription
        self._logins[subscription.id] = login
        notifier = self._make(subscription, partial(self._gone, subscription.id))
        self._recipients.put(
            Recipient(
                channel=subscription.channel,
                name=subscription.name,
                person=subscription.person,
                preferences=subscription.preferences,
                may_see=login.cameras,
            ),
            notifier,
        )

    def _drop(self, subscription_id: str) -> bool:
        known = self._devices.pop(subscription_id, None)
        if known is None:
            return False
        self._logins.pop(known.id, None)
        self._recipients.remove(known.channel)
        self._behind.due(known.id)
        return True

    def _end(self, known: PushSubscription) -> None:
        """Its login is over.  Who signed out knows that; whose time was up must be told, for nothing else tells him."""
        over_at = self._logins[known.id].expires_at
        if over_at is not None and self._clock.now() >= over_at:
            self._ended.say(known, "its login is over")
        log.info("a device is no longer told: its login is over", device=known.id, person=known.person)
        self._drop(known.id)

    def _gone(self, subscription_id: str) -> None:
        """Its push service says so, in the middle of sending: its lane is not ours to end just now."""
        known = self._devices.get(subscription_id)
        if known is None:
            return
        self._ended.say(known, "its browser ended that")
        log.warning("a device is no longer told: its push service does not know it", device=known.id)
        asyncio.get_running_loop().call_soon(self._drop, known.id)


async def _woken(event: asyncio.Event, seconds: float | None) -> None:
    """Until somebody wakes us, or for so long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
    event.clear()
