"""Which hub this house has joined, as its data folder says, and what follows for its addresses.  The way there: `hub`.

The config's own address goes before the hub's.  What cannot be read is as if there were no hub, and is told.
"""

from dataclasses import replace
from pathlib import Path

import structlog

from doorstep.core.errors import StoreUnavailable
from doorstep.core.hub_pairing import KeptPairing, Pairing
from doorstep.core.hub_tunnel import PAIRING_NAME
from doorstep.core.ice_server import HubIce
from doorstep.core.settings import Settings
from doorstep.hub.hub_folder import HubFolder

log = structlog.get_logger()

UNREADABLE = (
    "What this house agreed on with its hub cannot be read: files in {} are damaged or missing. "
    "Your door cannot be reached from outside. Recording, chime and alerts at home go on."
)


class HubPlace:
    """Of one data folder.  Made and changed on the event loop, but for `open_place`, which blocks."""

    def __init__(self, folder: HubFolder, pairing: Pairing | None, trouble: str = "", *, enabled: bool = True) -> None:
        """`trouble` says why there is none though there should be."""
        self.folder = folder
        self.pairing = pairing
        self.trouble = trouble
        self.enabled = enabled
        self._linked = self.used

    @property
    def used(self) -> Pairing | None:
        """None where there is none, or where the config switches it off."""
        return self.pairing if self.enabled else None

    @property
    def address_changed(self) -> bool:
        """Whether links would begin otherwise if Doorstep began anew, where the config names no address."""
        now, before = self.used, self._linked
        return (now.address if now else "") != (before.address if before else "")

    def take(self, kept: KeptPairing | None) -> None:
        """This is agreed from now on."""
        self.pairing, self.trouble = (kept.pairing if kept else None), ""

    def host(self) -> str:
        """The name that this house answers to because of its hub; empty where it has none."""
        return self.used.host if self.used else ""

    def ice(self) -> HubIce | None:
        """What helps viewers from outside to find this house."""
        pairing = self.used
        return None if pairing is None else HubIce(pairing.hub, pairing.turn_port, pairing.turn_secret)

    def outside(self, settings: Settings) -> Settings:
        """The same settings, with the address that people outside use."""
        return outside(settings, self._linked)


def open_place(settings: Settings) -> HubPlace:
    """As it is on the disk.  Never raises: a house rings without its hub."""
    folder = HubFolder(settings.server.data)
    trouble, kept = "", None
    try:
        kept = folder.kept()
        if kept is None and (folder.path / PAIRING_NAME).exists():
            trouble = UNREADABLE.format(folder.path)
    except (StoreUnavailable, OSError) as error:
        trouble = str(error)
    if trouble:
        log.warning("the hub is not used", reason=trouble)
    return HubPlace(folder, kept.pairing if kept else None, trouble, enabled=settings.hub.enabled)


def outside(settings: Settings, pairing: Pairing | None) -> Settings:
    """The same, with the hub's address for links where the config has none."""
    if pairing is None or settings.server.address:
        return settings
    return replace(settings, server=replace(settings.server, address=pairing.address))


def with_hub(settings: Settings) -> Settings:
    """The same for a verb that works on the files of a house."""
    return open_place(settings).outside(settings)


def key_files(data: Path) -> Path:
    """Where what belongs to the hub lies."""
    return HubFolder(data).path
