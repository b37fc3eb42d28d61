"""Programs that are run on the machine: to their end, with signs of life, and never without an end."""

import os
from pathlib import Path

import pytest

from doorstep.hub_machine import machine
from doorstep.hub_machine.machine import DebianMachine, Outcome


@pytest.fixture(autouse=True)
def signs_come_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SIGN_OF_LIFE_SECONDS", 0.01)


def test_a_program_that_takes_its_time_is_told_of_and_nothing_that_it_says_is_lost(tmp_path: Path) -> None:
    go, signs = tmp_path / "go", 0
    os.mkfifo(go)

    def meanwhile() -> None:
        nonlocal signs
        signs += 1
        if signs == 3:
            go.write_text("after\n")

    told = DebianMachine().run("sh", "-c", f"echo before; cat {go}; exit 3", meanwhile=meanwhile)
    assert told == Outcome(3, "before\nafter\n")
    assert signs >= 3


def test_a_program_that_hangs_is_ended_also_while_signs_are_given() -> None:
    signs: list[int] = []
    told = DebianMachine().run("sleep", "600", seconds=0.1, meanwhile=lambda: signs.append(1))
    assert told == Outcome(124, "sleep did not end within 0 seconds")
    assert signs


def test_a_program_that_is_not_there_is_told_in_words() -> None:
    told = DebianMachine().run("no-such-program")
    assert (told.code, told.words) == (127, "no-such-program cannot be run (No such file or directory)")
