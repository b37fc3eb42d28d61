"""The manual's commands are executed, in one house that was made for them; what cannot be says why not."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "reference"))

import make_stored

from doorstep.clock import SystemClock
from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.errors import NotifierRefused
from doorstep.core.event import EventId
from doorstep.core.notify_settings import WebhookSettings
from doorstep.notifiers.webhook import WebhookNotifier
from fakes.free_port import free_port
from fakes.manual import Block, blocks, logical_lines
from fakes.server_process import ServerProcess, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="needs the Debian package curl"),
]

SECRET = "0123456789abcdef0123456789abcdef"
ALERT = Alert(
    AlertId("front-door-1:press"),
    EventId("front-door-1"),
    CameraId("front-door"),
    Cause.PRESS,
    datetime(2026, 11, 21, 14, 2, 3, tzinfo=UTC),
    "Doorbell rang at Front door",
    "Rung at 14:02:03.",
    "https://door.example.org/alerts/front-door-1",
    b"",
)
CONFIG = """
[[camera]]
id = "front-door"
name = "Front door"
source = "demo://"
"""
RUN = ("doorstep ", "curl ", "TOKEN=", "DOORSTEP=", "uname ", "uuidgen", "openssl rand", "$PYTHON ")
"""What a line that is run begins with, written as `plain` writes it."""
BECAUSE = {
    "changes the machine": ("sudo", "sudoedit", "apt", "dnf", "apt-get", "doorstep()", "echo"),
    "needs another machine": ("ssh", "scp"),
    "needs a hub: tests/end_to_end/test_from_anywhere.py has one": ("doorstep-hub",),
    "builds or fetches": ("git", "make", "cd", "./configure", "pipx", "pip", "python3", ".venv/bin/pip"),
    "needs a Raspberry Pi": ("rpicam-vid", "libcamera-vid", "vcgencmd"),
    "shows a picture; tests/end_to_end/test_existing_clients.py does": ("vlc", "ffplay", "ffprobe", "ffmpeg"),
    "needs a broker; tests/adapters/test_mqtt.py has one": ("mosquitto_sub", "mosquitto_pub"),
    "needs PostgreSQL; tests/fakes/postgres.py does the same": ("createuser", "createdb"),
    "needs systemd or Debian's packages": ("journalctl", "systemctl", "systemd-run", "dpkg"),
    "needs a release: tests/release/test_release_files.py": ("sha256sum",),
    "needs a container's builder": ("docker", "podman"),
    "needs that program": ("mkcert", "tailscale", "certbot"),
    "a campaign of its own": ("nice", ".venv/bin/python"),
    "sets what the lines below it need": ("export",),
}
NOT_HERE = {program: why for why, programs in BECAUSE.items() for program in programs}
"""Programs that the manual names and no test of it runs, and why.

What installs, tests/release/fresh_debian.py runs in a Debian of its own.
"""
NOT_NOW = {
    "doorstep run": "it runs already",
    "doorstep recover": "needs a bucket: tests/end_to_end/test_recover.py",
    "doorstep publish": "needs who takes it: tests/end_to_end/test_publish.py",
    "doorstep serve-detector": "does not end: tests/app/test_detect_server.py",
    "doorstep tune": "needs hours of recordings: tests/cli/test_tune_verb.py",
    "doorstep detect": "needs a video of a visit: tests/end_to_end/test_explained_visit.py",
    "doorstep test": "takes half a minute: tests/end_to_end/test_rehearsal.py",
    "doorstep hub init": "needs a machine on the internet: tests/end_to_end/test_from_anywhere.py",
    "doorstep hub join": "needs a hub: tests/end_to_end/test_from_anywhere.py",
    "doorstep downgrade": "needs an upgrade: tests/app/test_downgrade.py",
    "doorstep models fetch": "fetches: tests/adapters/test_model_fetch.py",
    "doorstep check --report": "takes a while: tests/app/test_machine_report.py",
}
ON_ANOTHER_MACHINE = ("doorstep restore", "doorstep fsck --repair")
"""What wants an empty or a stopped one: run last, with a config and a data folder that no server has."""
MAY_FAIL = {"doorstep check": {0, 1}}
"""Of this house `check` rightly says that nobody is told."""
ELSEWHERE = ("amazonaws.com", ":8090/")
"""Addresses of a `curl` that are not the server's."""


