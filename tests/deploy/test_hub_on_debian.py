"""`doorstep-hub` on a real Debian, with Debian's own OpenSSH, Caddy, coturn and nftables, and its systemd.

There is no network once it runs, but an address of its own; so the certificates' authority is Caddy's.  Of the two
Debians each run takes one: `HUB_DEBIANS="bookworm trixie"` takes both.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorstep.core.hub_code import read_code
from doorstep.hub.hub_program import hub_program
from fakes.fresh_debian import NoFreshDebian, Running, copy_of, fresh_root, in_root, missing, running
from fakes.server_process import wait_for

INIT = "cd /root && sudo python3 doorstep-hub init door.example.org --skip-name-check --internal-certificates"
HOST, ADDRESS = "door.example.org", "203.0.113.5"
THERE = "python3 sudo iproute2 procps"
PACKAGES = "openssh-server caddy coturn nftables unattended-upgrades"
SUITES = os.environ.get("HUB_DEBIANS", "bookworm").split()
UNITS = ("firewall.service", "ssh.service", "web.service", "turn.service", "traffic.timer")
CARD = f"""
set -e
ip link add outside type veth peer name nowhere
ip link set nowhere up
ip address add {ADDRESS}/24 dev outside
ip link set outside up
ip route add default via 203.0.113.1
"""
CAME = ("caddy.service", "coturn.service", "ssh.service")
LEFT = "/etc/doorstep-hub /var/lib/doorstep-hub /var/lib/doorstep-hub-web /run/doorstep-hub /usr/local/bin/doorstep-hub"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),  # the first time Debian and its packages are fetched
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
    pytest.mark.skipif(shutil.which("ip") is None, reason="iproute2 is not installed"),
]


@pytest.fixture(scope="module", params=SUITES)
def bare(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A machine as a provider hands it over: with an address, without any of the hub's packages, not even SSH."""
    try:
        with copy_of(fresh_root(request.param)) as root:
            in_root(root, "apt-get", "update", "-q")
            install = ("apt-get", "install", "-y", "-q", "--no-install-recommends")
            in_root(root, *install, *THERE.split())
            in_root(root, *install, "--download-only", *PACKAGES.split())
            (root / "root" / "doorstep-hub").write_bytes(hub_program())
            with running(root) as debian:
                debian.run("sh", "-c", CARD)
                yield debian
    except NoFreshDebian as error:
        pytest.skip(str(error))


def states(debian: Running) -> dict[str, str]:
    """Of each unit of the hub."""
    return {unit: debian.run("systemctl", "is-active", f"doorstep-hub-{unit}", check=False).strip() for unit in UNITS}


def listens(debian: Running) -> set[str]:
    """Transport and port of whatever waits for somebody from outside."""
    rows = [line.split() for line in debian.run("ss", "-Hltnu").splitlines()]
    outside = [row for row in rows if not row[4].startswith(("127.", "[::1]"))]
    return {f"{row[0]} {row[4].rpartition(':')[2]}" for row in outside}


def code_in(said: str) -> str:
    return next(word for word in said.split() if word.startswith("dh1-"))


def test_a_bare_machine_is_a_hub_by_one_command_and_is_bare_again_by_another(bare: Running) -> None:
    said = bare.run("sh", "-c", INIT)
    code = read_code(code_in(said))
    assert (code.hub, code.ssh_port) == (HOST, 2222)
    wait_for(lambda: set(states(bare).values()) == {"active"}, 30, str(states(bare)))
    assert listens(bare) == {"tcp 80", "tcp 443", "tcp 2222", "tcp 3478", "udp 3478"}
    assert "policy drop" in bare.run("nft", "list", "table", "inet", "doorstep_hub")
    _a_second_time_changes_nothing(bare)
    _boxes_come_and_go(bare)
    _what_was_updated_is_what_runs(bare)
    _nothing_begins_without_the_firewall(bare)
    _it_is_undone(bare)


