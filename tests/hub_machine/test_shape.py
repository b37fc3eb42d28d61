"""A hub's shape: what it says of itself comes back, and nothing that could mean something elsewhere gets in."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.hub_machine.refused import HubRefused, StateUnreadable
from doorstep.hub_machine.shape import (
    CertificateFrom,
    HubFolders,
    HubPorts,
    HubShape,
    read_shape,
    shape_below,
    shape_text,
)

SHAPE = HubShape("door.example.org", "45.10.1.2", "10.0.0.5", CertificateFrom.INTERNAL, admin_ports=(22, 2022))


def test_a_shape_comes_back_as_it_was() -> None:
    for shape in (SHAPE, shape_below(SHAPE, "/srv/hub"), replace(SHAPE, by_systemd=False, names_checked=False)):
        assert read_shape(shape_text(shape), "hub.json") == shape


@given(st.text(max_size=40))
def test_hosts_users_and_folders_hold_nothing_that_could_leave_its_line(text: str) -> None:
    for made in (
        lambda: HubShape(text),
        lambda: HubShape("a", user=text),
        lambda: HubFolders(state=f"/var/{text}"),
        lambda: HubShape("a", authority=f"/x{text}"),
    ):
        try:
            made()
        except HubRefused:
            continue
        assert not set(text) & set(" \n\r\t\"'`$;#{}\\%")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "[" * 3000,
        "{}",
        '{"v": 1}',
        json.dumps({**json.loads(shape_text(SHAPE)), "v": 2}),
        json.dumps({**json.loads(shape_text(SHAPE)), "more": 1}),
        json.dumps({**json.loads(shape_text(SHAPE)), "host": 5}),
        json.dumps({**json.loads(shape_text(SHAPE)), "host": "a b"}),
        json.dumps({**json.loads(shape_text(SHAPE)), "by_systemd": "yes"}),
        json.dumps({**json.loads(shape_text(SHAPE)), "admin_ports": []}),
        json.dumps({**json.loads(shape_text(SHAPE)), "folders": {"state": "/x\n/y"}}),
    ],
)
def test_a_foreign_file_is_one_sentence_with_its_remedy(text: str) -> None:
    with pytest.raises(StateUnreadable, match=r"/etc/x\.json is not what doorstep-hub writes.*init HOST"):
        read_shape(text, "/etc/x.json")


@pytest.mark.parametrize(
    "wrong", [{"ssh": 0}, {"https": 70000}, {"first_relay": 5000, "last_relay": 4000}, {"first_tunnel": 65500}]
)
def test_ports_are_ports(wrong: dict[str, int]) -> None:
    with pytest.raises(HubRefused, match="ports must be"):
        HubPorts(**wrong)


@pytest.mark.parametrize("turn", [49160, 49200, 49259])
def test_turn_is_none_of_the_ports_that_it_relays_by(turn: int) -> None:
    with pytest.raises(HubRefused, match="turn none from first_relay to last_relay"):
        HubPorts(turn=turn)


def test_turn_may_be_right_beside_the_ports_that_it_relays_by() -> None:
    assert [HubPorts(turn=turn).turn for turn in (49159, 49260)] == [49159, 49260]


@pytest.mark.parametrize("host", ["", "Door.example.org", "-a", "a..b", "a b", "a/b", "x" * 300, "door.example.org\n"])
def test_a_host_is_a_name(host: str) -> None:
    with pytest.raises(HubRefused, match="is no host name"):
        HubShape(host)


def test_a_certificate_of_caddys_own_cannot_be_told_from_a_bad_one_without_its_root() -> None:
    ours = HubShape("door.example.org", certificate=CertificateFrom.INTERNAL)
    assert not ours.is_trusted
    assert replace(ours, authority="/root.crt").is_trusted
    assert HubShape("door.example.org").is_trusted
