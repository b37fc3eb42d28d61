"""`init`: whole, repeated, switched off at every step, and refused with a remedy where the machine is another's."""

import socket
import subprocess
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from doorstep.core.hub_key import read_private_seed, read_public_line
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
from doorstep.hub_machine.hub_clock import HubClock
from doorstep.hub_machine.machine import Outcome, PortHolder
from doorstep.hub_machine.made import read_made
from doorstep.hub_machine.plan import plan_of
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.removal import remove_hub
from doorstep.hub_machine.setting_up import PACKAGES, SettingUp
from doorstep.hub_machine.shape import HubFolders, HubShape, shape_below
from doorstep.hub_machine.sshd_text import HOST_KEY
from doorstep.hub_machine.unit_texts import RUNNING, SSH
from fakes.hub_clock import SetClock
from fakes.remembering_machine import NoSuchName, RememberingMachine, SwitchedOff

HOST = "door.example.org"
MOST_CALLS = 31
ANYWHERE = "*"
APT = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")


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


def set_up(shape: HubShape, machine: RememberingMachine, clock: HubClock | None = None) -> list[str]:
    """What was said meanwhile."""
    said: list[str] = []
    for step in SettingUp(shape, machine, clock or SetClock(), said.append).steps():
        step.take()
    return said


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


def test_only_what_is_missing_is_said_to_be_installed_or_made(tmp_path: Path) -> None:
    shape, machine = bare(tmp_path)
    machine.installed = {"openssh-server", "nftables"}
    user = "Making the user doorstep-hub, who may do nothing but hold tunnels"
    assert set_up(shape, machine) == ["Installing caddy, coturn, unattended-upgrades (a minute or two)", user]
    machine.installed.remove("coturn")
    assert set_up(shape, machine) == ["Installing coturn (a minute or two)"]
    assert set_up(shape, machine) == []


class Passing(SetClock):
    """Ten seconds go by from one look at it to the next."""

    def monotonic(self) -> float:
        self.up += 10
        return self.up


@pytest.mark.parametrize("slow", [("dpkg", "--configure"), (*APT, "update"), (*APT, "install")])
def test_while_packages_take_their_time_it_says_so(tmp_path: Path, slow: tuple[str, ...]) -> None:
    shape, machine = bare(tmp_path)
    machine.slow = slow
    said = set_up(shape, machine, Passing())
    assert [words for words in said if words.startswith("Still")] == ["Still installing: 10 s"]
    assert said.index("Still installing: 10 s") == 1


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


@pytest.mark.parametrize("off_at", range(1, 27))
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
    machine.installed.add("coturn")
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
    assert machine.masked == {"caddy.service", "ssh.service"}, "Debian would start them at their next update"
    assert set(machine.units) == {"coturn.service"}


def test_what_was_there_before_is_given_back_and_what_came_with_the_hub_stays_masked(tmp_path: Path) -> None:
    shape, machine = bare(tmp_path)
    machine.installed.add("caddy")
    set_up(shape, machine)
    left = remove_hub(shape, machine, lambda _: None)
    assert set(left.packages) == set(PACKAGES) - {"caddy"}
    assert set(left.masked) == machine.masked == {"coturn.service", "ssh.service"}


@pytest.mark.parametrize("left", ["", "\0" * 411, "half a key"])
def test_a_key_that_a_power_cut_left_empty_is_made_anew_and_the_sshd_is_woken(tmp_path: Path, left: str) -> None:
    shape, machine = bare(tmp_path)
    set_up(shape, machine)
    private = shape.settings / HOST_KEY
    for path in (private, private.with_suffix(".pub")):
        path.write_text(left)
    calls = len(machine.calls)
    set_up(shape, machine)
    _, key = read_private_seed(private.read_text())
    assert read_public_line(private.with_suffix(".pub").read_text()) == key
    assert (private.stat().st_mode & 0o777, private.with_suffix(".pub").stat().st_mode & 0o777) == (0o600, 0o644)
    assert ("systemctl", "restart", SSH) in machine.calls[calls:]


@pytest.mark.parametrize("left", [None, "", "ssh-ed25519 AAAA another\n"])
def test_the_public_half_is_made_of_the_private_one_which_stays(tmp_path: Path, left: str | None) -> None:
    shape, machine = bare(tmp_path)
    set_up(shape, machine)
    private = shape.settings / HOST_KEY
    public = private.with_suffix(".pub")
    before = private.read_text(), public.read_text()
    said = subprocess.run(["ssh-keygen", "-y", "-f", private], capture_output=True, text=True, check=True).stdout
    assert said.split()[:2] == before[1].split()[:2]
    public.unlink() if left is None else public.write_text(left)
    set_up(shape, machine)
    assert (private.read_text(), public.read_text()) == before


