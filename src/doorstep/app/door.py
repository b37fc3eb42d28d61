"""uvicorn's HTTP connection for a door that strangers stand before, too: none of them can take all the room."""

from asyncio.transports import Transport

from uvicorn.protocols.http.h11_impl import H11Protocol

FIRST_REQUEST_SECONDS = 20.0
"""Until a connection has asked for anything: browsers open some ahead, and mostly need them at once."""


class Door(H11Protocol):
    """Beyond the most that there may be, sockets included, or half of that from one address, nobody is let in."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """As uvicorn's; one too many is dropped without an answer, which would keep it for longer."""
        super().connection_made(transport)
        most = self.limit_concurrency
        if most is not None and (len(self.connections) > most or self._alike() > most // 2):
            self.transport.abort()
        else:
            self.loop.call_later(FIRST_REQUEST_SECONDS, self._nobody_asks)

    def _alike(self) -> int:
        """How many there are from the same address; 0 on the owner's own socket."""
        clients = [getattr(one, "client", None) for one in self.connections]
        return sum(client is not None and self.client is not None and client[0] == self.client[0] for client in clients)

    def _nobody_asks(self) -> None:
        if getattr(self, "cycle", None) is None and self.transport.get_protocol() is self:
            self.transport.abort()
