"""A camera that is recorded round the clock, in a real server: the timeline and every clip, over kills and changes."""

import io
import json
import os
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from fakes.server_process import ServerProcess, command, wait_for
from faults.bad_files import RATE, make_still
from faults.watching import CAMERA

pytestmark = pytest.mark.slow

HEAD = "[buffer]\nseconds = 10\n[events]\npre_roll = 2\nclose_after = 2\npost_roll = 1\n"


class AlwaysServer:
    """One camera `porch`, recorded always; the buffer forgets soon, so that clips come from its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._camera = CAMERA.format(id="porch", path=make_still(folder / "still.mp4"), loop="?loop")
        self.server = ServerProcess(folder / "data", self.config())
        self.server.start()
        self.wait_until_live()
        self.began = self.recorded()[0][0]

    def config(self, words: str = 'record = "always"\n') -> str:
        return HEAD + (self._camera + words if words else "")

    def reload(self, words: str) -> None:
        (self.folder / "data.toml").write_text(self.config(words), encoding="utf-8")
        os.kill(self.server.pid, signal.SIGHUP)

    def wait_until_live(self) -> None:
        wait_for(lambda: [each["state"] for each in self.server.cameras()] == ["live"], 30, "a live camera")
        wait_for(self.recorded, 30, "its first minute file")

    def timeline(self) -> dict[str, Any]:
        found: dict[str, Any] = self.server.get("/cameras/porch/timeline")
        return found

    def recorded(self) -> list[tuple[datetime, datetime]]:
        return [spoken(one) for one in self.timeline()["recorded"]]

    def wait_for_seconds(self, seconds: float) -> None:
        """Of what was recorded last."""

        def there() -> bool:
            begin, end = self.recorded()[-1]
            return (end - begin).total_seconds() >= seconds

        wait_for(there, 60, f"{seconds} seconds of recording")

    def clip(self, start: datetime, end: datetime, form: str = "mp4") -> httpx.Response:
        query = {"start": start.isoformat(), "end": end.isoformat(), "format": form}
        with self.server.client() as client:
            return client.get("/cameras/porch/clip", params=query).raise_for_status()

    def command(self, *words: str) -> str:
        words = (*words, "--data", str(self.server.data))
        done = subprocess.run(command(*words), capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def spoken(row: dict[str, str]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(row["starts_at"]), datetime.fromisoformat(row["ends_at"])


def pictures_in(clip: bytes) -> int:
    with av.open(io.BytesIO(clip), "r") as container:
        return sum(1 for _ in container.decode(video=0))


def only_gap(house: AlwaysServer) -> dict[str, str]:
    """The one gap of the timeline, which is all that lies between its two stretches."""

    def both() -> dict[str, Any] | None:
        found = house.timeline()
        return found if (len(found["gaps"]), len(found["recorded"])) == (1, 2) else None

    found = wait_for(both, 30, "a gap and what was recorded behind it")
    (gap,) = found["gaps"]
    before, after = (spoken(one) for one in found["recorded"])
    assert spoken(gap) == (before[1], after[0])
    told: dict[str, str] = gap
    return told


@pytest.fixture
def house(tmp_path: Path) -> Iterator[AlwaysServer]:
    made = AlwaysServer(tmp_path)
    try:
        yield made
    finally:
        made.server.stop()


def test_clips_come_from_files_and_buffer_alike_and_an_event_is_one_before_it_is_over(house: AlwaysServer) -> None:
    house.wait_for_seconds(12)

    def begun() -> dict[str, Any] | None:
        with house.server.client() as client:
            client.post("/cameras/porch/motion").raise_for_status()  # it goes on until its video is seen
        return next((event for event in house.server.events()[:1] if event["clip"]), None)

    event = wait_for(begun, 20, "the event")
    assert event["ended_at"] is None
    assert event["pre_roll_seconds"] >= 2
    with house.server.client() as client:
        running = client.get(event["clip"]["href"].removeprefix("/api/v1"))
    assert pictures_in(running.content) >= 2 * RATE

    forgotten = house.clip(house.began, house.began + timedelta(seconds=1))
    assert pictures_in(forgotten.content) >= RATE

    def whole() -> bool:
        now = datetime.now(UTC)
        clip = house.clip(house.began, now)
        missing = float(clip.headers["doorstep-missing-seconds"])
        wanted = (now - house.began).total_seconds() * RATE
        return (
            clip.headers["doorstep-parts"] == "1" and missing <= 0.05 and abs(pictures_in(clip.content) - wanted) <= 3
        )

    wait_for(whole, 10, "a clip of all the time; a loaded machine may be a moment behind")

    wait_for(lambda: [one for one in house.server.events() if one["ended_at"]], 30, "the end of the event")
    (told,) = house.timeline()["events"]
    assert told["id"] == event["id"]
    assert not list((house.server.data / "recordings" / "porch").rglob("*.mp4")), "nothing is stored twice"


def test_a_kill_costs_the_running_second_and_is_a_gap_with_its_reason(house: AlwaysServer) -> None:
    house.wait_for_seconds(3)
    with house.server.client() as client:
        client.post("/cameras/porch/motion").raise_for_status()
    wait_for(lambda: [one for one in house.server.events() if one["clip"]], 20, "the event's video")
    killed_at = datetime.now(UTC)
    house.server.kill()
    assert "no faults" in house.command("fsck")
    house.server.start()
    house.wait_until_live()
    gap = only_gap(house)
    assert gap["reason"] == "Doorstep was not running"
    assert (killed_at - spoken(gap)[0]).total_seconds() <= 5  # the running second, as the campaign of kills proves
    (event,) = house.server.events()
    assert event["ended_at"]
    assert event["clip"]["seconds"] >= 1  # of the pre-roll, less the second that ran

    house.wait_for_seconds(2)
    parts = house.clip(house.began, datetime.now(UTC), "zip")
    with zipfile.ZipFile(io.BytesIO(parts.content)) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        films = [pictures_in(archive.read(one["name"])) for one in manifest["clips"]]
    assert [one["reason"] for one in manifest["gaps"]] == [gap["reason"]]
    assert {one["part"] for one in manifest["clips"]} == {1, 2}
    assert min(films) >= 1


def test_what_was_missed_is_told_when_the_machine_started_anew_and_the_buffer_is_gone(house: AlwaysServer) -> None:
    house.wait_for_seconds(3)
    house.server.kill()
    shutil.rmtree(house.folder / "data-run")
    house.server.start()
    house.wait_until_live()
    assert only_gap(house)["reason"] == "Doorstep was not running"


def test_a_camera_that_was_taken_out_of_the_config_and_comes_back_says_so(house: AlwaysServer) -> None:
    house.reload("")
    wait_for(lambda: not house.server.cameras(), 30, "no camera")
    kept_until = house_clock()
    wait_for(lambda: house_clock() - kept_until > timedelta(seconds=2), 10, "a time worth a word")
    house.reload('record = "always"\n')
    house.wait_until_live()
    assert only_gap(house)["reason"] == "it was not in the config"


def house_clock() -> datetime:
    return datetime.now(UTC)


def test_a_backup_beside_the_server_brings_the_timeline_to_another_machine(house: AlwaysServer) -> None:
    backup, other = house.folder / "house.backup", house.folder / "other"
    house.command("backup", str(backup), "--config", str(house.folder / "data.toml"))
    told = json.loads(house.command("fsck", "--json").splitlines()[-1])
    assert told["ok"]
    assert told["server_running"]
    assert house.server.stop() == 0
    house.server.data = other
    house.command("restore", str(backup), "--config", str(house.folder / "restored.toml"))
    shutil.copytree(house.folder / "data" / "recordings", other / "recordings")
    told = json.loads(house.command("fsck", "--json").splitlines()[-1])
    assert told["ok"]
    assert told["recordings"] >= 1
