"""`revoke`: whatever it meets half way, the key opens nothing from its first step on, and the same again ends it."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from doorstep.hub_machine import whole_file
from doorstep.hub_machine.box import PairingTicket, new_box
from doorstep.hub_machine.box_folder import KEYS, BoxFolder, make_folder, struck_out
from doorstep.hub_machine.machine import Outcome, PortHolder
from doorstep.hub_machine.plan import plan_of
from doorstep.hub_machine.planned_files import wake, write_files
from doorstep.hub_machine.refused import HubFull, HubRefused
from doorstep.hub_machine.revoking import Revoking
from doorstep.hub_machine.shape import HubShape, shape_below
from doorstep.hub_machine.tunnel_session import SessionNotes
from doorstep.hub_machine.unit_texts import SSH, TURN, WEB
from fakes.hub_clock import SetClock
from fakes.remembering_machine import RememberingMachine, SwitchedOff
from fakes.small_disk import disk_in_memory

HOST = "door.example.org"
KEY_OF = {"home": b"1" * 32, "garage": b"2" * 32}
MOST_CALLS, MOST_WRITES, MOST_SYNCS = 20, 6, 12


class Hub:
    """One with two boxes, that runs in the memory of a machine; its records and files are on the disk."""

    def __init__(self, folder: Path, state: Path | None = None) -> None:
        self.shape = shape_below(HubShape(HOST), str(folder))
        self.machine = RememberingMachine(self.shape.settings)
        self.clock = SetClock()
        self.state = state or self.shape.state
        self.state.mkdir(parents=True, exist_ok=True)
        make_folder(self.state)
        self.boxes = BoxFolder(self.state, self.shape.folders.program, self.clock)
        for name, key in KEY_OF.items():
            with self.boxes.changing() as change:
                box = new_box(name, f"{name}.{HOST}", change.boxes(), self.shape).paired(key, 1)
                change.put(box.with_ticket(PairingTicket(key[::-1], int(self.clock.now()) + 3600)))
        self.secrets = {box.name: box.turn_secret for box in self.boxes.boxes()}
        write_files(self.shape, plan_of(self.shape, self.boxes.boxes()), self.machine)
        wake(self.shape, self.machine)
        self.calls = len(self.machine.calls)

    def revoke(self, name: str = "garage") -> None:
        notes = SessionNotes(self.shape.run, self.clock)
        Revoking(self.shape, self.machine, self.boxes, notes).take_away(name)

    def key_text(self) -> str:
        path = self.state / KEYS
        return path.read_text() if path.exists() else ""

    def assert_is_revoked(self) -> None:
        assert self.boxes.names() == ["home"]
        assert self.boxes.leaving() == []
        assert "garage" not in self.key_text()
        assert "serve home" in self.key_text()
        for unit, file in ((WEB, "Caddyfile"), (TURN, "turnserver.conf")):
            told = self.machine.units[unit][file]
            assert (self.shape.settings / file).read_text() == told
            assert f"garage.{HOST}" not in told
            assert self.secrets["garage"] not in told
        assert ("systemctl", "restart", SSH) in self.machine.calls[self.calls :]
        with self.boxes.changing() as change:
            assert new_box("barn", f"barn.{HOST}", change.boxes(), self.shape).port == 21001

    def assert_is_shut_out(self) -> None:
        """And no other box's coming brings the key back, or takes the port meanwhile."""
        with self.boxes.changing() as change:
            home = change.box("home")
            assert home is not None
            change.put(home)
        assert "garage" not in self.key_text()
        if self.boxes.leaving():
            with pytest.raises(HubRefused, match=r"sudo doorstep-hub revoke garage"), self.boxes.changing() as change:
                change.put(new_box("barn", f"barn.{HOST}", change.boxes(), self.shape))
            assert "garage is not wholly revoked" in self.boxes.readable()[1]["garage"]


@pytest.mark.parametrize("off_at", range(MOST_CALLS))
def test_switched_off_at_any_call_the_key_is_shut_out_and_the_same_again_ends_it(tmp_path: Path, off_at: int) -> None:
    hub = Hub(tmp_path)
    hub.machine.off_at = hub.calls + off_at
    with suppress(SwitchedOff):
        hub.revoke()
    hub.assert_is_shut_out()
    hub.machine.off_at = -1
    if hub.boxes.leaving():
        hub.revoke()
    hub.assert_is_revoked()


