"""`init`: whole, repeated, switched off at every step, and refused with a remedy where the machine is another's."""

import socket
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from doorstep.hub.hub_program import hub_program
from doorstep.hub_machine import whole_file
from doorstep.hub_machine.box_folder import BoxFolder
from doorstep.hub_machine.first_look import (
    admin_ports,
    clock_trouble,
    looked_up,
    refuse_other_masters,
    refuse_other_systems,
)
from doorstep.hub_machine.machine import Outcome, PortHolder
from doorstep.hub_machine.made import read_made
from doorstep.hub_machine.plan import plan_of
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.removal import remove_hub
from doorstep.hub_machine.setting_up import PACKAGES, SettingUp
from doorstep.hub_machine.shape import HubShape, shape_below
from doorstep.hub_machine.unit_texts import RUNNING
from fakes.hub_clock import SetClock
from fakes.remembering_machine import NoSuchName, RememberingMachine, SwitchedOff

HOST = "door.example.org"
MOST_CALLS = 31
ANYWHERE = "*"


@pytest.fixture(autouse=True)
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "brought"
    path.write_bytes(hub_program())
    monkeypatch.setattr("sys.argv", [str(path), "init"])
    return path


def bare(folder: Path) -> tuple[HubShape, RememberingMachine]:
    shape = shape_below(HubShape(HOST), str(folder))
    machine = RememberingMachine(shape.settings, home=shape.folders.state, names={HOST: ("45.10.1.2",)})
    Path(shape.folders.program).parent.mkdir(parents=True)
    return shape, machine


def set_up(shape: HubShape, machine: RememberingMachine) -> None:
    for step in SettingUp(shape, machine, SetClock()).steps():
        step.take()


def assert_is_a_hub(shape: HubShape, machine: RememberingMachine) -> None:
    """Everything is as planned, runs with the files that there are, and is known to be undone."""
    boxes = BoxFolder(shape.state, shape.folders.program, SetClock()).boxes()
    assert [box.name for box in boxes] == ["home"]
    for file in plan_of(shape, boxes):
        path = Path(file.path)
        assert path.read_text() == file.text
        assert path.stat().st_mode & 0o7777 == file.mode
    now = {name: text for name, text in machine._files().items() if not name.startswith("ssh_host")}
    for unit in RUNNING:
        ran_with = machine.units[unit]
        assert {name: text for name, text in ran_with.items() if name in now} == now, unit
    assert machine.installed >= set(PACKAGES)
    assert machine.masked == {"caddy.service", "coturn.service", "ssh.service"}
    assert read_made(shape.settings).to_wake == ()
    assert set(read_made(shape.settings).packages) == set(PACKAGES)
    assert zipfile.is_zipfile(shape.folders.program)
    assert list(shape.settings.glob("*.being-written")) == []


def test_a_bare_machine_becomes_a_hub_and_is_left_alone_by_a_second_run(tmp_path: Path) -> None:
    shape, machine = bare(tmp_path)
    set_up(shape, machine)
    assert_is_a_hub(shape, machine)
    calls = len(machine.calls)
    set_up(shape, machine)
    assert_is_a_hub(shape, machine)
    again = machine.calls[calls:]
    assert [words for words in again if "restart" in words or "install" in words] == []


@pytest.mark.parametrize("off_at", range(MOST_CALLS))
def test_switched_off_at_any_call_it_begins_again_and_ends_the_same(tmp_path: Path, off_at: int) -> None:
    shape, machine = bare(tmp_path)
    machine.off_at = off_at
    try:
        set_up(shape, machine)
    except SwitchedOff:
        assert len(machine.calls) == off_at
    else:
        assert len(machine.calls) <= off_at
    machine.off_at = -1
    set_up(shape, machine)
    assert_is_a_hub(shape, machine)


