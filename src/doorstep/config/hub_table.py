"""What the config file may say about the hub, and what it means.  Which hub it is stands in no config: see `hub/`."""

from pydantic import Field

from doorstep.config.table import Table
from doorstep.core.settings import HubSettings


class Hub(Table):
    """The hub, through which people come from outside."""

    enabled: bool = Field(True, description="Whether a hub that was joined is used; off, Doorstep stays at home.")


def hub_settings(hub: Hub) -> HubSettings:
    """The same for the rest of Doorstep."""
    return HubSettings(enabled=hub.enabled)
