"""What Home Assistant is told holds only keys and values that it knows: it drops others without a word.

The tables were taken from Home Assistant 2026.11.0 (`components/mqtt`, a platform each, and `schemas.py`), and each key
is known to 2024.11.3 as well.  `tests/end_to_end/home_assistant.py` asks the real one; run it when a key is added here.
"""

import json
from dataclasses import replace
from typing import Any

import pytest

from doorstep.core.camera import CameraId
from doorstep.notifiers.home_assistant import Discovery

OF_ALL = {"platform", "name", "icon", "unique_id", "entity_category", "availability", "availability_mode"}
KEYS = {
    "binary_sensor": {"device_class", "payload_on", "payload_off", "state_topic"},
    "event": {"device_class", "event_types", "state_topic"},
    "image": {"content_type", "image_topic"},
    "sensor": {"device_class", "options", "state_topic"},
    "switch": {"state_topic", "command_topic", "payload_on", "payload_off"},
}
CLASSES = {"binary_sensor": {"motion", "occupancy"}, "event": {"doorbell"}, "sensor": {"enum"}}
NEEDED = {
    "binary_sensor": {"state_topic"},
    "event": {"state_topic", "event_types"},
    "image": {"image_topic"},
    "sensor": {"state_topic"},
    "switch": {"command_topic"},
}
DEVICE = {"identifiers", "name", "manufacturer", "model", "sw_version", "configuration_url", "via_device"}
ORIGIN = {"name", "sw_version", "support_url"}
WHOLE = {"device", "origin", "availability", "components"}
AVAILABILITY = {"topic", "value_template"}
RING = "ring"
"""What the device class "doorbell" must be able to say."""

DISCOVERY = Discovery("homeassistant", "doorstep", "http://pi:8080")
PAYLOADS = (DISCOVERY.of_house(), DISCOVERY.of_camera(CameraId("front-door"), "Front door"))


@pytest.mark.parametrize("payload", PAYLOADS, ids=["house", "camera"])
def test_a_device_is_told_in_known_words(payload: str) -> None:
    whole = json.loads(payload)
    assert whole.keys() == WHOLE
    assert whole["device"].keys() <= DEVICE
    assert whole["origin"].keys() <= ORIGIN


@pytest.mark.parametrize("payload", PAYLOADS, ids=["house", "camera"])
def test_its_entities_are_told_in_known_words(payload: str) -> None:
    for key, entity in json.loads(payload)["components"].items():
        platform = entity["platform"]
        assert entity.keys() - OF_ALL <= KEYS[platform], key
        assert entity.keys() >= NEEDED[platform], key
        assert entity.get("device_class") in {None, *CLASSES.get(platform, ())}, key
        assert all(one.keys() <= AVAILABILITY for one in entity.get("availability", [])), key


def test_without_pictures_the_image_is_taken_away_and_nothing_else() -> None:
    whole = json.loads(replace(DISCOVERY, pictures=False).of_camera(CameraId("front-door"), "Front door"))
    assert whole["components"].keys() == of_camera().keys()
    assert whole["components"].pop("snapshot") == {"platform": "image"}
    assert all(len(entity) > 1 for entity in whole["components"].values())


def test_a_doorbell_can_ring() -> None:
    assert of_camera()["doorbell"]["event_types"] == [RING]


def test_each_entity_has_a_name_of_its_own_within_the_device() -> None:
    names = [entity["name"] for entity in of_camera().values()]
    assert len(set(names)) == len(names)


def of_camera() -> dict[str, dict[str, Any]]:
    components: dict[str, dict[str, Any]] = json.loads(PAYLOADS[1])["components"]
    return components
