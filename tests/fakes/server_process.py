"""A real `doorstep run` in its own process, for end-to-end tests and fault campaigns."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from ssl import SSLContext
from typing import Any, TypeVar

import httpx

from doorstep.cli.accounts import accounts_of
from doorstep.core.access import Scope

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
MODEL_FOLDERS = (
    *([Path(os.environ["DOORSTEP_MODELS"])] if "DOORSTEP_MODELS" in os.environ else []),
    SHARED / "models",
    ROOT / "var" / "test" / "models",
    ROOT / "var" / "demo" / "models",
)
PASSWORD = "correct horse battery staple"

SLOWER = 4  # how many times, by chance, a shared machine is than one of its own
SLOWEST = 120.0  # seconds

T = TypeVar("T")


def model_folder() -> Path | None:
    """A folder that holds any model that Doorstep knows."""
    for folder in MODEL_FOLDERS:
        if any(folder.glob("*.onnx")):
            return folder
    return None


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "doorstep", *words]


class ServerProcess:
    """One server; `start` waits for its first line."""

    run_words: Sequence[str] = command("run")

    def __init__(self, data: Path, config: str | None, environment: dict[str, str] | None = None) -> None:
        self.data = data
        # The buffer lies beside the data and goes with it, instead of staying in the machine's shared memory.
        own = {"RUNTIME_DIRECTORY": str(data.parent / f"{data.name}-run")}
        self._environment = {**os.environ, **own, **(environment or {})}
        self._arguments = ["--data", str(data), "--listen", "127.0.0.1:0"]
        if config is None:
            self._arguments.append("--demo")
        else:
            path = data.parent / f"{data.name}.toml"
            path.write_text(config, encoding="utf-8")
            self._arguments += ["--config", str(path)]
        self._process: subprocess.Popen[str] | None = None
        self._token: str | None = None
        self.url = ""
        self.lines: list[str] = []
        self.log = data.parent / f"{data.name}.log"

    def start(self) -> None:
        with self.log.open("a", encoding="utf-8") as log:
            words = [*self.run_words, *self._arguments]
            self._process = subprocess.Popen(
                words, stdout=subprocess.PIPE, stderr=log, text=True, env=self._environment
            )
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        if not first.startswith("listening on http"):
            self.kill()
            self._process.stdout.close()
            raise AssertionError((first, self.log.read_text()[-3000:]))
        self.url = first.split()[-1]
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()

    def _read(self, pipe: Any) -> None:
        with pipe:
            self.lines.extend(iter(pipe.readline, ""))

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a pulled plug does it to a process."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(60)

    def stop(self, seconds: float = 60) -> int:
        """As systemd does it."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(seconds)

    def token(self) -> str:
        """One that may do anything, asked for as `doorstep tokens create` does: that takes a second as a process."""
        if self._token is None:
            with accounts_of(self.data) as accounts:
                self._token = accounts.create_token("script", [Scope.ADMIN], None, None)
        return self._token

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token()}"}
        trust = _trust(os.environ.get("SSL_CERT_FILE"))
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60, verify=trust)

    def get(self, path: str) -> Any:
        with self.client() as client:
            response = client.get(path)
            response.raise_for_status()
            return response.json()

    def events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.get("/events?limit=200")["events"]
        return events

    def blind_by(self) -> list[str]:
        """What keeps it from seeing, besides that nobody is told: most houses of tests have no channel."""
        problems = self.get("/status")["problems"]
        return [one["what"] for one in problems if not one["minor"] and "Nobody will be told" not in one["what"]]

    def cameras(self) -> list[dict[str, Any]]:
        cameras: list[dict[str, Any]] = self.get("/cameras")["cameras"]
        return cameras


@cache
def _trust(file: str | None) -> SSLContext:
    """What a client would read anew each time, from the environment's `file`: who polls does little else."""
    del file
    return httpx.create_ssl_context()


@contextmanager
def running(data: Path, config: str | None, environment: dict[str, str] | None = None) -> Iterator[ServerProcess]:
    server = ServerProcess(data, config, environment)
    server.start()
    try:
        yield server
    finally:
        try:
            server.stop()
        except subprocess.TimeoutExpired:
            server.kill()


def wait_for(what: Callable[[], T | None], seconds: float, of: str = "") -> T:
    """Poll until it is true or there; fails loudly.

    `seconds` is what it takes at most on a machine that does nothing else.  A loaded one is given longer: how fast
    something is, is measured where it matters, not by this.
    """
    end = time.monotonic() + max(seconds * SLOWER, SLOWEST)
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.1)
    if found:
        return found
    message = f"not within {seconds} s: {of or what}"
    raise AssertionError(message)
