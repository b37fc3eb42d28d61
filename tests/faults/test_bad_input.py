"""What an owner may do wrong, and what a machine may do to him: said once and plainly, and the rest goes on."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.server_process import ServerProcess, running, wait_for
from faults.bad_files import make_bad_sources, make_moving, make_strange_model
from faults.watching import CAMERA, problem, run_once

pytestmark = pytest.mark.slow

REASONS = {
    "missing": "There is no file",
    "truncated": "is no video that can be read",
    "audio-only": "holds no video (found: audio)",
    "no-video": "is no video that can be read",
}


# ----------------------------------------------------------------------------------------------------- before a start


def test_a_wrong_config_is_told_line_by_line_and_nothing_starts(tmp_path: Path) -> None:
    config, data = tmp_path / "doorstep.toml", tmp_path / "data"
    config.write_text('[server]\nlisten = "127.0.0.1:0"\n\n[events]\npre_rol = 4\npost_roll = 60\n', encoding="utf-8")
    ended = run_once("run", "--config", str(config), "--data", str(data))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert f"{config}, line 5: events.pre_rol: unknown key; did you mean pre_roll?" in ended.stderr
    assert f"{config}, line 6: events.post_roll" in ended.stderr
    assert "close_after" in ended.stderr
    assert not data.exists()


def test_a_port_in_use_is_one_sentence_and_no_start(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run_once("run", "--demo", "--data", str(tmp_path / "data"), "--listen", address)
    assert ended.returncode == 2
    assert ended.stdout == ""
    (sentence,) = ended.stderr.splitlines()
    assert f"cannot listen on {address}" in sentence
    assert "--listen" in sentence


# ------------------------------------------------------------------------- bad sources and a bad model, in one server


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Four cameras that cannot be read, one that can, and a model whose bytes are not what they should be."""
    folder = tmp_path_factory.mktemp("troubled")
    models = folder / "models"
    models.mkdir()
    (models / "yolox_nano.onnx").write_bytes(b"not the pinned bytes")
    sources = make_bad_sources(folder) | {"good": make_moving(folder / "moving.mp4")}
    config = "[events]\nclose_after = 2\npost_roll = 2\n" + "".join(
        CAMERA.format(id=name, path=path, loop="?loop" if name == "good" else "") for name, path in sources.items()
    )
    with running(folder / "data", config, {"DOORSTEP_MODELS": str(models)}) as server:
        yield server


@pytest.mark.parametrize("name", list(REASONS))
def test_a_source_that_is_none_is_shown_with_its_reason(troubled: ServerProcess, name: str) -> None:
    def refused() -> dict[str, Any] | None:
        cameras = {camera["id"]: camera for camera in troubled.cameras()}
        return cameras[name] if cameras[name]["state"] == "refused" else None

    camera = wait_for(refused, 10, f"{name} refused")
    assert REASONS[name] in camera["reason"]
    assert not camera["watching"]["on"]
    wait_for(lambda: problem(troubled, f"{name} is not seen: "), 10, f"the problem of {name}")
    lines = [line for line in troubled.log.read_text().splitlines() if "source refused" in line and name in line]
    assert len(lines) == 1


def test_bad_sources_do_not_keep_a_good_one_from_being_seen(troubled: ServerProcess) -> None:
    def live() -> bool:
        return any(camera["id"] == "good" and camera["state"] == "live" for camera in troubled.cameras())

    wait_for(live, 10, "the good camera live")
    assert "Traceback" not in troubled.log.read_text()


def test_a_model_with_a_wrong_hash_is_shown_and_motion_makes_events(troubled: ServerProcess) -> None:
    found = wait_for(lambda: problem(troubled, "Nobody can be recognised"), 15, "the model's problem")
    assert "SHA-256" in found["what"]
    assert "doorstep models fetch" in found["remedy"]

    def recorded() -> dict[str, Any] | None:
        return next((event for event in troubled.events() if event["clip"]), None)

    event = wait_for(recorded, 30, "an event from motion with its recording")
    assert event["camera"] == "good"
    assert event["causes"] == ["motion"]


def test_two_servers_do_not_share_a_data_folder(troubled: ServerProcess) -> None:
    ended = run_once("run", "--demo", "--data", str(troubled.data), "--listen", "127.0.0.1:0")
    assert ended.returncode == 2
    assert ended.stdout == ""
    (sentence,) = ended.stderr.splitlines()
    assert "Another Doorstep is running" in sentence
    assert any(camera["id"] == "good" for camera in troubled.cameras())


def test_check_tells_the_same_of_a_server_that_runs(troubled: ServerProcess) -> None:
    config = troubled.data.parent / f"{troubled.data.name}.toml"
    ended = run_once("check", "--json", "--config", str(config), "--data", str(troubled.data))
    assert ended.returncode == 1
    found = {row["what"]: row for row in map(json.loads, ended.stdout.splitlines())}
    assert found["data folder"]["ok"]
    assert found["camera good"]["ok"]
    assert REASONS["audio-only"] in found["camera audio-only"]["detail"]
    assert not found["camera missing"]["ok"]


# ------------------------------------------------------------------------------------------------ a model of no family


def test_a_model_of_no_known_family_is_shown_and_the_camera_goes_on(tmp_path: Path) -> None:
    make_moving(tmp_path / "moving.mp4")
    model = make_strange_model(tmp_path / "strange.onnx")
    config = f'[detection]\nmodel = "{model}"\n' + CAMERA.format(id="good", path=tmp_path / "moving.mp4", loop="?loop")
    with running(tmp_path / "data", config) as server:
        found = wait_for(lambda: problem(server, "no family that Doorstep knows"), 15, "the model's problem")
        assert "strange" in found["what"]
        wait_for(lambda: server.cameras()[0]["state"] == "live", 10, "the camera live")
