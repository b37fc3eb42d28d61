"""The hub's own table of nftables, nft(8): what may come in, and how often from one address.  Pure.

It is a table of its own, so no rule of the administrator's is touched; his own tables may close more.
"""

from typing import Final

from doorstep.hub_machine.shape import HubShape

TABLE: Final = "doorstep_hub"

_TEXT: Final = """\
# Written by doorstep-hub; changes here are lost.  Loaded and replaced as a whole: nft -f THIS-FILE
table inet {table}
delete table inet {table}

table inet {table} {{
	# New connections of one address (of IPv6 a network of 64 bits), each set bounded and forgetting by itself.
	set web4 {{ type ipv4_addr; flags dynamic,timeout; timeout 1m; size 65535; }}
	set web6 {{ type ipv6_addr; flags dynamic,timeout; timeout 1m; size 65535; }}
	set ssh4 {{ type ipv4_addr; flags dynamic,timeout; timeout 1m; size 65535; }}
	set ssh6 {{ type ipv6_addr; flags dynamic,timeout; timeout 1m; size 65535; }}
	set turn4 {{ type ipv4_addr; flags dynamic,timeout; timeout 1m; size 65535; }}
	set turn6 {{ type ipv6_addr; flags dynamic,timeout; timeout 1m; size 65535; }}

	chain input {{
		type filter hook input priority filter; policy drop;

		iif "lo" accept
		ct state established,related accept
		ct state invalid drop

		# What IP itself needs: errors, neighbours, routers, addresses, and a few pings.
		icmp type {{ destination-unreachable, time-exceeded, parameter-problem }} accept
		icmpv6 type {{ destination-unreachable, packet-too-big, time-exceeded, parameter-problem }} accept
		icmpv6 type {{ nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query }} accept
		icmp type echo-request limit rate 10/second burst 20 packets accept
		icmpv6 type echo-request limit rate 10/second burst 20 packets accept
		udp sport 67 udp dport 68 accept
		udp sport 547 udp dport 546 accept

		# The administrator's own sshd is left as it is.
		tcp dport {{ {admin} }} accept

		tcp dport {{ {web} }} ct state new jump web
		tcp dport {ssh} ct state new jump tunnels
		tcp dport {turn} ct state new jump relay
		udp dport {turn} ct state new jump relay
		udp dport {first}-{last} accept
	}}

	chain web {{
		update @web4 {{ ip saddr limit rate over 50/second burst 300 packets }} drop
		update @web6 {{ ip6 saddr and ffff:ffff:ffff:ffff:: limit rate over 50/second burst 300 packets }} drop
		accept
	}}

	chain tunnels {{
		update @ssh4 {{ ip saddr limit rate over 60/minute burst 40 packets }} drop
		update @ssh6 {{ ip6 saddr and ffff:ffff:ffff:ffff:: limit rate over 60/minute burst 40 packets }} drop
		accept
	}}

	chain relay {{
		update @turn4 {{ ip saddr limit rate over 20/second burst 100 packets }} drop
		update @turn6 {{ ip6 saddr and ffff:ffff:ffff:ffff:: limit rate over 20/second burst 100 packets }} drop
		accept
	}}
}}
"""


def firewall_text(shape: HubShape) -> str:
    """The file for `nft -f`; loading it replaces the table at once, or leaves it as it is."""
    ports = shape.ports
    return _TEXT.format(
        table=TABLE,
        admin=", ".join(map(str, sorted(set(shape.admin_ports)))),
        web=", ".join(map(str, sorted({ports.http, ports.https}))),
        ssh=ports.ssh,
        turn=ports.turn,
        first=ports.first_relay,
        last=ports.last_relay,
    )
