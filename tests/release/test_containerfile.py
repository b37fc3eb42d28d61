"""The container file: pinned packages, a user of its own, a check of its health; nothing is built here."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from doorstep.app.folders import SOCKET_NAME

CONTAINERFILE = Path(__file__).parents[2] / "deploy" / "docker" / "Containerfile"
TEXT = CONTAINERFILE.read_text("utf-8")


def test_it_passes_hadolint() -> None:
    program = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [program, "--no-color", CONTAINERFILE], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_every_package_of_others_is_installed_by_hash() -> None:
    lines = [line for line in TEXT.replace("\\\n", " ").splitlines() if not line.startswith("#")]
    installs = re.findall(r"pip install ([^&\n]*)", "\n".join(lines))
    assert len(installs) == 3
    assert all("--require-hashes" in words or "--no-deps" in words for words in installs)


def test_what_it_copies_is_in_a_release() -> None:
    """`front_door/release.py` lays them into dist/."""
    copied = [word for line in re.findall(r"^COPY (?!--from)(.*) \./$", TEXT, re.MULTILINE) for word in line.split()]
    assert copied == ["packages.lock", "build.lock", "doorstep-*-py3-none-any.whl"]


def test_it_runs_as_a_user_of_its_own() -> None:
    last = TEXT[TEXT.rindex("FROM ") :]
    assert re.search(r"^USER 900:900$", last, re.MULTILINE)
    assert re.search(r"^ARG BASE=\S+:3\.\d+-slim-bookworm$", TEXT, re.MULTILINE)


def health_words() -> list[str]:
    """The command of its check, as Docker reads it."""
    [words] = re.findall(r"HEALTHCHECK .*\n    CMD (\[.*\])$", TEXT.replace("; \\\n", "; "), re.MULTILINE)
    found: list[str] = json.loads(words)
    return found


@pytest.mark.parametrize(("answer", "code"), [(b"HTTP/1.1 200 OK\r\n", 0), (b"HTTP/1.1 503 No\r\n", 1), (b"", 1)])
def test_its_health_is_what_the_server_says_at_its_own_socket(answer: bytes, code: int, tmp_path: Path) -> None:
    program, option, script = health_words()
    assert (program, option) == ("python", "-c")
    here = script.replace("/var/lib/doorstep/", f"{tmp_path}/")
    asked: list[bytes] = []

    def answered() -> None:
        connection, _ = server.accept()
        with connection:
            asked.append(connection.recv(1000))
            connection.sendall(answer)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / SOCKET_NAME))
        server.listen()
        one = Thread(target=answered)
        one.start()
        done = subprocess.run([sys.executable, "-c", here], timeout=60, check=False)
        one.join()
    assert (done.returncode, asked) == (code, [b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n"])


def test_without_a_server_it_is_not_well(tmp_path: Path) -> None:
    here = health_words()[2].replace("/var/lib/doorstep/", f"{tmp_path}/")
    assert subprocess.run([sys.executable, "-c", here], capture_output=True, timeout=60, check=False).returncode == 1
