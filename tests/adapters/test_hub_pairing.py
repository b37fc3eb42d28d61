"""Joining a hub over a real sshd: once it works, and each way to fail leaves what was there before."""

import asyncio
import json
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from doorstep.core.errors import DoorstepError, HubCodeInvalid, HubLost, PairingRefused, StoreFull, StoreUnavailable
from doorstep.core.hub_code import HubCode, code_text
from doorstep.core.hub_pairing import KeptPairing, Pairing, PairingFault
from doorstep.core.hub_tunnel import HUB_FOLDER, KEY_NAME, PAIRING_NAME, HubReason
from doorstep.hub.hub_folder import HubFolder
from doorstep.hub.own_key import new_own_key
from doorstep.hub.pairing import join_hub
from doorstep.hub.ssh_tunnel import SshTunnel
from fakes.own_sshd import HOST, OwnSshd, door, missing, own_sshd, ssh_as_ourselves, visit

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")

NOW = datetime.now(UTC)
UNTIL = int(NOW.timestamp()) + 3600


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnSshd]:
    monkeypatch.setenv("PATH", str(ssh_as_ourselves(tmp_path / "bin")), prepend=os.pathsep)
    with own_sshd(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir()
    return path


def join(code: HubCode | str, data: Path) -> KeptPairing:
    return asyncio.run(join_hub(code if isinstance(code, str) else code_text(code), data, NOW))


def refused(code: HubCode | str, data: Path, kind: type[DoorstepError] = PairingRefused) -> str:
    with pytest.raises(kind) as error:
        join(code, data)
    assert not (data / f"{HUB_FOLDER}.new").exists()
    return str(error.value)


def test_a_code_makes_a_box_that_visitors_come_to(sshd: OwnSshd, data: Path) -> None:
    kept = join(sshd.code(UNTIL), data)
    assert kept == HubFolder(data).kept() == KeptPairing(sshd.pairing, int(NOW.timestamp()))

    async def visited() -> bytes:
        tunnel = SshTunnel(kept.pairing, data)
        async with door(data):
            lines = tunnel.lines()
            try:
                await anext(lines)
                return await visit(sshd.box_port)
            finally:
                await lines.aclose()

    assert asyncio.run(visited()) == b"home"


def test_what_is_kept_is_for_our_eyes_alone(sshd: OwnSshd, data: Path) -> None:
    code = sshd.code(UNTIL)
    join(code, data)
    folder = data / HUB_FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "key": 0o600,
        "known_hosts": 0o600,
        "pairing.json": 0o600,
    }
    assert code.seed not in b"".join(path.read_bytes() for path in folder.iterdir())
    assert [path.name for path in data.iterdir()] == [HUB_FOLDER]


def test_a_code_is_good_for_one_box(sshd: OwnSshd, data: Path, tmp_path: Path) -> None:
    code = sshd.code(UNTIL)
    join(code, data)
    (tmp_path / "other").mkdir()
    words = refused(code, tmp_path / "other")
    assert "used already" in words
    assert "sudo doorstep-hub pair" in words
    assert HubFolder(tmp_path / "other").kept() is None


def test_a_code_that_is_over_is_refused_by_the_hub_whatever_the_clock_here(sshd: OwnSshd, data: Path) -> None:
    over = sshd.code(int(NOW.timestamp()) - 60)
    assert "valid for an hour and is over" in refused(over, data)
    good = sshd.code(UNTIL)
    late = datetime(2040, 1, 1, tzinfo=UTC)
    assert asyncio.run(join_hub(code_text(good), data, late)).paired_at == int(late.timestamp())


def test_a_box_without_a_clock_joins_too(sshd: OwnSshd, data: Path) -> None:
    kept = asyncio.run(join_hub(code_text(sshd.code(UNTIL)), data, datetime(1970, 1, 1, tzinfo=UTC)))
    assert kept.paired_at == 0


@pytest.mark.parametrize("fault", PairingFault)
def test_a_hub_that_refuses_says_why(sshd: OwnSshd, data: Path, fault: PairingFault) -> None:
    (sshd.folder / "fault").write_text(fault.value)
    assert "Nothing was changed here." in refused(sshd.code(UNTIL), data)
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("words", [b"Welcome!\n", b'{"v":1}\n', b"\xff\xfe\n", b"a" * 10_000 + b"\n"])
def test_an_answer_that_is_none_is_refused(sshd: OwnSshd, data: Path, words: bytes) -> None:
    (sshd.folder / "words").write_bytes(words)
    assert "changed" in refused(sshd.code(UNTIL), data, DoorstepError)
    assert list(data.iterdir()) == []


def test_another_machine_with_the_hubs_name_learns_nothing(sshd: OwnSshd, data: Path) -> None:
    code = sshd.code(UNTIL)
    forged = HubCode(code.hub, code.ssh_port, new_own_key().public, code.seed, code.until)
    assert "is not the hub" in refused(forged, data, HubLost)
    assert not (sshd.folder / "paired").exists()
    join(code, data)


def test_a_hub_that_calls_itself_otherwise_is_refused(sshd: OwnSshd, data: Path) -> None:
    place = sshd.folder / "place.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), "hub": "other.example.org"}))
    assert f"The hub {HOST} calls itself other.example.org" in refused(sshd.code(UNTIL), data)


def test_a_hub_that_is_down_leaves_the_code_good(sshd: OwnSshd, data: Path) -> None:
    code = sshd.code(UNTIL)
    sshd.stop()
    words = refused(code, data, HubLost)
    assert "no hub listens" in words
    assert "The code stays good" in words
    sshd.start()
    join(code, data)


