"""The box of a house behind a NAT: a real `doorstep run`, with whatever is asked of it from that house."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from fakes.hub_places import Place
from fakes.server_process import ServerProcess, command, model_folder

LISTEN = "0.0.0.0:8080"
CONFIG = """
[server]
listen = "0.0.0.0:8080"
[buffer]
max_bytes = "90 MB"
[events]
close_after = 3
post_roll = 1
alert_on = ["press"]
[[camera]]
id = "front-door"
name = "Front door"
source = "demo://"
"""
CAMERA = "front-door"


class Home(ServerProcess):
    """One server at this place.  Its requests are made there, as by whoever sits before it."""

    def __init__(
        self, place: Place, data: Path, config: str = CONFIG, environment: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(data, config, {"DOORSTEP_MODELS": str(model_folder()), **(environment or {})})
        self.place = place
        self.run_words = place.inside(*command("run"))
        self._arguments[self._arguments.index("--listen") + 1] = LISTEN

    def start(self) -> None:
        super().start()
        self.url = self.url.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 where it listens, and where it is asked

    def token(self) -> str:
        return self.place.call(super().token)

    def get(self, path: str) -> Any:
        self.token()
        return self.place.call(lambda: super(Home, self).get(path))

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """By a script that may do anything, at home."""
        self.token()

        def there() -> httpx.Response:
            with self.client() as client:
                return client.request(method, path, **more)

        return self.place.call(there)

    def verb(self, *words: str, check: bool = True, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """`doorstep` with these words, by the owner of the data folder."""
        return self.place.run(sys.executable, "-m", "doorstep", *words, check=check, given=given)

    def join(self, code: str) -> subprocess.CompletedProcess[str]:
        """The one command at home."""
        return self.verb("hub", "join", code, "--data", str(self.data), check=False)

    def hub(self) -> dict[str, Any]:
        """What the page shows of the hub."""
        shown: dict[str, Any] = self.get("/hub")
        return shown

    def problems(self) -> list[str]:
        """What is wrong, as the page says it; also what is minor."""
        return [one["what"] for one in self.get("/status")["problems"]]

    def metric(self, name: str) -> float:
        """Summed over its labels."""
        text = self.place.call(lambda: httpx.get(f"{self.url}/metrics", headers=self._bearer()).text)
        return sum(
            float(line.rpartition(" ")[2]) for line in text.splitlines() if line.split("{")[0].split(" ")[0] == name
        )

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}
