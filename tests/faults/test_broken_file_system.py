"""A file system with an error beneath a running server, as a dying card has one: told, seen, alive, and whole after."""

from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from fakes.btrfs_disk import btrfs_disk
from fakes.loop_disk import LoopDisk, loop_disk, needs_disk
from fakes.mail_server import Mailbox, mail_server
from fakes.server_process import ServerProcess, running, wait_for
from faults.agreement import agreement
from faults.bad_files import make_still
from faults.watching import CAMERA, problem, run_once

pytestmark = pytest.mark.slow

DISK_BYTES = 96 << 20
DOORS = ("porch", "yard", "shed", "gate")
"""One for each visitor: who rings again at the same door within ten seconds is the same one, and is not told anew."""

EVENT = timedelta(seconds=3)
CONFIG = """
[events]
pre_roll = 2
close_after = 2
post_roll = 1

[notify.email]
smtp = "smtp://127.0.0.1:{port}"
from = "doorstep@example.org"
to = ["me@example.org"]
"""


def config_of(folder: Path, mailbox: Mailbox) -> str:
    still = make_still(folder / "still.mp4")
    cameras = (CAMERA.format(id=door, path=still, loop="?loop") for door in DOORS)
    return CONFIG.format(port=mailbox.port) + "".join(cameras)


def newest(server: ServerProcess, door: str) -> datetime | None:
    """Until when there is picture to be seen."""
    with server.client() as client:
        answer = client.head(f"/cameras/{door}/clip?duration=2")
    return datetime.fromisoformat(answer.headers["doorstep-ends-at"]) if answer.is_success else None


def rings(mailbox: Mailbox) -> int:
    return sum("rang" in str(message["Subject"]) for message in mailbox.messages)


def press(server: ServerProcess, mailbox: Mailbox, door: str) -> None:
    """Somebody rings, and it is told."""
    before = rings(mailbox)
    with server.client() as client:
        client.post(f"/cameras/{door}/press").raise_for_status()
    wait_for(lambda: rings(mailbox) > before, 20, "the mail")


def visit(server: ServerProcess, mailbox: Mailbox, door: str) -> None:
    """Whoever comes is seen, and told, and gone when it is over."""
    seen = wait_for(lambda: newest(server, door), 20, "some picture")
    press(server, mailbox, door)
    wait_for(lambda: (now := newest(server, door)) is not None and now > seen + EVENT, 20, "a picture that goes on")


def visit_while_it_is_broken(server: ServerProcess, mailbox: Mailbox, disk: LoopDisk, door: str) -> None:
    visit(server, mailbox, door)
    assert server.get("/events?limit=200")["events"]  # what was recorded before is still known
    disk.write_back()  # from here on each write to a page that is mapped asks the file system again
    assert httpx.get(f"{server.url}/healthz", timeout=60).is_success


def test_an_error_of_the_file_system_ends_neither_live_nor_bell_nor_process(tmp_path: Path) -> None:
    needs_disk()
    first, *others = DOORS
    with mail_server() as mailbox, loop_disk(tmp_path / "data", DISK_BYTES) as disk:
        config = config_of(tmp_path, mailbox)
        with running(disk.folder, config) as server:
            wait_for(lambda: newest(server, first), 20, "some seconds in the buffer")
            press(server, mailbox, first)
            wait_for(lambda: any(one["clip"] and one["ended_at"] for one in server.events()), 30, "a recording")
            server.token()
            disk.fail()
            for door in others:
                visit_while_it_is_broken(server, mailbox, disk, door)
            wait_for(lambda: problem(server, "cannot be written"), 30, "the problem")
            assert server.stop() == 0  # not by a signal
        again = run_once("run", "--data", str(disk.folder), "--listen", "127.0.0.1:0", "--demo")
        assert again.returncode
        assert "read-only" in again.stderr
        assert "Traceback" not in again.stderr
        disk.mend()
        with running(disk.folder, config) as server:
            known = len(server.events())
            wait_for(lambda: newest(server, first), 20, "some seconds in the buffer")
            press(server, mailbox, first)
            wait_for(lambda: len(found := server.events()) > known and found[0]["clip"], 40, "a recording")
            wait_for(lambda: not problem(server, "cannot be written"), 20, "no problem any more")
        found = agreement(disk.folder)
        assert found.is_whole, found


def test_a_btrfs_that_dies_ends_neither_live_nor_bell_nor_process(tmp_path: Path) -> None:
    """There a write into a mapped file is refused by SIGBUS, and SQLite maps its index."""
    first, *others = DOORS
    with (
        mail_server() as mailbox,
        btrfs_disk(tmp_path / "data") as disk,
        running(disk.folder, config_of(tmp_path, mailbox)) as server,
    ):
        wait_for(lambda: newest(server, first), 20, "some seconds in the buffer")
        press(server, mailbox, first)
        wait_for(lambda: any(one["clip"] and one["ended_at"] for one in server.events()), 30, "a recording")
        disk.die()
        wait_for(lambda: disk.is_read_only, 30, "a kernel that has found out")
        for door in others:
            visit(server, mailbox, door)
        wait_for(lambda: problem(server, "The catalog's disk was made read-only"), 60, "the problem")
        assert httpx.get(f"{server.url}/healthz", timeout=60).is_success
