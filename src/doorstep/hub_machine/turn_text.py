"""The settings of the hub's coturn: a relay for phones whose network blocks the direct way.  Pure.

Options by turnserver(1).  Credentials are time-limited, made by each box of its own secret (draft-uberti-behave-turn-
rest-00, as core/ice_server.py makes them).
"""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Final

from doorstep.hub_machine.box import Box
from doorstep.hub_machine.shape import HubShape

CLOSED_NETWORKS: Final = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
    *("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2002::/16"),
    *("fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
)
"""Of IANA's special-purpose registries (RFC 6890): this machine, its network, a cloud's inside, disguises of those.

The machine's own public address is the firewall's to close (`firewall_text`), for two calls that it relays meet there.
"""

SESSION_BYTES_A_SECOND: Final = 1_500_000
ALL_BYTES_A_SECOND: Final = 12_500_000
SESSIONS_IN_ALL: Final = 50
SESSIONS_OF_ONE: Final = 6

_TEXT: Final = """\
# Written by doorstep-hub; changes here are lost.
listening-port={port}
min-port={first}
max-port={last}
{external}realm={host}
fingerprint
use-auth-secret
{secrets}
stale-nonce=600

# Media is encrypted from end to end (DTLS); there is nothing here to add.
no-tls
no-dtls
no-tcp-relay
no-cli
no-rfc5780
no-stun-backward-compatibility
no-software-attribute

# It leads to the internet alone, a little at a time.
no-multicast-peers
{closed}
user-quota={of_one}
total-quota={in_all}
max-bps={session_bps}
bps-capacity={all_bps}
max-allocate-lifetime=3600

userdb={run}/turndb
simple-log
log-file=stdout
"""


def turn_text(shape: HubShape, boxes: Iterable[Box]) -> str:
    """The file for `turnserver -c`.  Without a box there is no secret, by which coturn refuses everybody."""
    secrets = [secret for box in sorted(boxes, key=lambda one: one.name) for secret in box.turn_secrets]
    return _TEXT.format(
        port=shape.ports.turn,
        first=shape.ports.first_relay,
        last=shape.ports.last_relay,
        external=_external(shape),
        host=shape.host,
        secrets="\n".join(f"static-auth-secret={secret}" for secret in secrets) or "# no box",
        closed="\n".join(f"denied-peer-ip={_span(network)}" for network in CLOSED_NETWORKS),
        of_one=SESSIONS_OF_ONE,
        in_all=SESSIONS_IN_ALL,
        session_bps=SESSION_BYTES_A_SECOND,
        all_bps=ALL_BYTES_A_SECOND,
        run=shape.folders.turn_run,
    )


def _external(shape: HubShape) -> str:
    if not shape.external_address:
        return ""
    inner = f"/{shape.inner_address}" if shape.inner_address else ""
    return f"external-ip={shape.external_address}{inner}\n"


def _span(network: str) -> str:
    """First and last address, for coturn knows no networks.

    To its ioa_addr_in_range a span that begins with :: begins before every address, IPv4's too; of itself it refuses
    the unspecified address (since 4.5.2), so the span begins with the one after that.
    """
    found = ip_network(network)
    first = found[1] if found[0].is_unspecified else found[0]
    return f"{first}-{found[-1]}"
