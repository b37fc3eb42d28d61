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


def metric(server: ServerProcess, rule: str, camera: str = "") -> float:
    """How many problems of this rule `/metrics` counts, of the camera or else of the house."""
    headers = {"Authorization": f"Bearer {server.token()}"}
    text = httpx.get(f"{server.url}/metrics", headers=headers, timeout=60).text
    sample = f'doorstep_problem{{camera="{camera}",rule="{rule}"'
    return float(next(line for line in text.splitlines() if line.startswith(sample)).split()[-1])
