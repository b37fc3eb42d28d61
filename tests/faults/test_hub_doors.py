"""What strangers find: scans of the hub and of the house show what `docs/guide/from-anywhere.md` says, and no more; and
what lies on the hub's disk after it was used: settings and keys, and nothing that anybody filmed.
"""

from collections.abc import Iterator

import pytest

from fakes.hub_home import CAMERA
from fakes.hub_places import needs_places
from fakes.hub_rig import Away, hub_world, joined
from fakes.hub_scan import stun_ports, tcp_ports
from fakes.hub_world import HOME_PUBLIC, HUB_ADDRESS
from fakes.pictures import NEEDS_MODEL
from fakes.server_process import wait_for

pytestmark = [pytest.mark.slow, NEEDS_MODEL]

TCP = {80, 443, 2222, 3478}
ADMIN = 22
UDP = {3478}
RELAY = range(49160, 49260)


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Away]:
    needs_places("caddy", "turnserver")
    folder = tmp_path_factory.mktemp("doors")
    with hub_world(folder / "world") as hub, joined(hub, folder / "data") as made:
        wait_for(lambda: made.home.cameras()[0]["state"] == "live" or None, 30, "a live camera")
        yield made


def test_a_scan_of_the_hub_shows_its_five_doors(away: Away) -> None:
    found = away.hub.world.phone.call(lambda: tcp_ports(HUB_ADDRESS))
    assert found.open == TCP | {ADMIN}
    assert found.refused == set(), "what is closed says nothing"


def test_over_udp_the_hub_answers_as_a_relay_alone(away: Away) -> None:
    found = away.hub.world.phone.call(lambda: stun_ports(HUB_ADDRESS))
    assert found.open == UDP
    assert found.refused <= set(RELAY), "ports of relayed calls, of which there is none now"


def test_a_scan_of_the_house_shows_nothing(away: Away) -> None:
    assert away.hub.world.phone.call(lambda: tcp_ports(HOME_PUBLIC)).open == set()
    assert away.hub.world.phone.call(lambda: stun_ports(HOME_PUBLIC)).open == set()


def test_whatever_else_listens_on_the_hub_does_so_for_itself(away: Away) -> None:
    outside = {(kind, port) for kind, address, port in away.hub.listening() if not is_own(address)}
    assert outside == {*(("tcp", port) for port in TCP | {ADMIN}), ("udp", 3478)}


def is_own(address: str) -> bool:
    return address.startswith("127.") or address == "[::1]"


def test_the_hub_keeps_nothing_of_what_went_through_it(away: Away) -> None:
    token = away.home.token()
    away.home.ask("POST", f"/cameras/{CAMERA}/press").raise_for_status()
    event = wait_for(lambda: next((one for one in away.home.events() if one["ended_at"]), None), 60, "a visit's end")
    went = len(away.phone.ask("GET", f"/api/v1/events/{event['id']}/clip.mp4", token=token).content)
    went += len(away.phone.ask("GET", f"/api/v1/events/{event['id']}/still.jpg", token=token).content)
    assert went > 100_000
    assert away.phone.first_picture(CAMERA, token) > 0
    assert away.phone.relayed(CAMERA, token) > 0
    assert away.hub.media() == []
    in_memory = away.hub.place.run("find", "/run", "-type", "f", "-size", "+100k").stdout
    assert in_memory == ""
