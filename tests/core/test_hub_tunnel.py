"""The command line of the tunnel, and what the last words of ssh mean."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.hub_key import public_line
from doorstep.core.hub_pairing import Pairing
from doorstep.core.hub_tunnel import (
    HubReason,
    known_hosts_text,
    let_go_argv,
    pairing_argv,
    reason_of,
    reason_words,
    tunnel_argv,
)

PAIRING = Pairing("home", "door.example.org", "door.example.org", 2222, 21000, "a secret", 3478)
KEY = bytes(range(32))


def options_of(argv: tuple[str, ...]) -> set[str]:
    return {value for option, value in pairwise(argv) if option == "-o"}


def test_the_tunnel_asks_for_its_own_port_on_the_hubs_loopback_alone() -> None:
    argv = tunnel_argv(PAIRING)
    assert argv[argv.index("-R") + 1] == "127.0.0.1:21000:/proc/self/cwd/hub.sock"
    assert argv[-1] == "doorstep-hub@door.example.org"
    assert not {"-L", "-D", "-A", "-X", "-Y", "-N", "-f", "-g"} & set(argv)
    assert "ExitOnForwardFailure=yes" in options_of(argv)


@pytest.mark.parametrize("argv", [tunnel_argv(PAIRING), let_go_argv(PAIRING), pairing_argv("door.example.org", 2222)])
def test_no_call_asks_a_person_or_trusts_a_stranger(argv: tuple[str, ...]) -> None:
    assert argv[:3] == ("ssh", "-F", "none")
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "IdentityAgent=none"} <= options_of(
        argv
    )
    assert {"GlobalKnownHostsFile=none", "UpdateHostKeys=no", "PreferredAuthentications=publickey"} <= options_of(argv)
    assert "a secret" not in " ".join(argv)
    assert argv[argv.index("-p") + 1] == "2222"


def test_letting_go_forwards_nothing() -> None:
    argv = let_go_argv(PAIRING)
    assert argv[-2:] == ("doorstep-hub@door.example.org", "let-go")
    assert "-R" not in argv


def test_one_key_is_known_of_the_hub() -> None:
    assert known_hosts_text("door.example.org", 2222, KEY) == f"[door.example.org]:2222 {public_line(KEY)}\n"


CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Host key verification failed.
"""


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("doorstep-hub@hub: Permission denied (publickey).", HubReason.REVOKED),
        (CHANGED, HubReason.HOST_KEY),
        ("No ED25519 host key is known for [hub]:2222 and you have requested strict checking.", HubReason.HOST_KEY),
        ('Load key "hub/key": error in libcrypto\nhub: Permission denied (publickey).', HubReason.KEY_LOST),
        ("ssh: Could not resolve hostname hub: Name or service not known", HubReason.NAME),
        ("ssh: Could not resolve hostname hub: Temporary failure in name resolution", HubReason.NAME),
        ("ssh: connect to host hub port 2222: No route to host", HubReason.NO_ROUTE),
        ("ssh: connect to host hub port 2222: Network is unreachable", HubReason.NO_ROUTE),
        ("ssh: connect to host hub port 2222: Connection refused", HubReason.NOT_LISTENING),
        ("ssh: connect to host hub port 2222: Connection timed out", HubReason.TIMED_OUT),
        ("Connection timed out during banner exchange\nConnection to hub port 2222 timed out", HubReason.TIMED_OUT),
        ("kex_exchange_identification: banner line contains invalid characters", HubReason.NOT_A_HUB),
        ("kex_exchange_identification: Connection closed by remote host", HubReason.NOT_A_HUB),
        ("Error: remote port forwarding failed for listen port 21000", HubReason.PORT_TAKEN),
        ("Timeout, server hub not responding.", HubReason.SILENT),
        ("Connection to hub closed by remote host.", HubReason.CLOSED),
        ("client_loop: send disconnect: Broken pipe", HubReason.CLOSED),
        ("", HubReason.UNKNOWN),
    ],
)
def test_what_ssh_says_is_understood(words: str, reason: HubReason) -> None:
    assert reason_of(words) is reason


@given(st.text(max_size=2000))
def test_no_words_break_the_understanding(words: str) -> None:
    assert reason_of(words) in HubReason


@pytest.mark.parametrize("reason", HubReason)
def test_each_reason_is_one_plain_sentence_with_the_hubs_name(reason: HubReason) -> None:
    words = reason_words(reason, "door.example.org")
    assert "door.example.org" in words
    assert words.endswith(".")
    assert not {"stderr", "kex", "TCP", "errno"} & set(words.split())
