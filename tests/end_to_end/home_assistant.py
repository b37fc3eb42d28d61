"""The real Home Assistant beside a real Doorstep and the real Mosquitto, seen through Home Assistant alone.

python tests/end_to_end/home_assistant.py --version 2026.11.0 --suite forky        (root: a Debian with Python 3.14)
python tests/end_to_end/home_assistant.py --version 2026.2.3 --suite trixie        (Python 3.13)
python tests/end_to_end/home_assistant.py --version 2024.11.3 --python python3.12  (a Python of this machine)

The automations are those of the guide, as they stand there.  The first time it installs Home Assistant into var/test,
which takes minutes.
"""

import argparse
import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.home_assistant import HomeAssistant, home_assistant
from fakes.home_assistant_root import Installed, installed
from fakes.mosquitto import Broker, Ear, broker
from fakes.server_process import ROOT, ServerProcess, model_folder, running, wait_for

GUIDE = ROOT / "docs" / "guide" / "mqtt.md"
STAND_IN = ROOT / "tests" / "fakes" / "home_assistant_stand_in"
CAMERA = '[[camera]]\nid = "{id}"\nname = "{name}"\nsource = "demo://"\n'
NAMES = {"front-door": "Front door", "garden": "Garden"}
MORE = """
automation: !include automations.yaml
stand_in:
alarm_control_panel:
  - platform: manual
    name: Home alarm
    code_arm_required: false
    arming_time: 0
    disarm_after_trigger: false
"""
PORCH = {"name": "Porch", "unique_id": "porch", "command_topic": "porch/set", "default_entity_id": "light.porch"}
ENTITIES = {
    "sensor.{}_state": "live",
    "binary_sensor.{}_motion": "",
    "binary_sensor.{}_person": "",
    "event.{}_doorbell": "unknown",
    "image.{}_last_snapshot": "",
    "switch.{}_detection": "on",
}
"""Of each camera; what is said of it at first, where that is always the same."""

RINGING = "event.front_door_doorbell"
PERSON = "binary_sensor.front_door_person"
PICTURE = "image.front_door_last_snapshot"
SWITCH, SNOOZE = "switch.front_door_detection", "switch.doorstep_snooze"
STATE = "sensor.front_door_state"
GARDEN_DEVICE = "homeassistant/device/doorstep_garden/config"
SPOKEN = "stand_in.spoken"
QUIET_SECONDS = 3.0
JPEG = b"\xff\xd8"


