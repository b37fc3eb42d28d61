"""A house whose owner has an account and no camera yet, with cameras in the network around it."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, StorageState

from fakes.browser import PATIENCE_MS, setup_address
from fakes.lan_cameras import LanCamera
from fakes.server_process import PASSWORD, ServerProcess, model_folder

OWNER = "Ann"


@dataclass(frozen=True, slots=True)
class WizardHouse:
    """Its server, what a signed-in browser holds, its config file, a camera, and an address where nobody is."""

    server: ServerProcess
    signed_in: StorageState
    config: Path
    camera: LanCamera
    nobody: str

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def secrets(self) -> Path:
        return self.config.with_name("secrets.toml")

    def cameras(self) -> list[dict[str, Any]]:
        """As they stand in its config file."""
        tables = tomllib.loads(self.config.read_text(encoding="utf-8"))
        return list(tables.get("camera", []))

    def furnish(self, *cameras: dict[str, str], **secrets: str) -> None:
        """With these cameras and no others."""
        self._change([{"path": ["camera", one["id"]], "value": None} for one in self.cameras()])
        named = [{"secret": name, "value": value} for name, value in secrets.items()]
        tables = [{key: value for key, value in one.items() if key != "id"} for one in cameras]
        rows = zip(cameras, tables, strict=True)
        self._change(named + [{"path": ["camera", one["id"]], "value": table} for one, table in rows])

    def _change(self, changes: list[dict[str, Any]]) -> None:
        if not changes:
            return
        with self.server.client() as client:
            version = client.get("/settings").json()["version"]
            client.put("/settings", json={"version": version, "changes": changes}).raise_for_status()


@contextmanager
def wizard_house(folder: Path, browser: Browser, camera: LanCamera, nobody: str) -> Iterator[WizardHouse]:
    """Until the block ends; the config's folder is its own, for secrets lie beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    models = model_folder()
    server = ServerProcess(folder / "data", "", {"DOORSTEP_MODELS": str(models)} if models else {})
    server.start()
    try:
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(setup_address(server))
        page.get_by_label("Your name").fill(OWNER)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Set up").click()
        page.wait_for_url("**/welcome")
        signed_in = context.storage_state()
        context.close()
        yield WizardHouse(server, signed_in, folder / "data.toml", camera, nobody)
    finally:
        server.kill()
