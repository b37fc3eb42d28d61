"""With no channel configured nothing phones: every call of a whole run that could reach another machine, by strace."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from fakes.pictures import NEEDS_MODEL
from fakes.server_process import ServerProcess, command, model_folder, wait_for
from faults.bad_files import make_still
from faults.watching import CAMERA

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="needs the Debian package strace"),
]

CONFIG = '[events]\nclose_after = 3\npost_roll = 1\n[[camera]]\nid = "porch"\nname = "Porch"\nsource = "demo://"\n'


def traced(trace: Path) -> list[str]:
    """Also what native code and children do; the tracer stands aside, so that the process is the command itself."""
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    return ["strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", str(trace), "-e", calls, "-e", "signal=none"]


def called(trace: Path) -> Sequence[str]:
    """Only who begins names an address: an answer to a browser goes by the connection that the browser made."""
    return [line for line in trace.read_text(errors="replace").splitlines() if "sa_family=AF_INET" in line]


class Traced(ServerProcess):
    """With no word of the environment by which a library phones nobody: neither CI's nor those of the tests' own."""

    def __init__(self, data: Path, config: str, trace: Path) -> None:
        super().__init__(data, config, {"DOORSTEP_MODELS": str(model_folder())})
        kept = {"PATH", "HOME", "DOORSTEP_MODELS", "RUNTIME_DIRECTORY"}
        self._environment = {name: words for name, words in self._environment.items() if name in kept}
        self.run_words = [*traced(trace), *command("run")]


@NEEDS_MODEL
def test_without_a_channel_nobody_is_connected_to(tmp_path: Path) -> None:
    trace, film = tmp_path / "trace", make_still(tmp_path / "still.mp4")
    camera = CAMERA.format(id="garden", path=film, loop="?loop")
    server = Traced(tmp_path / "data", CONFIG + camera, trace)
    server.start()
    try:
        wait_for(lambda: all(one["state"] == "live" for one in server.cameras()), 20, "both cameras live")
        with server.client() as client:
            assert client.post("/cameras/garden/press").status_code == 202
            test = client.post("/test", json={"camera": "porch"})
            assert test.status_code == 202, test.text
        wait_for(lambda: {"press", "person"} <= causes(server), 60, "somebody who rang, somebody who was seen")
        wait_for(lambda: all(one["ended_at"] for one in server.events()), 60, "their ends")
    finally:
        server.stop()
    assert trace.read_text(errors="replace").count("AF_UNIX"), "nothing was traced"
    assert called(trace) == []


def causes(server: ServerProcess) -> set[str]:
    return {cause for event in server.events() for cause in event["causes"]}


def test_who_does_connect_or_ask_for_a_name_is_seen(tmp_path: Path) -> None:
    speak = "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.sendto(b'', ('127.0.0.1', 9))"
    subprocess.run([*traced(tmp_path / "trace"), sys.executable, "-c", speak], check=True, timeout=60)
    wait_for(lambda: len(called(tmp_path / "trace")) == 1, 5, "the one datagram")
