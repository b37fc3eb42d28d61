"""Keys as OpenSSH writes them: read and written anew, and what is none is refused."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import HubKeyInvalid
from doorstep.core.hub_key import public_line, read_private_seed, read_public_line

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
LINE = KEY.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
FILE = KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


def test_a_public_key_is_written_as_openssh_writes_it() -> None:
    assert public_line(PUBLIC) == LINE
    assert read_public_line(f"{LINE} somebody@somewhere\n") == PUBLIC


def test_the_seed_of_a_private_key_is_found() -> None:
    assert read_private_seed(FILE) == (bytes(range(32)), PUBLIC)


@given(st.binary(min_size=32, max_size=32))
def test_each_key_comes_back(key: bytes) -> None:
    assert read_public_line(public_line(key)) == key


@given(st.binary(min_size=32, max_size=32))
def test_each_seed_comes_back(seed: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    file = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    assert read_private_seed(file)[0] == seed


def other(kind: bytes, *parts: bytes) -> str:
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in (kind, *parts))
    return f"{kind.decode()} {base64.b64encode(blob).decode()}"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 %%%",
        "ssh-ed25519 AAAA",
        "ssh-ed25519 \u00e4\u00e4\u00e4\u00e4",
        other(b"ssh-rsa", b"\x01\0\x01", b"\x7f" * 256),
        other(b"ssh-ed25519", PUBLIC[1:]),
        other(b"ssh-ed25519", PUBLIC, b"more"),
        f'command="id" {LINE}',
        LINE + " " * 1000,
        LINE[:-4],
    ],
)
def test_what_is_no_public_key_is_refused(line: str) -> None:
    with pytest.raises(HubKeyInvalid):
        read_public_line(line)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    for read in (read_public_line, read_private_seed):
        with pytest.raises(HubKeyInvalid):
            read(text)


@given(st.binary(max_size=400))
def test_no_bytes_in_a_key_file_break_the_reading(content: bytes) -> None:
    lines = FILE.splitlines()
    for blob in (content, b"openssh-key-v1\0" + content):
        with pytest.raises(HubKeyInvalid):
            read_private_seed("\n".join([lines[0], base64.b64encode(blob).decode(), lines[-1]]))


def test_a_file_with_a_passphrase_is_refused() -> None:
    lines = FILE.splitlines()
    blob = base64.b64decode("".join(lines[1:-1]))
    cipher = b"aes256-ctr"
    sealed = blob.replace(b"\0\0\0\x04none", len(cipher).to_bytes(4, "big") + cipher, 1)
    assert sealed != blob
    with pytest.raises(HubKeyInvalid):
        read_private_seed("\n".join([lines[0], base64.b64encode(sealed).decode(), lines[-1]]))


def test_a_key_of_another_length_is_not_written() -> None:
    with pytest.raises(HubKeyInvalid):
        public_line(PUBLIC + b"\0")
