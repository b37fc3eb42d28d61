"""What Home Assistant is told so that cameras appear there by themselves: MQTT discovery of whole devices.

Source of the format: Home Assistant, integration "MQTT", section "Device discovery payload" (since 2024.11), and the
pages of the platforms that are used: binary_sensor, event, image, sensor, switch.
"""

import json
import re
from dataclasses import dataclass

from doorstep import __version__
from doorstep.core.camera import CameraId, CameraState
from doorstep.notifiers.mqtt_link import OFFLINE, ONLINE
from doorstep.notifiers.mqtt_topics import OFF, ON, SNOOZE, STATUS, of_camera

RING = "ring"
"""The one kind of event that a doorbell there has."""

BORN = b"online"
"""What Home Assistant says once it is up (section "Birth and last will messages")."""

REMOVED = {"platform"}
"""All keys of a component that is to go."""

Entity = dict[str, object]


@dataclass(frozen=True, slots=True)
class Discovery:
    """Where Home Assistant looks, what all topics begin with, our page's address, and whether there are pictures."""

    root: str
    prefix: str
    page: str
    pictures: bool = True

    @property
    def birth_topic(self) -> str:
        """The whole topic at which Home Assistant says that it is up, unless its owner chose another."""
        return f"{self.root}/status"

    def topic(self, camera: CameraId | None) -> str:
        """Of a camera, or of the house: the whole topic."""
        return f"{self.root}/device/{self._node(camera)}/config"

    def of_camera(self, camera: CameraId, name: str) -> str:
        """The camera as a device: its state, motion, person, doorbell, last snapshot, and the switch of detection."""
        entities = {
            "state": {
                **_shown("sensor", "State", "mdi:cctv"),
                "device_class": "enum",
                "options": [state.value for state in CameraState],
                "state_topic": self._at(camera, "state"),
                "entity_category": "diagnostic",
            },
            "motion": self._seen(camera, "motion", "Motion", "motion"),
            "person": self._seen(camera, "person", "Person", "occupancy"),
            "doorbell": {
                **_shown("event", "Doorbell", "mdi:doorbell"),
                "device_class": "doorbell",
                "event_types": [RING],
                "state_topic": self._at(camera, "doorbell"),
            },
            "snapshot": self._snapshot(camera),
            "detection": self._switch("Detection", "mdi:motion-sensor", self._at(camera, "detection")),
        }
        return self._device(camera, name, entities)

    def of_house(self) -> str:
        """What holds for all cameras: the switch of snooze."""
        return self._device(None, "Doorstep", {"snooze": self._switch("Snooze", "mdi:bell-sleep", self._whole(SNOOZE))})

    def _device(self, camera: CameraId | None, name: str, entities: dict[str, Entity]) -> str:
        node = self._node(camera)
        device: Entity = {
            "identifiers": [node],
            "name": name,
            "manufacturer": "Doorstep",
            "model": "Doorstep" if camera is None else "Camera",
            "sw_version": __version__,
            "configuration_url": self.page,
        }
        if camera is not None:
            device["via_device"] = self._node(None)
        whole = {
            "device": device,
            "origin": {"name": "Doorstep", "sw_version": __version__, "support_url": self.page},
            "availability": [self._running],
            "components": {
                key: entity if entity.keys() == REMOVED else {**entity, "unique_id": f"{node}_{key}"}
                for key, entity in entities.items()
            },
        }
        return json.dumps(whole, ensure_ascii=False)

    def _snapshot(self, camera: CameraId) -> Entity:
        """Without pictures it is taken away where it was once: a component with its platform alone says so."""
        if not self.pictures:
            return {"platform": "image"}
        return {
            **_shown("image", "Last snapshot", "mdi:image"),
            "content_type": "image/jpeg",
            "image_topic": self._at(camera, "snapshot"),
        }

    def _seen(self, camera: CameraId, what: str, name: str, kind: str) -> Entity:
        """It is not known while the camera is not seen: "off" would say that nobody is there."""
        live = "{{ '" + ONLINE + "' if value == 'live' else '" + OFFLINE + "' }}"
        return {
            "platform": "binary_sensor",
            "name": name,
            "device_class": kind,
            "payload_on": ON,
            "payload_off": OFF,
            "state_topic": self._at(camera, what),
            "availability": [self._running, {"topic": self._at(camera, "state"), "value_template": live}],
            "availability_mode": "all",
        }

    @property
    def _running(self) -> dict[str, str]:
        return {"topic": self._whole(STATUS)}

    def _switch(self, name: str, icon: str, topic: str) -> Entity:
        states = {"state_topic": topic, "command_topic": f"{topic}/set", "payload_on": ON, "payload_off": OFF}
        return {**_shown("switch", name, icon), **states}

    def _at(self, camera: CameraId, what: str) -> str:
        return self._whole(of_camera(camera, what))

    def _whole(self, topic: str) -> str:
        return f"{self.prefix}/{topic}"

    def _node(self, camera: CameraId | None) -> str:
        """Unlike another Doorstep's at the same broker, whose prefix is another; letters, digits, _ and - alone."""
        parts = [self.prefix] if camera is None else [self.prefix, camera]
        return re.sub(r"[^A-Za-z0-9_-]", "_", "_".join(parts))


def _shown(platform: str, name: str, icon: str) -> Entity:
    return {"platform": platform, "name": name, "icon": icon}
