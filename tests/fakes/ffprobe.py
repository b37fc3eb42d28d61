"""What ffprobe, a reader that is not ours, says of a file; tests that ask it are skipped where it is absent."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True, slots=True)
class ProbedPacket:
    """One line of `ffprobe -show_packets`, times in ticks of the stream."""

    pts: int
    dts: int
    size: int
    key: bool
    hidden: bool


def probed(path: Path, *options: str) -> dict[str, Any]:  # Any: JSON of another program
    """The JSON that ffprobe prints; anything that it warns of fails the test."""
    program = shutil.which("ffprobe")
    if program is None:
        pytest.skip("ffprobe is not installed")
    ran = subprocess.run(
        [program, "-v", "warning", "-of", "json", *options, str(path)], capture_output=True, check=True, timeout=300
    )
    assert ran.stderr == b""
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def probed_packets(path: Path, *options: str) -> list[ProbedPacket]:
    """Every packet, in the order of the file."""
    return [
        ProbedPacket(one["pts"], one["dts"], int(one["size"]), "K" in one["flags"], "D" in one["flags"])
        for one in probed(path, "-show_packets", *options)["packets"]
    ]
