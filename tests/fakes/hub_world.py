"""Home behind a NAT that lets nothing in, a hub in the public, and a phone outside: three networks and what joins them.

                      45.10.1.2            45.20.1.2 192.168.77.1
    phone 45.30.1.2 --- internet --- hub       internet --- router --- home 192.168.77.10, and a tablet .20

Public addresses are such as the Internet has, because some programs refuse those that are kept for tests; nothing of
this reaches it, for no cable leads out.  What runs there is `fakes.hub_rig`'s.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fakes.hub_places import Place, Places, places, why_not

HUB_ADDRESS, HOME_PUBLIC, PHONE_ADDRESS = "45.10.1.2", "45.20.1.2", "45.30.1.2"
INTERNET_ADDRESS = "45.10.1.1"
HOME_ADDRESS, TABLET_ADDRESS = "192.168.77.10", "192.168.77.20"
PHONE_NETWORK = "45.30.0.0/16"
HUB_HOST, GARAGE_HOST = "door.example.org", "garage.door.example.org"
ACME_HOST = "acme-v02.api.letsencrypt.org"
"""Where a Caddy of itself asks for certificates: here the authority of `fakes.hub_authority`."""

_ROUTER = """
table inet home {
  chain input { type filter hook input priority 0; policy accept; iifname "out" ct state != established drop; }
  chain forward { type filter hook forward priority 0; policy drop;
    ct state invalid drop
    ct state established,related accept
    iifname "in" accept
  }
  chain nat { type nat hook postrouting priority 100; oifname "out" masquerade random; }
}
"""
_PORTAL = """
table ip portal {
  chain pre { type nat hook prerouting priority -100; iifname "%s" meta l4proto tcp redirect to :8090
  }
  chain keep { type filter hook forward priority 10; iifname "%s" meta l4proto udp drop
  }
}
"""
_NO_UDP = """
table inet no_udp {
  chain forward { type filter hook forward priority 5;
  meta l4proto udp iifname "phone" drop
  meta l4proto udp oifname "phone" drop
  }
}
"""
_LOOSE = "/proc/sys/net/netfilter/nf_conntrack_tcp_loose"


@dataclass(frozen=True, slots=True)
class World:
    """The places, and what can go wrong between them."""

    folder: Path
    internet: Place
    router: Place
    home: Place
    tablet: Place
    hub: Place
    phone: Place

    def forget(self) -> None:
        """The NAT of the home silently forgets every connection: what still comes of them it drops."""
        self.router.run("conntrack", "-F")

    def cut_hub(self, *, off: bool) -> None:
        """Nothing reaches the hub or leaves it, and nobody is told; or all does again."""
        self.internet.run("ip", "link", "set", "hub", "down" if off else "up")

    def cut_home(self, *, off: bool) -> None:
        """As when the provider is away."""
        self.internet.run("ip", "link", "set", "home", "down" if off else "up")

    def no_udp(self, *, off: bool) -> None:
        """The phone's network lets no UDP through, in either direction; or it does again."""
        self.internet.run("nft", _NO_UDP if off else "delete table inet no_udp")

    def portal(self, *, on: bool) -> None:
        """Who connects at home gets to a login page, whatever he asked for; a server must listen at `router` for it."""
        self.router.run("nft", _PORTAL % ("in", "in") if on else "delete table ip portal")

    def phone_portal(self, *, on: bool) -> None:
        """The same for the phone, by a server at `internet`."""
        self.internet.run("nft", _PORTAL % ("phone", "phone") if on else "delete table ip portal")

    def slow_phone(self, kilobits: int, milliseconds: int = 0) -> bool:
        """The phone's link in both directions; 0: as fast as it can.  Whether the delay holds: not every kernel can."""
        delays = True
        for place, card in ((self.internet, "phone"), (self.phone, "mobile")):
            place.run("tc", "qdisc", "del", "dev", card, "root", check=False)
            if not kilobits:
                continue
            add = ("tc", "qdisc", "add", "dev", card, "root")
            netem = ("netem", "rate", f"{kilobits}kbit", "delay", f"{milliseconds}ms", "limit", "200")
            if place.run(*add, *netem, check=False).returncode:
                delays = False
                place.run(*add, "tbf", "rate", f"{kilobits}kbit", "burst", "16kb", "latency", "800ms")
        return delays

    def names(self, hosts: Mapping[str, str]) -> None:
        """Every machine finds others by these names and none else: names and their addresses."""
        lines = [f"{address} {name}" for name, address in hosts.items()]
        for place in (self.internet, self.home, self.tablet, self.hub, self.phone):
            text = "\n".join(["127.0.0.1 localhost", f"127.0.1.1 {place.name}", *lines, ""])
            place.write("/etc/hosts", text, self.folder)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Its cables plugged in; `folder` keeps the hub's files."""
    folder.mkdir(parents=True, exist_ok=True)
    with places() as made:
        internet, router, home, tablet, phone = (
            made.place(name) for name in ("internet", "router", "home", "tablet", "phone")
        )
        built = World(folder, internet, router, home, tablet, made.place("hub", folder / "hub"), phone)
        _join(made, built)
        _rules(built)
        built.names({HUB_HOST: HUB_ADDRESS, GARAGE_HOST: HUB_ADDRESS, ACME_HOST: INTERNET_ADDRESS})
        yield built


def _join(made: Places, built: World) -> None:
    made.cable((built.internet, "hub", "45.10.1.1/24"), (built.hub, "out", f"{HUB_ADDRESS}/24"))
    made.cable((built.internet, "home", "45.20.1.1/24"), (built.router, "out", f"{HOME_PUBLIC}/24"))
    made.cable((built.internet, "phone", "45.30.1.1/24"), (built.phone, "mobile", f"{PHONE_ADDRESS}/24"))
    built.router.run("ip", "link", "add", "in", "type", "bridge")
    for place, card, address in ((built.home, "lan1", HOME_ADDRESS), (built.tablet, "lan2", TABLET_ADDRESS)):
        made.cable((built.router, card, ""), (place, "lan", f"{address}/24"))
        built.router.run("ip", "link", "set", card, "master", "in")
        built.router.run("ip", "link", "set", "in", "up")
    built.router.run("ip", "address", "add", "192.168.77.1/24", "dev", "in")
    gates = {"hub": "45.10.1.1", "router": "45.20.1.1", "phone": "45.30.1.1"}
    for place in (built.hub, built.router, built.phone, built.home, built.tablet):
        place.run("ip", "route", "add", "default", "via", gates.get(place.name, "192.168.77.1"))
    built.internet.run("ip", "route", "add", PHONE_NETWORK, "via", PHONE_ADDRESS)


def _rules(built: World) -> None:
    for place in (built.internet, built.router):
        place.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    built.router.run("nft", _ROUTER)
    # A connection that it does not know it will not take up in the middle: so it is with the NATs of providers.
    built.router.run("sh", "-c", f"echo 0 > {_LOOSE}")
    for place in (built.internet, built.home, built.tablet, built.hub, built.phone):
        place.write("/etc/resolv.conf", "nameserver 127.0.0.53\noptions timeout:1 attempts:1\n", built.folder)


def missing() -> str:
    """Why there can be no such world here."""
    return why_not("caddy", "turnserver")
