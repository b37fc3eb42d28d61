"""A line to a server on this machine that can be cut: then nobody answers on it any more, as behind a dead router."""

import asyncio

from fakes.poor_network import Address, RoadOptions, TcpRoads


class CutLine(TcpRoads):
    """Carries each connection to `target`; while it is cut, connections are taken and never answered."""

    def __init__(self, target: Address, rate: float = 0.0) -> None:
        """`rate` is in bits a second towards the server, 0 for as fast as it goes."""
        super().__init__(target, RoadOptions(rate=rate, queue=256 << 10))
        self.is_cut = False

    def break_off(self) -> None:
        """From now on; what is under way ends."""
        self.is_cut = True
        self.cut()

    def mend(self) -> None:
        """As before."""
        self.is_cut = False
        self.cut()

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            await asyncio.Event().wait()
        await super()._joined(reader, writer)
