"""The age format: what we seal comes back, what another program sealed is opened, and nothing else is."""

import base64
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.backup.age_file import AgeReader, AgeWriter
from doorstep.backup.errors import BackupInvalid
from doorstep.backup.passphrase import Passphrase

WORDS = "correct horse battery staple"
PIECE = 64 * 1024
OF_RAGE = """
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBIWTBMYmNMaDdwNGdxeWxoZTg1b2FRIDE2CjFQbXBpL0NCdHpwMVRwYi9t
N2MvWWwyQjFLejBYaXQrMkpvb3MwaGxvYncKLS0tIHNpSUdVL0tTcG1UWVhMOHhLNnVqa2pZVDVOQUZ3Z0FDYjJGSWszTE56VGcK
rNvJr/eSmLt8y1khmcKG6iXQCNnQn1wbTP3XDBa81KDQ1zEIVZufSXfM2HM8FssPuDJM+3TXBQ==
"""


def sealed(data: bytes, *sizes: int) -> bytes:
    out = io.BytesIO()
    writer = AgeWriter(out, Passphrase(WORDS, work=10))
    for size in sizes:
        writer.write(data[:size])
        data = data[size:]
    writer.write(data)
    writer.close()
    return out.getvalue()


def opened(data: bytes, words: str = WORDS, size: int = 50_000) -> bytes:
    reader = AgeReader(io.BytesIO(data), words)
    found = b""
    while piece := reader.read(size):
        found += piece
    return found


def test_what_rage_sealed_is_opened() -> None:
    """By rage, another implementation of the same specification; scrypt's cost is 2^16 there."""
    assert opened(base64.b64decode(OF_RAGE)) == b"kept by another program"


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 200_000])
def test_any_length_comes_back(length: int) -> None:
    data = bytes(number % 251 for number in range(length))
    assert opened(sealed(data, 1000, 70_000)) == data


TWO_PIECES = sealed(bytes(PIECE + 500))


@settings(deadline=None)
@given(st.integers(0, len(TWO_PIECES) - 1))
def test_a_file_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(BackupInvalid):
        opened(TWO_PIECES[:length])


@settings(deadline=None)
@given(st.integers(0, len(TWO_PIECES) - 1), st.integers(1, 255))
def test_one_changed_byte_is_refused(place: int, change: int) -> None:
    data = bytearray(TWO_PIECES)
    data[place] ^= change
    with pytest.raises(BackupInvalid):
        opened(bytes(data))


def test_pieces_in_another_order_or_twice_are_refused() -> None:
    data = sealed(bytes(3 * PIECE))
    head = len(data) - 3 * (PIECE + 16)
    first, second, last = (data[head + at * (PIECE + 16) :][: PIECE + 16] for at in range(3))
    for pieces in ((second, first, last), (first, first, last), (first, last), (first, second, last, last)):
        with pytest.raises(BackupInvalid):
            opened(data[:head] + b"".join(pieces))


def test_another_passphrase_does_not_open_it() -> None:
    with pytest.raises(BackupInvalid, match="passphrase"):
        opened(sealed(b"data"), "correct horse battery stapler")


def test_a_header_that_asks_for_a_gigabyte_of_memory_is_refused() -> None:
    data = sealed(b"data").replace(b" 10\n", b" 20\n", 1)
    with pytest.raises(BackupInvalid, match="memory"):
        opened(data)


def test_the_same_is_never_sealed_alike() -> None:
    assert sealed(b"data") != sealed(b"data")


def test_a_passphrase_is_not_shown() -> None:
    assert WORDS not in repr(Passphrase(WORDS))
