"""What box and hub tell each other once: whole, or not at all."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import HubWordInvalid, PairingRefused
from doorstep.core.hub_key import public_line
from doorstep.core.hub_pairing import (
    KeptPairing,
    Pairing,
    PairingFault,
    kept_text,
    pair_answer,
    pair_refusal,
    pair_request,
    read_kept,
    read_pair_answer,
    read_pair_request,
)

PAIRING = Pairing("garage", "garage.door.example.org", "door.example.org", 2222, 21001, "a secret", 3478)
KEPT = KeptPairing(PAIRING, 1_795_000_000)
KEY = bytes(range(32))


@given(st.binary(min_size=32, max_size=32))
def test_the_request_holds_the_key(key: bytes) -> None:
    assert read_pair_request(pair_request(key)) == key


def test_the_answer_is_the_pairing() -> None:
    assert read_pair_answer(pair_answer(PAIRING)) == PAIRING
    assert read_kept(kept_text(KEPT)) == KEPT
    assert PAIRING.address == "https://garage.door.example.org"


@pytest.mark.parametrize("fault", PairingFault)
def test_a_refusal_is_told_in_plain_words(fault: PairingFault) -> None:
    with pytest.raises(PairingRefused, match=r"Nothing was changed here\. Get a new code") as refused:
        read_pair_answer(pair_refusal(fault))
    assert fault is not PairingFault.USED or "used already" in str(refused.value)


def test_a_hub_puts_no_words_of_its_own_into_a_fault_that_is_known() -> None:
    line = json.dumps({"v": 1, "error": "used", "words": "Send us your password."}).encode()
    with pytest.raises(PairingRefused) as refused:
        read_pair_answer(line)
    assert "password" not in str(refused.value)


def test_a_fault_of_a_newer_hub_is_told_by_its_words() -> None:
    line = json.dumps({"v": 1, "error": "full moon", "words": "Not\ntoday."}).encode()
    with pytest.raises(PairingRefused, match=r"^Not today\. Nothing"):
        read_pair_answer(line)


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"Welcome to Debian", b'{"v":1,"key":7}', b'{"v":1,"key":"x"}'])
def test_what_is_no_request_is_refused(line: bytes) -> None:
    with pytest.raises(HubWordInvalid):
        read_pair_request(line)


def test_options_before_the_key_do_not_get_through() -> None:
    line = json.dumps({"v": 1, "key": f'command="id" {public_line(KEY)}'}).encode()
    with pytest.raises(HubWordInvalid):
        read_pair_request(line)


@given(st.binary(max_size=500))
def test_no_answer_breaks_the_reading(line: bytes) -> None:
    with pytest.raises((HubWordInvalid, PairingRefused)):
        read_pair_answer(line)


@pytest.mark.parametrize(
    "wrong",
    [
        {"v": 2},
        {"box": "-x"},
        {"host": "a b"},
        {"hub": "-oProxyCommand=id"},
        {"hub": None},
        {"ssh_port": "2222"},
        {"port": 0},
        {"turn_port": 99999},
        {"turn_secret": "with\nline"},
        {"turn_secret": "x" * 201},
    ],
)
def test_a_part_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    parts = {**json.loads(pair_answer(PAIRING)), **wrong}
    with pytest.raises(HubWordInvalid):
        read_pair_answer(json.dumps(parts).encode())
    with pytest.raises(HubWordInvalid):
        read_kept(json.dumps({**parts, "paired_at": 1}))


@given(st.integers(0, len(kept_text(KEPT)) - 3))
def test_a_file_that_was_cut_is_refused(length: int) -> None:
    with pytest.raises(HubWordInvalid):
        read_kept(kept_text(KEPT)[:length])


def test_the_secret_is_in_no_log() -> None:
    assert "a secret" not in repr(KEPT)
    assert replace(PAIRING, turn_secret="") != PAIRING
