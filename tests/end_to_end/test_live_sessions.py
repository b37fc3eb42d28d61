"""A real server knows who watches, writes it down, and still knows it behind a restart."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.server_process import ServerProcess, running, wait_for

pytestmark = pytest.mark.slow

SECONDS = 60.0
OTHER = "the television"


@contextmanager
def watched(server: ServerProcess, camera: str, token: str) -> Iterator[threading.Event]:
    """Somebody who looks at pictures as they come; the event says that it ended from the other side."""
    over, first = threading.Event(), threading.Event()

    def look() -> None:
        try:
            with client.stream("GET", f"/cameras/{camera}/live.mjpeg") as answer:
                for _ in answer.iter_raw():
                    first.set()
        except httpx.HTTPError:
            pass
        over.set()

    with server.client() as client:
        client.headers["Authorization"] = f"Bearer {token}"
        viewer = threading.Thread(target=look, daemon=True)
        viewer.start()
        assert first.wait(SECONDS)
        yield over


def another_token(server: ServerProcess) -> str:
    with server.client() as client:
        made = client.post("/tokens", json={"name": OTHER, "scopes": ["live:read"]}).raise_for_status()
    return str(made.json()["token"])


def sessions(server: ServerProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.get("/live/sessions")["sessions"]
    return found


def entries(server: ServerProcess) -> list[dict[str, Any]]:
    """Who watched; tokens that were made stand in the log besides."""
    found: list[dict[str, Any]] = server.get("/audit")["entries"]
    return [one for one in found if one["verb"] == "watched"]


def metric(server: ServerProcess, name: str) -> float:
    with server.client() as client:
        lines = client.get(f"{server.url}/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name}{{"))


def test_who_watches_is_listed_ended_and_remembered(tmp_path: Path) -> None:
    with running(tmp_path / "data", None) as server:
        [camera] = [one["id"] for one in server.cameras() if one["state"] in ("live", "connecting")][:1]
        assert metric(server, "doorstep_live_decoded_pictures_total") == 0
        with watched(server, camera, server.token()) as over:
            [session] = sessions(server)
            assert (session["camera"], session["way"], session["address"]) == (camera, "mjpeg", "127.0.0.1")
            assert metric(server, "doorstep_live_viewers") == 1
            wait_for(lambda: metric(server, "doorstep_live_decoded_pictures_total") > 0, SECONDS, "a picture")
            with server.client() as owner:
                assert owner.delete(f"/live/sessions/{session['id']}").status_code == 204
            assert over.wait(SECONDS)
        wait_for(lambda: sessions(server) == [], SECONDS, "no session")
        wait_for(lambda: metric(server, "doorstep_live_viewers") == 0, SECONDS, "no viewer")
        ended = wait_for(lambda: [one for one in entries(server) if one["until"]] or None, SECONDS, "the entry")
        assert [one["id"] for one in ended] == [session["id"]]
        with watched(server, camera, another_token(server)):  # the same viewer would go on with the same entry
            wait_for(lambda: len(entries(server)) == 2 or None, SECONDS, "the second entry")
            assert server.stop() == 0
        server.start()
        second, first = entries(server)
        assert first == ended[0]
        assert (second["who"], second["camera"], second["verb"]) == (OTHER, camera, "watched")
        assert second["seconds"] > 0