@pytest.mark.parametrize("off_at", range(1, 24))
def test_switched_off_at_any_write_it_begins_again_and_ends_the_same(
    tmp_path: Path, off_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape, machine = bare(tmp_path)
    written: list[Path] = []
    put_beside = whole_file._write_beside

    def until_off(path: Path, text: str | bytes, mode: int) -> None:
        written.append(path)
        if len(written) == off_at:
            path.with_name(f"{path.name}.being-written").write_text("half")
            raise SwitchedOff
        put_beside(path, text, mode)

    with monkeypatch.context() as meanwhile, suppress(SwitchedOff):
        meanwhile.setattr(whole_file, "_write_beside", until_off)
        set_up(shape, machine)
    assert len(written) <= off_at
    set_up(shape, machine)
    assert_is_a_hub(shape, machine)


@pytest.mark.parametrize("off_at", range(8))
def test_undone_it_leaves_nothing_also_when_it_was_switched_off_while_it_was_undone(
    tmp_path: Path, off_at: int
) -> None:
    shape, machine = bare(tmp_path)
    machine.units["coturn.service"] = {}
    set_up(shape, machine)
    machine.off_at = len(machine.calls) + off_at
    try:
        remove_hub(shape, machine, lambda _: None)
    except SwitchedOff:
        machine.off_at = -1
        remove_hub(shape, machine, lambda _: None)
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "brought"]
    assert left == []
    assert not machine.has_user
    assert machine.masked == set()
    assert set(machine.units) == {"coturn.service"}