INSTEAD = {
    "sudo -u doorstep /opt/doorstep/bin/doorstep": "doorstep",
    "/opt/doorstep/bin/doorstep": "doorstep",
    ".venv/bin/doorstep": "doorstep",
    "sudo doorstep": "doorstep",
    '.venv/bin/python -c "': '$PYTHON -c "',
    " --data var/demo": "",
    " --config doorstep.toml": "",
    "~/house.backup": "house.backup",
    "/var/lib/doorstep/house.backup": "house.backup",
    " --with-secrets": " --with-secrets --passphrase-file passphrase",
    "NAME": "ann",
    "duration=60": "duration=1",
    "duration=10": "duration=1",
    "/cameras/demo/": "/cameras/front-door/",
}
"""The house's own names."""
SERVERS = re.compile(r"https?://(?:127\.0\.0\.1:8080|HOST:8080|door\.example\.org|doorstep\.local:8080|MACHINE)")


def plain(line: str) -> str:
    """One way of writing the command, and the house's own names."""
    for words, ours in INSTEAD.items():
        line = line.replace(words, ours)
    return SERVERS.sub("$DOORSTEP", line)


def is_shell(block: Block) -> bool:
    first = plain(next(logical_lines(block.text), "")).partition(" ")[0]
    is_run = any(one.strip() == first or (first.startswith(one) and one.endswith("=")) for one in RUN)
    return block.language in {"", "sh"} and (is_run or first in NOT_HERE)


SHELL = [block for block in blocks() if is_shell(block)]
LINES = [(block.page, line) for block in SHELL for line in logical_lines(block.text)]


def why_not(line: str) -> str:
    """Why it is not run, "" where it is."""
    said = plain(line)
    if said.partition(" ")[0] in NOT_HERE:
        return NOT_HERE[said.partition(" ")[0]]
    if any(one in line for one in ELSEWHERE):
        return "another server's"
    if re.search(r"\S {5,}\S", line):
        return "a list of commands"
    return next((why for words, why in NOT_NOW.items() if said.startswith(words) or f"({words}" in said), "")


def once(lines: list[str]) -> Iterator[str]:
    """Each line once, and of `doorstep` those that show what no other shows: each is a second of computing."""
    kinds = {line: shown_by(line) for line in lines}
    here = [kind for line, kind in kinds.items() if not line.startswith(ON_ANOTHER_MACHINE)]
    for line, kind in kinds.items():
        if not (line.startswith("doorstep") and any(kind < other for other in here)):
            yield line


def shown_by(line: str) -> frozenset[str]:
    """Which verb of `doorstep`, and which of its options; of every other line, itself."""
    if not line.startswith("doorstep"):
        return frozenset({line})
    words = line.split()
    return frozenset({*words[:3], *(one for one in words if one.startswith("--"))})


