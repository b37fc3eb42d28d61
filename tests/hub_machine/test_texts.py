"""The files of a hub, taken by the real programs, and what must stand in them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest

from doorstep.hub_machine.box import Box, PairingTicket, new_box
from doorstep.hub_machine.daemons import daemons
from doorstep.hub_machine.one_time_key import make_key
from doorstep.hub_machine.plan import plan_of
from doorstep.hub_machine.session_seats import LETTING_GO, SERVED
from doorstep.hub_machine.shape import MOST_BOXES, CertificateFrom, HubPorts, HubShape, shape_below
from doorstep.hub_machine.sshd_text import HOST_KEY
from doorstep.hub_machine.turn_text import turn_text
from doorstep.hub_machine.unit_texts import RUNNING, unit_texts
from fakes.free_port import free_port

ROOT = Path(__file__).parents[2]
HOST = "door.example.org"
TASKS_OF_A_SESSION, MOST_STARTING = 5, 60
"""Two of sshd, a shell that may stay, two threads of `serve`; and MaxStartups of sshd_config, two processes each."""

BARE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


def needs(*programs: str) -> None:
    missing = [name for name in programs if shutil.which(name, path=BARE["PATH"]) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: `make test-deps`")


def two_boxes(shape: HubShape) -> Sequence[Box]:
    home = new_box("home", shape.host, [], shape).with_ticket(PairingTicket(b"t" * 32, 1_795_000_000))
    return [home, new_box("garage", f"garage.{shape.host}", [home], shape)]


def laid_out(folder: Path, **of_ports: int) -> HubShape:
    """A hub's files below a folder, and the folders that its daemons want."""
    shape = HubShape(HOST, certificate=CertificateFrom.INTERNAL, ports=HubPorts(**of_ports))
    shape = shape_below(shape, str(folder))
    for file in plan_of(shape, two_boxes(shape)):
        Path(file.path).parent.mkdir(parents=True, exist_ok=True)
        Path(file.path).write_text(file.text)
    for name in (shape.folders.web_state, shape.folders.web_run, shape.folders.turn_run, shape.folders.state):
        Path(name).mkdir(parents=True)
    return shape


def ran(words: Sequence[str], home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**BARE, "HOME": str(home)}
    return subprocess.run(words, capture_output=True, text=True, env=environment, timeout=120, check=False)


def in_own_network(words: Sequence[str]) -> Sequence[str]:
    """nft checks against the kernel, whose rules nobody may touch here."""
    if ran(("unshare", "-n", "true"), Path("/")).returncode != 0:
        pytest.skip("no network namespaces here")
    return ("unshare", "-n", *words)


def test_sshd_takes_its_file(tmp_path: Path) -> None:
    needs("sshd", "ssh-keygen")
    shape = laid_out(tmp_path)
    make_key(shape.settings / HOST_KEY)
    Path("/run/sshd").mkdir(exist_ok=True) if os.geteuid() == 0 else None
    done = ran(daemons(shape)["sshd_test"], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("kind", CertificateFrom)
def test_caddy_takes_its_file_as_it_is(tmp_path: Path, kind: CertificateFrom) -> None:
    needs("caddy")
    shape = laid_out(tmp_path)
    path = shape.settings / "Caddyfile"
    if kind is CertificateFrom.ACME:
        path.write_text(path.read_text().replace("\ttls internal\n", ""))
    words = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(path)]
    done = ran(words, tmp_path)
    assert done.returncode == 0, done.stderr
    assert ran(["caddy", "fmt", str(path)], tmp_path).stdout == path.read_text()
    assert ran(daemons(shape)["caddy_test"], tmp_path).returncode == 0


