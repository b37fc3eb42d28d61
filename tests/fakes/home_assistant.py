"""The real Home Assistant on loopback, set up as its owner does it: the first user, then the integration MQTT.

All is asked by its REST API, as the pages of Home Assistant and its apps do.
"""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from fakes.free_port import free_port
from fakes.home_assistant_root import Installed
from fakes.server_process import wait_for

CLIENT = "http://127.0.0.1/"
READY_SECONDS = 60.0
STOP_SECONDS = 60.0
CONFIG = """
homeassistant:
  name: Home
http:
  server_host: 127.0.0.1
  server_port: {port}
logger:
  default: warning
api:
config:
mobile_app:
{more}
"""


class HomeAssistant:
    """One, whose files lie in `folder`, which it must see; `more` is added to its configuration.yaml."""

    def __init__(self, made: Installed, folder: Path, more: str = "") -> None:
        self._made = made
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._printed = folder / "printed.log"
        (folder / "configuration.yaml").write_text(CONFIG.format(port=self._port, more=more), encoding="utf-8")
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=60)

    def start(self) -> float:
        """Return when its API answers: after how many seconds."""
        words = ("-m", "homeassistant", "--config", self._made.seen_as(self._folder), "--skip-pip", "--log-no-color")
        began = time.monotonic()
        with self._printed.open("ab") as log:
            self._process = subprocess.Popen([*self._made.python, *words], stdout=log, stderr=log)
        wait_for(self._answers, READY_SECONDS, "Home Assistant's API")
        return time.monotonic() - began

    def stop(self) -> None:
        """As its owner restarts it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(STOP_SECONDS)
            self._process = None

    def end(self) -> None:
        """With all that it holds, however it is."""
        with suppress(subprocess.TimeoutExpired):
            self.stop()
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._client.close()

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(self.log()[-3000:])
        with suppress(httpx.TransportError):
            return self._client.get("/api/").status_code in (HTTPStatus.OK, HTTPStatus.UNAUTHORIZED)
        return False

    def log(self) -> str:
        """All that it said, from warnings on."""
        return self._printed.read_text(encoding="utf-8", errors="replace")

    def write(self, name: str, text: str) -> None:
        """A file beside its configuration."""
        (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_text(text, encoding="utf-8")

    # ------------------------------------------------------------------------------------------------ as its owner

    def onboard(self) -> None:
        """Make the first user, and sign in for good."""
        user = {"client_id": CLIENT, "name": "Ada", "username": "ada", "password": "correct horse", "language": "en"}
        code = self._post("/api/onboarding/users", user)["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": CLIENT}
        answer = self._client.post("/auth/token", data=form).raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        wait_for(lambda: self.get("/api/config")["state"] == "RUNNING", READY_SECONDS, "Home Assistant up")

    def join_broker(self, port: int) -> None:
        """Settings, Devices & services, Add integration, MQTT."""
        flow = "/api/config/config_entries/flow"
        step = self._post(flow, {"handler": "mqtt", "show_advanced_options": False})
        asked = {field["name"] for field in step["data_schema"]}
        folded = {"other_settings": {"set_client_cert": False, "set_ca_cert": "off"}}  # as later versions show them
        more = folded if asked & folded.keys() else {}
        end = self._post(f"{flow}/{step['flow_id']}", {"broker": "127.0.0.1", "port": port, **more})
        assert end["type"] == "create_entry", end

    def join_phone(self, push_url: str) -> None:
        """What the app on a phone does once somebody signed in; `push_url` stands for Apple's or Google's service."""
        phone = {
            "device_id": "phone",
            "app_id": "org.example.app",
            "app_name": "App",
            "app_version": "1",
            "device_name": "Phone",
            "manufacturer": "Example",
            "model": "One",
            "os_name": "Example",
            "os_version": "1",
            "supports_encryption": False,
            "app_data": {"push_token": "token", "push_url": push_url},
        }
        self._post("/api/mobile_app/registrations", phone)

    # -------------------------------------------------------------------------------------------------- what it knows

    def get(self, path: str) -> Any:
        return self._client.get(path).raise_for_status().json()

    def states(self) -> dict[str, dict[str, Any]]:
        """All of the entities, by their ids."""
        return {one["entity_id"]: one for one in self.get("/api/states")}

    def state(self, entity: str) -> str | None:
        """None where there is no such entity."""
        answer = self._client.get(f"/api/states/{entity}")
        return None if answer.status_code == HTTPStatus.NOT_FOUND else str(answer.raise_for_status().json()["state"])

    def call(self, service: str, entity: str = "") -> None:
        """As a tap on a page does; `automation.reload` is for none."""
        domain, name = service.split(".")
        self._post(f"/api/services/{domain}/{name}", {"entity_id": entity} if entity else {})

    def rendered(self, template: str) -> str:
        """What a template of its says: the one way to ask its registries by REST."""
        return self._client.post("/api/template", json={"template": template}).raise_for_status().text

    def picture(self, entity: str) -> bytes:
        """As a page shows it: at the address that the entity tells."""
        address = self.states()[entity]["attributes"]["entity_picture"]
        return self._client.get(address).raise_for_status().content

    def is_picture_given_to(self, entity: str) -> bool:
        """As the app on the phone asks for it: by its own token."""
        answer = self._client.get(f"/api/image_proxy/{entity}").raise_for_status()
        return answer.headers["content-type"] == "image/jpeg"

    def _post(self, path: str, body: Mapping[str, object]) -> Any:
        answer = self._client.post(path, json=body)
        assert answer.is_success, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None


@contextmanager
def home_assistant(made: Installed, more: str = "", files: Mapping[str, str] | None = None) -> Iterator[HomeAssistant]:
    """Running, with its first user; `files` lie beside its configuration."""
    with made.scratch() as folder:
        house = HomeAssistant(made, folder, more)
        for name, text in (files or {}).items():
            house.write(name, text)
        try:
            house.start()
            house.onboard()
            yield house
        finally:
            house.end()
