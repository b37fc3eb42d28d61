"""The pairing code: what was written is read, whatever copying did around it; what was damaged is never believed."""

import base64
import hashlib
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from doorstep.core.errors import HubCodeInvalid
from doorstep.core.hub_code import LONGEST_CODE, PREFIX, HubCode, code_is_over, code_text, read_code

HOST_KEY, SEED = bytes(range(32)), bytes(range(32, 64))
UNTIL = 1_795_000_000
CODE = HubCode("door.example.org", 2222, HOST_KEY, SEED, UNTIL)
TEXT = code_text(CODE)

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
HOSTS = st.lists(LABELS, min_size=1, max_size=6).map(".".join)
CODES = st.builds(
    HubCode,
    hub=HOSTS,
    ssh_port=st.integers(1, 65535),
    host_key=st.binary(min_size=32, max_size=32),
    seed=st.binary(min_size=32, max_size=32),
    until=st.integers(0, 2**40 - 1),
)


@given(CODES)
def test_what_was_written_is_read(code: HubCode) -> None:
    text = code_text(code)
    assert text.startswith(PREFIX)
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")
    assert len(text) <= LONGEST_CODE
    assert read_code(text) == code


@given(CODES, st.integers(3, 80), st.sampled_from(["\n", "\r\n", " ", "\n   ", "\t", "\u00a0"]))
def test_line_breaks_of_a_mail_or_a_terminal_do_no_harm(code: HubCode, width: int, between: str) -> None:
    text = code_text(code)
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    assert read_code(f"  {between.join(lines)}\n") == code


@pytest.mark.parametrize("around", ['"{}"', "'{}'", "`{}`", "<{}>", " {} \n"])
def test_quotes_around_it_do_no_harm(around: str) -> None:
    assert read_code(around.format(TEXT)) == CODE
    assert read_code(around.format("DH1-" + TEXT[4:])) == CODE


@given(st.integers(4, len(TEXT) - 1))
def test_one_that_is_cut_off_is_told_as_such(length: int) -> None:
    with pytest.raises(HubCodeInvalid, match="cut off"):
        read_code(TEXT[:length])


@given(st.integers(4, len(TEXT) - 1), st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_one_wrong_letter_is_never_believed(place: int, letter: str) -> None:
    assume(TEXT[place] != letter)
    damaged = TEXT[:place] + letter + TEXT[place + 1 :]
    try:
        read = read_code(damaged)
    except HubCodeInvalid:
        return
    assert read == CODE  # bits of the last letter that mean nothing


def whole(body: bytes) -> str:
    raw = body + hashlib.sha256(body).digest()[:4]
    return PREFIX + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"7",
        b"}",
        b'{"hub":7,"port":1,"key":"","seed":"","until":1}',
        b'{"hub":"a.b","port":true,"key":"","seed":"","until":1}',
        b'{"hub":"a.b","port":1,"key":null,"seed":"","until":1}',
        b'{"hub":"a.b","port":1,"key":"AAAA","seed":"AAAA","until":1}',
        b'{"hub":"a.b","port":1,"key":"' + "\u00e4".encode() + b'","seed":"AAAA","until":1}',
        b"[" * 900,
    ],
)
def test_one_that_is_whole_and_says_nonsense_is_refused(body: bytes) -> None:
    with pytest.raises(HubCodeInvalid, match=r"Nothing was changed\."):
        read_code(whole(body))


@given(st.text(max_size=300))
def test_anything_else_is_refused_in_plain_words(text: str) -> None:
    with pytest.raises(HubCodeInvalid, match=r"Nothing was changed\."):
        read_code(text)


@given(st.text(alphabet=string.printable, max_size=300))
def test_nothing_behind_the_prefix_breaks_it(text: str) -> None:
    with pytest.raises(HubCodeInvalid):
        read_code(PREFIX + text)


def test_another_version_is_told_apart_from_nonsense() -> None:
    with pytest.raises(HubCodeInvalid, match="another version"):
        read_code("dh2-" + TEXT[4:])
    with pytest.raises(HubCodeInvalid, match="no pairing code"):
        read_code("https://door.example.org")


@pytest.mark.parametrize(
    "hub",
    [
        "-oProxyCommand=sh",
        "door example",
        "door.example.org;id",
        "",
        "a" * 254,
        "Door.example.org",
        "d\u00f6r.de",
        "a..b",
    ],
)
def test_no_hub_can_be_called_what_a_command_line_would_misread(hub: str) -> None:
    with pytest.raises(HubCodeInvalid):
        HubCode(hub, 2222, HOST_KEY, SEED, UNTIL)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(HubCodeInvalid):
        HubCode("door.example.org", port, HOST_KEY, SEED, UNTIL)


def test_a_key_that_is_too_short_is_refused() -> None:
    with pytest.raises(HubCodeInvalid):
        HubCode("door.example.org", 2222, HOST_KEY[1:], SEED, UNTIL)


def test_it_is_over_by_the_time_that_is_given() -> None:
    assert not code_is_over(CODE, UNTIL - 0.1)
    assert code_is_over(CODE, UNTIL)


def test_the_seed_is_in_no_log() -> None:
    assert repr(SEED) not in repr(CODE)