@dataclass
class Phone:
    """Takes the notifications that Home Assistant sends to a phone."""

    notes: list[dict[str, object]] = field(default_factory=list)

    @contextmanager
    def listening(self) -> Iterator[str]:
        notes = self.notes

        class Push(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                notes.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                limits = {"successful": 1, "errors": 0, "maximum": 9, "resetsAt": "2100-01-01T00:00:00Z"}
                answer = json.dumps({"rateLimits": limits})
                self.send_response(201)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_: object) -> None:
                """Nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Push) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/push"
            finally:
                server.shutdown()
                thread.join()


@dataclass
class House:
    """All that is there."""

    broker: Broker
    ear: Ear
    doorstep: ServerProcess
    there: HomeAssistant
    phone: Phone
    made: Installed

    def is_(self, entity: str, state: str) -> Callable[[], bool]:
        return lambda: self.there.state(entity) == state

    def shows(self, entity: str, state: str) -> Callable[[], bool]:
        """This state, or any where none is named."""
        return lambda: (found := self.there.state(entity)) == state or (not state and found != "unavailable")

    def configured(self, names: dict[str, str]) -> None:
        """As `doorstep run` reads it again."""
        self.write_config(names)
        os.kill(self.doorstep.pid, signal.SIGHUP)

    def begun_anew(self, more: str = "") -> None:
        """With `more` in the table of the broker."""
        self.doorstep.stop()
        self.write_config(NAMES, more)
        self.doorstep.start()

    def write_config(self, names: dict[str, str], more: str = "") -> None:
        path = self.doorstep.data.parent / f"{self.doorstep.data.name}.toml"
        path.write_text(config_of(self.broker, names, more), encoding="utf-8")

    def spoken(self) -> int:
        return int(self.there.state(SPOKEN) or 0)


def config_of(at: Broker, names: dict[str, str], more: str = "") -> str:
    cameras = "".join(CAMERA.format(id=key, name=name) for key, name in names.items())
    broker_table = f'[notify.mqtt]\nurl = "{at.url}"\nchime = true\n{more}'
    return f"{cameras}[events]\nclose_after = 3\npost_roll = 1\n{broker_table}"


def automations() -> str:
    """Of the guide."""
    blocks = re.findall(r"```yaml\n(- alias:.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return "\n".join(blocks)


@contextmanager
def whole_house(made: Installed) -> Iterator[House]:
    phone = Phone()
    environment = {"DOORSTEP_MODELS": str(model_folder())}
    files = {"automations.yaml": "[]"}
    for name in ("manifest.json", "__init__.py"):
        files[f"custom_components/stand_in/{name}"] = (STAND_IN / name).read_text(encoding="utf-8")
    with (
        tempfile.TemporaryDirectory(prefix="doorstep-home-") as place,
        broker(folder := Path(place)) as at,
        Ear(at) as ear,
        phone.listening() as push,
        running(folder / "data", config_of(at, NAMES), environment) as doorstep,
        home_assistant(made, MORE, files) as there,
    ):
        there.join_phone(push)
        yield House(at, ear, doorstep, there, phone, made)


# ------------------------------------------------------------------------------------------------------------ the parts


def all_is_found(house: House) -> None:
    """Every entity of every camera and of the house, in the device it belongs to."""
    house.ear.says("homeassistant/light/porch/config", json.dumps(PORCH), keep=True)
    house.there.join_broker(house.broker.port)
    wanted = {entity.format(slug(name)) for name in NAMES.values() for entity in ENTITIES} | {SNOOZE, "light.porch"}
    wait_for(lambda: wanted <= house.there.states().keys(), 20, "all entities")
    wait_for(house.is_(STATE, "live"), 20, "the state of the camera")
    house.there.write("automations.yaml", automations())
    house.there.call("automation.reload")
    for name in NAMES.values():
        for entity, state in ENTITIES.items():
            wait_for(house.shows(entity.format(slug(name)), state), 20, f"{entity} of {name}")
    assert devices(house) == {"Doorstep", *NAMES.values()}, devices(house)
    via = house.there.rendered("{{ device_attr(device_attr('" + STATE + "', 'via_device_id'), 'name') }}")
    assert via == "Doorstep", via


def a_visit_is_seen(house: House) -> None:
    """Person on, its picture, the light, the notification with the picture; and off again."""
    wait_for(house.is_(PERSON, "on"), 90, "a person")
    wait_for(house.is_("light.porch", "on"), 10, "the light")
    wait_for(lambda: house.there.state(PICTURE) not in ("unknown", "unavailable"), 20, "the picture")
    picture = house.there.picture(PICTURE)
    assert picture.startswith(JPEG)
    assert picture in house.ear.payloads("doorstep/cameras/front-door/snapshot")
    wait_for(lambda: house.phone.notes, 20, "a notification")
    note = house.phone.notes[0]
    assert note["title"] == "Person at Front door", note
    assert note["data"] == {"image": f"/api/image_proxy/{PICTURE}"}, note
    assert house.there.is_picture_given_to(PICTURE)
    wait_for(house.is_(PERSON, "off"), 60, "the end of the visit")


def a_press_fires_the_doorbell(house: House) -> None:
    before = house.spoken()
    with house.doorstep.client() as client:
        client.post("/cameras/front-door/press", json={}).raise_for_status()
    wait_for(lambda: house.there.state(RINGING) != "unknown", 10, "the doorbell")
    assert house.there.states()[RINGING]["attributes"]["event_type"] == "ring"
    wait_for(lambda: house.spoken() == before + 1, 10, "the voice")


def both_switches_reach_doorstep(house: House) -> None:
    house.there.call("switch.turn_off", SWITCH)
    wait_for(lambda: not detects(house), 10, "that detection is off")
    wait_for(house.is_(SWITCH, "off"), 10, "its state")
    wait_for(house.is_(PERSON, "unknown"), 20, "that nobody looks")
    house.there.call("switch.turn_on", SWITCH)
    wait_for(lambda: detects(house), 10, "that detection is on")
    wait_for(lambda: house.there.state(PERSON) in ("on", "off"), 20, "that somebody looks")
    for state in ("on", "off"):
        house.there.call(f"switch.turn_{state}", SNOOZE)
        wait_for(house.is_(SNOOZE, state), 10, "the state of snooze")


def detection_follows_the_alarm(house: House) -> None:
    panel = "alarm_control_panel.home_alarm"
    for service, state in (("alarm_arm_away", "on"), ("alarm_disarm", "off"), ("alarm_arm_night", "on")):
        house.there.call(f"alarm_control_panel.{service}", panel)
        wait_for(house.is_("switch.garden_detection", state), 10, service)


def it_is_unavailable_while_doorstep_is_away(house: House) -> None:
    spoken = house.spoken()
    house.doorstep.kill()
    wait_for(house.is_(STATE, "unavailable"), 20, "that Doorstep is away")
    assert {house.there.state(entity) for entity in (PERSON, RINGING, PICTURE, SWITCH, SNOOZE)} == {"unavailable"}
    house.doorstep.start()
    wait_for(house.is_(STATE, "live"), 30, "that Doorstep is back")
    wait_for(lambda: house.there.state(PERSON) in ("on", "off"), 30, "that somebody looks")
    time.sleep(QUIET_SECONDS)
    assert house.spoken() == spoken, "a return is no ring"


def it_outlives_the_broker(house: House) -> None:
    """Mosquitto forgets all that it kept: it comes back empty."""
    spoken = house.spoken()
    house.broker.stop()
    wait_for(house.is_(STATE, "unavailable"), 20, "that the broker is away")
    house.broker.start()
    wait_for(house.is_(STATE, "live"), 90, "that the broker is back")
    wait_for(lambda: house.there.state(PERSON) in ("on", "off"), 30, "that somebody looks")
    assert house.spoken() == spoken, "a broker that is back is no ring"


def it_is_there_after_a_restart(house: House) -> None:
    """Of Home Assistant: by what the broker keeps; and a device that was deleted there by what Doorstep says anew."""
    spoken, rung = house.spoken(), house.there.state(RINGING)
    house.ear.says(GARDEN_DEVICE, "", keep=True)  # as Home Assistant does it when a device is deleted
    wait_for(lambda: house.there.state("sensor.garden_state") is None, 20, "no garden")
    house.there.stop()
    house.there.start()
    wait_for(house.is_(STATE, "live"), 60, "the state of the camera")
    wait_for(house.is_("sensor.garden_state", "live"), 60, "the garden that was deleted")
    wait_for(lambda: house.there.state(PERSON) in ("on", "off"), 20, "the person")
    assert house.there.state(RINGING) == rung
    wait_for(lambda: house.there.get("/api/config")["state"] == "RUNNING", 60)
    time.sleep(QUIET_SECONDS)
    assert house.spoken() == 0, (spoken, "a restart is no ring")


def without_pictures_there_is_no_image(house: House) -> None:
    """Neither there nor on the broker, where there were some; and with them again it is there again."""
    snapshot = "doorstep/cameras/front-door/snapshot"
    house.begun_anew("pictures = false\n")
    wait_for(lambda: house.there.state(PICTURE) is None, 30, "no image")
    wait_for(lambda: house.ear.kept()[snapshot] == b"", 10, "no picture on the broker")
    assert house.there.state(STATE) is not None
    house.begun_anew()
    wait_for(lambda: house.there.state(PICTURE) is not None, 30, "the image again")


def another_name_changes_no_id(house: House) -> None:
    house.configured({**NAMES, "front-door": "Gate"})
    wait_for(lambda: devices(house) == {"Doorstep", "Gate", "Garden"}, 20, "the new name")
    assert house.there.state(STATE) is not None
    house.configured(NAMES)
    wait_for(lambda: devices(house) == {"Doorstep", *NAMES.values()}, 20, "the old name")


def a_camera_that_is_gone_is_gone(house: House) -> None:
    house.configured({"front-door": "Front door"})
    garden = {entity.format("garden") for entity in ENTITIES}
    wait_for(lambda: not garden & house.there.states().keys(), 20, "no garden")
    assert devices(house) == {"Doorstep", "Front door"}, devices(house)
    house.configured(NAMES)
    wait_for(house.is_("sensor.garden_state", "live"), 30, "the garden")


def every_key_is_one_of_its(house: House) -> None:
    """By the schemas for what a person writes, which refuse unknown keys; discovery forgives and forgets them."""
    everything = house.ear.kept()
    told = [payload for topic, payload in everything.items() if topic.startswith("homeassistant/device/")]
    assert len(told) == 1 + len(NAMES)
    with house.made.scratch() as folder:
        script = folder / "schemas.py"
        script.write_text((STAND_IN.parent / "home_assistant_schemas.py").read_text(encoding="utf-8"))
        payloads = folder / "payloads.json"
        payloads.write_text(json.dumps([json.loads(payload) for payload in told]), encoding="utf-8")
        said = house.made.says(house.made.seen_as(script), house.made.seen_as(payloads))
    assert not said.strip(), said


def nothing_is_complained_of(house: House) -> None:
    """Neither warning nor error of Home Assistant is about MQTT or what came by it; it may say that the broker went."""
    ours = re.compile(r"mqtt|automation|doorstep|front_door|garden|image|event|switch|sensor", re.IGNORECASE)
    known = re.compile(r"stand_in|turbojpeg|No module named|Failed to connect to MQTT|Error returned from MQTT server")
    lines = [line for line in house.there.log().splitlines() if re.match(r"\d{4}-", line)]
    found = [line for line in lines if ours.search(line) and not known.search(line)]
    assert not found, "\n".join(found)


PARTS = (
    all_is_found,
    every_key_is_one_of_its,
    a_visit_is_seen,
    a_press_fires_the_doorbell,
    both_switches_reach_doorstep,
    detection_follows_the_alarm,
    it_is_unavailable_while_doorstep_is_away,
    it_outlives_the_broker,
    another_name_changes_no_id,
    it_is_there_after_a_restart,
    without_pictures_there_is_no_image,
    a_camera_that_is_gone_is_gone,
    nothing_is_complained_of,
)


def slug(name: str) -> str:
    return name.lower().replace(" ", "_")


def detects(house: House) -> bool:
    wanted = next(one["watching"]["wanted"] for one in house.doorstep.cameras() if one["id"] == "front-door")
    return bool(wanted)


def devices(house: House) -> set[str]:
    """All that Home Assistant has of us."""
    template = "{{ integration_entities('mqtt') | map('device_id') | unique | select | list | to_json }}"
    ids = json.loads(house.there.rendered(template))
    names = {house.there.rendered(f"{{{{ device_attr('{one}', 'name') }}}}") for one in ids}
    return names - {"None"}


def fails(part: Callable[[House], None], house: House) -> bool:
    """Print how it went."""
    began = time.monotonic()
    try:
        part(house)
    except AssertionError as error:
        print(f"{part.__name__}: FAILED after {time.monotonic() - began:.1f} s: {error}", flush=True)
        return True
    print(f"{part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", default="2026.11.0")
    parser.add_argument("--suite", default="", help="a Debian whose Python it runs with")
    parser.add_argument("--python", default="", help="a Python of this machine, instead")
    chosen = parser.parse_args()
    began = time.monotonic()
    made = installed(chosen.version, python=chosen.python, suite=chosen.suite)
    print(f"Home Assistant {chosen.version} installed: {time.monotonic() - began:.1f} s", flush=True)
    began = time.monotonic()
    with whole_house(made) as house:
        print(f"all is up: {time.monotonic() - began:.1f} s", flush=True)
        sys.exit(sum([fails(part, house) for part in PARTS]))


if __name__ == "__main__":
    main()
