"""How one hub is shaped: its name, ports, folders and users.  Kept as `hub.json`; pure but for nothing, reads no file.

Everything goes into files of other programs, so a shape is valid by construction: no quotes, spaces or line ends.
"""

import json
import re
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from doorstep.core.hub_names import HUB_PROGRAM, HUB_USER, SSH_PORT, TURN_PORT, is_host_name, is_port
from doorstep.hub_machine.refused import HubRefused, StateUnreadable

VERSION: Final = 1
MOST_BOXES: Final = 100
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9/_.-]*")
_PLAIN_USER = re.compile(r"[a-z_][a-z0-9_-]{0,30}")


class CertificateFrom(StrEnum):
    """Who certifies the hub's names."""

    ACME = "acme"
    """Let's Encrypt or ZeroSSL, as Caddy asks them: known to every phone."""
    INTERNAL = "internal"
    """An authority that Caddy makes here: for tests, and for who brings its root to each phone."""


@dataclass(frozen=True, slots=True)
class HubPorts:
    """Where the hub listens.  `first_tunnel` is the first box's port on the loopback; the others follow."""

    ssh: int = SSH_PORT
    http: int = 80
    https: int = 443
    turn: int = TURN_PORT
    first_relay: int = 49160
    last_relay: int = 49259
    first_tunnel: int = 21000

    def __post_init__(self) -> None:
        """Ports, in order."""
        if not all(is_port(getattr(self, each.name)) for each in fields(self)) or self.first_relay > self.last_relay:
            raise HubRefused(_BAD_PORTS)
        if not is_port(self.first_tunnel + MOST_BOXES):
            raise HubRefused(_BAD_PORTS)
        listened = [self.ssh, self.http, self.https, self.turn]
        tunnels = range(self.first_tunnel, self.first_tunnel + MOST_BOXES)
        if len({*listened}) < len(listened) or any(port in tunnels for port in listened):
            raise HubRefused(_SAME_PORTS)
        if self.first_relay <= self.turn <= self.last_relay:
            raise HubRefused(_SAME_PORTS)


@dataclass(frozen=True, slots=True)
class HubFolders:
    """Where the hub's files lie: absolute, plain paths.

    `settings` is root's, `state` the tunnel user's own; `run` holds which sessions run, `web_*` is Caddy's.  `program`
    is this program, `units` systemd's own, `tmpfiles` and `apt` those of tmpfiles.d(5) and apt.conf(5).
    """

    settings: str = "/etc/doorstep-hub"
    state: str = "/var/lib/doorstep-hub"
    run: str = "/run/doorstep-hub"
    web_state: str = "/var/lib/doorstep-hub-web"
    web_run: str = "/run/doorstep-hub-web"
    turn_run: str = "/run/doorstep-hub-turn"
    program: str = HUB_PROGRAM
    units: str = "/etc/systemd/system"
    tmpfiles: str = "/etc/tmpfiles.d"
    apt: str = "/etc/apt/apt.conf.d"

    def __post_init__(self) -> None:
        """Paths that need no quotes anywhere."""
        if not all(_PLAIN_PATH.fullmatch(getattr(self, each.name)) for each in fields(self)):
            raise HubRefused(_BAD_FOLDERS)

    def below(self, root: str) -> "HubFolders":
        """The same under a folder, for a hub that is not the machine's own."""
        stem = root.rstrip("/")
        return HubFolders(**{each.name: stem + getattr(self, each.name) for each in fields(self)})


