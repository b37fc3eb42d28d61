"""What the config file may say about an MQTT broker, and what it means."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from doorstep.config.table import Table, Text
from doorstep.core.notify_settings import MqttSettings

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
LONGEST_TOPIC = 100


def _topic(value: str) -> str:
    parts = value.split("/")
    if len(value) > LONGEST_TOPIC or not all(part and _LETTERS.issuperset(part) for part in parts):
        msg = 'must be the beginning of a topic such as "doorstep" or "home/doorstep": letters, digits, _ and -'
        raise ValueError(msg)
    return value


def _topic_or_none(value: str) -> str:
    return _topic(value) if value else value


class Mqtt(Table):
    """A broker: alerts, states and switches for home automation."""

    url: Text | None = Field(
        None, repr=False, description="The broker: mqtt://HOST or mqtts://USER:PASSWORD@HOST (TLS)."
    )
    url_file: Text | None = Field(None, description="A file that holds that address, instead of `url`.")
    prefix: Annotated[str, AfterValidator(_topic)] = Field(
        "doorstep", description="What all topics begin with; each Doorstep at a broker needs its own."
    )
    discovery: Annotated[str, AfterValidator(_topic_or_none)] = Field(
        "homeassistant", description='Where Home Assistant looks for devices; "" tells it nothing.'
    )
    ca: Text | None = Field(None, description="The authority that signed the broker's certificate, a PEM file.")
    pictures: bool = Field(True, description="Whether the last snapshot of each camera lies on the broker.")
    chime: bool = Field(False, description='Whether each press says "RING" on the topic "chime", for a bell at home.')


def mqtt_settings(table: Mqtt | None, folder: Path) -> MqttSettings | None:
    """The same for the rest of Doorstep; files are seen from `folder`."""
    if table is None:
        return None
    return MqttSettings(
        url=table.url or "",
        prefix=table.prefix,
        discovery=table.discovery,
        ca=folder / table.ca if table.ca else None,
        pictures=table.pictures,
        chime=table.chime,
    )
