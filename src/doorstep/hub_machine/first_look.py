"""May this machine become this hub?  Looks, and changes nothing; each no is one sentence with its remedy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Final

from doorstep.hub_machine.machine import Machine, PortHolder, no_such_name
from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.shape import HubShape

DEBIANS: Final = ("12", "13")
OTHERS_UNITS: Final = {"caddy": "caddy.service", "coturn": "coturn.service"}
"""Debian's packages, and the units that they start by themselves; ours are others."""

OURS: Final = "doorstep-hub"
_ADMIN_UNITS: Final = ("ssh.service", "sshd.service")


def refuse_other_systems(machine: Machine) -> None:
    """Root on Debian 12 or 13."""
    told = machine.system()
    if told.get("ID") != "debian" or told.get("VERSION_ID") not in DEBIANS:
        name = told.get("PRETTY_NAME", "an unknown system")
        msg = f"This machine runs {name}; a hub is made for Debian 12 and 13. Nothing was changed. Take such an image."
        raise HubRefused(msg)
    if not machine.is_root():
        msg = "A hub is set up by root. Nothing was changed. Run the same with sudo before it."
        raise HubRefused(msg)


def refuse_other_masters(shape: HubShape, machine: Machine) -> None:
    """Whoever has one of the hub's ports and is none of its own, or of an untouched package's, is not pushed aside."""
    for package, unit in OTHERS_UNITS.items():
        if machine.run("systemctl", "is-active", "--quiet", unit).is_fine and not is_untouched(machine, package):
            msg = (
                f"{unit} runs here with settings of yours, and the hub needs its ports for itself. Nothing was "
                f"changed. Take another machine, or give it up: sudo systemctl disable --now {unit}"
            )
            raise HubRefused(msg)
    for listener in machine.listeners():
        if _is_in_the_way(listener, shape):
            msg = (
                f"Port {listener.port} ({listener.transport}) is taken by {listener.program or 'another program'}, and "
                f"the hub needs it. Nothing was changed. Stop that program, or {_another(listener, shape)}."
            )
            raise HubRefused(msg)


def clock_trouble(machine: Machine) -> str:
    """A sentence where nobody sets the machine's clock (timedatectl(1)); empty where somebody does, or nobody knows."""
    told = machine.run("timedatectl", "show", "--property=NTPSynchronized", "--value")
    if not told.is_fine or told.words.strip() != "no":
        return ""
    return (
        "The clock of this machine is not set by the network yet. Certificates and pairing codes go by it: if it is "
        "wrong, run sudo timedatectl set-ntp true. Going on."
    )


def is_untouched(machine: Machine, package: str) -> bool:
    """Whether the settings that came with a package are as they came (dpkg(1), --verify)."""
    told = machine.run("dpkg", "--verify", package)
    return told.is_fine and " c " not in told.words


def is_installed(machine: Machine, package: str) -> bool:
    """By dpkg-query(1)."""
    told = machine.run("dpkg-query", "-W", "-f=${db:Status-Status}", package)
    return told.is_fine and told.words.strip() == "installed"


@dataclass(frozen=True, slots=True)
class NameLook:
    """Where a name leads: `external` and `inner` are set where the world sees this machine by another address."""

    external: str = ""
    inner: str = ""


def looked_up(host: str, machine: Machine, known: str = "") -> NameLook:
    """Refuses a name that leads elsewhere.  `known` is the address that the world is known to see.

    A machine whose IPv4 addresses are private alone stands behind its cloud's own: then the name's is taken for it.
    """
    try:
        told = machine.look_up(host)
    except OSError as error:
        raise HubRefused(_no_name(host, error, machine)) from error
    found = [address for address in told if not ip_address(address).is_loopback]
    if not found:
        raise HubRefused(_only_here(host, told))
    own = machine.addresses()
    strange = [address for address in found if address not in {*own, known}]
    of_four = [address for address in own if ip_address(address).version == 4]
    inner = next((address for address in of_four if not ip_address(address).is_global), "")
    if not strange:
        return NameLook(known, inner if known else "")
    is_behind = inner and not any(ip_address(address).is_global for address in of_four)
    if not known and is_behind and len(strange) == 1 and _is_of_the_world(strange[0]):
        return NameLook(strange[0], inner)
    msg = (
        f"{host} leads to {', '.join(strange)}, and this machine is {_addresses(own, known)}. Nothing was changed. "
        "Mend the name's entry (A for IPv4, AAAA for IPv6) and run the same again; if the world sees this machine by "
        "that address all the same, add --address ADDRESS to init."
    )
    raise HubRefused(msg)


def with_addresses(shape: HubShape, look: NameLook) -> HubShape:
    """The same hub, as the world sees it."""
    return replace(shape, external_address=look.external, inner_address=look.inner)


def admin_ports(machine: Machine, connection: str) -> tuple[int, ...]:
    """Where the administrator's own sshd listens: by its settings, by where it is found, by how he came here, and 22.

    `connection` is SSH_CONNECTION, sshd(8); sudo takes it away.
    """
    told = [line.split()[1] for line in machine.run("sshd", "-T").words.splitlines() if line.startswith("port ")]
    came = connection.split()[3:4]
    found = {int(port) for port in (*told, *came) if port.isdigit() and 0 < int(port) < 2**16}
    here = {one.port for one in machine.listeners() if one.unit in _ADMIN_UNITS}
    return tuple(sorted({22, *found, *here}))


def _is_in_the_way(listener: PortHolder, shape: HubShape) -> bool:
    ports = shape.ports
    wanted = {("tcp", ports.ssh), ("tcp", ports.http), ("tcp", ports.https), ("tcp", ports.turn), ("udp", ports.turn)}
    if (listener.transport, listener.port) not in wanted or listener.unit.startswith(OURS):
        return False
    return listener.unit not in OTHERS_UNITS.values()


def _another(listener: PortHolder, shape: HubShape) -> str:
    """Browsers and authorities know where to look for a site; boxes are told where to look for the rest."""
    named = {shape.ports.ssh: "ssh", shape.ports.turn: "turn"}
    if listener.port in named:
        return f"give the hub another port: add --ports {named[listener.port]}={listener.port + 1}"
    return "take another machine"


def _is_of_the_world(address: str) -> bool:
    found = ip_address(address)
    return found.version == 4 and found.is_global


def _only_here(host: str, told: Sequence[str]) -> str:
    """Installers and clouds enter a machine's own name so (hosts(5)), and then nobody here sees the real entry."""
    return (
        f"On this machine {host} leads to {', '.join(told)}, itself, most likely by a line of /etc/hosts; so where the "
        "world is led to cannot be seen. Nothing was changed. Take the name out of /etc/hosts (where cloud-init writes "
        "it: manage_etc_hosts: false in /etc/cloud/cloud.cfg), and run the same again."
    )


def _no_name(host: str, error: OSError, machine: Machine) -> str:
    own = _addresses(machine.addresses(), "")
    if no_such_name(error):
        return (
            f"{host} is not found. Nothing was changed. Make an entry for it at your name's provider that leads to "
            f"{own} (A for IPv4, AAAA for IPv6), wait a few minutes, and run the same again."
        )
    return f"{host} cannot be looked up now. Nothing was changed. Is this machine on the internet? Run the same again."


def _addresses(own: Sequence[str], known: str) -> str:
    return " or ".join([*([known] if known else []), *own][:4]) or "without an address"