def test_nft_takes_its_file_again_and_again(tmp_path: Path) -> None:
    needs("nft", "unshare")
    words = " ".join(daemons(laid_out(tmp_path))["nft"])
    script = f"{words} && {words} && nft list table inet doorstep_hub && nft delete table inet doorstep_hub"
    done = ran(in_own_network(("sh", "-c", script)), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "policy drop" in done.stdout


def test_coturn_starts_with_its_file_and_refuses_every_inside_address(tmp_path: Path) -> None:
    needs("turnserver", "unshare")
    shape = laid_out(tmp_path, turn=free_port())
    words = in_own_network(("timeout", "--preserve-status", "4", *daemons(shape)["turn"]))
    done = ran(words, tmp_path)
    said = done.stdout + done.stderr
    assert "Bad configuration format" not in said
    assert re.search(r"(?i)unknown|unrecognized", said) is None, said
    closed = [line.split()[-1].split("-") for line in said.splitlines() if "listing: " in line]
    assert len(closed) > 20
    assert not any(ip_address(first).is_unspecified for first, _ in closed), "coturn would refuse everybody"
    spans = [(ip_address(first), ip_address(last)) for first, last in closed]
    for inside in ("127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "172.31.0.1", "100.64.0.1"):
        assert any(first.version == 4 and first <= ip_address(inside) <= last for first, last in spans), inside  # type: ignore[operator]
    for inside in ("::1", "fd00::1", "fe80::1", "::ffff:127.0.0.1", "fd00:ec2::254", "64:ff9b::7f00:1"):
        assert any(first.version == 6 and first <= ip_address(inside) <= last for first, last in spans), inside  # type: ignore[operator]
    for outside in ("45.10.1.2", "2a00:1450:4001::1"):
        of_kind = [span for span in spans if span[0].version == ip_address(outside).version]
        assert not any(first <= ip_address(outside) <= last for first, last in of_kind), outside  # type: ignore[operator]


def relayed_to(folder: Path, secret: str, *peers: str) -> dict[str, bool]:
    file = str(folder / "etc" / "doorstep-hub" / "turnserver.conf")
    words = [sys.executable, str(ROOT / "tests" / "fakes" / "turn_tries.py"), file, secret, *peers]
    environment = {**BARE, "HOME": str(folder), "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        in_own_network(words), capture_output=True, text=True, env=environment, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, bool] = json.loads(done.stdout)
    return found


def test_the_relay_leads_to_the_internet_and_to_nothing_inside(tmp_path: Path) -> None:
    needs("turnserver", "unshare", "ip", "nft")
    laid_out(tmp_path)
    config = (tmp_path / "etc" / "doorstep-hub" / "turnserver.conf").read_text()
    secret, *others = re.findall(r"static-auth-secret=(\S+)", config)
    inside = ("127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "172.31.0.1", "100.64.0.1", "224.0.0.1")
    outside = ("45.10.1.2", "45.20.1.2", "8.8.8.8")
    found = relayed_to(tmp_path, secret, *inside, *outside)
    assert found == {**dict.fromkeys(inside, False), **dict.fromkeys(outside, True)}
    assert relayed_to(tmp_path, others[0], outside[0]) == {outside[0]: True}
    assert relayed_to(tmp_path, "of-nobody", outside[0]) == {"": False}


def test_what_is_relayed_reaches_no_program_of_the_hub_but_another_relay(tmp_path: Path) -> None:
    needs("turnserver", "unshare", "ip", "nft")
    laid_out(tmp_path)
    config = (tmp_path / "etc" / "doorstep-hub" / "turnserver.conf").read_text()
    secret = re.findall(r"static-auth-secret=(\S+)", config)[0]
    assert relayed_to(tmp_path, secret, "123", "5353", "49200") == {"123": False, "5353": False, "49200": True}


def test_without_a_box_the_relay_refuses_everybody(tmp_path: Path) -> None:
    needs("turnserver", "unshare", "ip", "nft")
    shape = laid_out(tmp_path)
    file = tmp_path / "etc" / "doorstep-hub" / "turnserver.conf"
    known = re.findall(r"static-auth-secret=(\S+)", file.read_text())[0]
    file.write_text(turn_text(shape, []))
    for secret in (known, "", "# no box"):
        assert relayed_to(tmp_path, secret, "8.8.8.8") == {"": False}


def test_apt_takes_its_file_and_runs_a_hook_that_ends_well_also_without_a_hub(tmp_path: Path) -> None:
    needs("apt-config")
    shape = laid_out(tmp_path)
    file = f"{shape.folders.apt}/52doorstep-hub"
    told = ran(("apt-config", "-c", file, "dump", "--format", "%f=%v%n", "DPkg::Post-Invoke"), tmp_path).stdout
    [hook] = [line.partition("=")[2] for line in told.splitlines() if str(tmp_path) in line]
    script = shape.settings / "after-updates"
    script.chmod(0o755)
    script.write_text(
        script.read_text().replace("/sys/fs/cgroup", str(tmp_path)).replace("systemctl", "echo systemctl")
    )
    assert ran(("sh", "-ec", hook), tmp_path).stdout == ""
    group = tmp_path / "system.slice" / "doorstep-hub-turn.service"
    group.mkdir(parents=True)
    copied = tmp_path / "usr" / "bin" / "sleep"
    copied.parent.mkdir(parents=True)
    copied.write_bytes(Path("/usr/bin/sleep").read_bytes())
    copied.chmod(0o755)
    with subprocess.Popen([copied, "60"]) as running:
        try:
            (group / "cgroup.procs").write_text(f"{running.pid}\n")
            assert ran(("sh", "-ec", hook), tmp_path).stdout == ""
            copied.rename(tmp_path / "kept")
            assert ran(("sh", "-ec", hook), tmp_path).stdout == ""
            (tmp_path / "kept").unlink()
            script.write_text(script.read_text().replace(" /usr/", f" {tmp_path}/"))
            assert "try-restart doorstep-hub-turn.service" in ran(("sh", "-ec", hook), tmp_path).stdout
            script.unlink()
            assert ran(("sh", "-ec", hook), tmp_path).returncode == 0
        finally:
            running.kill()


def test_a_box_that_uses_up_the_memory_does_not_end_the_others() -> None:
    text = unit_texts(HubShape(HOST))["doorstep-hub-ssh.service"]
    assert "OOMPolicy=continue\n" in text
    [tasks] = re.findall(r"^TasksMax=(\d+)$", text, re.MULTILINE)
    sessions = MOST_BOXES * len((*SERVED, *LETTING_GO))
    assert int(tasks) >= sessions * TASKS_OF_A_SESSION + 2 * MOST_STARTING


def test_systemd_takes_the_units_and_finds_them_shut_in(tmp_path: Path) -> None:
    needs("systemd-analyze")
    shape = HubShape(HOST)
    for name, text in unit_texts(shape).items():
        (tmp_path / name).write_text(text)
    files = [str(tmp_path / name) for name in unit_texts(shape)]
    done = ran(("systemd-analyze", "verify", *files), tmp_path)
    programs = {words[0] for words in daemons(shape).values()} | {shape.folders.program}
    faults = [line for line in done.stderr.splitlines() if not any(f"{name} is not exec" in line for name in programs)]
    assert faults == []
    for name in (each for each in unit_texts(shape) if each.endswith(".service")):
        words = ("systemd-analyze", "security", "--offline=yes", "--threshold=30", "--no-pager", str(tmp_path / name))
        assert ran(words, tmp_path).returncode == 0, name


def test_each_unit_starts_what_daemons_says() -> None:
    shape, started = HubShape(HOST), "\n".join(unit_texts(HubShape(HOST)).values())
    for name in ("sshd", "caddy", "turn", "nft"):
        assert f"ExecStart={' '.join(daemons(shape)[name])}\n" in started
    assert set(RUNNING) <= set(unit_texts(shape))


def test_the_sshd_of_tunnels_forwards_nothing_but_the_boxes_own_ports() -> None:
    [text] = [file.text for file in plan_of(HubShape(HOST), []) if file.path.endswith("sshd_config")]
    settings = dict(line.split(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    expected = {
        "Port": "2222",
        "AllowUsers": "doorstep-hub",
        "AuthenticationMethods": "publickey",
        "AllowTcpForwarding": "remote",
        "PermitOpen": "none",
        "PermitListen": "127.0.0.1:*",
        "GatewayPorts": "no",
        "AllowStreamLocalForwarding": "no",
        "AllowAgentForwarding": "no",
        "X11Forwarding": "no",
        "PermitTunnel": "no",
        "PermitTTY": "no",
        "PermitUserRC": "no",
        "PasswordAuthentication": "no",
        "PermitRootLogin": "no",
    }
    assert {name: settings[name] for name in expected} == expected


def test_the_firewall_leaves_the_administrators_way_in_open() -> None:
    shape = HubShape(HOST, admin_ports=(22, 8022))
    [text] = [file.text for file in plan_of(shape, []) if file.path.endswith("nftables.conf")]
    assert "tcp dport { 22, 8022 } accept" in text
    rules = [line for line in text.splitlines() if "dport" in line and not line.endswith(" drop")]
    opened = {word for line in rules for word in re.findall(r"\d+(?:-\d+)?", line)}
    assert opened == {"22", "8022", "80", "443", "2222", "3478", "49160-49259", "67", "68", "547", "546"}


def test_secrets_are_readable_by_nobody_but_who_needs_them() -> None:
    shape = HubShape(HOST)
    boxes = two_boxes(shape)
    holding = [file for file in plan_of(shape, boxes) if any(box.turn_secret in file.text for box in boxes)]
    assert [(file.path, file.mode, file.group) for file in holding] == [
        ("/etc/doorstep-hub/turnserver.conf", 0o640, "turnserver")
    ]


def test_a_revoked_box_has_neither_site_nor_secret() -> None:
    shape = HubShape(HOST)
    home, garage = two_boxes(shape)
    texts = "".join(file.text for file in plan_of(shape, [home]))
    assert garage.host not in texts
    assert garage.turn_secret not in texts
    alone = "".join(file.text for file in plan_of(shape, []))
    assert f"https://{HOST}:443" in alone  # the hub itself still answers to its name
