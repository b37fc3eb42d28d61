"""Letting go: the noted processes and no others, whoever has their numbers by now."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorstep.hub_machine.hub_clock import MachineClock, boot_id
from doorstep.hub_machine.session_seats import LETTING_GO, held_seat
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


def note(folder: Path, pid: int, when: int, boot: str | None = None, seat: str = "0") -> None:
    running = {"pid": pid, "began": when}
    parts = {"serve": running, "carrier": None, "boot": boot_id() if boot is None else boot}
    (folder / f"home.{seat}.pid").write_text(json.dumps(parts))


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
    (tmp_path / "home.0.pid").write_text(text)
    assert not SessionNotes(tmp_path, MachineClock()).end("home")


def test_one_does_not_end_oneself(tmp_path: Path) -> None:
    notes = SessionNotes(tmp_path, MachineClock())
    notes.write("home", "0")
    assert notes.is_served("home")
    assert not notes.end("home")


def test_an_sshd_that_outlived_its_session_is_ended_too(tmp_path: Path, process: subprocess.Popen[bytes]) -> None:
    notes = SessionNotes(tmp_path, MachineClock())
    carrier = {"pid": process.pid, "began": began(process.pid)}
    parts = {"serve": {"pid": 2**22, "began": 1}, "carrier": carrier, "boot": boot_id()}
    (tmp_path / "home.0.pid").write_text(json.dumps(parts))
    assert not notes.is_served("home")
    assert notes.end("home")
    assert process.wait(10) != 0


def test_who_came_second_and_went_hides_the_first_from_nobody(tmp_path: Path, process: subprocess.Popen[bytes]) -> None:
    """A box that came back before its half-open session was noticed: the port was taken, so that one went at once."""
    notes = SessionNotes(tmp_path, MachineClock())
    note(tmp_path, process.pid, began(process.pid))
    notes.write("home", "1")
    assert notes.is_served("home")
    assert notes.end("home")
    assert process.wait(10) != 0


def test_a_box_has_two_places_and_they_are_free_again_however_their_holders_end(tmp_path: Path) -> None:
    holds = "from doorstep.hub_machine.session_seats import held_seat; from pathlib import Path; import signal, sys"
    waits = f"{holds}\nwith held_seat(Path(sys.argv[1]), 'home') as seat: print(seat, flush=True); signal.pause()"
    with held_seat(tmp_path, "home") as own:
        words = [sys.executable, "-c", waits, str(tmp_path)]
        environment = {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
        with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment) as other:
            assert other.stdout is not None
            assert (own, other.stdout.readline()) == ("0", b"1\n")
            with held_seat(tmp_path, "home") as third, held_seat(tmp_path, "garage") as garage:
                assert (third, garage) == (None, "0")
            with held_seat(tmp_path, "home", LETTING_GO) as letting, held_seat(tmp_path, "home", LETTING_GO) as late:
                assert (letting, late) == ("let-go", None)
            other.kill()
        with held_seat(tmp_path, "home") as again:
            assert again == "1"


def test_where_no_place_can_be_kept_a_box_is_served_all_the_same(tmp_path: Path) -> None:
    with held_seat(tmp_path / "none", "home") as seat:
        assert seat == "0"
