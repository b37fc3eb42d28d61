"""Letting go: the noted processes and no others, whoever has their numbers by now."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorstep.hub_machine.hub_clock import MachineClock, boot_id
from doorstep.hub_machine.tunnel_session import SessionNotes

WAITS = [sys.executable, "-c", "import signal; print(1, flush=True); signal.pause()"]


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(WAITS, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()
        yield started
        started.kill()


def began(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def note(folder: Path, pid: int, when: int, boot: str | None = None) -> None:
    running = {"pid": pid, "began": when}
    parts = {"serve": running, "carrier": None, "boot": boot_id() if boot is None else boot}
    (folder / "home.pid").write_text(json.dumps(parts))


def test_the_former_session_is_ended(tmp_path: Path, process: subprocess.Popen[bytes]) -> None:
    notes = SessionNotes(tmp_path, MachineClock())
    note(tmp_path, process.pid, began(process.pid))
    assert notes.is_served("home")
    assert notes.end("home")
    assert process.wait(10) != 0
    assert not notes.is_served("home")
    assert not notes.end("home")


def test_a_process_that_has_the_number_of_an_old_one_is_left_alone(
    tmp_path: Path, process: subprocess.Popen[bytes]
) -> None:
    notes = SessionNotes(tmp_path, MachineClock())
    note(tmp_path, process.pid, began(process.pid) - 1)
    assert not notes.end("home")
    note(tmp_path, process.pid, began(process.pid), boot="another start")
    assert not notes.end("home")
    assert process.poll() is None


def test_a_process_of_another_user_is_left_alone(
    tmp_path: Path, process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = SessionNotes(tmp_path, MachineClock())
    note(tmp_path, process.pid, began(process.pid))
    monkeypatch.setattr(notes, "_own_user", lambda: os.getuid() + 1)
    assert not notes.end("home")
    assert process.poll() is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"serve":{"pid":1,"began":1},"carrier":null,"boot":""}', '{"serve":{"pid":-5,"began":1}}']
)
def test_a_foreign_note_ends_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "home.pid").write_text(text)
    assert not SessionNotes(tmp_path, MachineClock()).end("home")


def test_one_does_not_end_oneself_and_takes_only_ones_own_note_away(
    tmp_path: Path, process: subprocess.Popen[bytes]
) -> None:
    notes = SessionNotes(tmp_path, MachineClock())
    notes.write("home")
    assert notes.is_served("home")
    assert not notes.end("home")
    notes.take_away("home")
    assert not (tmp_path / "home.pid").exists()
    note(tmp_path, process.pid, began(process.pid))
    notes.take_away("home")
    assert (tmp_path / "home.pid").exists()