@pytest.mark.parametrize("off_at", range(MOST_WRITES))
def test_switched_off_at_any_write_the_same_again_ends_it(
    tmp_path: Path, off_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, real, writes = Hub(tmp_path), whole_file._write_beside, iter(range(100))

    def until_off(path: Path, text: str | bytes, mode: int) -> None:
        if next(writes) == off_at:
            raise SwitchedOff
        real(path, text, mode)

    with monkeypatch.context() as meanwhile, suppress(SwitchedOff):
        meanwhile.setattr(whole_file, "_write_beside", until_off)
        hub.revoke()
    hub.assert_is_shut_out()
    if hub.boxes.leaving():
        hub.revoke()
    hub.assert_is_revoked()


@pytest.mark.parametrize("off_at", range(MOST_SYNCS))
def test_switched_off_before_any_sync_the_same_again_ends_it(
    tmp_path: Path, off_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also between the key and the record, where the key is struck out and the record knows nothing of it yet."""
    hub, real, syncs = Hub(tmp_path), os.fsync, iter(range(100))

    def until_off(descriptor: int) -> None:
        if next(syncs) == off_at:
            raise SwitchedOff
        real(descriptor)

    with monkeypatch.context() as meanwhile, suppress(SwitchedOff):
        meanwhile.setattr(os, "fsync", until_off)
        hub.revoke()
    assert "garage" not in hub.key_text()
    if "garage" in {*hub.boxes.names(), *hub.boxes.leaving()}:
        hub.revoke()
    hub.assert_is_revoked()


@pytest.mark.parametrize(
    "words", [("systemctl", "restart", SSH), ("systemctl", "restart", TURN), ("systemctl", "daemon-reload")]
)
def test_a_program_that_fails_is_told_and_the_same_again_ends_it(tmp_path: Path, words: tuple[str, ...]) -> None:
    hub = Hub(tmp_path)
    hub.machine.told[words] = Outcome(1, "it is ill")
    with pytest.raises(HubRefused, match=r"it is ill.*key opens nothing any more.*sudo doorstep-hub revoke garage$"):
        hub.revoke()
    hub.assert_is_shut_out()
    hub.machine.told.clear()
    hub.revoke()
    hub.assert_is_revoked()
    with pytest.raises(HubRefused, match=r"There is no box garage on this hub\. It has: home"):
        hub.revoke()


def test_on_a_full_disk_the_key_is_struck_out_where_it_stands(tmp_path: Path) -> None:
    with disk_in_memory(tmp_path / "state", "256k") as state:
        hub = Hub(tmp_path / "hub", state)
        filled(state)
        with pytest.raises(HubFull), hub.boxes.changing() as change:
            change.write_keys()
        hub.revoke()
        assert sum(not line.strip("#") for line in hub.key_text().splitlines()) == 2
        hub.assert_is_revoked()


def test_where_it_cannot_even_be_struck_out_nobodys_key_opens_anything_until_there_is_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that writes each change anew elsewhere: better no box than a thief."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with disk_in_memory(tmp_path / "state", "256k") as state:
        hub = Hub(tmp_path / "hub", state)
        filler = filled(state)
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(os, "pwrite", full)
            with pytest.raises(HubRefused, match=r"The disk is full.*no box's key opens anything.*revoke garage$"):
                revoked_while_it_fills(hub, filler, meanwhile)
        assert not (state / KEYS).exists()
        filler.unlink()
        hub.revoke()
        hub.assert_is_revoked()


def revoked_while_it_fills(hub: Hub, filler: Path, patch: pytest.MonkeyPatch) -> None:
    """What the file of keys gave back, somebody else takes at once."""
    real = hub.machine.run

    def run(*words: str, seconds: float = 0.0) -> Outcome:
        with suppress(OSError), filler.open("ab", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        return real(*words, seconds=seconds)

    patch.setattr(hub.machine, "run", run)
    hub.revoke()


def filled(folder: Path) -> Path:
    """A file that leaves nothing."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    return filler


def test_a_struck_out_line_is_as_long_as_it_was_and_others_stay(tmp_path: Path) -> None:
    path = tmp_path / KEYS
    text = '# garage stays\ncommand="x serve garage" k a\nk barn-garage\nk garage\ncommand="x pair-in garage" k'
    path.write_text(text)
    struck_out(path, "garage")
    lines = path.read_text().split("\n")
    assert [len(line) for line in lines] == [len(line) for line in text.split("\n")]
    assert [line for line in lines if line.strip("#")] == ["# garage stays", "k barn-garage"]


def test_without_systemd_it_ends_tunnels_and_nobody_elses_sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, killed = Hub(tmp_path), set[int]()
    hub.shape = shape_below(HubShape(HOST, by_systemd=False), str(tmp_path))
    monkeypatch.setattr(os, "kill", lambda pid, _: killed.add(pid))
    hub.machine.here = (
        PortHolder("tcp", "127.0.0.1", 21000, "sshd-session", 1001),
        PortHolder("tcp", "127.0.0.1", 21099, "sshd", 1002),
        PortHolder("tcp", "127.0.0.1", 21100, "sshd", 1003),
        PortHolder("tcp", "0.0.0.0", 21022, "sshd", 1004),  # noqa: S104 - the administrator's own
        PortHolder("tcp", "::", 22022, "sshd", 1005),
        PortHolder("tcp", "127.0.0.1", 21001, "caddy", 1006),
    )
    hub.revoke()
    assert killed == {1001, 1002}
