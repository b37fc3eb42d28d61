"""A disk that is full while somebody is at the door: told at once, and nothing is lost once there is space again."""

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import av
import pytest

from fakes.mail_server import Mailbox, mail_server
from fakes.server_process import ServerProcess, running, wait_for
from faults.agreement import agreement
from faults.bad_files import RATE, make_still
from faults.watching import CAMERA, metric, problem

pytestmark = pytest.mark.slow

NEARLY_FULL, STOPPED = "Storage is nearly full", "Recording has stopped"
GOES_ON, HAS_ROOM = "Recording goes on", "Storage has room again"
NOT_KEPT, KEPT_AGAIN = "Recordings cannot be kept", "Recordings are kept again"

CONFIG = """
[events]
pre_roll = 2
close_after = 3
post_roll = 1

[notify.email]
smtp = "smtp://127.0.0.1:{port}"
from = "doorstep@example.org"
to = ["me@example.org"]
"""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose recordings lie on a disk of 3 MB."""
    recordings = tmp_path / "data" / "recordings"
    recordings.mkdir(parents=True)
    words = ["mount", "-t", "tmpfs", "-o", "size=3m,mode=0700", "tmpfs", str(recordings)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root alone")
    yield tmp_path / "data"
    subprocess.run(["umount", "--lazy", str(recordings)], check=True)


def fill(folder: Path, space_left: int) -> Path:
    """A file that leaves no more than so many bytes."""
    there = os.statvfs(folder)
    filler = folder / "filler"
    filler.write_bytes(bytes(there.f_bavail * there.f_frsize - space_left))
    return filler


def newest_seconds(server: ServerProcess, asked: int) -> float:
    """How much of the last `asked` seconds the buffer has."""
    with server.client() as client:
        answer = client.head(f"/cameras/porch/clip?duration={asked}")
    if not answer.is_success:
        return 0.0
    starts_at, ends_at = (datetime.fromisoformat(answer.headers[f"doorstep-{end}-at"]) for end in ("starts", "ends"))
    return (ends_at - starts_at).total_seconds()


def frames_in(clip: bytes) -> int:
    with av.open(io.BytesIO(clip), "r") as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.parametrize("space_left", [90_000, 0], ids=["full-in-the-middle", "full-from-the-start"])
def test_a_full_disk_is_told_and_the_recording_is_whole_when_there_is_space_again(
    tmp_path: Path, data: Path, space_left: int
) -> None:
    camera = CAMERA.format(id="porch", path=make_still(tmp_path / "still.mp4"), loop="?loop")
    with mail_server() as mailbox:
        with running(data, CONFIG.format(port=mailbox.port) + camera) as server:
            wait_for(lambda: newest_seconds(server, 6) >= 3, 20, "some seconds in the buffer")
            filler = fill(data / "recordings", space_left)
            with server.client() as client:
                assert client.post("/cameras/porch/motion").status_code == 202

            wait_for(lambda: problem(server, "Recordings cannot be written"), 20, "the problem")
            wait_for(lambda: metric(server, "disk") == 1, 10, "the metric of a full disk")
            if not space_left:
                assert problem(server, "the disk is full"), "red, with the reason"
            wait_for(lambda: of_the_porch(mailbox), 10, "the mail, in spite of the disk")
            wait_for(lambda: about_the_disk(mailbox), 10, "the mail that the disk is full")
            # With some room left a look may come before it is taken.
            assert about_the_disk(mailbox)[0] in ((STOPPED, NEARLY_FULL) if space_left else (STOPPED,))
            wait_for(lambda: NOT_KEPT in subjects(mailbox), 15, "the mail that this visit cannot be written")
            wait_for(lambda: newest_seconds(server, 2) >= 1.5, 20, "a buffer that goes on")
            wait_for(lambda: "event closed" in server.log.read_text(), 20, "the end of the event")
            assert problem(server, "Recordings cannot be written")

            filler.unlink()
            wait_for(lambda: not problem(server, "Recordings cannot be written"), 20, "no problem any more")
            event = wait_for(lambda: whole(server), 20, "the whole recording")
            with server.client() as client:
                clip = client.get(event["clip"]["href"].removeprefix("/api/v1")).content
                thumbnail = event["thumbnail"]["href"].removeprefix("/api/v1")
                if space_left:  # Stills gives a picture up when its event is over before the recording has a name
                    wait_for(lambda: client.get(thumbnail).is_success, 15, "its thumbnail")
            wait_for(
                lambda: metric(server, "disk") == metric(server, "store") == 0, 15, "the metrics of a disk with room"
            )
            wait_for(lambda: about_the_disk(mailbox)[-1] in (GOES_ON, HAS_ROOM), 15, "the word that it is over")
            wait_for(lambda: KEPT_AGAIN in subjects(mailbox), 15, "the word that it is written")
            if not space_left:  # the other disk is full by a hair, which the next sync may give back
                assert about_the_disk(mailbox) == [STOPPED, GOES_ON]
        assert event["causes"] == ["trigger"]
        assert event["pre_roll_seconds"] >= 2
        assert frames_in(clip) >= RATE * (2 + 1)
        assert abs(frames_in(clip) / RATE - event["clip"]["seconds"]) <= 0.2
        assert len(of_the_porch(mailbox)) == 1
    found = agreement(data)
    assert found.is_whole, found


def subjects(mailbox: Mailbox) -> list[str]:
    return [str(message["subject"]) for message in list(mailbox.messages)]


def of_the_porch(mailbox: Mailbox) -> list[str]:
    """That somebody came."""
    return [subject for subject in subjects(mailbox) if "porch" in subject]


def about_the_disk(mailbox: Mailbox) -> list[str]:
    return [subject for subject in subjects(mailbox) if subject in (NEARLY_FULL, STOPPED, GOES_ON, HAS_ROOM)]


def whole(server: ServerProcess) -> dict[str, Any] | None:
    """The event once its recording reaches to its end; it counts as running until then."""
    event = server.events()[0]
    told = event["ended_at"] and event["clip"]
    if not told:
        return None
    ended, started = (datetime.fromisoformat(event[key]) for key in ("ended_at", "started_at"))
    wanted = (ended - started).total_seconds() + event["pre_roll_seconds"]
    return event if event["clip"]["seconds"] >= wanted - 0.2 else None
