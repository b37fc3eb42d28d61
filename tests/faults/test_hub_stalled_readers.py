"""A stranger who asks the hub for much and reads nothing of it takes no place that others need; no journal fills."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from doorstep.hub_machine.firewall_text import WEB_CONNECTIONS_OF_ONE, WEB_CONNECTIONS_SHARED
from fakes.hub_places import Place, needs_places
from fakes.hub_rig import WEB, Hub, hub_world
from fakes.hub_stalling import BOX, ENDLESS, HUB_ADDRESS6, NETWORK6_BITS, WORD, stalled
from fakes.hub_world import HUB_ADDRESS, HUB_HOST
from fakes.server_process import wait_for

pytestmark = pytest.mark.slow

STRANGER, VISITOR = "45.30.1.7", "45.30.1.8"
STRANGER6, HIS_OTHER_NETWORK6, VISITOR6 = "2a00:1450:7:1::7", "2a00:1450:7:ffff::7", "2a00:1450:8::8"
MANY = 300
"""More than Caddy has connections to one box."""

FAMILY = 4 * (6 + 4)
"""Four phones, each with what a browser opens at a time and four live pictures."""

RULES = "/etc/doorstep-hub/nftables.conf"


@dataclass(frozen=True, slots=True)
class Answering:
    """A hub, and in place of its first box a page on the tunnel's port."""

    hub: Hub

    def asked(self, address: str, url: str = f"https://{HUB_HOST}/") -> str:
        """What somebody at this address gets to see, if anything."""
        port, hub = (80 if url.startswith("http:") else 443), f"[{HUB_ADDRESS6}]" if ":" in address else HUB_ADDRESS
        where = ("--interface", address, "--resolve", f"{HUB_HOST}:{port}:{hub}")
        words = ("curl", "-s", "-m", "5", *where, "--cacert", str(self.hub.authority.root))
        return self.place(address).run(*words, url, check=False).stdout

    def place(self, address: str) -> Place:
        """Whose address it is."""
        return self.hub.world.internet if ":" in address else self.hub.world.phone

    def held(self, address: str, kept: ExitStack) -> int:
        """How many endless answers he gets and keeps."""
        return kept.enter_context(stalled(self.place(address), address, self.hub.authority.root, MANY))

    def journal(self) -> str:
        """What Caddy wrote."""
        return self.hub.place.run("cat", f"/run/stand-in/{WEB}.service.log").stdout


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answering]:
    needs_places("caddy", "turnserver", "curl")
    with hub_world(tmp_path_factory.mktemp("stalled") / "world") as hub:
        hub.init()
        port = json.loads(hub.place.run("cat", "/var/lib/doorstep-hub/boxes/home.json").stdout)["port"]
        box = hub.place.start("python3", "-c", BOX, str(port))
        for address in (STRANGER, VISITOR):
            hub.world.phone.run("ip", "address", "add", f"{address}/24", "dev", "mobile")
        for address in (STRANGER6, HIS_OTHER_NETWORK6, VISITOR6):
            hub.world.internet.run("ip", "address", "add", f"{address}/{NETWORK6_BITS}", "dev", "hub", "nodad")
        hub.place.run("ip", "address", "add", f"{HUB_ADDRESS6}/{NETWORK6_BITS}", "dev", "out", "nodad")
        made = Answering(hub)
        try:
            wait_for(lambda: made.asked(VISITOR) == made.asked(VISITOR6) == WORD or None, 60, "the page")
            yield made
        finally:
            box.kill()
            box.wait(60)


def test_who_stalls_as_much_as_he_can_holds_a_part_and_others_are_answered(answering: Answering) -> None:
    with ExitStack() as kept:
        held = answering.held(STRANGER, kept)
        assert FAMILY <= WEB_CONNECTIONS_OF_ONE <= held <= WEB_CONNECTIONS_OF_ONE + WEB_CONNECTIONS_SHARED <= 256 / 4
        assert answering.asked(STRANGER) == "", "he is let in again while he holds all that he may"
        assert answering.asked(VISITOR) == WORD
    wait_for(lambda: answering.asked(STRANGER) == WORD or None, 60, "his connections to be forgotten")


def test_the_many_networks_of_one_customer_are_one(answering: Answering) -> None:
    with ExitStack() as kept:
        assert answering.held(STRANGER6, kept) >= WEB_CONNECTIONS_OF_ONE
        assert answering.held(HIS_OTHER_NETWORK6, kept) == 0
        assert answering.asked(VISITOR6) == WORD


def test_where_a_set_is_full_those_without_a_count_have_one_together(answering: Answering) -> None:
    """Of sets with room for one: the visitor's."""
    place = answering.hub.place
    rules = place.run("cat", RULES).stdout
    place.run("nft", "-f", "-", given=rules.replace("size 65535", "size 1"))
    try:
        with ExitStack() as kept:
            kept.enter_context(stalled(answering.place(VISITOR), VISITOR, answering.hub.authority.root, 1))
            assert answering.held(STRANGER, kept) == WEB_CONNECTIONS_SHARED
            assert answering.asked(VISITOR) == WORD
    finally:
        place.run("nft", "-f", RULES)


def test_what_strangers_do_writes_no_line_into_the_journal(answering: Answering) -> None:
    before = answering.journal()
    for scheme in ("http", "https"):
        assert answering.asked(STRANGER, f"{scheme}://{HUB_HOST}/.well-known/acme-challenge/token") == ""
    answering.asked(STRANGER, f"https://{HUB_HOST}{ENDLESS}")  # and away in the middle of it
    with ExitStack() as kept:
        kept.enter_context(stalled(answering.place(STRANGER), STRANGER, answering.hub.authority.root, 1))
    assert answering.asked(VISITOR) == WORD
    assert answering.journal() == before
