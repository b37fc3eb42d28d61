"""The reverse tunnel as OpenSSH makes it: its command line, and what its last words mean.  Running it: `hub/`.

Options by ssh(1) and ssh_config(5).  Nothing of the machine's own ssh settings, keys or agents is used.
"""

import re
from enum import StrEnum
from typing import Final

from doorstep.core.hub_key import public_line
from doorstep.core.hub_line import LISTENS_AT
from doorstep.core.hub_names import HUB_USER, LET_GO
from doorstep.core.hub_pairing import Pairing

HUB_FOLDER: Final = "hub"
"""In the data folder: what is kept of the hub."""

KEY_NAME, KNOWN_HOSTS_NAME, PAIRING_NAME = "key", "known_hosts", "pairing.json"
"""What lies there."""

HUB_SOCKET: Final = "hub.sock"
"""In the data folder: the door at which visitors through the hub arrive."""

CONNECT_SECONDS: Final = 5
_OWN_FOLDER: Final = "/proc/self/cwd"
"""Where ssh was started (proc(5)); it takes whole paths of sockets only."""


class HubReason(StrEnum):
    """Why the way to the hub is not there."""

    REVOKED = "revoked"
    HOST_KEY = "host-key"
    KEY_LOST = "key-lost"
    NO_SSH = "no-ssh"
    NAME = "name"
    NO_ROUTE = "no-route"
    NOT_LISTENING = "not-listening"
    TIMED_OUT = "timed-out"
    NOT_A_HUB = "not-a-hub"
    HUB_FAILS = "hub-fails"
    PORT_TAKEN = "port-taken"
    SILENT = "silent"
    CLOSED = "closed"
    UNKNOWN = "unknown"


OWNER_MUST_ACT: Final = frozenset({HubReason.REVOKED, HubReason.HOST_KEY, HubReason.KEY_LOST, HubReason.NO_SSH})
"""Trying again by itself will hardly help."""

LEAVES_A_SESSION: Final = frozenset({HubReason.SILENT, HubReason.PORT_TAKEN, HubReason.HUB_FAILS})
"""After these the hub may still hold former sessions, and with them the port, or both of the box's seats there."""


def tunnel_argv(pairing: Pairing) -> tuple[str, ...]:
    """The command that holds the tunnel, to be run in the data folder.

    It speaks lines of `hub_status` on its standard input and output.  No path of this machine is in it, so none can
    be too long for a socket or mean anything to ssh.
    """
    forward = f"{LISTENS_AT}:{pairing.port}:{_OWN_FOLDER}/{HUB_SOCKET}"
    return (*_ssh(pairing.ssh_port, HUB_FOLDER), "-o", "ExitOnForwardFailure=yes", "-R", forward, _at(pairing.hub))


def let_go_argv(pairing: Pairing) -> tuple[str, ...]:
    """The command that ends this box's former session on the hub, and is done; to be run in the data folder."""
    return (*_ssh(pairing.ssh_port, HUB_FOLDER), _at(pairing.hub), LET_GO)


def pairing_argv(hub: str, ssh_port: int) -> tuple[str, ...]:
    """The command that pairs, one line in and one line out; to be run where the one-time key and known_hosts lie."""
    return (*_ssh(ssh_port, "."), _at(hub))


def known_hosts_text(hub: str, ssh_port: int, host_key: bytes) -> str:
    """The one key that the hub may have (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""
    return f"[{hub}]:{ssh_port} {public_line(host_key)}\n"


def _ssh(ssh_port: int, folder: str) -> tuple[str, ...]:
    settings = (
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        f"UserKnownHostsFile={folder}/{KNOWN_HOSTS_NAME}",
        "GlobalKnownHostsFile=none",
        "UpdateHostKeys=no",
        "HostKeyAlgorithms=ssh-ed25519",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        "PreferredAuthentications=publickey",
        "ControlMaster=no",
        "ControlPath=none",
        "ServerAliveInterval=5",
        "ServerAliveCountMax=2",
        f"ConnectTimeout={CONNECT_SECONDS}",
    )
    options = (word for setting in settings for word in ("-o", setting))
    return ("ssh", "-F", "none", "-a", "-x", "-T", *options, "-i", f"{folder}/{KEY_NAME}", "-p", str(ssh_port))


def _at(hub: str) -> str:
    return f"{HUB_USER}@{hub}"


_SAYINGS: Final = (
    (r"remote port forwarding failed", HubReason.PORT_TAKEN),
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|no matching host key type",
        HubReason.HOST_KEY,
    ),
    (r"host key is known for", HubReason.HOST_KEY),
    (r"UNPROTECTED PRIVATE KEY FILE|Load key \"|Identity file .* not accessible", HubReason.KEY_LOST),
    (r"Permission denied \(|Too many authentication failures", HubReason.REVOKED),
    (r"Could not resolve hostname", HubReason.NAME),
    (
        r"banner line|[Ii]nvalid (?:protocol|characters)|Bad remote protocol|Protocol major versions",
        HubReason.NOT_A_HUB,
    ),
    (r"kex_exchange_identification: (?:Connection closed|read: Connection reset)", HubReason.NOT_A_HUB),
    (r"Timeout, server .* not responding", HubReason.SILENT),
    (r"timed out", HubReason.TIMED_OUT),
    (r"No route to host|Network is unreachable|Host is down", HubReason.NO_ROUTE),
    (r"Connection refused", HubReason.NOT_LISTENING),
    (r"closed by|Connection reset|Broken pipe|Connection to .* closed", HubReason.CLOSED),
)
"""What OpenSSH's client says in English, the most telling first, and what it means."""

_MEANINGS: Final = tuple((re.compile(saying), reason) for saying, reason in _SAYINGS)


def reason_of(last_words: str) -> HubReason:
    """What ssh's standard error says; UNKNOWN where none of it is known."""
    return next((reason for saying, reason in _MEANINGS if saying.search(last_words)), HubReason.UNKNOWN)


def reason_words(reason: HubReason, hub: str) -> str:
    """For the owner, in plain words: why there is no way to this hub."""
    return _WORDS[reason].format(hub=hub)


_WORDS: Final = {
    HubReason.REVOKED: "The hub {hub} does not know this box any more: its key was revoked there, or the hub is new.",
    HubReason.HOST_KEY: "Whoever answers at {hub} is not the hub that this box was paired with: its key is another.",
    HubReason.KEY_LOST: "This box's own key for the hub {hub} cannot be used: its file is gone or damaged.",
    HubReason.NO_SSH: "The program ssh is not installed on this machine, so the hub {hub} cannot be reached.",
    HubReason.NAME: "The name {hub} is not found: there is no internet here, or the name is gone.",
    HubReason.NO_ROUTE: "There is no way to {hub}: this machine has no internet at the moment.",
    HubReason.NOT_LISTENING: "At {hub} no hub listens: the machine runs, its tunnel service does not.",
    HubReason.TIMED_OUT: "The hub {hub} does not answer.",
    HubReason.NOT_A_HUB: (
        "What answers at {hub} is no hub, or takes nobody in at the moment. A network that asks for a sign-in may "
        "stand between."
    ),
    HubReason.HUB_FAILS: "The hub {hub} took the connection, but its own program failed there.",
    HubReason.PORT_TAKEN: "The hub {hub} still holds the former connection of this box.",
    HubReason.SILENT: "The connection to {hub} carries nothing any more.",
    HubReason.CLOSED: "The hub {hub} ended the connection.",
    HubReason.UNKNOWN: "The connection to {hub} failed.",
}
