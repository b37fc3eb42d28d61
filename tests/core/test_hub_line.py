"""What stands in authorized_keys: just what is meant, and no way to write more into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import HubKeyInvalid
from doorstep.core.hub_key import public_line
from doorstep.core.hub_line import code_line, tunnel_line
from doorstep.core.hub_names import host_of, is_box_name, is_host_name, is_port, is_public_name

KEY = bytes(range(32))


def test_a_box_may_listen_at_its_port_and_run_one_program() -> None:
    assert tunnel_line("garage", 21001, KEY) == (
        'restrict,port-forwarding,permitlisten="127.0.0.1:21001",command="/usr/local/bin/doorstep-hub serve garage" '
        f"{public_line(KEY)} garage"
    )


def test_a_code_may_pair_until_its_time_and_nothing_else() -> None:
    assert code_line("home", 1_795_000_000, KEY) == (
        'restrict,expiry-time="20261118110640Z",command="/usr/local/bin/doorstep-hub pair-in home" '
        f"{public_line(KEY)} home"
    )


@given(st.text(max_size=40) | st.just("home"), st.text(max_size=40).map(lambda text: f"/{text}"))
def test_no_name_or_program_adds_a_line_or_an_option(box: str, program: str) -> None:
    try:
        lines = (tunnel_line(box, 21000, KEY, program), code_line(box, 0, KEY, program))
    except HubKeyInvalid:
        return
    assert is_box_name(box)
    for line in lines:
        assert line.count('"') == 4
        assert line.isprintable()
        assert not set(line) & set("$`;&|\\\n")


@pytest.mark.parametrize("port", [0, 70000, -1])
def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(HubKeyInvalid):
        tunnel_line("home", port, KEY)


@pytest.mark.parametrize("name", ["home", "a", "garage-2", "0", "x" * 32])
def test_names_of_boxes(name: str) -> None:
    assert is_box_name(name)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a.b", "a b", "x" * 33, "a\n", "\u00e4", "../x", "a_b"])
def test_what_is_no_name_of_a_box(name: str) -> None:
    assert not is_box_name(name)


@pytest.mark.parametrize("name", ["door.example.org", "127.0.0.1", "hub", "a-b.c", "xn--tr-fka.example"])
def test_names_of_machines(name: str) -> None:
    assert is_host_name(name)


@pytest.mark.parametrize("name", ["", ".", "a.", "-a.b", "a-.b", "A.b", "a b", "a/b", "a\n", f"{'a' * 64}.b", "::1"])
def test_what_is_no_name_of_a_machine(name: str) -> None:
    assert not is_host_name(name)


@pytest.mark.parametrize(
    ("name", "is_public"),
    [("door.example.org", True), ("a.xn--p1ai", True), ("hub", False), ("127.0.0.1", False), ("a.0-0", False)],
)
def test_names_that_the_world_may_know(name: str, *, is_public: bool) -> None:
    assert is_public_name(name) is is_public


def test_ports_are_numbers() -> None:
    assert is_port(1)
    assert is_port(65535)
    assert not any(map(is_port, (0, 65536, True, "22", 22.0, None)))


def test_the_first_box_has_the_hubs_own_name() -> None:
    assert host_of("home", "door.example.org") == "door.example.org"
    assert host_of("garage", "door.example.org") == "garage.door.example.org"