@dataclass(frozen=True, slots=True)
class HubShape:
    """One hub.  Raises HubRefused where a part cannot be.

    `external_address` is the address that the world sees where the machine itself has another (a cloud's), else empty;
    `address_given` is whether the owner said so, and it is not what the name led to when the hub was set up.
    `admin_ports` are those of the administrator's own sshd, which the firewall leaves open.  `authority` is a file of
    certificates that the check from outside trusts instead of the system's.  `names_checked` is whether a name must
    lead to this machine, `by_systemd` whether this program has systemd run the daemons.
    """

    host: str
    external_address: str = ""
    inner_address: str = ""
    certificate: CertificateFrom = CertificateFrom.ACME
    authority: str = ""
    user: str = HUB_USER
    web_user: str = "caddy"
    turn_user: str = "turnserver"
    admin_ports: tuple[int, ...] = (22,)
    names_checked: bool = True
    address_given: bool = False
    by_systemd: bool = True
    ports: HubPorts = field(default_factory=HubPorts)
    folders: HubFolders = field(default_factory=HubFolders)

    def __post_init__(self) -> None:
        """Valid by construction."""
        if not is_host_name(self.host):
            msg = f'"{self.host}" is no host name. Give the hub\'s name in small letters, like door.example.org.'
            raise HubRefused(msg)
        if not all(_PLAIN_USER.fullmatch(user) for user in (self.user, self.web_user, self.turn_user)):
            raise HubRefused(_BAD_FOLDERS)
        if self.authority and not _PLAIN_PATH.fullmatch(self.authority):
            raise HubRefused(_BAD_FOLDERS)
        if not self.admin_ports or not all(map(is_port, self.admin_ports)):
            raise HubRefused(_BAD_PORTS)
        for address in (self.external_address, self.inner_address):
            _refuse_no_address(address)

    @property
    def is_trusted(self) -> bool:
        """Whether the check from outside can tell a good certificate: of Caddy's own authority it needs the root."""
        return self.certificate is CertificateFrom.ACME or bool(self.authority)

    @property
    def state(self) -> Path:
        """The folder of boxes and keys."""
        return Path(self.folders.state)

    @property
    def settings(self) -> Path:
        """The folder of what root wrote."""
        return Path(self.folders.settings)

    @property
    def run(self) -> Path:
        """The folder of what runs."""
        return Path(self.folders.run)


def shape_text(shape: HubShape) -> str:
    """As it lies in `hub.json`."""
    return json.dumps({"v": VERSION, **asdict(shape)}, indent=2) + "\n"


def read_shape(text: str, where: str) -> HubShape:
    """Raises StateUnreadable with the file's name; a field that this version does not know is such a fault too."""
    try:
        parts: Any = json.loads(text)
        if not isinstance(parts, dict) or parts.pop("v", None) != VERSION:
            raise StateUnreadable(_foreign(where))
        ports, folders = HubPorts(**parts.pop("ports")), HubFolders(**parts.pop("folders"))
        certificate = CertificateFrom(parts.pop("certificate"))
        admin_ports = tuple(parts.pop("admin_ports"))
        flags = {name: parts.pop(name) for name in ("names_checked", "address_given", "by_systemd")}
        if not all(isinstance(value, str) for value in parts.values()):
            raise StateUnreadable(_foreign(where))
        if not all(isinstance(value, bool) for value in flags.values()):
            raise StateUnreadable(_foreign(where))
        return HubShape(
            **parts,
            certificate=certificate,
            admin_ports=admin_ports,
            ports=ports,
            folders=folders,
            **flags,
        )
    except (ValueError, TypeError, KeyError, RecursionError, HubRefused) as error:
        raise StateUnreadable(_foreign(where)) from error


def shape_below(shape: HubShape, root: str) -> HubShape:
    """The same hub with all its files under one folder."""
    return replace(shape, folders=shape.folders.below(root))


def _refuse_no_address(address: str) -> None:
    try:
        known = not address or bool(ip_address(address))
    except ValueError:
        known = False
    if not known:
        msg = f'"{address}" is no IP address.'
        raise HubRefused(msg)


def _foreign(where: str) -> str:
    return (
        f"{where} is not what doorstep-hub writes, or a newer one wrote it; it was left as it is. Take the newer one, "
        "or run `sudo doorstep-hub init HOST` again: it writes it anew and keeps the boxes."
    )


_BAD_PORTS: Final = "The hub's ports must be between 1 and 65535, the first of the relay's before its last."
_SAME_PORTS: Final = (
    "The hub's ports ssh, http, https and turn must be four, none of the hundred from first_tunnel on, and turn none "
    "from first_relay to last_relay. Nothing was changed."
)
_BAD_FOLDERS: Final = "The hub's folders must be absolute and plain (letters, digits, - _ . and /), and so its users."
