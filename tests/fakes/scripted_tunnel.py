"""A hub that is a script: who connects to it hears what the test says, and is thrown out when the test says so."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

from doorstep.core.errors import HubLost
from doorstep.core.hub_pairing import Pairing
from doorstep.core.hub_status import HubStatus
from doorstep.core.hub_tunnel import HubReason
from doorstep.ports import Clock

TELLS_EVERY_SECONDS = 5.0
SAID = "As the script says."


@dataclass
class ScriptedHub:
    """`refuses` is why nobody gets in now; `silent` says nothing, though connections stay; `reached` is told.

    `ahead` is by how many seconds its clock is wrong.
    """

    clock: Clock
    refuses: HubReason | None = None
    silent: bool = False
    reached: bool | None = True
    ahead: float = 0.0
    connections: int = 0
    open: int = 0
    let_gos: int = 0
    asked: list[int] = field(default_factory=list)
    pairings: list[Pairing] = field(default_factory=list)
    _words: "list[asyncio.Queue[int | HubReason]]" = field(default_factory=list)

    def tunnel(self, pairing: Pairing, data: Path) -> "ScriptedTunnel":
        """As `SshTunnel` is made."""
        del data
        self.pairings.append(pairing)
        return ScriptedTunnel(self)

    def end(self, reason: HubReason = HubReason.CLOSED) -> None:
        """Every connection ends."""
        for words in self._words:
            words.put_nowait(reason)


class ScriptedTunnel:
    """Implements `ports.HubTunnel`."""

    def __init__(self, hub: ScriptedHub) -> None:
        self._hub = hub
        self._words: asyncio.Queue[int | HubReason] | None = None

    async def lines(self) -> AsyncGenerator[HubStatus]:
        hub = self._hub
        hub.connections += 1
        if hub.refuses is not None:
            raise HubLost(SAID, hub.refuses)
        words = self._words = asyncio.Queue()
        hub._words.append(words)
        hub.open += 1
        echo: int | None = None
        try:
            while True:
                if not hub.silent:
                    yield HubStatus(
                        at=int(hub.clock.now().timestamp() + hub.ahead),
                        reached=hub.reached,
                        bytes_month=1000,
                        seen_from="203.0.113.5",
                        echo=echo,
                    )
                try:
                    async with asyncio.timeout(TELLS_EVERY_SECONDS):
                        word = await words.get()
                except TimeoutError:
                    echo = None
                    continue
                if isinstance(word, HubReason):
                    raise HubLost(SAID, word)
                echo = word
        finally:
            hub.open -= 1
            hub._words.remove(words)
            self._words = None

    async def ask(self, number: int) -> None:
        self._hub.asked.append(number)
        if self._words is not None:
            await asyncio.sleep(0.02)
            self._words.put_nowait(number)

    async def let_go(self) -> None:
        self._hub.let_gos += 1
