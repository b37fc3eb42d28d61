"""A start on a disk without a free byte: the house sees, keeps the last minutes, says what is wrong, and recovers."""

import os
from pathlib import Path
from typing import Any

import pytest

from fakes.server_process import ServerProcess, running, wait_for
from fakes.small_disk import disk_in_memory
from faults.bad_files import make_still
from faults.watching import CAMERA

pytestmark = pytest.mark.slow


def fill(folder: Path) -> Path:
    """To the last byte."""
    there, filler = os.statvfs(folder), folder / "filler"
    filler.write_bytes(bytes(there.f_bavail * there.f_frsize))
    return filler


def recorded(server: ServerProcess) -> list[dict[str, Any]]:
    stretches: list[dict[str, Any]] = server.get("/cameras/porch/timeline")["recorded"]
    return stretches


def says_full(server: ServerProcess) -> bool:
    return any("disk is full" in problem["what"] for problem in server.get("/status")["problems"])


def test_the_server_starts_on_a_full_disk_and_records_once_there_is_space(tmp_path: Path) -> None:
    camera = CAMERA.format(id="porch", path=make_still(tmp_path / "still.mp4"), loop="?loop") + 'record = "always"\n'
    with disk_in_memory(tmp_path / "data", "20m") as disk:
        with running(tmp_path / "data", camera) as server:
            wait_for(lambda: recorded(server), 40, "a first recording")
        filler = fill(disk)
        with running(tmp_path / "data", camera) as server:
            wait_for(lambda: server.cameras()[0]["state"] == "live", 40, "a live camera")
            wait_for(lambda: says_full(server), 60, "the word that the disk is full")
            with server.client() as client:
                assert client.get("/cameras/porch/clip?duration=1").is_success
            filler.unlink()
            wait_for(lambda: not says_full(server), 40, "no word of it any more")
            before = recorded(server)[-1]["ends_at"]
            wait_for(lambda: recorded(server)[-1]["ends_at"] > before, 40, "recording goes on")
            assert len(recorded(server)) == 2, "nothing is missing but the time between the two runs"
