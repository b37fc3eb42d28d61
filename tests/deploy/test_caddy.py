"""Caddy in front of Doorstep: the real one takes our files, and what it passes on is believed where it is listed."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from fakes.certificates import Certificate, certificate
from fakes.free_port import free_port
from fakes.server_process import PASSWORD, ROOT, ServerProcess, model_folder, wait_for

FOLDER = ROOT / "deploy" / "caddy"
FILES = sorted(FOLDER.glob("*Caddyfile"))
CAMERA = '[[camera]]\nid = "door"\nname = "Door"\nsource = "demo://"\n'

pytestmark = pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed: `make test-deps`")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_real_caddy_takes_our_file_as_it_is(file: Path, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    words = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, env=home, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        ["caddy", "fmt", str(file)], capture_output=True, text=True, env=home, timeout=60, check=False
    )
    assert shown.stdout == file.read_text()


@contextmanager
def caddy(folder: Path, upstream: str, tls: Certificate) -> Iterator[str]:
    """Our file for a domain, with a certificate of the test in place of ACME; the address."""
    port = free_port()
    text = (FOLDER / "Caddyfile").read_text().replace("127.0.0.1:8080", upstream)
    site = f"https://127.0.0.1:{port} {{\n\ttls {tls.certificate} {tls.key}"
    head = "{\n\tadmin off\n\tauto_https off\n}\n\n"
    path = folder / "Caddyfile"
    path.write_text(head + text.replace("door.example.org {", site))
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    with (folder / "caddy.log").open("w") as log:
        words = ["caddy", "run", "--adapter", "caddyfile", "--config", str(path)]
        process = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
    try:
        address = f"https://127.0.0.1:{port}"
        with httpx.Client(verify=tls.trusting_context()) as client:
            wait_for(lambda: _is_up(client, address), 30, "caddy")
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _is_up(client: httpx.Client, address: str) -> bool:
    try:
        return client.get(f"{address}/healthz").is_success
    except httpx.TransportError:
        return False


@contextmanager
def house_behind_caddy(folder: Path, server_table: str) -> Iterator[tuple[ServerProcess, str, Certificate]]:
    tls = certificate(folder)
    models = {"DOORSTEP_MODELS": str(model_folder())} if model_folder() else {}
    server = ServerProcess(folder / "data", f"{server_table}{CAMERA}", models)
    server.start()
    try:
        with caddy(folder, server.url.removeprefix("http://"), tls) as address:
            yield server, address, tls
    finally:
        server.kill()


def set_up(server: ServerProcess, client: httpx.Client) -> httpx.Response:
    line = wait_for(lambda: next((line for line in server.lines if "/setup#" in line), None), 20, "a set-up address")
    body = {"code": line.split("#")[1].strip(), "name": "Ann", "password": PASSWORD}
    return client.post("/api/v1/setup", json=body)


def test_everything_goes_through_a_listed_caddy(tmp_path: Path) -> None:
    with (
        house_behind_caddy(tmp_path, '[server]\ntrusted_proxies = ["127.0.0.1"]\n') as (server, address, tls),
        httpx.Client(base_url=address, verify=tls.trusting_context(), timeout=60) as client,
    ):
        cookie = set_up(server, client).headers["set-cookie"]
        assert cookie.startswith("__Host-doorstep=")
        assert "Secure" in cookie
        lies = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9;proto=http"}
        asked = client.get("/api/v1/address", headers=lies).json()["asked"]
        assert (asked["scheme"], asked["client"], asked["believed"]) == ("https", "127.0.0.1", True)
        _download_in_parts(client)
        session = cookie.partition(";")[0]
        asyncio.run(_watch(address.replace("https", "wss"), session, tls, address))
        whep = client.post(
            "/api/v1/cameras/door/live/whep",
            content="not sdp",
            headers={"Content-Type": "application/sdp", "Origin": address},
        )
        assert (whep.status_code, whep.json()["code"]) == (400, "sdp-invalid")  # it came through, and was read


def _download_in_parts(client: httpx.Client) -> None:
    path = "/api/v1/cameras/door/clip?duration=5"
    wait_for(lambda: client.get(path).is_success, 60, "five seconds of film")
    rung = client.post("/api/v1/cameras/door/press", json={}, headers={"Sec-Fetch-Site": "same-origin"})
    assert rung.is_success

    def clip() -> str | None:
        events = client.get("/api/v1/events").json()["events"]
        return next((one["clip"]["href"] for one in events if one["clip"]), None)

    href = wait_for(clip, 60, "a clip")
    part = client.get(href, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")


async def _watch(address: str, session: str, tls: Certificate, origin: str) -> None:
    where = f"{address}/api/v1/cameras/door/live/mse?stream=main"
    headers = {"Cookie": session, "Origin": origin}
    async with asyncio.timeout(60), connect(where, ssl=tls.trusting_context(), additional_headers=headers) as socket:
        assert await socket.recv()


def test_a_caddy_that_is_not_listed_is_not_believed_and_the_page_says_so(tmp_path: Path) -> None:
    with (
        house_behind_caddy(tmp_path, "") as (server, address, tls),
        httpx.Client(base_url=address, verify=tls.trusting_context(), timeout=60) as client,
    ):
        cookie = set_up(server, client).headers["set-cookie"]
        assert cookie.startswith("doorstep=")
        asked = client.get("/api/v1/address").json()["asked"]
        assert (asked["scheme"], asked["proxy"], asked["believed"]) == ("http", "127.0.0.1", False)
