"""What is sealed opens whole and in any part, with its key and under its name alone, and in no other state."""

from collections.abc import Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from doorstep.core.errors import StoreRefused
from doorstep.stores.sealed_object import HEADER_BYTES, SealedObject, sealed_size

KEY, SALT, NAME = bytes(range(32)), bytes(range(100, 132)), "front-door/2026/11/21/20261121_140203.mp4"
CHUNK = 16
MORE = 28
bodies = st.binary(max_size=5 * CHUNK + 3)


def reader(data: bytes, pieces: int = 7) -> object:
    def read(offset: int, length: int) -> Iterator[bytes]:
        for at in range(offset, offset + length, pieces):
            yield data[at : min(at + pieces, offset + length)]

    return read


def sealed(data: bytes, key: bytes = KEY, salt: bytes = SALT, name: str = NAME) -> bytes:
    seal = SealedObject(key, salt, name, len(data), CHUNK)
    return b"".join(seal.seal(reader(data), 0, seal.sealed_size))  # type: ignore[arg-type]


def opened(lies: bytes, offset: int = 0, length: int = 1 << 20, key: bytes = KEY, name: str = NAME) -> bytes:
    seal = SealedObject.of(lies[:HEADER_BYTES], key, name)
    return seal.open(lambda at, count: lies[at : at + count], offset, length)


def chunks_of(lies: bytes) -> list[bytes]:
    return [lies[at : at + CHUNK + MORE] for at in range(HEADER_BYTES, len(lies), CHUNK + MORE)]


@given(bodies)
def test_what_is_sealed_opens_again_and_has_the_size_that_was_said(data: bytes) -> None:
    lies = sealed(data)
    assert len(lies) == sealed_size(len(data), CHUNK)
    assert opened(lies) == data


@given(bodies, st.integers(0, 6 * CHUNK), st.integers(0, 6 * CHUNK))
def test_any_part_opens(data: bytes, offset: int, length: int) -> None:
    assert opened(sealed(data), offset, length) == data[offset : offset + length]


@given(bodies, st.integers(0, 400), st.integers(0, 400))
def test_any_part_is_sealed_the_same_as_in_the_whole(data: bytes, offset: int, length: int) -> None:
    seal = SealedObject(KEY, SALT, NAME, len(data), CHUNK)
    part = b"".join(seal.seal(reader(data, 5), offset, length))  # type: ignore[arg-type]
    assert part == sealed(data)[offset : offset + length]


@given(bodies, st.data())
def test_no_byte_can_be_changed(data: bytes, drawn: st.DataObject) -> None:
    lies = bytearray(sealed(data))
    lies[drawn.draw(st.integers(0, len(lies) - 1))] ^= drawn.draw(st.integers(1, 255))
    with pytest.raises(StoreRefused):
        opened(bytes(lies))


@given(bodies, st.integers(1, 400))
def test_nothing_can_be_cut_off(data: bytes, count: int) -> None:
    lies = sealed(data)
    with pytest.raises(StoreRefused):
        opened(lies[: max(0, len(lies) - count)])


@given(st.binary(min_size=2 * CHUNK + 1, max_size=5 * CHUNK), st.randoms(use_true_random=False))
def test_chunks_cannot_change_places_or_stand_in_for_each_other(data: bytes, draw: object) -> None:
    lies = sealed(data)
    chunks = chunks_of(lies)
    mixed = draw.choices(chunks, k=len(chunks))  # type: ignore[attr-defined]
    assume(mixed != chunks)
    with pytest.raises(StoreRefused):
        opened(lies[:HEADER_BYTES] + b"".join(mixed))


@given(bodies, st.binary(min_size=1, max_size=100))
def test_what_is_put_behind_it_is_not_opened(data: bytes, more: bytes) -> None:
    assert opened(sealed(data) + more) == data


@given(st.binary(min_size=CHUNK, max_size=3 * CHUNK))
def test_a_longer_one_cannot_be_made_by_putting_its_own_chunks_behind(data: bytes) -> None:
    lies = sealed(data)
    longer = SealedObject(KEY, SALT, NAME, len(data) + CHUNK, CHUNK)
    header = b"".join(longer.seal(reader(b""), 0, HEADER_BYTES))  # type: ignore[arg-type]
    with pytest.raises(StoreRefused):
        opened(header + lies[HEADER_BYTES:] + chunks_of(lies)[-1])


@given(bodies)
def test_another_key_or_name_opens_nothing(data: bytes) -> None:
    lies = sealed(data)
    with pytest.raises(StoreRefused):
        opened(lies, key=bytes(32))
    with pytest.raises(StoreRefused):
        opened(lies, name="back-door/2026/11/21/20261121_140203.mp4")


@given(bodies, bodies)
def test_no_nonce_is_used_twice_even_for_a_body_that_changed(data: bytes, other: bytes) -> None:
    """A clip may be written anew between two tries: what differs is sealed by another nonce."""
    sealed_chunks = {*chunks_of(sealed(data)), *chunks_of(sealed(other))}
    assert len({chunk[:12] for chunk in sealed_chunks}) == len(sealed_chunks)


@given(st.binary(max_size=200))
def test_anything_else_is_refused_in_plain_words(lies: bytes) -> None:
    with pytest.raises(StoreRefused, match="seal_key_file"):
        opened(lies)


def test_the_format_stays_what_it_is() -> None:
    """Whoever changes this changes what lies in buckets already."""
    data = b"some bytes of a film, in chunks of 16 ea"
    assert sealed(data).hex() == FORMAT


FORMAT = (
    "444f4f525345414c010000000000001000000000000000286465666768696a6b6c6d6e6f707172737475767778797a7b7c7d"
    "7e7f808182830000000000000000cbc2b4b028e357e2c048bb708b105c301e384181d3a239df91611f158d387e2895fe1fda"
    "972f0babd540c8248c19e991f802001b1dd9e6062ac391dcbd7a310384903aa89a1180ef17202ddf957f57b7c00602f44c81"
    "bd39e4b201d516814f1c70e0ae1c35053a72bdd36284db367b4dce4df40f9befe3f3f33fbc54"
)
