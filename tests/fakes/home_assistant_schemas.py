"""Runs in Home Assistant's own Python: says which keys and values of discovered devices its schemas refuse.

It asks the schemas for what a person writes into configuration.yaml: those for discovery drop what they do not know.
"""

import asyncio
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from homeassistant.components.mqtt import schemas  # type: ignore[import-not-found]  # it is there where this runs
from homeassistant.core import HomeAssistant  # type: ignore[import-not-found]  # the same

OF_DISCOVERY = {"platform"}


async def main(folder: str, payloads: list[dict[str, Any]]) -> None:
    """Templates are read in a loop of Home Assistant's alone."""
    HomeAssistant(folder)
    for payload in payloads:
        schemas.MQTT_ENTITY_DEVICE_INFO_SCHEMA(payload["device"])
        schemas.MQTT_ORIGIN_INFO_SCHEMA(payload["origin"])
        for key, entity in payload["components"].items():
            platform = import_module(f"homeassistant.components.mqtt.{entity['platform']}")
            whole = {name: value for name, value in entity.items() if name not in OF_DISCOVERY}
            whole.setdefault("availability", payload["availability"])
            try:
                platform.PLATFORM_SCHEMA_MODERN({**whole, "device": payload["device"]})
            except Exception as error:  # noqa: BLE001 - each is printed, whichever library refuses
                print(f"{payload['device']['name']}, {key}: {error}")


asyncio.run(main(str(Path(sys.argv[1]).parent), json.loads(Path(sys.argv[1]).read_text())))
