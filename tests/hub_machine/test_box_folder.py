"""The hub's state: whatever is done and wherever it is interrupted, records are whole, and keys open what they say."""

import errno
import fcntl
import json
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from doorstep.core.errors import PairingRefused
from doorstep.core.hub_key import public_line
from doorstep.core.hub_pairing import Pairing, pair_request, read_pair_answer
from doorstep.hub_machine import whole_file
from doorstep.hub_machine.box import GRACE_SECONDS, Box, PairingTicket, box_text, new_box, read_box
from doorstep.hub_machine.box_folder import KEYS, BoxFolder, make_folder
from doorstep.hub_machine.one_time_key import make_key, new_one_time_key
from doorstep.hub_machine.pair_in import paired_in
from doorstep.hub_machine.pairing import new_code
from doorstep.hub_machine.refused import HubFull, HubRefused, StateUnreadable
from doorstep.hub_machine.shape import HubShape, shape_below
from doorstep.hub_machine.sshd_text import HOST_KEY
from doorstep.hub_machine.turn_text import turn_text
from fakes.hub_clock import SetClock
from fakes.remembering_machine import SwitchedOff

SHAPE = HubShape("door.example.org")
PROGRAM = "/usr/local/bin/doorstep-hub"
NAMES = st.sampled_from(["home", "garage", "barn"])
SEEDS = st.integers(1, 6).map(lambda number: bytes([number]) * 32)
HOUR = 3600


def folder_of_boxes(path: Path, clock: SetClock) -> BoxFolder:
    make_folder(path)
    return BoxFolder(path, PROGRAM, clock)


