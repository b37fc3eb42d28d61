"""What a server counts for its metrics, from the parts that know."""

from doorstep.app.server_parts import ServerParts
from doorstep.core.house_counts import HouseCounts


def house_counts(server: ServerParts) -> HouseCounts:
    """As it is now."""
    doorbell, devices = server.doorbell.doorbell, server.push.devices
    return HouseCounts(
        telling=server.telling.tally,
        presses=doorbell.presses,
        chimes={chime.name: chime.counts for chime in doorbell.chimes},
        mqtt_connected=server.mqtt.connected if server.mqtt else None,
        push_devices=len(devices.devices()) if devices else None,
    )
