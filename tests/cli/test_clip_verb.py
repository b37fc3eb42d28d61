"""`doorstep clip` without a server: what it asks for, what it tells, and how it waits for a conversion."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from doorstep.cli import clip as verb
from doorstep.cli.main import app
from doorstep.core.clip_form import ClipKind
from fakes.server_process import ServerProcess, running, wait_for

CONVERTING = {"progress": 0.5, "cpu_seconds": 1.0, "ahead": 0, "href": "/api/v1/cameras/demo/clip?start=a&end=b"}


class SlowServer:
    """Converts for two questions, then answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []

    @contextmanager
    def download(self, path: str, query: dict[str, str], headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        assert headers == {"Prefer": "respond-async"}
        self.asked.append((path, query))
        if len(self.asked) < 3:
            yield httpx.Response(202, json=CONVERTING)
        else:
            yield httpx.Response(200, content=b"clip")


def test_a_conversion_is_asked_after_under_the_address_it_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verb, "ASK_AGAIN_SECONDS", 0.0)
    server: Any = SlowServer()
    with verb._made(server, "/cameras/demo/clip", {"duration": "60"}) as response:
        assert response.content == b"clip"
    fixed: tuple[str, dict[str, str]] = ("/cameras/demo/clip?start=a&end=b", {})
    assert server.asked == [("/cameras/demo/clip", {"duration": "60"}), fixed, fixed]


@pytest.mark.parametrize(
    ("headers", "kind", "words"),
    [
        ({"doorstep-missing-seconds": "0.040"}, ClipKind.MP4, []),
        ({"doorstep-missing-seconds": "5.0", "doorstep-parts": "2"}, ClipKind.MP4, ["5.0 seconds", "zip"]),
        ({"doorstep-missing-seconds": "5.0", "doorstep-parts": "2"}, ClipKind.ZIP, ["5.0 seconds"]),
        ({"doorstep-conversion-cpu-seconds": "7.5"}, ClipKind.MP4, ["7.5 seconds"]),
    ],
)
def test_what_a_clip_lacks_and_costs_is_told(headers: dict[str, str], kind: ClipKind, words: list[str]) -> None:
    told = " ".join(verb._remarks(headers, kind))
    assert all(word in told for word in words)
    assert bool(told) == bool(words)


@pytest.mark.parametrize("wrong", [["--format", "avi"], ["--codec", "vp9"], ["--last", "0"], ["--last", "-1"]])
def test_what_is_no_clip_is_wrong_usage(wrong: list[str]) -> None:
    assert CliRunner().invoke(app, ["clip", "demo", *wrong]).exit_code == 2


def test_a_folder_gets_a_file_that_is_named_by_its_start(tmp_path: Path) -> None:
    told = 'attachment; filename="20261121_130000.mp4"'
    assert verb._target(tmp_path, told) == tmp_path / "20261121_130000.mp4"
    assert verb._target(tmp_path / "a.mp4", told) == tmp_path / "a.mp4"
    assert verb._target(None, told) == Path("20261121_130000.mp4")
    assert verb._target(tmp_path, 'attachment; filename="../../x.mp4"') == tmp_path / "x.mp4"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running(tmp_path_factory.mktemp("clips") / "data", None) as demo:
        yield demo


def test_a_zip_of_a_running_camera_is_whole(server: ServerProcess, tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    words = ["clip", "demo", "--last", "3", "--format", "zip", "-o", str(target), "--data", str(server.data)]
    wait_for(lambda: CliRunner().invoke(app, words).exit_code == 0, 20, "a clip")
    with zipfile.ZipFile(target) as found:
        assert found.testzip() is None
        assert found.namelist()[0] == "manifest.json"