class HubState(RuleBasedStateMachine):
    """Boxes come and go, disks are full, the power fails: the model is what was promised to whom."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = TemporaryDirectory()
        self.path = Path(self.kept.name)
        self.clock = SetClock()
        self.boxes = folder_of_boxes(self.path, self.clock)
        self.tickets: dict[str, bytes] = {}
        self.keys: dict[str, bytes] = {}
        self.fault: Callable[[], None] | None = None
        self.writes = 0
        self.is_off = False
        self.real, self.really_synced = whole_file._write_beside, whole_file.sync_folder
        whole_file._write_beside, whole_file.sync_folder = self.write, self.synced

    def teardown(self) -> None:
        whole_file._write_beside, whole_file.sync_folder = self.real, self.really_synced
        self.kept.cleanup()

    def write(self, path: Path, text: str | bytes, mode: int) -> None:
        self.meet_fault()
        self.real(path, text, mode)

    def synced(self, folder: Path) -> None:
        """After a file took its place."""
        self.really_synced(folder)
        if self.is_off:
            self.meet_fault()

    def meet_fault(self) -> None:
        self.writes -= 1
        if self.fault is not None and self.writes < 0:
            fault, self.fault = self.fault, None
            fault()

    @rule(writes=st.integers(0, 1))
    def disk_becomes_full(self, writes: int) -> None:
        def full() -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        self.fault, self.writes, self.is_off = full, writes, False

    @rule(writes=st.integers(0, 4))
    def power_fails(self, writes: int) -> None:
        def off() -> None:
            raise SwitchedOff

        self.fault, self.writes, self.is_off = off, writes, True

    @rule(name=NAMES, seed=SEEDS)
    def pair(self, name: str, seed: bytes) -> None:
        before, ticket = self.boxes.box(name), PairingTicket(seed, int(self.clock.now()) + HOUR)
        try:
            with self.boxes.changing() as change:
                known = change.box(name) or new_box(name, f"{name}.example.org", change.boxes(), SHAPE)
                change.put(known.with_ticket(ticket))
        except HubFull:
            assert self.boxes.box(name) == before
        except HubRefused:
            assert self.boxes.leaving()
            assert self.boxes.box(name) == before is None
        except SwitchedOff:
            assert self.boxes.box(name) in (before, known.with_ticket(ticket))
        else:
            assert self.boxes.box(name) == known.with_ticket(ticket)
            assert public_line(seed) in (self.path / KEYS).read_text()
        self.believe(name)

    @rule(name=NAMES, seed=SEEDS)
    def come(self, name: str, seed: bytes) -> None:
        before = self.boxes.box(name)
        answer = b""
        with suppress(SwitchedOff):
            answer, _ = paired_in(name, pair_request(seed), SHAPE, self.boxes, self.clock)
        after = self.boxes.box(name)
        if answer:
            try:
                pairing = read_pair_answer(answer)
            except PairingRefused:
                assert after == before
            else:
                assert after is not None
                assert (after.key, after.port, after.turn_secret) == (seed, pairing.port, pairing.turn_secret)
                assert self.in_keys()[name] == seed
        if before is not None and before.key is not None and before.ticket is not None and before.ticket.used:
            assert after is not None
            assert after.key == before.key  # a used code opens nothing to another
        self.believe(name)

    @rule(name=NAMES)
    def revoke(self, name: str) -> None:
        with suppress(SwitchedOff, HubFull), self.boxes.changing() as change:
            change.shut_out(name)
            change.forget(name)
        assert self.boxes.box(name) is None
        assert name not in self.in_keys()
        self.believe(name)

    @rule(seconds=st.sampled_from([60, HOUR, GRACE_SECONDS]))
    def time_goes(self, seconds: int) -> None:
        self.clock.at += seconds

    @precondition(lambda self: self.fault is None)
    @rule()
    def is_mended(self) -> None:
        """Whatever was interrupted: the next change, or `init`, brings keys and records together again."""
        with self.boxes.changing() as change:
            change.write_keys()
        assert self.in_keys() == {box.name: box.key for box in self.boxes.boxes() if box.key is not None}

    def believe(self, name: str) -> None:
        box = self.boxes.box(name)
        self.keys.pop(name, None)
        if box is not None and box.key is not None:
            self.keys[name] = box.key

    def in_keys(self) -> dict[str, bytes]:
        path = self.path / KEYS
        lines = path.read_text().splitlines() if path.exists() else []
        found = [re.search(r"serve (\S+)\" (ssh-ed25519 \S+)", line) for line in lines]
        by_line = {public_line(bytes([number]) * 32): bytes([number]) * 32 for number in range(1, 7)}
        return {each[1]: by_line[each[2]] for each in found if each is not None}

    @invariant()
    def every_file_is_whole(self) -> None:
        boxes = self.boxes.boxes()
        assert len({box.port for box in boxes}) == len(boxes)
        assert {box.name: box.key for box in boxes if box.key is not None} == self.keys

    @invariant()
    def no_key_opens_a_port_that_is_anothers(self) -> None:
        path = self.path / KEYS
        text = path.read_text() if path.exists() else ""
        ports = {box.name: box.port for box in self.boxes.boxes()}
        for port, name in re.findall(r"127\.0\.0\.1:(\d+)\",command=\"\S+ serve (\S+)\"", text):
            assert ports[name] == int(port)


TestHubState = HubState.TestCase
TestHubState.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_a_full_disk_leaves_records_and_keys_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SetClock()
    boxes = folder_of_boxes(tmp_path, clock)
    with boxes.changing() as change:
        change.put(new_box("home", "door.example.org", [], SHAPE))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HubFull, match=r"The disk is full.*is kept"), boxes.changing() as change:
        change.put(new_box("garage", "garage.door.example.org", change.boxes(), SHAPE))
    monkeypatch.undo()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"v": 2}',
        '{"v": 1, "name": "home"}',
        "[" * 5000,
        '{"v":1,"name":"home","host":"a b","port":21000,"turn_secret":"' + "x" * 32 + '","key":null,"code":null}',
        '{"v":1,"name":"home","host":"a","port":0,"turn_secret":"'
        + "x" * 32
        + '","key":null,"code":null,"paired_at":1}',
        '{"v":1,"name":"home","host":"a","port":21000,"turn_secret":"a\\nuse-auth","key":null,"code":null,"paired_at":1}',
    ],
)
def test_a_foreign_record_is_one_sentence_with_its_remedy_and_is_left(tmp_path: Path, text: str) -> None:
    boxes = folder_of_boxes(tmp_path, SetClock())
    (tmp_path / "boxes" / "home.json").write_text(text)
    with pytest.raises(StateUnreadable, match=r"home\.json is not what doorstep-hub writes.*Move it away"):
        boxes.boxes()
    assert (tmp_path / "boxes" / "home.json").read_text() == text


def test_a_foreign_record_holds_up_no_revoking(tmp_path: Path) -> None:
    boxes = folder_of_boxes(tmp_path, SetClock())
    with boxes.changing() as change:
        change.put(new_box("home", "door.example.org", [], SHAPE).paired(b"1" * 32, 1))
        change.put(new_box("garage", "g.example.org", change.boxes(), SHAPE).paired(b"2" * 32, 1))
    (tmp_path / "boxes" / "barn.json").write_text("{")
    for name in ("garage", "barn"):
        with boxes.changing() as change:
            change.shut_out(name)
            change.forget(name)
        assert "serve home" in (tmp_path / KEYS).read_text()
        assert name not in (tmp_path / KEYS).read_text()
    assert [box.name for box in boxes.boxes()] == ["home"]


def test_a_folder_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    boxes = BoxFolder(tmp_path / "none", PROGRAM, SetClock())
    with pytest.raises(HubRefused, match="This machine is no hub yet"):
        boxes.boxes()
    with pytest.raises(HubRefused, match="This machine is no hub yet"), boxes.changing():
        pass


@pytest.mark.parametrize(
    ("number", "remedy"), [(errno.EACCES, "Run this with sudo"), (errno.EIO, "Nothing was changed")]
)
def test_a_folder_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, number: int, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = folder_of_boxes(tmp_path, SetClock())

    def unreadable(path: Path) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "iterdir", unreadable)
    with pytest.raises(HubRefused, match=rf"cannot be read or written \({os.strerror(number)}\).*{remedy}"):
        boxes.boxes()


def test_whoever_comes_second_waits_and_then_says_so(tmp_path: Path) -> None:
    clock = SetClock()
    boxes = folder_of_boxes(tmp_path, clock)
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(HubRefused, match="try again in a moment"), boxes.changing():
            pass
    assert clock.up > 105
    with boxes.changing():
        pass


def test_a_record_tells_all_of_itself_back() -> None:
    box = new_box("home", "door.example.org", [], SHAPE).with_ticket(PairingTicket(b"7" * 32, 1_795_000_000))
    assert read_box(box_text(box), "x") == box
    paired = box.paired(b"8" * 32, 1_794_999_000.5)
    assert read_box(box_text(paired), "x") == paired
    assert box.turn_secret not in repr(box)


def coming(boxes: BoxFolder, seed: bytes, clock: SetClock) -> Pairing:
    return read_pair_answer(paired_in("home", pair_request(seed), SHAPE, boxes, clock)[0])


def with_code(path: Path, clock: SetClock) -> BoxFolder:
    boxes = folder_of_boxes(path, clock)
    with boxes.changing() as change:
        box = new_box("home", "door.example.org", [], SHAPE)
        change.put(box.with_ticket(PairingTicket(b"9" * 32, int(clock.now()) + HOUR)))
    return boxes


def test_two_boxes_with_one_code_the_second_is_told_so(tmp_path: Path) -> None:
    clock = SetClock()
    boxes = with_code(tmp_path, clock)
    assert coming(boxes, b"1" * 32, clock).port == 21000
    with pytest.raises(PairingRefused, match="used already"):
        coming(boxes, b"2" * 32, clock)
    assert coming(boxes, b"1" * 32, clock).port == 21000  # its answer was lost on the way
    clock.at += HOUR
    with pytest.raises(PairingRefused, match="is over"):  # whoever has the code, and names the box's public key
        coming(boxes, b"1" * 32, clock)


@pytest.mark.parametrize("seconds", [HOUR, HOUR + 1, 100 * HOUR, -2 * HOUR])
def test_a_code_is_over_after_an_hour_and_when_the_clock_was_set_back(tmp_path: Path, seconds: int) -> None:
    clock = SetClock()
    boxes = with_code(tmp_path, clock)
    clock.at += seconds
    with pytest.raises(PairingRefused, match="is over"):
        coming(boxes, b"1" * 32, clock)
    box = boxes.box("home")
    assert box is not None
    assert box.key is None


def test_a_code_still_says_why_for_a_day_and_then_opens_not_even_that(tmp_path: Path) -> None:
    clock = SetClock()
    boxes = with_code(tmp_path, clock)
    assert "pair-in home" in (tmp_path / KEYS).read_text()
    clock.at += HOUR + GRACE_SECONDS
    with boxes.changing() as change:
        change.write_keys()
    assert "pair-in" not in (tmp_path / KEYS).read_text()


def test_a_new_box_in_the_place_of_another_is_told_to_end_the_others_sessions(tmp_path: Path) -> None:
    clock = SetClock()
    boxes = with_code(tmp_path, clock)
    _, is_another = paired_in("home", pair_request(b"1" * 32), SHAPE, boxes, clock)
    assert not is_another
    with boxes.changing() as change:
        box = change.box("home")
        assert box is not None
        change.put(box.with_ticket(PairingTicket(b"3" * 32, int(clock.now()) + HOUR)))
    _, is_another = paired_in("home", pair_request(b"2" * 32), SHAPE, boxes, clock)
    assert is_another


def test_who_takes_a_boxs_place_knows_another_secret_and_the_box_has_its_own_until_then(tmp_path: Path) -> None:
    clock = SetClock()
    boxes = with_code(tmp_path, clock)
    first = coming(boxes, b"1" * 32, clock).turn_secret
    shape = shape_below(SHAPE, str(tmp_path))
    shape.settings.mkdir(parents=True)
    make_key(shape.settings / HOST_KEY)
    assert new_code("home", shape, boxes, clock, new_one_time_key).until > clock.now()
    meanwhile = boxes.boxes()
    assert meanwhile[0].turn_secret == first
    known = re.findall("static-auth-secret=(.*)", turn_text(SHAPE, meanwhile))
    assert known[0] == first
    assert known[1:] != []
    second = coming(boxes, b"2" * 32, clock).turn_secret
    assert [second] == known[1:]
    assert coming(boxes, b"2" * 32, clock).turn_secret == second  # its answer was lost on the way
    assert re.findall("static-auth-secret=(.*)", turn_text(SHAPE, boxes.boxes())) == [second]


@pytest.mark.parametrize(
    "line", [b"", b"{", b"{}", b"null", b'{"v":1,"key":"ssh-rsa AAAA"}', b"\xff" * 50, b"[" * 4000]
)
def test_nonsense_instead_of_a_key_uses_no_code(tmp_path: Path, line: bytes) -> None:
    clock = SetClock()
    boxes = with_code(tmp_path, clock)
    answer, _ = paired_in("home", line, SHAPE, boxes, clock)
    assert json.loads(answer)["error"] == "bad"
    assert coming(boxes, b"1" * 32, clock).box == "home"


def test_a_full_disk_while_pairing_uses_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SetClock()
    boxes = with_code(tmp_path, clock)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(os, "fsync", full)
        answer, _ = paired_in("home", pair_request(b"1" * 32), SHAPE, boxes, clock)
    assert json.loads(answer)["error"] == "full"
    assert coming(boxes, b"1" * 32, clock).box == "home"


def test_a_hub_has_so_many_boxes_and_no_two_of_a_name_or_port() -> None:
    boxes: list[Box] = []
    for number in range(100):
        boxes.append(new_box(f"box{number}", f"box{number}.example.org", boxes, SHAPE))
    assert len({box.port for box in boxes}) == 100
    with pytest.raises(HubRefused, match="100 boxes"):
        new_box("more", "more.example.org", boxes, SHAPE)
    with pytest.raises(HubRefused, match="is the name of the box box3 already"):
        new_box("other", "box3.example.org", boxes[:9], SHAPE)


@pytest.mark.parametrize("name", ["", "Home", "a b", "../home", "a" * 33, "-a", "home\n", 'x"', "häuschen"])
def test_a_name_that_could_mean_something_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(HubRefused):
        new_box(name, "door.example.org", [], SHAPE)
