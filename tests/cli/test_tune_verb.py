"""`doorstep tune` and `doorstep detect --explain` as the owner and scripts run them, with a model of a few bytes."""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from doorstep.vision.yolo import cell_count
from fakes.footage import CAMERA, NOON
from fakes.onnx_graph import model, pixel_as_score, value
from fakes.pictures import model_file, shared_file
from fakes.server_process import command
from fakes.tuned_house import TunedHouse, recording

SIDE = 96
MINUTES_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
CONFIG = """
[server]
data = "data"
timezone = "UTC"
[detection]
model = "mine.onnx"
[[camera]]
id = "front-door"
name = "Front door"
source = "demo://"
record = "always"
"""
SEEN = range(16, 32)
"""The numbers below 48 whose pictures have a white fifth block: by that pixel the model knows somebody."""


def tiny_model() -> bytes:
    """YOLOv5 by its shape: one person in the middle, as sure as one pixel is white."""
    answer = np.zeros((1, 3 * cell_count(SIDE, SIDE), 85), np.float32)
    answer[0, 7, :5] = (48.0, 48.0, 20.0, 20.0, 1.0)
    nodes, weights = pixel_as_score(answer, (0, 7, 5), (0, 48, 54), "output0")
    return model(nodes, weights, [value("images", (1, 3, SIDE, SIDE))], [value("output0", answer.shape)])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config, and a data folder with 40 seconds of video, ten minutes ago."""
    folder = tmp_path_factory.mktemp("tuned-home")
    (folder / "doorstep.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "quick.toml").write_text(f"{CONFIG}[events]\nclose_after = 5\n", encoding="utf-8")
    (folder / "mine.onnx").write_bytes(tiny_model())
    house = TunedHouse(folder / "data", MINUTES_AGO)
    house.minutes([*range(40), *[0] * 10])
    house.event(16, 31)
    house.event(45, 50, nobody=True)
    house.close()
    (folder / "visit.mp4").write_bytes(recording([*[0] * 8, *SEEN, *[0] * 8], NOON, every=0.25))
    return folder


def ran(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DOORSTEP_CONFIG": str(home / "doorstep.toml"), "COLUMNS": "200"} | more
    environment.pop("DOORSTEP_DATA", None)
    return subprocess.run(command(*words), capture_output=True, text=True, env=environment, timeout=300, check=False)


def rows(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def test_a_script_gets_what_was_there_and_an_object_a_setting(home: Path) -> None:
    ended = ran(home, "tune", CAMERA, "--hours", "1", "--json")
    assert ended.returncode == 0, ended.stderr
    there, now, *others = rows(ended.stdout)
    assert (there["key_frames"], there["recorded_seconds"], there["seconds_between"]) == (50, 50.0, 1.0)
    assert (there["told"], there["not_a_person"], there["model"]) == (2, 1, "mine")
    assert [one["event"] for one in there["unseen"]] == [
        f"{CAMERA}-{MINUTES_AGO + timedelta(seconds=45):%Y%m%dT%H%M%S}000"
    ]
    assert (now["setting"], now["present"], now["events"], now["told"]) == ("now", True, 1, 1)
    assert not any(row["present"] for row in others)
    cooldown = next(row for row in others if row["setting"] == "alert_cooldown 60 s")
    assert cooldown["change"] == [{"table": "[events]", "lines": ["alert_cooldown = 60"]}]
    assert next(row for row in others if row["setting"] == "open 0.50")["change"] is None


def test_the_owner_gets_a_table_and_plain_words(home: Path) -> None:
    ended = ran(home, "tune", CAMERA, "--hours", "1")
    assert ended.returncode == 0, ended.stderr
    assert "50 pictures of it, one every 1.0 s (the key frames); mine looked at the" in ended.stdout
    assert 'There were 2 events, and you were told of 2; you marked 1 of these "Not a person".' in ended.stdout
    table = [line.split() for line in ended.stdout.splitlines()]
    assert ["now", "1", "1", "0", "0", "0"] in table
    assert "this takes a while" in ended.stderr


def test_only_what_is_asked_for_is_tried(home: Path) -> None:
    ended = ran(home, "tune", CAMERA, "--hours", "1", "--least-height", "0.9", "--json")
    _, now, tried = rows(ended.stdout)
    assert (now["events"], tried["events"]) == (1, 0)
    assert tried["setting"] == "least height 0.90"
    assert len(tried["missed"]) == 1
    other = ran(home, "tune", CAMERA, "--hours", "1", "--against", str(home / "quick.toml"), "--json")
    assert [row["setting"] for row in rows(other.stdout)[1:]] == ["now", "the other config"]


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (["front-dor"], 2, "did you mean front-door?"),
        ([CAMERA, "--hours", "0.02"], 1, "Nothing of front-door was recorded"),
        ([CAMERA, "--hours", "1", "--data", "/nonexistent/here"], 2, "nothing of Doorstep"),
        ([CAMERA, "--hours", "-1"], 2, "--hours"),
        ([CAMERA, "--open", "1.5"], 2, "--open"),
        ([CAMERA, "--open", "0.4", "--keep", "0.6"], 2, "must not be more than --open"),
    ],
    ids=["unknown camera", "no recordings", "no data folder", "no hours", "no score", "kept by more than opens it"],
)
def test_wrong_questions_have_a_sentence_and_no_trace(home: Path, words: list[str], code: int, hint: str) -> None:
    ended = ran(home, "tune", *words)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert hint in " ".join(ended.stderr.replace("│", " ").split())
    assert "Traceback" not in ended.stderr


def test_without_its_model_it_says_what_to_do(home: Path) -> None:
    (home / "no-model.toml").write_text(CONFIG.replace("mine.onnx", "nobody.onnx"), encoding="utf-8")
    ended = ran(home, "tune", CAMERA, "--hours", "1", "--config", str(home / "no-model.toml"))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "nobody.onnx" in ended.stderr


# --------------------------------------------------------------------------------------------- detect --explain


def test_a_video_explains_each_look_and_each_event(home: Path) -> None:
    ended = ran(home, "detect", str(home / "visit.mp4"), "--explain", "--json")
    assert ended.returncode == 0, ended.stderr
    found = rows(ended.stdout)
    looks, events = [row for row in found if "looked" in row], [row for row in found if "explanation" in row]
    assert [look["at"] for look in looks[:3]] == [0.0, 0.25, 0.5]
    opened = next(look for look in looks if any(one["what"] == "opened" for one in look["happenings"]))
    assert opened["boxes"][0]["label"] == "person"
    (event,) = events
    told = event["explanation"]
    assert set(told) == {
        *("model", "model_sha256", "input", "thresholds", "opened_by", "motion", "zone", "direction"),
        *("still_box", "looks", "feedback"),
    }
    assert (told["model"], told["input"], told["opened_by"], told["feedback"]) == ("mine", "96x96", "person", None)
    assert told["looks"][0]["at"] == event["started_at"]
    assert set(told["looks"][0]) == {"at", "score", "where", "boxes", "crops"}
    assert told["still_box"] is not None


def test_a_video_explains_itself_in_words(home: Path) -> None:
    ended = ran(home, "detect", str(home / "visit.mp4"), "--explain", "--camera", CAMERA)
    assert ended.returncode == 0, ended.stderr
    assert "opened: seen with" in ended.stdout
    assert "closed: the video ends" in ended.stdout
    assert ended.stdout.endswith("visit.mp4: 1 event, 1 alert.\n")
    (idle,) = (line for line in ended.stdout.splitlines() if "not looked at" in line)
    assert " to " in idle


def test_a_video_of_ten_pictures_a_second_is_looked_at_four_times_a_second(home: Path) -> None:
    (home / "ten.mp4").write_bytes(recording([0] * 21, NOON, every=0.1))
    ended = ran(home, "detect", str(home / "ten.mp4"), "--json")
    assert [row["at"] for row in rows(ended.stdout)] == [0.0, 0.3, 0.5, 0.8, 1.0, 1.3, 1.5, 1.8, 2.0]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--camera", CAMERA], "--explain"),
        (["--explain", "--camera", "front-dor"], "did you mean front-door?"),
        (["--explain", "--threshold", "0.2"], "--threshold"),
    ],
)
def test_what_goes_with_explain_only(home: Path, words: list[str], hint: str) -> None:
    ended = ran(home, "detect", str(home / "visit.mp4"), *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert hint in ended.stderr


def test_a_video_that_is_none_is_a_fault(home: Path) -> None:
    (home / "words.mp4").write_text("no video", encoding="utf-8")
    ended = ran(home, "detect", str(home / "words.mp4"), "--explain")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "words.mp4" in ended.stderr


def test_six_visitors_are_six_events_with_a_real_model(home: Path) -> None:
    weights = model_file("yolox_nano.onnx")
    film = shared_file("media/one-by-one-person-detection.mp4")
    (home / "real.toml").write_text('[server]\ndata = "data"\n', encoding="utf-8")
    ended = ran(
        *(home, "detect", str(film), "--explain", "--json", "--config", str(home / "real.toml")),
        DOORSTEP_MODELS=str(weights.parent),
    )
    events = [row for row in rows(ended.stdout) if "explanation" in row]
    assert [round(event["started_at"]) for event in events] == pytest.approx([6, 23, 50, 74, 92, 124], abs=1.5)