def _a_second_time_changes_nothing(bare: Running) -> None:
    kept = "/etc/doorstep-hub /etc/systemd/system/doorstep-hub-*"
    sums = f"find {kept} -type f ! -name hub.json ! -name made.json -exec sha256sum {{}} + | sort"
    before = bare.run("sh", "-c", sums)
    pids = bare.run("systemctl", "show", "--property=MainPID", "--value", "doorstep-hub-ssh", "doorstep-hub-web")
    again = bare.run("sh", "-c", INIT)
    assert code_in(again)
    assert bare.run("sh", "-c", sums) == before
    now = bare.run("systemctl", "show", "--property=MainPID", "--value", "doorstep-hub-ssh", "doorstep-hub-web")
    assert now == pids


def _boxes_come_and_go(bare: Running) -> None:
    program = "/usr/local/bin/doorstep-hub"
    assert read_code(code_in(bare.run(program, "pair", "garage", "--skip-name-check"))).hub == HOST
    assert f"https://garage.{HOST}" in bare.run(program, "boxes")
    assert "garage is revoked" in bare.run(program, "revoke", "garage")
    assert "garage" not in bare.run(program, "boxes")
    assert "good until" in bare.run(program, "certificates")
    assert set(states(bare).values()) == {"active"}


def _what_was_updated_is_what_runs(bare: Running) -> None:
    """A package that comes again puts new files in the place of those that run, as an update does."""
    before = pids(bare)
    bare.run("apt-get", "install", "-y", "-q", "--reinstall", "--no-download", "coturn")
    wait_for(lambda: set(states(bare).values()) == {"active"}, 30, str(states(bare)))
    after = pids(bare)
    assert {unit for unit in after if after[unit] != before[unit]} == {"turn.service"}
    for pid in after.values():
        assert "(deleted)" not in bare.run("sh", "-c", f"grep r-xp /proc/{pid}/maps")
    bare.run("apt-get", "install", "-y", "-q", "--reinstall", "--no-download", "caddy", "openssh-server")
    wait_for(lambda: set(states(bare).values()) == {"active"}, 30, str(states(bare)))
    again = pids(bare)
    assert {unit for unit in again if again[unit] != after[unit]} == {"web.service", "ssh.service"}


def _nothing_begins_without_the_firewall(bare: Running) -> None:
    """What runs goes on; and all of it is there as soon as the firewall is."""
    before = pids(bare)
    bare.run("mv", "/etc/doorstep-hub/nftables.conf", "/root/away")
    bare.run("systemctl", "restart", "doorstep-hub-firewall", check=False)
    assert pids(bare) == before
    bare.run("systemctl", "restart", "doorstep-hub-turn", check=False)
    assert "udp 3478" not in listens(bare)
    bare.run("mv", "/root/away", "/etc/doorstep-hub/nftables.conf")
    wait_for(lambda: set(states(bare).values()) == {"active"}, 30, str(states(bare)))
    assert "policy drop" in bare.run("nft", "list", "table", "inet", "doorstep_hub")
    bare.run("systemctl", "restart", "doorstep-hub-firewall")
    assert {unit for unit, pid in pids(bare).items() if pid != before[unit]} == {"turn.service"}


def pids(debian: Running) -> dict[str, str]:
    """The first process of each of the hub's daemons."""
    words = ("systemctl", "show", "--property=MainPID", "--value")
    daemons = [unit for unit in UNITS[1:] if unit.endswith(".service")]
    return {unit: debian.run(*words, f"doorstep-hub-{unit}").strip() for unit in daemons}


def _it_is_undone(bare: Running) -> None:
    said = bare.run("/usr/local/bin/doorstep-hub", "remove", "--yes")
    assert "sudo apt remove" in said
    assert bare.run("sh", "-c", f"ls -d {LEFT} 2>/dev/null", check=False).split() == []
    assert bare.run("getent", "passwd", "doorstep-hub", check=False) == ""
    assert bare.run("systemctl", "list-unit-files", "doorstep-hub*", "--no-legend", check=False).strip() == ""
    assert "doorstep_hub" not in bare.run("nft", "list", "tables")
    assert not any(Path(bare.folder / "etc/apt/apt.conf.d").glob("*doorstep*"))
    enabled = {unit: bare.run("systemctl", "is-enabled", unit, check=False).strip() for unit in CAME}
    assert enabled == dict.fromkeys(CAME, "masked")
    bare.run("apt-get", "install", "-y", "-q", "--reinstall", "--no-download", "coturn", "caddy")
    assert listens(bare) <= {"tcp 22"}, "an update starts them"