def test_a_failing_package_archive_is_one_sentence_and_what_is_there_is_kept(tmp_path: Path) -> None:
    shape, machine = bare(tmp_path)
    words = "Reading package lists...\nE: Failed to fetch http://example.invalid/caddy.deb\nE: more"
    machine.told[("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "install")] = Outcome(100, words)
    with pytest.raises(HubRefused, match=r"E: Failed to fetch .* is kept.*run the same again"):
        set_up(shape, machine)


def test_settings_that_a_program_does_not_take_leave_running_what_runs(tmp_path: Path) -> None:
    shape, machine = bare(tmp_path)
    machine.told[("/usr/sbin/nft", "-c")] = Outcome(1, "nftables.conf:3: syntax error")
    with pytest.raises(HubRefused, match=r"nftables does not take .* syntax error.* left running"):
        set_up(shape, machine)
    assert machine.units == {}
    machine.told.clear()
    set_up(shape, machine)
    assert_is_a_hub(shape, machine)


def test_where_no_sshd_ran_yet_its_folder_in_run_is_made_before_it_looks_at_its_file(tmp_path: Path) -> None:
    shape, machine = bare(tmp_path)
    set_up(shape, machine)
    first = [words[0].rpartition("/")[2] for words in machine.calls]
    assert first.index("systemd-tmpfiles") < first.index("sshd")


def test_a_user_of_the_name_that_is_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    shape, machine = bare(tmp_path)
    machine.has_user, machine.home = True, "/home/somebody"
    with pytest.raises(HubRefused, match="who is not the hub's"):
        set_up(shape, machine)


def test_a_link_in_place_of_the_state_folder_is_not_followed(tmp_path: Path) -> None:
    shape, machine = bare(tmp_path)
    target = tmp_path / "target"
    target.mkdir()
    shape.state.parent.mkdir(parents=True)
    shape.state.symlink_to(target)
    with pytest.raises(HubRefused, match="is no folder"):
        set_up(shape, machine)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize(
    "release", [{}, {"ID": "ubuntu", "VERSION_ID": "24.04", "PRETTY_NAME": "Ubuntu 24.04"}, {"ID": "debian"}]
)
def test_another_system_is_told_in_one_sentence(tmp_path: Path, release: dict[str, str]) -> None:
    _, machine = bare(tmp_path)
    machine.release = release
    with pytest.raises(HubRefused, match=r"made for Debian 12 and 13. Nothing was changed"):
        refuse_other_systems(machine)


def test_only_root_sets_up_a_hub(tmp_path: Path) -> None:
    _, machine = bare(tmp_path)
    machine.root = False
    with pytest.raises(HubRefused, match="with sudo"):
        refuse_other_systems(machine)


@pytest.mark.parametrize(
    ("listener", "is_in_the_way"),
    [
        (PortHolder("tcp", ANYWHERE, 443, "nginx", 7, "nginx.service"), True),
        (PortHolder("tcp", "::", 80, "apache2", 7), True),
        (PortHolder("udp", ANYWHERE, 3478, "other", 7), True),
        (PortHolder("tcp", ANYWHERE, 2222, "sshd", 7, "ssh.service"), True),
        (PortHolder("tcp", ANYWHERE, 443, "caddy", 7, "doorstep-hub-web.service"), False),
        (PortHolder("tcp", ANYWHERE, 80, "caddy", 7, "caddy.service"), False),
        (PortHolder("tcp", ANYWHERE, 22, "sshd", 7, "ssh.service"), False),
        (PortHolder("udp", ANYWHERE, 443, "other", 7), False),
    ],
)
def test_who_has_a_port_of_the_hubs_is_not_pushed_aside(
    tmp_path: Path, listener: PortHolder, is_in_the_way: bool
) -> None:
    shape, machine = bare(tmp_path)
    machine.here = (listener,)
    if is_in_the_way:
        with pytest.raises(HubRefused, match=f"Port {listener.port} .*{listener.program}.*Nothing was changed"):
            refuse_other_masters(shape, machine)
    else:
        refuse_other_masters(shape, machine)


def test_a_caddy_with_settings_of_the_owners_is_never_stopped(tmp_path: Path) -> None:
    shape, machine = bare(tmp_path)
    machine.units["caddy.service"] = {}
    refuse_other_masters(shape, machine)
    machine.told[("dpkg", "--verify", "caddy")] = Outcome(0, "??5?????? c /etc/caddy/Caddyfile\n")
    with pytest.raises(HubRefused, match=r"settings of yours.*systemctl disable --now caddy.service"):
        refuse_other_masters(shape, machine)


def test_the_administrators_way_in_stays_open_wherever_it_is(tmp_path: Path) -> None:
    _, machine = bare(tmp_path)
    machine.told[("sshd", "-T")] = Outcome(0, "port 2022\naddressfamily any\n")
    assert admin_ports(machine, "198.51.100.1 5555 45.10.1.2 8022") == (22, 2022, 8022)
    machine.told[("sshd", "-T")] = Outcome(127, "sshd cannot be run")
    assert admin_ports(machine, "") == (22,)
    assert admin_ports(machine, "a b c port 99999999") == (22,)
    machine.here = (
        PortHolder("tcp", ANYWHERE, 2200, "sshd", 7, "ssh.service"),
        PortHolder("tcp", ANYWHERE, 2222, "sshd", 8, "doorstep-hub-ssh.service"),
        PortHolder("tcp", ANYWHERE, 9000, "sshd", 9, "user@1000.service"),
    )
    assert admin_ports(machine, "") == (22, 2200)


def test_a_name_has_to_lead_here(tmp_path: Path) -> None:
    _, machine = bare(tmp_path)
    assert looked_up(HOST, machine).external == ""
    machine.names[HOST] = ("45.10.1.2", "2001:db8::9")
    with pytest.raises(HubRefused, match=r"leads to 2001:db8::9, and this machine is 45.10.1.2"):
        looked_up(HOST, machine)
    machine.own = ("45.10.1.2", "2001:db8::9")
    assert looked_up(HOST, machine).external == ""
    with pytest.raises(HubRefused, match="cannot be looked up now"):
        looked_up("nowhere.example.org", machine)


def test_a_name_that_is_not_there_is_told_with_what_to_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, machine = bare(tmp_path)

    def unknown(_: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(machine, "look_up", unknown)
    with pytest.raises(HubRefused, match=r"is not found.*leads to 45.10.1.2"):
        looked_up(HOST, machine)
    assert issubclass(NoSuchName, OSError)


def test_behind_a_clouds_own_address_the_name_is_taken_for_it(tmp_path: Path) -> None:
    shape, machine = bare(tmp_path)
    machine.own = ("10.0.0.5",)
    look = looked_up(HOST, machine)
    assert (look.external, look.inner) == ("45.10.1.2", "10.0.0.5")
    assert looked_up(HOST, machine, "45.10.1.2") == look
    with pytest.raises(HubRefused, match="add --address"):
        looked_up(HOST, machine, "45.10.1.99")
    known = replace(shape, external_address=look.external, inner_address=look.inner)
    turn = next(file.text for file in plan_of(known, []) if file.path.endswith("turnserver.conf"))
    assert "external-ip=45.10.1.2/10.0.0.5\n" in turn


@pytest.mark.parametrize(("words", "is_told"), [("no\n", True), ("yes\n", False), ("", False)])
def test_a_clock_that_nobody_sets_is_told_and_holds_nothing_up(tmp_path: Path, words: str, is_told: bool) -> None:
    _, machine = bare(tmp_path)
    machine.told[("timedatectl", "show")] = Outcome(0, words)
    assert bool(clock_trouble(machine)) is is_told
