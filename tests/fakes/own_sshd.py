"""A real sshd on a free port of the loopback, with the settings of a hub, for one user: whoever runs the tests."""

import asyncio
import getpass
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from doorstep.core.hub_code import HubCode
from doorstep.core.hub_key import read_private_seed, read_public_line
from doorstep.core.hub_line import code_line, tunnel_line
from doorstep.core.hub_names import HUB_USER
from doorstep.core.hub_pairing import KeptPairing, Pairing
from doorstep.core.hub_tunnel import HUB_SOCKET, known_hosts_text
from doorstep.hub.hub_folder import HubFolder
from doorstep.hub.own_key import new_own_key
from doorstep.hub_machine.shape import HubFolders, HubPorts, HubShape
from doorstep.hub_machine.sshd_text import HOST_KEY, sshd_text
from fakes.free_port import free_port

HOST = "127.0.0.1"
READY_SECONDS = 30.0
TESTS = Path(__file__).parents[1]
SSHD = next((path for path in (shutil.which("sshd"), "/usr/sbin/sshd") if path and Path(path).exists()), None)
KEYGEN, SSH = shutil.which("ssh-keygen"), shutil.which("ssh")


def missing() -> str:
    """Why there can be no sshd here; empty if there can."""
    if SSHD is None or KEYGEN is None or SSH is None:
        return "OpenSSH is not installed: `make test-deps`"
    return ""


class OwnSshd:
    """Its folder holds its keys and settings, and what `hub_stand_in` writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.box_port = free_port(), free_port()
        self.pairing = Pairing("home", HOST, HOST, self.port, self.box_port, "turn secret", 3478)
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        _keygen(folder / HOST_KEY)
        self.host_key = read_public_line((folder / f"{HOST_KEY}.pub").read_text())
        self._write_program()
        settings = HubFolders(settings=str(folder), state=str(folder))
        user = getpass.getuser()
        text = sshd_text(HubShape(HOST, user=user, ports=HubPorts(ssh=self.port), folders=settings))
        (folder / "sshd_config").write_text(text)
        (folder / "place.json").write_text(json.dumps(asdict(self.pairing)))
        (folder / "authorized_keys").touch(0o600)

    def argv(self, *words: str) -> list[str]:
        """Temporary folders are everybody's, whoever runs the tests may be root, and his machine slow."""
        own = ("StrictModes=no", "PermitRootLogin=yes", f"ListenAddress={HOST}", "LoginGraceTime=120")
        options = [word for setting in own for word in ("-o", setting)]
        return [str(SSHD), *words, "-f", str(self.folder / "sshd_config"), *options]

    def start(self) -> None:
        """It listens when this returns."""
        if os.geteuid() == 0:  # where no sshd has run since the machine started
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (self.folder / "sshd.log").open("ab") as log:
            self._process = subprocess.Popen(self.argv("-D", "-e"), stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with closing(socket.socket()) as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.02)
        raise TimeoutError((self.folder / "sshd.log").read_text())

    def stop(self) -> None:
        """With all its sessions, as when the machine is gone."""
        if self._process is not None:
            for pid in [*descendants(self._process.pid), self._process.pid]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait(READY_SECONDS)
            self._process = None

    def sessions(self) -> list[int]:
        """The processes behind it."""
        return [] if self._process is None else descendants(self._process.pid)

    def let_in(self, key: bytes) -> None:
        """The box's key, as the hub writes it."""
        self._add(tunnel_line("home", self.box_port, key, self._program))

    def revoke(self) -> None:
        """No key opens anything."""
        (self.folder / "authorized_keys").write_text("")

    def code(self, until: int) -> HubCode:
        """A new pairing code, known to the sshd."""
        path = self.folder / f"code-{until}"
        _keygen(path)
        seed, public = read_private_seed(path.read_text())
        self._add(code_line("home", until, public, self._program))
        return HubCode(HOST, self.port, self.host_key, seed, until)

    @property
    def _program(self) -> str:
        return str(self.folder / "doorstep-hub")

    def _add(self, line: str) -> None:
        with (self.folder / "authorized_keys").open("a") as keys:
            keys.write(line + "\n")

    def _write_program(self) -> None:
        paths = f"{TESTS}:{TESTS.parent / 'src'}"
        call = [sys.executable, str(TESTS / "fakes" / "hub_stand_in.py"), str(self.folder)]
        program = Path(self._program)
        program.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(paths)} exec {shlex.join(call)} "$@"\n')
        program.chmod(0o755)


@contextmanager
def own_sshd(folder: Path) -> Iterator[OwnSshd]:
    """Running."""
    sshd = OwnSshd(folder)
    sshd.start()
    try:
        yield sshd
    finally:
        sshd.stop()


def paired_box(data: Path, sshd: OwnSshd) -> Pairing:
    """A data folder that is paired with it, without the asking."""
    data.mkdir(parents=True, exist_ok=True)
    key = new_own_key()
    folder = HubFolder(data)
    folder.prepare(key.file, known_hosts_text(HOST, sshd.port, sshd.host_key))
    folder.keep(KeptPairing(sshd.pairing, 0), key.file)
    sshd.let_in(key.public)
    return sshd.pairing


def ssh_as_ourselves(folder: Path, connect_seconds: int = 60) -> Path:
    """A folder for PATH: the real ssh, but to our own user, for nobody else can be signed in to without rights.

    And with more patience than at home: a machine that others use too may let it wait.
    """
    folder.mkdir(exist_ok=True)
    script = folder / "ssh"
    patience = f"-o ConnectTimeout={connect_seconds} -o ServerAliveInterval=60"
    words = f'"${{@/#{HUB_USER}@/{getpass.getuser()}@}}"'
    script.write_text(f"#!/bin/bash\nexec {SSH} {patience} {words}\n")
    script.chmod(0o755)
    return folder


@asynccontextmanager
async def door(data: Path) -> AsyncGenerator[None]:
    """What listens at home for visitors through the hub: it greets."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"home")
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(greet, f"/proc/self/fd/{_folder(data)}/{HUB_SOCKET}")
    async with server:
        yield


def _folder(data: Path) -> int:
    """The path itself may be too long for a socket's name."""
    return os.open(data, os.O_RDONLY | os.O_DIRECTORY)


async def visit(port: int) -> bytes:
    """What a visitor at the hub's end is greeted with; empty where nobody answers."""
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return b""
    try:
        return await reader.read(100)
    except OSError:
        return b""
    finally:
        writer.close()


def descendants(pid: int) -> list[int]:
    """Children's children first."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [*descendants(child), child]
    return found


def _keygen(path: Path) -> None:
    subprocess.run([str(KEYGEN), "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True, timeout=60)
