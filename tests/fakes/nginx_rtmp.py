"""nginx with its rtmp module, and stunnel before it, run with the files of deploy/nginx-rtmp on free ports."""

import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from fakes.free_port import free_port

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "nginx-rtmp"
MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
STUNNEL = shutil.which("stunnel4")
READY_SECONDS = 60.0


def missing() -> str | None:
    """Why nginx-rtmp cannot run here, None if it can."""
    if NGINX is None or not MODULE.exists():
        return "nginx with libnginx-mod-rtmp is not installed"
    return None


@dataclass(frozen=True, slots=True)
class Intake:
    """Where the intake listens."""

    port: int
    proxied_port: int
    tls_port: int | None
    log: Path
    process: subprocess.Popen[bytes]

    def address(self, name: str) -> str:
        return f"rtmp://127.0.0.1:{self.port}/live/{name}"

    def tls_address(self, name: str) -> str:
        return f"rtmps://127.0.0.1:{self.tls_port}/live/{name}"

    @contextmanager
    def from_afar(self, source: str) -> Iterator[int]:
        """A port whose connections nginx takes for ones of `source` (HAProxy's PROXY protocol, version 1)."""
        with _Relay(self.proxied_port, source) as relay:
            yield relay.port


class _Relay:
    """Passes bytes on, behind one line that says where they come from."""

    def __init__(self, behind: int, source: str) -> None:
        self._behind = behind
        self._line = f"PROXY TCP4 {source} 127.0.0.1 40000 1935\r\n".encode()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listening, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(60)
        for one in (self._listening, *self._open):
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                outside, _ = self._listening.accept()
                inside = socket.create_connection(("127.0.0.1", self._behind))
                inside.sendall(self._line)
                self._open += [outside, inside]
                for pair in ((outside, inside), (inside, outside)):
                    self._threads.append(threading.Thread(target=_pass_on, args=pair))
                    self._threads[-1].start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while some := source.recv(65536):
            target.sendall(some)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def intake(folder: Path, web_port: int, *, tls: bool = False, update_every: str = "30s") -> Iterator[Intake]:
    """The whole intake; `web_port` is where Doorstep's web half listens."""
    port, from_stunnel = free_port(), free_port()
    runtime = folder / "runtime"
    runtime.mkdir()
    config = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for was, is_here in (
        ("listen 1935;", f"listen 127.0.0.1:{port};"),
        ("127.0.0.1:19350", f"127.0.0.1:{from_stunnel}"),
        ("127.0.0.1:8080", f"127.0.0.1:{web_port}"),
        ("/run/doorstep-rtmp", str(runtime)),
        ("notify_update_timeout 30s", f"notify_update_timeout {update_every}"),
    ):
        assert was in config, was
        config = config.replace(was, is_here)
    path, log = folder / "nginx.conf", folder / "nginx.log"
    path.write_text(config, encoding="utf-8")
    assert NGINX is not None
    command = [NGINX, "-c", str(path), "-p", str(runtime), "-e", "stderr"]
    with _running(command, port, log, signal.SIGTERM) as process:
        if not tls:
            yield Intake(port, from_stunnel, None, log, process)
            return
        with _tunnel(folder, from_stunnel) as tls_port:
            yield Intake(port, from_stunnel, tls_port, log, process)


@contextmanager
def _tunnel(folder: Path, behind: int) -> Iterator[int]:
    port = free_port()
    certificate, key = _certificate(folder)
    config = (DEPLOY / "stunnel.conf").read_text(encoding="utf-8")
    for was, is_here in (
        ("accept = 1936", f"accept = 127.0.0.1:{port}"),
        ("127.0.0.1:19350", f"127.0.0.1:{behind}"),
        ("/run/credentials/doorstep-rtmps.service/rtmps.crt", str(certificate)),
        ("/run/credentials/doorstep-rtmps.service/rtmps.key", str(key)),
    ):
        assert was in config, was
        config = config.replace(was, is_here)
    path = folder / "stunnel.conf"
    path.write_text(config, encoding="utf-8")
    assert STUNNEL is not None
    with _running([STUNNEL, str(path)], port, folder / "stunnel.log", signal.SIGTERM):
        yield port


def _certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "rtmps.crt", folder / "rtmps.key"
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(
        ["openssl", *words, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True, timeout=300
    )
    key.chmod(0o600)
    return certificate, key


@contextmanager
def _running(command: list[str], port: int, log: Path, stop: signal.Signals) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written)
    try:
        _wait_until_open(process, port, log)
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(60)


def _wait_until_open(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(errors="replace")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text(errors="replace"))