RUNNABLE = sorted(
    once([plain(line) for _, line in LINES if plain(line).startswith(RUN) and not why_not(line)]),
    key=lambda line: next((place for place, words in enumerate(ON_ANOTHER_MACHINE, 1) if line.startswith(words)), 0),
)
"""Nothing else is, whatever a page says: a new program is first named here."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("manual")
    server = ServerProcess(folder / "data", CONFIG)
    server.start()
    try:
        wait_for(lambda: server.cameras()[0]["state"] == "live", 20, "the camera live")
        yield server
    finally:
        server.stop()


def environment(house: ServerProcess) -> dict[str, str]:
    """A folder with `doorstep` on its path, as after an installation."""
    programs = house.data.parent / "bin"
    programs.mkdir(exist_ok=True)
    doorstep = programs / "doorstep"
    doorstep.write_text(f'#!/bin/sh\nexec {sys.executable} -m doorstep "$@"\n', encoding="utf-8")
    doorstep.chmod(0o755)
    own = {"DOORSTEP_CONFIG": str(house.data.with_suffix(".toml")), "DOORSTEP_DATA": str(house.data)}
    home = house.data.parent / "home"
    home.mkdir(exist_ok=True)
    own["HOME"] = str(home)
    return {**os.environ, **own, "PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}


def script(house: ServerProcess) -> str:
    """All commands one after the other, each with a line that says how it ended; TOKEN is one that may do anything."""
    lines = [f"DOORSTEP={house.url}", f"ADMIN={house.token()}", "TOKEN=$ADMIN"]
    lines += [f"PYTHON='env PYTHONPATH={ROOT} {sys.executable}'", "echo a-long-passphrase > passphrase"]
    lines += ["echo a-long-password | doorstep users add olga --role owner --password-stdin"]
    for number, line in enumerate(RUNNABLE):
        if line.startswith("DOORSTEP="):
            continue
        strict = "" if "-fsS" in line or "/readyz" in line else "-fsS "
        said = line.replace("curl ", f"curl --max-time 60 {strict}", 1) if line.startswith("curl ") else line
        if line.startswith("doorstep users add"):  # a person types the password
            said = f"echo a-long-password | {line} --password-stdin"
        if line.startswith(ON_ANOTHER_MACHINE):
            said = f"DOORSTEP_CONFIG=another.toml DOORSTEP_DATA=another {line}"
        lines += [said, f'echo "== {number} $?"']
        lines += ['[ ${#TOKEN} -ge 20 ] && echo "a token"', "TOKEN=$ADMIN"] if line.startswith("TOKEN=") else []
    return "\n".join(lines)


def test_every_command_of_the_manual_does_what_it_says(house: ServerProcess) -> None:
    with house.client() as client:
        wait_for(lambda: client.get("/cameras/front-door/clip?duration=1").status_code == 200, 30, "a second of video")
    done = subprocess.run(
        ["sh", "-c", script(house)],
        cwd=house.data.parent,
        env=environment(house),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    ended = {int(number): int(code) for number, code in re.findall(r"^.*?== (\d+) (\d+)$", done.stdout, re.MULTILINE)}
    wrong = {
        line: ended.get(number)
        for number, line in enumerate(RUNNABLE)
        if not line.startswith("DOORSTEP=")
        and ended.get(number) not in next((codes for words, codes in MAY_FAIL.items() if line.startswith(words)), {0})
    }
    assert wrong == {}, done.stderr[-3000:]
    assert len(ended) > 25
    assert done.stdout.count("a token") == sum(line.startswith("TOKEN=") for line in RUNNABLE)


def test_every_file_of_the_data_folder_stands_on_the_page(house: ServerProcess) -> None:
    files = [str(path.relative_to(house.data)) for path in house.data.rglob("*") if not path.is_dir()]
    known = [name.replace("**", "*") for name in make_stored.FILES]
    assert sorted(name for name in files if not any(fnmatch(name, one) for one in known)) == []
    assert "doorstep.sqlite" in files


def test_every_line_of_shell_is_run_or_says_why_not() -> None:
    unknown = [(page, line) for page, line in LINES if not why_not(line) and not plain(line).startswith(RUN)]
    assert unknown == []
    assert len(RUNNABLE) > 25


def test_a_test_that_a_reason_names_is_there() -> None:
    named = re.findall(r"tests/[\w/]+\.py", " ".join([*BECAUSE, *NOT_NOW.values()]))
    assert sorted({name for name in named if not (ROOT / name).is_file()}) == []
    assert len(named) > 10


def test_the_receiver_of_the_guide_knows_what_doorstep_signed(tmp_path: Path) -> None:
    [receiver] = [one for one in blocks() if one.page == "docs/guide/automations.md" and one.language == "python"]
    port = free_port()
    (tmp_path / "lamp.py").write_text(receiver.text.replace("9000", str(port)), encoding="utf-8")
    (tmp_path / "webhook.secret").write_text(SECRET, encoding="utf-8")
    lamp = subprocess.Popen([sys.executable, "-u", "lamp.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: answers(port), 20, "the receiver")
        send(port, SECRET)
        assert lamp.stdout is not None
        assert lamp.stdout.readline() == "light! Doorbell rang at Front door\n"
        with pytest.raises(NotifierRefused):
            send(port, "another secret of some length")
    finally:
        lamp.kill()
        lamp.communicate()


def send(port: int, secret: str) -> None:
    settings = WebhookSettings("lamp", f"http://127.0.0.1:{port}/doorstep", secret)
    asyncio.run(WebhookNotifier(settings, SystemClock()).send(ALERT))


def answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
