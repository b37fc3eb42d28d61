"""Who has a box's key can hold that box's tunnel, and nothing else: each other thing is tried with the real ssh.

The settings are the hub's own, and the line of the key is; only where they lie and who the user is differ.
"""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from doorstep.core.hub_tunnel import HUB_FOLDER, KEY_NAME, KNOWN_HOSTS_NAME
from doorstep.hub.own_key import own_key_of
from fakes.free_port import free_port
from fakes.own_sshd import HOST, OwnSshd, missing, own_sshd, paired_box, ssh_as_ourselves

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")

PATIENCE = 90.0


class Thief:
    """Has a copy of the folder, and a machine of his own."""

    def __init__(self, sshd: OwnSshd, folder: Path, bin_folder: Path) -> None:
        self.sshd = sshd
        self._folder = folder
        self._bin = bin_folder

    def words(self, *options: str) -> list[str]:
        known = f"UserKnownHostsFile={self._folder / KNOWN_HOSTS_NAME}"
        key = ("-i", str(self._folder / KEY_NAME), "-p", str(self.sshd.port))
        strict = ("-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", known)
        return [str(self._bin / "ssh"), *strict, *key, *options]

    def tries(self, *options: str, command: str = "", given: str = "") -> subprocess.CompletedProcess[str]:
        words = [*self.words(*options), f"doorstep-hub@{HOST}", *([command] if command else [])]
        return subprocess.run(
            words, input=given, capture_output=True, text=True, timeout=PATIENCE, check=False, errors="replace"
        )


@pytest.fixture(scope="module")
def thief(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thief]:
    folder = tmp_path_factory.mktemp("theft")
    with own_sshd(folder / "hub") as sshd:
        paired_box(folder / "data", sshd)
        yield Thief(sshd, folder / "data" / HUB_FOLDER, ssh_as_ourselves(folder / "bin"))


@pytest.fixture
def treasure() -> Iterator[socket.socket]:
    """A server that only the hub's machine itself should reach."""
    with closing(socket.socket()) as listener:
        listener.bind((HOST, 0))
        listener.listen()
        listener.settimeout(2.0)
        yield listener


def port_of(listener: socket.socket) -> str:
    return str(listener.getsockname()[1])


