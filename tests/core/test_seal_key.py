"""What a file of a seal key may hold: its bytes in base64, and nothing else passes for a key."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.cloud_settings import SEAL_KEY_BYTES, seal_key_of


@given(st.binary(min_size=SEAL_KEY_BYTES, max_size=SEAL_KEY_BYTES), st.sampled_from([b"", b"\n", b"\r\n", b"  \n"]))
def test_a_key_is_read_whatever_ends_its_line(key: bytes, end: bytes) -> None:
    assert seal_key_of(base64.b64encode(key) + end) == key


@given(st.binary(max_size=80))
def test_another_size_is_named_and_not_taken(data: bytes) -> None:
    if len(data) == SEAL_KEY_BYTES:
        return
    with pytest.raises(ValueError, match=f"holds {len(data)} bytes, not 32"):
        seal_key_of(base64.b64encode(data))


@given(st.binary(min_size=SEAL_KEY_BYTES, max_size=SEAL_KEY_BYTES), st.integers(0, 42))
def test_what_is_no_base64_is_refused_without_being_quoted(key: bytes, at: int) -> None:
    written = base64.b64encode(key)
    with pytest.raises(ValueError, match="cannot be read as base64") as refused:
        seal_key_of(written[:at] + b"!" + written[at + 1 :])
    assert written[:8].decode() not in str(refused.value)
