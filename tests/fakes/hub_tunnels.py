"""A way to the hub without a network: what it says, and how it ends, is the test's."""

import asyncio
from collections.abc import AsyncGenerator

from doorstep.core.errors import HubLost
from doorstep.core.hub_status import HubStatus
from doorstep.core.hub_tunnel import HubReason, reason_words

HUB = "hub.test"


class ScriptedTunnel:
    """Implements `ports.HubTunnel`; each connection says `status`, echoes, and lasts until `end` is called."""

    def __init__(self) -> None:
        self.status = HubStatus(1_795_000_000, reached=True, seen_from="203.0.113.5")
        self.refuses: HubReason | None = None
        self.answers = True
        self.connections = 0
        self.let_go_count = 0
        self._said: asyncio.Queue[HubStatus | HubReason] | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody reads its lines."""
        return self._said is not None

    def say(self, status: HubStatus) -> None:
        """A line that nobody asked for."""
        if self._said is not None:
            self._said.put_nowait(status)

    def end(self, reason: HubReason) -> None:
        """The connection there is breaks."""
        if self._said is not None:
            self._said.put_nowait(reason)

    async def lines(self) -> AsyncGenerator[HubStatus]:
        """As the port says."""
        self.connections += 1
        if self.refuses is not None:
            raise HubLost(reason_words(self.refuses, HUB), self.refuses)
        self._said = asyncio.Queue()
        try:
            yield self.status
            while True:
                said = await self._said.get()
                if isinstance(said, HubReason):
                    raise HubLost(reason_words(said, HUB), said)
                yield said
        finally:
            self._said = None

    async def ask(self, number: int) -> None:
        """As the port says."""
        if self.answers:
            self.say(HubStatus(self.status.at, reached=self.status.reached, echo=number))

    async def let_go(self) -> None:
        """As the port says."""
        self.let_go_count += 1
