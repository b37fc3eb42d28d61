"""The short form of the power cuts; the long one is `python tests/faults/power_cuts.py --cuts 50 --seconds 60`."""

from pathlib import Path
from random import Random

import pytest

from faults import disk_trace
from faults.disk_states import Kept, TracedDisk
from faults.disk_trace import Call
from faults.power_cuts import STATES, State, campaign, recorded_history

TRIES = 4
DURABILITY = 1.0
ONE_SEGMENT = 1.1
"""Seconds: a sync comes with a segment, so what is due just behind one waits for the next."""


@pytest.mark.slow
@pytest.mark.skipif(disk_trace.why_not() != "", reason=disk_trace.why_not() or "traced")
def test_whatever_a_power_cut_leaves_store_and_catalog_agree_and_little_is_lost(tmp_path: Path) -> None:
    late: list[State] = []
    for number in range(TRIES):
        (folder := tmp_path / str(number)).mkdir()
        history = recorded_history(folder, seconds=8.0, durability=DURABILITY, record="events")
        (folder / "states").mkdir()
        states = list(campaign(history, folder / "states", cuts=3, seed=3))
        assert len(states) == 3 * len(STATES)
        for state in states:
            assert state.is_well, state
        if all(map(is_little_lost, states)):
            return
        late += states
    raise AssertionError(late)


def is_little_lost(state: State) -> bool:
    """What is synced too late is so each time; load makes it late now and then."""
    return state.exposed <= DURABILITY + ONE_SEGMENT and state.behind_cut <= 1.0 + DURABILITY + ONE_SEGMENT


def call(kind: str, line: int, path: Path, data: bytes = b"", number: int = -1, words: str = "") -> Call:
    return Call(kind, line, line, float(line), (str(path),), 5, data, number, words, len(data))


def history_of(root: Path, *, named: bool, synced: bool) -> TracedDisk:
    """A file that is made and written twice; its name and its first write perhaps synced."""
    file = root / "a.mp4"
    calls = [call("openat", 1, file, words=", O_RDWR|O_CREAT|O_EXCL, 0600")]
    calls += [call("fsync", 2, root)] if named else []
    calls += [call("pwrite64", 3, file, b"1" * 1024, 0)]
    calls += [call("fdatasync", 4, file)] if synced else []
    return TracedDisk(root, [*calls, call("pwrite64", 5, file, b"2" * 1024, 1024)])


@pytest.mark.parametrize("kept", list(Kept))
def test_what_was_synced_is_in_every_state(tmp_path: Path, kept: Kept) -> None:
    disk = history_of(tmp_path / "root", named=True, synced=True)
    for seed in range(20):
        disk.leave(tmp_path / "left", 9, kept, Random(seed))
        assert (tmp_path / "left" / "a.mp4").read_bytes()[:1024] == b"1" * 1024


def test_what_was_not_synced_may_be_torn_lost_or_zeros(tmp_path: Path) -> None:
    disk = history_of(tmp_path / "root", named=True, synced=True)
    found = set()
    for seed in range(60):
        disk.leave(tmp_path / "left", 9, Kept.SCATTERED, Random(seed))
        found.add((tmp_path / "left" / "a.mp4").read_bytes()[1024:].replace(b"2" * 512, b"w").replace(bytes(512), b"0"))
    assert {b"", b"w", b"ww", b"0w", b"w0", b"00"} <= found


def test_a_name_that_was_not_synced_may_be_gone_and_its_bytes_with_it(tmp_path: Path) -> None:
    disk = history_of(tmp_path / "root", named=False, synced=True)
    disk.leave(tmp_path / "left", 9, Kept.NOTHING, Random(1))
    assert list((tmp_path / "left").iterdir()) == []


def test_the_trace_is_read_back_call_by_call(tmp_path: Path) -> None:
    within, other = ("".join(f"\\x{byte:02x}" for byte in path) for path in (b"/data/a", b"/data"))
    trace = tmp_path / "trace"
    trace.write_text(
        f'7 1.5 pwrite64(3<{within}>, "\\x68\\x69", 2, 40) = 2\n'
        f"7 1.6 fdatasync(3<{within}> <unfinished ...>\n"
        f'8 1.7 mkdirat(4<{other}>, "\\x62", 0700) = 0\n'
        "7 1.8 <... fdatasync resumed>) = 0\n"
        f'8 1.9 openat(4<{other}>, "\\x63", O_RDONLY) = -1 ENOENT (No such file)\n'
    )
    write, folder, sync = disk_trace.calls_of(trace, Path("/data"))
    assert (write.kind, write.paths, write.data, write.number) == ("pwrite64", ("/data/a",), b"hi", 40)
    assert (folder.kind, folder.paths) == ("mkdirat", ("/data", "/data/b"))
    assert (sync.kind, sync.begun, sync.done) == ("fdatasync", 1, 3)
