"""The port `HubTunnel` by OpenSSH's own client: one connection, its lines, and its end in plain words."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

from doorstep.core.errors import HubLost, HubWordInvalid
from doorstep.core.hub_pairing import Pairing
from doorstep.core.hub_status import HubStatus, question_line, read_status
from doorstep.core.hub_tunnel import HubReason, let_go_argv, reason_words, tunnel_argv
from doorstep.hub.ssh_process import SshProcess, ssh

LET_GO_SECONDS = 8.0


class SshTunnel:
    """Of one data folder, which holds the keys and the socket that visitors come to.  On the event loop only."""

    def __init__(self, pairing: Pairing, data: Path) -> None:
        self._pairing = pairing
        self._data = data
        self._running: SshProcess | None = None

    async def lines(self) -> AsyncGenerator[HubStatus]:
        """As `HubTunnel` says."""
        async with ssh(tunnel_argv(self._pairing), self._data, self._pairing.hub) as running:
            self._running = running
            try:
                while line := await running.read_line():
                    yield self._read(line)
                raise await running.lost()
            finally:
                self._running = None

    async def ask(self, number: int) -> None:
        """As `HubTunnel` says."""
        if self._running is not None:
            self._running.write(question_line(number))

    async def let_go(self) -> None:
        """As `HubTunnel` says."""
        with suppress(HubLost, TimeoutError):
            async with (
                asyncio.timeout(LET_GO_SECONDS),
                ssh(let_go_argv(self._pairing), self._data, self._pairing.hub) as running,
            ):
                while await running.read_line():
                    pass

    def _read(self, line: bytes) -> HubStatus:
        try:
            return read_status(line)
        except HubWordInvalid as error:
            reason = HubReason.NOT_A_HUB
            raise HubLost(reason_words(reason, self._pairing.hub), reason) from error
