"""The firewall of a public machine, in the kernel: who comes over a cable reaches the named ports, and nothing else."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.far_network import Cable, FarNetwork, far_network, needs_far_network
from fakes.public_machine import PublicMachine

OPEN = frozenset({22, 80, 443, 1935})
CLOSED = frozenset({25, 1936, 2019, 8080, 19350})
"""What listens on such a machine for itself alone, and what might."""
EVERYBODY = "0.0.0.0"  # noqa: S104 - behind the firewall that is tried
METADATA = "169.254.169.254"
LISTENING = """
import socket, sys, time
doors = [socket.create_server((host, int(port)), backlog=512) for host, port in zip(sys.argv[1::2], sys.argv[2::2])]
print("ready", flush=True)
time.sleep(600)
"""
ASKING = f"import socket; socket.create_connection(('{METADATA}', 80), 5)"

pytestmark = pytest.mark.skipif(shutil.which("nft", path="/usr/sbin:/sbin") is None, reason="nftables is not installed")


@contextmanager
def public_machine(folder: Path) -> Iterator[tuple[FarNetwork, Cable]]:
    """A network behind the firewall that the script writes, where everything listens for everybody."""
    needs_far_network()
    made = PublicMachine(folder)
    assert made.set_up("--yes").returncode == 0
    with far_network() as far:
        cable = far.cable()
        subprocess.run(far.inside("ip", "address", "add", f"{METADATA}/32", "dev", "lo"), check=True, timeout=60)
        subprocess.run(
            far.inside("nft", "-f", str(made.root / "etc/doorstep-public/nftables.nft")), check=True, timeout=60
        )
        places = [word for port in OPEN | CLOSED for word in (EVERYBODY, str(port))]
        listening = subprocess.Popen(far.inside("python3", "-c", LISTENING, *places), stdout=subprocess.PIPE, text=True)
        try:
            assert listening.stdout is not None
            assert listening.stdout.readline() == "ready\n"
            yield far, cable
        finally:
            listening.kill()
            listening.communicate()


def is_reached(cable: Cable, port: int, seconds: float) -> bool:
    with socket.socket() as asking:
        asking.settimeout(seconds)
        return asking.connect_ex((cable.address, port)) == 0


def asks_metadata(far: FarNetwork, *whoever: str) -> int:
    words = far.inside(*whoever, "python3", "-c", ASKING)
    return subprocess.run(words, capture_output=True, timeout=60, check=False).returncode


def test_only_the_named_ports_are_reached(tmp_path: Path) -> None:
    with public_machine(tmp_path) as (far, cable):
        assert {port for port in OPEN if is_reached(cable, port, 20)} == OPEN
        assert {port for port in CLOSED if is_reached(cable, port, 1)} == set()
        assert asks_metadata(far) == 0, "root may ask where clouds keep credentials"
        assert asks_metadata(far, "setpriv", "--reuid=65534", "--clear-groups") != 0


def test_who_opens_hundreds_of_connections_is_let_in_no_more(tmp_path: Path) -> None:
    with public_machine(tmp_path) as (_, cable):
        tried = [is_reached(cable, 443, 20 if number < 50 else 0.5) for number in range(130)]
        assert all(tried[:50])
        assert not all(tried)


def test_loading_it_again_changes_nothing(tmp_path: Path) -> None:
    with public_machine(tmp_path) as (far, cable):
        file = tmp_path / "root/etc/doorstep-public/nftables.nft"
        for _ in range(2):
            subprocess.run(far.inside("nft", "-f", str(file)), check=True, timeout=60)
        told = subprocess.run(far.inside("nft", "list", "tables"), capture_output=True, text=True, check=True).stdout
        assert told.split("\n").count("table inet doorstep_public") == 1
        assert is_reached(cable, 443, 20)
