"""What the fault tests ask of a server in its own process, and of a command that ends by itself."""

import json
import subprocess
from typing import Any

import httpx

from fakes.server_process import ServerProcess, command

CAMERA = """
[[camera]]
id = "{id}"
name = "{id}"
source = "file://{path}{loop}"
"""


def run_once(*words: str) -> subprocess.CompletedProcess[str]:
    """A command that is expected to end by itself."""
    return subprocess.run(command(*words), capture_output=True, text=True, timeout=300, check=False)


def problem(server: ServerProcess, words: str) -> dict[str, Any] | None:
    """The problem that says these words, when /readyz fails because of it."""
    headers = {"Authorization": f"Bearer {server.token()}"}
    answer = httpx.get(f"{server.url}/readyz", headers=headers, timeout=60)
    found = [each for each in answer.json()["problems"] if words in json.dumps(each, ensure_ascii=False)]
    return found[0] if answer.status_code == 503 and found else None
