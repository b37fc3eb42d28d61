"""Web Push of a house without a network: devices over rows in memory, and channels that listen."""

from collections.abc import Callable

from doorstep.accounts.picture_keys import PictureKeys
from doorstep.catalog.memory_recipients import MemoryRecipientRecords
from doorstep.core.access import Grant
from doorstep.core.alert import Alert, AlertId
from doorstep.core.delivery import BEING_TRIED, Delivery, DeliveryState
from doorstep.core.errors import CatalogUnavailable, NotifierRefused, NotifierUnavailable
from doorstep.core.push_endpoint import push_endpoint
from doorstep.core.push_subscription import NewDevice, PushSubscription
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.push_devices import PushDevices
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.web.push_parts import PushParts
from fakes.accounts import FakeAccounts
from fakes.clock import FakeClock
from fakes.listening_notifier import ListeningNotifier

PUBLIC_KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/a-long-secret"


class TroubledRecords(MemoryRecipientRecords):
    """Rows that cannot be reached while `away`, and are reached after so many seconds else."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.away = False
        self.takes = 0.0

    def save_subscription(self, subscription: PushSubscription) -> None:
        self.reach()
        super().save_subscription(subscription)

    def remove_subscription(self, subscription_id: str) -> bool:
        self.reach()
        return super().remove_subscription(subscription_id)

    def reach(self) -> None:
        """Raises CatalogUnavailable."""
        self.clock.advance(self.takes)
        if self.away:
            msg = "The catalog does not answer."
            raise CatalogUnavailable(msg)


class PushHouse:
    """`answers` is what push services do with each alert, as `ListeningNotifier` says."""

    def __init__(self, accounts: FakeAccounts, clock: FakeClock) -> None:
        self.accounts = accounts
        self.clock = clock
        self.records = TroubledRecords(clock)
        self.health = HealthBoard(clock)
        self.keys = PictureKeys(clock)
        self.pictures: dict[str, bytes] = {}
        self.stills: dict[str, bytes] = {}
        self.answers: Callable[[], str] = lambda: "ok"
        self.gone: dict[str, Callable[[], None]] = {}
        self.book = RecipientBook()
        self.warned: list[str] = []
        self.is_quiet = False
        self.devices = self.restarted()
        self.parts = PushParts(
            PUBLIC_KEY,
            self.devices,
            _judge,
            self.keys.opens,
            self.pictures.get,
            lambda event: self.stills.get(event, b""),
        )

    def restarted(self) -> PushDevices:
        """As at the start of a process: the rows are there, nothing else."""
        self.book = RecipientBook()
        return PushDevices(
            self.book, self.records, self.login, self._notifier, self.try_out, self._warn, self.health, self.clock
        )

    def login(self, grant_id: str) -> Grant | None:
        """As `AccountBook.login`; what is remembered there is not modelled here."""
        self.records.reach()
        found = next((grant for grant in self.accounts.grants.values() if grant.id == grant_id), None)
        over = found is not None and found.expires_at is not None and found.expires_at <= self.clock.now()
        return None if over else found

    def notifier(self, channel: str) -> ListeningNotifier:
        """The one that tells by this channel."""
        found = self.book.notifier(channel)
        assert isinstance(found, ListeningNotifier)
        return found

    async def try_out(self, channel: str) -> Delivery | None:
        """As `ChannelTests.test`."""
        if self.book.recipient(channel) is None:
            return None
        alert = Alert(AlertId("test:1"), None, None, None, self.clock.now(), "Test", "", "/", is_test=True)
        if self.answers() == "hang":
            return Delivery(alert, channel, DeliveryState.DUE, 1, self.clock.now(), BEING_TRIED)
        state, outcome = DeliveryState.ACCEPTED, "accepted"
        try:
            await self.notifier(channel).send(alert)
        except NotifierUnavailable as error:
            state, outcome = DeliveryState.DUE, str(error)
        except NotifierRefused as error:
            state, outcome = DeliveryState.FAILED, str(error)
        delivery = Delivery(alert, channel, state, 1, self.clock.now(), outcome)
        self.devices.told(delivery)
        return delivery

    async def _warn(self, device: PushSubscription) -> bool:
        if not self.is_quiet:
            self.warned.append(device.name)
        return not self.is_quiet

    def _notifier(self, subscription: PushSubscription, on_gone: Callable[[], None]) -> ListeningNotifier:
        self.gone[subscription.id] = on_gone
        return ListeningNotifier(subscription.channel, lambda: self.answers())  # noqa: PLW0108 - tests change it


def _judge(device: NewDevice) -> None:
    if push_endpoint(device.endpoint) is None:
        msg = "This browser's push service is not one that Doorstep knows."
        raise NotifierRefused(msg)
