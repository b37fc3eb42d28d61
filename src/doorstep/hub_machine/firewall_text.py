"""The hub's own table of nftables, nft(8): what may come in, and how often from one address.  Pure.

It is a table of its own, so no rule of the administrator's is touched; his own tables may close more.
"""

from typing import Final

from doorstep.hub_machine.shape import HubShape

TABLE: Final = "doorstep_hub"

WEB_CONNECTIONS_OF_ONE: Final = 48
"""Of one address to Caddy at a time: phones open six each, and one for each live picture."""

WEB_CONNECTIONS_SHARED: Final = 16
"""Of all together who have more than their own, or for whom a set had no room."""

_TEXT: Final = """\
# Written by doorstep-hub; changes here are lost.  Loaded and replaced as a whole: nft -f THIS-FILE
table inet {table}
delete table inet {table}

table inet {table} {{
	# New connections of one address, each set bounded and forgetting by itself.  Of IPv6 an address is a network of
	# 48 bits, which one customer may have: with each of its 65536 networks a count of its own a set would be full.
	set web4 {{ type ipv4_addr; flags dynamic,timeout; timeout 1m; size 65535; }}
	set web6 {{ type ipv6_addr; flags dynamic,timeout; timeout 1m; size 65535; }}
	set ssh4 {{ type ipv4_addr; flags dynamic,timeout; timeout 1m; size 65535; }}
	set ssh6 {{ type ipv6_addr; flags dynamic,timeout; timeout 1m; size 65535; }}
	set turn4 {{ type ipv4_addr; flags dynamic,timeout; timeout 1m; size 65535; }}
	set turn6 {{ type ipv6_addr; flags dynamic,timeout; timeout 1m; size 65535; }}

	# Connections to Caddy that one address holds; who holds none any more is forgotten.
	set held4 {{ type ipv4_addr; flags dynamic; size 65535; }}
	set held6 {{ type ipv6_addr; flags dynamic; size 65535; }}

	chain input {{
		type filter hook input priority filter; policy drop;

		# What a relay sends to this machine itself, coturn takes for the internet; only another relay may have it.
		iif "lo" ip daddr != 127.0.0.0/8 udp sport {first}-{last} udp dport != {first}-{last} drop
		iif "lo" ip6 daddr != ::1 udp sport {first}-{last} udp dport != {first}-{last} drop
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

	# In each of these: who is within his own count is let in.  Whoever is over it, or has none because a set is full,
	# is one of many who share a small one.
	chain web {{
		update @web4 {{ ip saddr limit rate 50/second burst 300 packets }} goto held
		update @web6 {{ ip6 saddr and {network} limit rate 50/second burst 300 packets }} goto held
		limit rate 10/second burst 50 packets goto held
		drop
	}}

	chain held {{
		add @held4 {{ ip saddr ct count {of_one} }} accept
		add @held6 {{ ip6 saddr and {network} ct count {of_one} }} accept
		ct count {shared} accept
		drop
	}}

	chain tunnels {{
		update @ssh4 {{ ip saddr limit rate 60/minute burst 40 packets }} accept
		update @ssh6 {{ ip6 saddr and {network} limit rate 60/minute burst 40 packets }} accept
		limit rate 30/minute burst 20 packets accept
		drop
	}}

	chain relay {{
		update @turn4 {{ ip saddr limit rate 20/second burst 100 packets }} accept
		update @turn6 {{ ip6 saddr and {network} limit rate 20/second burst 100 packets }} accept
		limit rate 10/second burst 50 packets accept
		drop
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
        of_one=WEB_CONNECTIONS_OF_ONE,
        shared=WEB_CONNECTIONS_SHARED,
        network="ffff:ffff:ffff::",
    )
