"""A server whose hub cannot be reached: it starts, rings and is seen at home as ever, and its links lead outside."""

import stat
from pathlib import Path

import httpx

from fakes.kept_hub import SECRET, keep
from fakes.server_process import ServerProcess

TOLD = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "door.example.org"}


def test_a_hub_that_is_away_keeps_nobody_waiting(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    keep(data)
    server = ServerProcess(data, None)
    server.start()
    try:
        assert stat.S_IMODE((data / "hub.sock").stat().st_mode) == 0o600
        with server.client() as client:
            hub = client.get("/hub").json()
            assert (hub["paired"], hub["host"], hub["needs_restart"]) == (True, "door.example.org", False)
            assert hub["state"] in {"connecting", "down"}
            address = client.get("/address").json()
            assert address["link"] == "https://door.example.org"
            assert SECRET not in client.get("/status").text + client.get("/settings").text
        door = httpx.HTTPTransport(uds=str(data / "hub.sock"))
        with httpx.Client(transport=door, base_url="http://door.example.org", timeout=60) as outside:
            assert outside.get("/healthz", headers=TOLD).status_code == 200
            assert outside.get("/healthz").status_code == 403
            assert outside.get("/api/v1/session", headers=TOLD).status_code == 401
    finally:
        server.stop()
    assert not (data / "hub.sock").exists()
    assert SECRET not in server.log.read_text(encoding="utf-8")
