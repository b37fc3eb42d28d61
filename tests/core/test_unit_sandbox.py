"""What an owner's own lines in the unit have opened, as systemd tells of it."""

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.unit_sandbox import NEEDED, SHUT, opened

AS_MADE = {name: min(allowed) for name, allowed in SHUT.items()} | {
    "MemoryMax": "3221225472",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_NETLINK AF_UNIX",
    "SystemCallFilter": "accept bind",
    "User": "doorstep",
    "WatchdogUSec": "30s",
}


def shown(**changed: str) -> str:
    return "".join(f"{name}={value}\n" for name, value in {**AS_MADE, **changed}.items())


def test_a_unit_as_it_was_made_has_nothing_open() -> None:
    assert opened(shown()) == []


def test_what_was_opened_is_named_and_not_quoted() -> None:
    wide = shown(ProtectSystem="no", User="root", MemoryMax="infinity", CapabilityBoundingSet="cap_sys_admin anna")
    assert opened(wide) == ["CapabilityBoundingSet", "MemoryMax", "ProtectSystem", "User"]


def test_what_shuts_in_more_is_nothing_open() -> None:
    assert opened(shown(DevicePolicy="strict", ProtectProc="noaccess")) == []


def test_a_systemd_that_knows_less_opens_nothing() -> None:
    assert opened("ProtectSystem=strict\n") == []


@given(st.text(alphabet="=\nProtectSystemUser yes", max_size=200))
def test_only_names_of_ours_are_ever_told(text: str) -> None:
    assert set(opened(text)) <= {*SHUT, *NEEDED}
