"""The journal of what was acted on, in memory: what a killed process leaves behind."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.stores import mark_journal
from doorstep.stores.mark_journal import MarkJournal


def memory(path: Path) -> Path:
    return path / "memory"


def test_the_next_run_finds_what_was_noted_in_its_order_and_passes_over_half_a_line(tmp_path: Path) -> None:
    journal = MarkJournal(memory(tmp_path))
    journal.note(["key front-door 1", "nonce a"], 10.5)
    journal.note(["nonce \u2028 b\n"], 11.0)
    with (memory(tmp_path) / "marks").open("a") as file:
        file.write('[12.0, "half')
    noted = ((10.5, ("key front-door 1", "nonce a")), (11.0, ("nonce \u2028 b\n",)))
    assert MarkJournal(memory(tmp_path)).noted() == noted
    after = MarkJournal(memory(tmp_path))
    after.note(["c"], 13.0)
    assert MarkJournal(memory(tmp_path)).noted() == (*noted, (13.0, ("c",)))


@given(text=st.text())
def test_a_file_that_holds_anything_else_keeps_nobody_from_starting(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = memory(tmp_path_factory.mktemp("journal"))
    folder.mkdir(mode=0o700)
    (folder / "marks").write_text(text, encoding="utf-8", errors="replace")
    MarkJournal(folder).note(["a"], 1.0)
    assert MarkJournal(folder).noted()[-1] == (1.0, ("a",))


def test_it_is_bounded_and_keeps_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mark_journal, "MOST_NOTED", 5)
    journal = MarkJournal(memory(tmp_path))
    for number in range(58):
        journal.note([str(number)], float(number))
        assert len((memory(tmp_path) / "marks").read_text().splitlines()) <= 10
    assert [at for at, _ in MarkJournal(memory(tmp_path)).noted()] == [53.0, 54.0, 55.0, 56.0, 57.0]


def test_a_folder_that_is_not_ours_alone_is_not_used(tmp_path: Path) -> None:
    memory(tmp_path).mkdir(mode=0o755)
    journal = MarkJournal(memory(tmp_path))
    journal.note(["a"], 1.0)
    assert list(memory(tmp_path).iterdir()) == []
    assert journal.noted() == ((1.0, ("a",)),)


def test_it_follows_no_link_and_is_for_our_user_alone(tmp_path: Path) -> None:
    memory(tmp_path).mkdir(mode=0o700)
    (tmp_path / "other").write_text("theirs")
    (memory(tmp_path) / "marks.new").symlink_to(tmp_path / "other")
    MarkJournal(memory(tmp_path)).note(["a"], 1.0)
    assert (tmp_path / "other").read_text() == "theirs"
    (memory(tmp_path) / "marks.new").unlink()
    MarkJournal(memory(tmp_path)).note(["a"], 1.0)
    assert (memory(tmp_path) / "marks").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("folder", [None, Path("/proc/nowhere")])
def test_without_memory_to_write_to_nothing_is_kept_and_nothing_fails(folder: Path | None) -> None:
    journal = MarkJournal(folder)
    journal.note(["a"], 1.0)
    assert journal.noted() == ((1.0, ("a",)),)


def test_what_could_not_be_written_is_with_the_next_that_can(tmp_path: Path) -> None:
    journal = MarkJournal(memory(tmp_path))
    memory(tmp_path).rename(tmp_path / "away")
    journal.note(["a"], 1.0)
    (tmp_path / "away").rename(memory(tmp_path))
    journal.note(["b"], 2.0)
    assert MarkJournal(memory(tmp_path)).noted() == ((1.0, ("a",)), (2.0, ("b",)))