def test_a_captive_portal_is_told_as_such(sshd: OwnSshd, data: Path) -> None:
    code = sshd.code(UNTIL)
    sshd.stop()

    async def page(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://sign-in.example/\r\n\r\n")
        await writer.drain()
        writer.close()

    async def joined() -> HubReason:
        async with await asyncio.start_server(page, HOST, sshd.port):
            with pytest.raises(HubLost) as lost:
                await join_hub(code_text(code), data, NOW)
        return HubReason(lost.value.reason)

    assert asyncio.run(joined()) is HubReason.NOT_A_HUB


def test_a_code_that_cannot_be_read_asks_nobody(data: Path) -> None:
    assert "no pairing code" in refused("hello", data, HubCodeInvalid)
    assert list(data.iterdir()) == []


def test_what_was_there_before_holds_until_the_new_one_works(sshd: OwnSshd, data: Path) -> None:
    join(sshd.code(UNTIL), data)
    before = {path.name: path.read_bytes() for path in (data / HUB_FOLDER).iterdir()}
    (sshd.folder / "fault").write_text("full")
    refused(sshd.code(UNTIL + 1), data)
    assert {path.name: path.read_bytes() for path in (data / HUB_FOLDER).iterdir()} == before
    (sshd.folder / "fault").unlink()
    (sshd.folder / "paired").unlink()
    join(sshd.code(UNTIL + 2), data)
    assert (data / HUB_FOLDER / KEY_NAME).read_bytes() != before[KEY_NAME]
    assert [path.name for path in data.iterdir()] == [HUB_FOLDER]


def test_a_full_disk_at_the_last_moment_is_told_with_the_remedy(
    sshd: OwnSshd, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: HubFolder, kept: KeptPairing, key: bytes) -> None:
        del self, kept, key
        msg = "The disk is full."
        raise StoreFull(msg)

    monkeypatch.setattr(HubFolder, "keep", full)
    words = refused(sshd.code(UNTIL), data, StoreUnavailable)
    assert words.startswith("The disk is full. The hub took this box")
    assert "Get a new code" in words


def test_without_ssh_its_package_is_asked_for(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(data))
    code = HubCode(HOST, 2222, bytes(32), bytes(32), UNTIL)
    assert "ssh is not installed" in refused(code, data, HubLost)


def test_a_hub_that_hangs_up_in_the_middle_is_asked_again(sshd: OwnSshd, data: Path) -> None:
    """The hub takes the same key twice with one code: its answer may have been lost on its way."""
    program = sshd.folder / "doorstep-hub"
    whole = program.read_text().splitlines()
    mark = sshd.folder / "hung-up"
    whole.insert(1, f"if [ ! -e {mark} ]; then touch {mark}; exit 0; fi")
    program.write_text("\n".join(whole) + "\n")
    assert join(sshd.code(UNTIL), data).pairing == sshd.pairing
    assert mark.exists()


# ------------------------------------------------------------------------------------------------ what is kept of it


def kept_in(data: Path, sshd_port: int = 2222) -> KeptPairing:
    kept = KeptPairing(Pairing("home", HOST, HOST, sshd_port, 21000, "secret", 3478), 1)
    folder = HubFolder(data)
    folder.prepare(b"one-time", "known\n")
    folder.keep(kept, b"own")
    return kept


def test_a_kill_between_the_two_names_loses_nothing(data: Path) -> None:
    kept = kept_in(data)
    (data / HUB_FOLDER).rename(data / f"{HUB_FOLDER}.new")
    assert HubFolder(data).kept() == kept


def test_a_new_folder_that_cannot_take_its_place_leaves_the_former_there(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = kept_in(data)
    folder = HubFolder(data)
    folder.prepare(b"one-time", "known\n")
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.name == f"{HUB_FOLDER}.new":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(StoreUnavailable, match="Input/output error"):
        folder.keep(KeptPairing(kept.pairing, 2), b"own")
    folder.give_up()
    monkeypatch.undo()
    assert HubFolder(data).kept() == kept


def test_a_kill_before_the_hub_answered_leaves_the_box_unpaired(data: Path) -> None:
    HubFolder(data).prepare(b"one-time", "known\n")
    assert HubFolder(data).kept() is None
    assert kept_in(data) == HubFolder(data).kept()


@pytest.mark.parametrize("name", [KEY_NAME, PAIRING_NAME])
def test_a_folder_that_lost_a_file_is_no_pairing(data: Path, name: str) -> None:
    kept_in(data)
    (data / HUB_FOLDER / name).unlink()
    assert HubFolder(data).kept() is None


def test_a_pairing_that_was_cut_is_none(data: Path) -> None:
    kept_in(data)
    path = data / HUB_FOLDER / PAIRING_NAME
    path.write_bytes(path.read_bytes()[:40])
    assert HubFolder(data).kept() is None


def test_leaving_takes_the_key_away(data: Path) -> None:
    assert HubFolder(data).leave() is False
    kept_in(data)
    assert HubFolder(data).leave() is True
    assert list(data.iterdir()) == []


def test_what_cannot_be_read_is_left_all_the_same(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_in(data)

    def damaged(*_: object, **__: object) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_text", damaged)
    with pytest.raises(StoreUnavailable):
        HubFolder(data).kept()
    assert HubFolder(data).leave() is True
    assert list(data.iterdir()) == []


def test_a_file_where_the_folder_should_be_is_told(data: Path) -> None:
    (data / f"{HUB_FOLDER}.new").write_text("in the way")
    with pytest.raises(StoreUnavailable, match=r"Check the disk"):
        HubFolder(data).prepare(b"", "")
