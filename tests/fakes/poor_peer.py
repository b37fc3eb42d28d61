"""Sends a browser's WebRTC through `UdpRoads`: the candidates in WHEP's offer and answer are replaced by its two ends.

So the browser knows no other address of the server, nor the server one of the browser's.
"""

import re

from playwright.sync_api import BrowserContext, Route

from fakes.poor_network import Address, UdpRoads

_WHEP = re.compile(r"/live/whep")
_CANDIDATE = re.compile(r"^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host.*$", re.MULTILINE | re.IGNORECASE)
_ANY = re.compile(r"^a=candidate:.*\r?\n", re.MULTILINE)
_SECTION = re.compile(r"^(a=mid:.*\r?\n)", re.MULTILINE)


def detour(context: BrowserContext, roads: UdpRoads) -> None:
    """From now on, for one peer connection at a time."""

    def met(route: Route) -> None:
        match route.request.method:
            case "POST":
                offer = route.request.post_data or ""
                answer = route.fetch(post_data=with_candidate(offer, roads.far))
                sdp = answer.text()
                if (end := candidate_of(sdp)) is None:
                    route.fulfill(response=answer)
                    return
                roads.far_peer(end)
                route.fulfill(response=answer, body=with_candidate(sdp, roads.near))
            case "PATCH":
                route.fulfill(status=204)  # a candidate that would lead past the roads
            case _:
                route.continue_()

    context.route(_WHEP, met)


def candidate_of(sdp: str) -> Address | None:
    """The first IPv4 address that it names for UDP."""
    for host, port in _CANDIDATE.findall(sdp):
        if ":" not in host and not host.endswith(".local"):
            return host, int(port)
    return None


def with_candidate(sdp: str, end: Address) -> str:
    """With this address in each section, and no other."""
    line = f"a=candidate:1 1 udp 2130706431 {end[0]} {end[1]} typ host\r\n"
    return _SECTION.sub(rf"\g<1>{line}", _ANY.sub("", sdp))
