"""The way from outside, put together: the tunnel to the hub, what the page sees of it, joining and leaving.

Nothing of it is waited for at a start, and none of it touches recording, the chime or the page at home.  Which hub it
is: `hub_place`; how the tunnel is held: `hub/held_tunnel.py`; who comes through it: `web/through_hub.py`.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from doorstep.app.address import base_address
from doorstep.app.hub_health import HubHealth
from doorstep.app.hub_place import HubPlace
from doorstep.app.server_parts import ServerParts
from doorstep.app.signals import unless
from doorstep.core.errors import HubLost
from doorstep.core.hub_link import HubLink, HubState
from doorstep.core.hub_pairing import KeptPairing, Pairing
from doorstep.core.hub_rivals import REST_SECONDS, HubRivals
from doorstep.core.hub_status import HubStatus
from doorstep.core.hub_tunnel import HubReason
from doorstep.core.ice_server import HubIce
from doorstep.core.settings import HubSettings, Settings
from doorstep.hub.held_tunnel import HeldTunnel
from doorstep.hub.pairing import join_hub
from doorstep.hub.ssh_tunnel import SshTunnel
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.supervisor import Tasks
from doorstep.ports import Clock, HubTunnel
from doorstep.web.hub_parts import HubParts, HubView

log = structlog.get_logger()

ANSWERED_SECONDS = 0.5
"""So long who joins another hub, leaves one or switches it off, perhaps through it, has to read that it is done."""

TunnelOf = Callable[[Pairing, Path], HubTunnel]
Join = Callable[[str, Path, datetime], Awaitable[KeptPairing]]


class HubDesk:
    """One for a server, on its event loop."""

    def __init__(
        self,
        place: HubPlace,
        settings: Settings,
        board: HealthBoard,
        clock: Clock,
        home_address: Callable[[], str],
        tunnel_of: TunnelOf = SshTunnel,
        join: Join = join_hub,
    ) -> None:
        """`settings` are those of the config; `home_address` is where the page is at home."""
        self._place = place
        self._settings = settings
        self._clock = clock
        self._home_address = home_address
        self._tunnel_of = tunnel_of
        self._join = join
        self._rivals = HubRivals()
        self._link: HubLink | None = None
        self._changed = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._health = HubHealth(place, lambda: self._link, self._rivals, board, clock)

    def endless(self) -> Tasks:
        """What runs until the server stops, by its name."""
        return {"hub": self.run, "hub health": self._health.run}

    def parts(self) -> HubParts:
        """What the web may use."""
        return HubParts(view=self.view, pair=self.pair, leave=self.leave, host=self._place.host)

    async def run(self) -> None:
        """For ever: hold the tunnel of the hub of now, if there is one."""
        while True:
            self._changed.clear()
            pairing, now = self._place.used, self._clock.monotonic()
            if pairing is None:
                self._link = None
                await self._changed.wait()
                continue
            self._link = HubLink(pairing.hub, now)
            data = self._place.folder.path.parent
            tunnel = _Watched(self._tunnel_of(pairing, data), self._rivals, self._clock)
            await unless(self._changed, HeldTunnel(tunnel, self._link, self._clock, _jitter).run())

    def use(self, settings: Settings) -> Settings:
        """The config was read anew; the settings that the house runs by."""
        self._settings = settings
        self._switch(settings.hub)
        return self._place.outside(settings)

    async def pair(self, code: str) -> None:
        """As `HubParts` says."""
        async with self._one_at_a_time:
            kept = await self._join(code, self._place.folder.path.parent, self._clock.now())
            self._place.take(kept)
        log.info("joined a hub", host=kept.pairing.host)
        self._change_soon()

    async def leave(self) -> bool:
        """As `HubParts` says."""
        async with self._one_at_a_time:
            was_there = self._place.pairing is not None or bool(self._place.trouble)
            await asyncio.to_thread(self._place.folder.leave)
            self._place.take(None)
        if was_there:
            log.info("left the hub")
        self._change_soon()
        return was_there

    def ice(self) -> HubIce | None:
        """What helps viewers from outside to find this house; its credentials are good by the hub's own clock."""
        found, link = self._place.ice(), self._link
        ahead = link.view.clock_ahead if link is not None else None
        return found if found is None or ahead is None else replace(found, ahead=ahead)

    def view(self) -> HubView:
        """As `HubParts` says."""
        pairing, link = self._place.pairing, self._link
        if pairing is None or link is None:
            off = HubState.OFF if pairing is None or not self._place.enabled else HubState.CONNECTING
            return HubView(
                paired=pairing is not None,
                enabled=self._place.enabled,
                box=pairing.box if pairing else "",
                host=pairing.host if pairing else "",
                address=pairing.address if pairing else "",
                state=off.value,
                reason=self._place.trouble,
                home_address=self._home_address(),
                needs_restart=self._needs_restart(),
            )
        seen = link.view
        return HubView(
            paired=True,
            enabled=self._place.enabled,
            box=pairing.box,
            host=pairing.host,
            address=pairing.address,
            state=seen.state.value,
            since=(self._clock.now() - timedelta(seconds=self._clock.monotonic() - seen.since)).replace(microsecond=0),
            reason=seen.reason,
            why=seen.why.value if seen.why is not None else "",
            round_trip_ms=seen.round_trip_ms,
            certificate_ends=_instant(seen.certificate_ends),
            bytes_month=seen.bytes_month,
            reached=seen.reached,
            reached_why=seen.reached_why,
            seen_from=seen.seen_from,
            home_address=self._home_address(),
            needs_restart=self._needs_restart(),
        )

    def _change_soon(self) -> None:
        self._link = None  # of another hub
        asyncio.get_running_loop().call_later(ANSWERED_SECONDS, self._changed.set)

    def _needs_restart(self) -> bool:
        return not self._settings.server.address and self._place.address_changed

    def _switch(self, settings: HubSettings) -> None:
        if settings.enabled is not self._place.enabled:
            self._place.enabled = settings.enabled
            self._change_soon()


class _Watched:
    """A tunnel that learns whether another machine has the same place, and then leaves it the port for a while."""

    def __init__(self, tunnel: HubTunnel, rivals: HubRivals, clock: Clock) -> None:
        self._tunnel = tunnel
        self._rivals = rivals
        self._clock = clock

    async def lines(self) -> AsyncGenerator[HubStatus]:
        """As `HubTunnel` says."""
        was_up = False
        try:
            async with aclosing(self._tunnel.lines()) as lines:
                async for status in lines:
                    was_up = True
                    yield status
        except HubLost as lost:
            self._rivals.ended(HubReason(lost.reason), self._clock.monotonic(), was_up=was_up)
            raise

    async def ask(self, number: int) -> None:
        """As `HubTunnel` says."""
        await self._tunnel.ask(number)

    async def let_go(self) -> None:
        """As `HubTunnel` says."""
        if self._rivals.are_there(self._clock.monotonic()):
            await self._clock.sleep(REST_SECONDS)
        await self._tunnel.let_go()


def make_hub(place: HubPlace, settings: Settings, server: ServerParts, port: int) -> HubDesk:
    """Of a server that runs by these settings of the config; viewers from outside are helped from now on."""
    shared = server.shared
    desk = HubDesk(place, settings, shared.health, shared.clock, lambda: base_address(settings.server, port))
    server.live.webrtc.hub = desk.ice
    return desk


def _instant(seconds: int | None) -> datetime | None:
    """None also for a number that no calendar has."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _jitter() -> float:
    return random.random()  # noqa: S311 - jitter, not a secret