def nobody_came(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize("command", ["", "id", "sh -c id", "/bin/bash -i", "cat /etc/passwd", "let-go; id", "$(id)"])
def test_no_command_is_run_but_the_hubs_own(thief: Thief, command: str) -> None:
    done = thief.tries("-T", command=command)
    assert "uid=" not in done.stdout + done.stderr
    assert "root:" not in done.stdout
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(line["v"] == 1 for line in told)
    assert told


def test_what_he_types_reaches_no_shell(thief: Thief) -> None:
    done = thief.tries("-T", given="id\necho hello > /tmp/owned\n")
    assert "uid=" not in done.stdout + done.stderr
    assert "hello" not in done.stdout


def test_there_is_no_terminal(thief: Thief) -> None:
    done = thief.tries("-tt")
    assert "PTY allocation request failed" in done.stderr


@pytest.mark.parametrize("subsystem", ["sftp", "netconf"])
def test_there_are_no_files_to_fetch(thief: Thief, subsystem: str) -> None:
    done = thief.tries("-s", command=subsystem, given="\0\0\0\5\1\0\0\0\3")
    assert "\2\0\0\0\3" not in done.stdout


def test_no_other_port_of_the_hub_is_his(thief: Thief) -> None:
    for port in (free_port(), 443, 80, 0):
        done = thief.tries("-T", "-o", "ExitOnForwardFailure=yes", "-R", f"{HOST}:{port}:{HOST}:9")
        assert "remote port forwarding failed" in done.stderr
        assert done.stdout == ""


@pytest.mark.parametrize("bind", ["0.0.0.0", "*", "[::]", "", "10.0.0.1", "localhost"])  # noqa: S104 - is refused
def test_his_own_port_is_open_to_nobody_outside(thief: Thief, bind: str) -> None:
    place = f"{bind}:{thief.sshd.box_port}:{HOST}:9"
    done = thief.tries("-T", "-o", "ExitOnForwardFailure=yes", "-R", place)
    assert "remote port forwarding failed" in done.stderr


def test_no_socket_of_the_hub_is_his(thief: Thief, tmp_path: Path) -> None:
    there = tmp_path / "there.sock"
    done = thief.tries("-T", "-o", "ExitOnForwardFailure=yes", "-R", f"{there}:{HOST}:9")
    assert "remote port forwarding failed" in done.stderr
    assert not there.exists()


def test_nothing_behind_the_hub_is_reached(thief: Thief, treasure: socket.socket) -> None:
    done = thief.tries("-W", f"{HOST}:{port_of(treasure)}")
    assert "administratively prohibited" in done.stderr
    assert nobody_came(treasure)


@pytest.mark.parametrize("option", ["-L", "-D"])
def test_no_tunnel_leads_into_the_hub(thief: Thief, treasure: socket.socket, option: str) -> None:
    own = free_port()
    place = f"{HOST}:{own}:{HOST}:{port_of(treasure)}" if option == "-L" else f"{HOST}:{own}"
    words = [*thief.words("-T", option, place), f"doorstep-hub@{HOST}"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline()
        with closing(socket.create_connection((HOST, own), PATIENCE)) as asking:
            asking.settimeout(PATIENCE)
            if option == "-D":
                asking.sendall(b"\5\1\0")
                assert asking.recv(2) == b"\5\0"
                asking.sendall(b"\5\1\0\1\x7f\0\0\1" + int(port_of(treasure)).to_bytes(2, "big"))
            assert asking.recv(1) in (b"", b"\5")
        assert nobody_came(treasure)
        process.stdin.close()
        process.wait(PATIENCE)


def test_a_socket_on_the_hub_is_not_reached(thief: Thief, tmp_path: Path) -> None:
    there, own = tmp_path / "there.sock", free_port()
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(there))
        listener.listen()
        listener.settimeout(2.0)
        words = [*thief.words("-T", "-L", f"{HOST}:{own}:{there}"), f"doorstep-hub@{HOST}"]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as tunnel:
            assert tunnel.stdout is not None
            assert tunnel.stdin is not None
            assert tunnel.stdout.readline()
            with closing(socket.create_connection((HOST, own), PATIENCE)) as asking:
                asking.settimeout(PATIENCE)
                assert asking.recv(1) == b""
            assert nobody_came(listener)
            tunnel.stdin.close()
            tunnel.wait(PATIENCE)


def test_he_brings_no_agent_display_or_variables(thief: Thief) -> None:
    environment = {**os.environ, "DISPLAY": ":1", "LD_PRELOAD": "/x.so", "DOORSTEP": "mine"}
    words = thief.words("-T", "-A", "-X", "-o", "SendEnv=*", "-o", "SetEnv=LD_PRELOAD=/x.so")
    subprocess.run(
        [*words, f"doorstep-hub@{HOST}"], input=b"", capture_output=True, timeout=PATIENCE, env=environment, check=False
    )
    there = json.loads((thief.sshd.folder / "environment.json").read_text())
    assert not {"DISPLAY", "LD_PRELOAD", "DOORSTEP", "SSH_AUTH_SOCK", "SSH_TTY"} & set(there)


@pytest.mark.parametrize("way", ["password", "keyboard-interactive", "hostbased", "none", "gssapi-with-mic"])
def test_only_a_key_signs_in(thief: Thief, way: str) -> None:
    done = thief.tries("-T", "-o", f"PreferredAuthentications={way}")
    assert done.returncode == 255
    assert "Permission denied (publickey)" in done.stderr


def test_what_sshd_itself_says_of_its_settings(thief: Thief) -> None:
    done = subprocess.run(thief.sshd.argv("-T"), capture_output=True, text=True, timeout=PATIENCE, check=True)
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    assert {name: said[name] for name in said if name in WANTED} == WANTED
    assert not {"subsystem", "acceptenv", "chrootdirectory"} & {name for name in said if said[name] != "none"}


WANTED = {
    "allowtcpforwarding": "remote",
    "permitopen": "none",
    "gatewayports": "no",
    "allowstreamlocalforwarding": "no",
    "allowagentforwarding": "no",
    "x11forwarding": "no",
    "permittunnel": "no",
    "permittty": "no",
    "permituserrc": "no",
    "permituserenvironment": "no",
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "hostbasedauthentication": "no",
    "clientaliveinterval": "5",
    "clientalivecountmax": "3",
}


def test_a_code_that_was_stolen_can_only_pair(thief: Thief, tmp_path: Path) -> None:

    code = thief.sshd.code(2**32)
    (tmp_path / KEY_NAME).write_bytes(own_key_of(code.seed).file)
    (tmp_path / KEY_NAME).chmod(0o600)
    known = thief._folder / KNOWN_HOSTS_NAME
    (tmp_path / KNOWN_HOSTS_NAME).write_bytes(known.read_bytes())
    other = Thief(thief.sshd, tmp_path, thief._bin)
    forward = other.tries("-T", "-o", "ExitOnForwardFailure=yes", "-R", f"{HOST}:{thief.sshd.box_port}:{HOST}:9")
    assert "remote port forwarding failed" in forward.stderr
    said = other.tries("-T", command="id", given="\n")
    assert "uid=" not in said.stdout + said.stderr
    assert json.loads(said.stdout)["error"] == "bad"