def test_a_damaged_key_that_boxes_know_is_not_replaced_unasked(tmp_path: Path) -> None:
    shape, machine = bare(tmp_path)
    set_up(shape, machine)
    boxes = BoxFolder(shape.state, shape.folders.program, SetClock())
    with boxes.changing() as change:
        change.put(replace(boxes.boxes()[0], key=b"k" * 32))
    private = shape.settings / HOST_KEY
    private.write_text("")
    with pytest.raises(HubRefused, match=r"is damaged, and boxes know the hub by it \(home\).*Put it back"):
        set_up(shape, machine)
    assert private.read_text() == ""
    private.unlink()
    set_up(shape, machine)
    assert read_private_seed(private.read_text())


def test_the_program_of_a_hub_by_hand_lies_where_the_tunnels_user_may_read_it(tmp_path: Path, program: Path) -> None:
    path = tmp_path / "usr" / "local" / "bin" / "doorstep-hub"
    shape = HubShape(HOST, by_systemd=False, folders=replace(HubFolders(), program=str(path)))
    SettingUp(shape, RememberingMachine(tmp_path), SetClock(), lambda _: None).steps()[-1].take()
    assert path.read_bytes() == program.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o755


def test_below_a_folder_a_starter_names_the_settings_and_needs_nothing_that_was_brought(
    tmp_path: Path, program: Path
) -> None:
    shape = replace(shape_below(HubShape(HOST), str(tmp_path)), by_systemd=False)
    shape.settings.mkdir(parents=True)
    (shape.settings / "hub.json").write_text("{")
    machine = RememberingMachine(tmp_path)
    SettingUp(shape, machine, SetClock(), lambda _: None).steps()[-1].take()
    program.unlink()
    words = [shape.folders.program, "boxes"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{shape.settings}/hub.json is not what doorstep-hub writes" in done.stderr
    remove_hub(shape, machine, lambda _: None)
    assert not any(tmp_path.joinpath("usr/local/bin").iterdir())


def test_a_failing_package_archive_is_one_sentence_and_what_is_there_is_kept(tmp_path: Path) -> None:
    shape, machine = bare(tmp_path)
    words = "Reading package lists...\nE: Failed to fetch http://example.invalid/caddy.deb\nE: more"
    machine.told[("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "install")] = Outcome(100, words)
    with pytest.raises(
        HubRefused, match=r"installed: E: Failed to fetch \S+deb. What is kept|installed is kept"
    ) as told:
        set_up(shape, machine)
    assert "could the list" not in str(told.value)
    machine.told[("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "update")] = Outcome(100, "E: The lists are old")
    with pytest.raises(HubRefused, match=r"Nor could the list of them be fetched: E: The lists are old\..*same again"):
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


@pytest.mark.parametrize("own", [("45.10.1.2",), ("10.0.0.5",)])
def test_a_line_of_etc_hosts_is_not_taken_for_where_the_world_is_led_to(tmp_path: Path, own: tuple[str, ...]) -> None:
    _, machine = bare(tmp_path)
    machine.own = own
    machine.names[HOST] = ("127.0.1.1", "::1")
    with pytest.raises(HubRefused, match=r"leads to 127.0.1.1, ::1, itself.*Take the name out of /etc/hosts"):
        looked_up(HOST, machine)
    machine.names[HOST] = ("127.0.1.1", "45.10.1.2")
    assert looked_up(HOST, machine).external == ("" if own == ("45.10.1.2",) else "45.10.1.2")


@pytest.mark.parametrize("address", ["192.168.7.7", "100.64.0.9", "169.254.1.1"])
def test_an_address_that_is_none_in_the_world_is_not_taken_for_the_clouds(tmp_path: Path, address: str) -> None:
    _, machine = bare(tmp_path)
    machine.own = ("10.0.0.5",)
    machine.names[HOST] = (address,)
    with pytest.raises(HubRefused, match=f"leads to {address}, and this machine is 10.0.0.5"):
        looked_up(HOST, machine)


def test_an_ipv6_address_of_its_own_beside_the_clouds_ipv4_is_no_hindrance(tmp_path: Path) -> None:
    _, machine = bare(tmp_path)
    machine.own = ("10.0.0.5", "2a01:4f8::5")
    for found in (("45.10.1.2",), ("45.10.1.2", "2a01:4f8::5")):
        machine.names[HOST] = found
        assert looked_up(HOST, machine).external == "45.10.1.2"
    machine.names[HOST] = ("45.10.1.2", "2a01:4f8::6")
    with pytest.raises(HubRefused, match="leads to"):
        looked_up(HOST, machine)


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
    assert clock_trouble(machine).endswith("set-ntp true. Going on.") is is_told
    assert bool(clock_trouble(machine)) is is_told
