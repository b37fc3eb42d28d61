"""Who is told, and by which notifier: recipients come and go while Doorstep runs.  Sending is the outbox's."""

from collections.abc import Callable, Iterable, Sequence
from typing import Self

from doorstep.core.recipient import Recipient
from doorstep.ports import Notifier


def _nothing(channel: str) -> None:
    del channel


class RecipientBook:
    """Implements `ports.Recipients`.  Used on the event loop.

    `on_put` and `on_remove` are called with the channel after each change; they must neither block nor raise.
    """

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Recipient, Notifier]] = {}
        self.on_put: Callable[[str], None] = _nothing
        self.on_remove: Callable[[str], None] = _nothing

    @classmethod
    def of(cls, notifiers: Iterable[Notifier]) -> Self:
        """A book of channels that are the whole house's and are told everything."""
        book = cls()
        for notifier in notifiers:
            book.put(Recipient(notifier.channel, notifier.channel), notifier)
        return book

    def recipients(self) -> Sequence[Recipient]:
        """As the port says: those of the config are put first, at the start."""
        return [recipient for recipient, _ in self._entries.values()]

    def recipient(self, channel: str) -> Recipient | None:
        """One of them."""
        entry = self._entries.get(channel)
        return entry[0] if entry else None

    def notifier(self, channel: str) -> Notifier | None:
        """By what he is told."""
        entry = self._entries.get(channel)
        return entry[1] if entry else None

    def put(self, recipient: Recipient, notifier: Notifier) -> None:
        """As the port says."""
        self._entries[recipient.channel] = recipient, notifier
        self.on_put(recipient.channel)

    def remove(self, channel: str) -> None:
        """As the port says."""
        if self._entries.pop(channel, None) is not None:
            self.on_remove(channel)
