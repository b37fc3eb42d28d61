"""How the config file writes sizes and addresses to listen on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.config.notation import host_and_port, size_in_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("50 GB", 50_000_000_000),
        ("50GB", 50_000_000_000),
        ("1.5 TB", 1_500_000_000_000),
        ("256 MiB", 268_435_456),
        ("1 KiB", 1024),
        ("8 b", 8),
        (" 0.1 kB ", 100),
    ],
)
def test_a_size_means_what_it_says(text: str, size: int) -> None:
    assert size_in_bytes(text) == size


@pytest.mark.parametrize(
    "text",
    [
        "",
        "50",
        "GB",
        "50 XB",
        "-5 GB",
        "5 GB free",
        "1e3 GB",
        "0 GB",
        "0.1 B",
        "9999999 TiB",
        "\N{ARABIC-INDIC DIGIT FIVE} GB",
        "1_000 GB",
        "5  GB",
    ],
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        size_in_bytes(text)


@given(st.integers(1, 2**40), st.sampled_from(["B", "kB", "MB", "KiB", "MiB"]))
def test_whole_sizes_are_exact(number: int, unit: str) -> None:
    factor = {"B": 1, "kB": 10**3, "MB": 10**6, "KiB": 2**10, "MiB": 2**20}[unit]
    assert size_in_bytes(f"{number} {unit}") == number * factor


@given(st.text(max_size=20))
def test_any_text_is_a_size_or_a_value_error(text: str) -> None:
    try:
        size = size_in_bytes(text)
    except ValueError:
        return
    assert size > 0
    assert text.strip()[0].isdigit()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1:8080", ("192.0.2.1", 8080)),
        ("[::]:8080", ("::", 8080)),
        ("[fe80::1%eth0]:0", ("fe80::1%eth0", 0)),
        ("localhost:65535", ("localhost", 65535)),
    ],
)
def test_host_and_port_are_split(text: str, expected: tuple[str, int]) -> None:
    assert host_and_port(text) == expected


@pytest.mark.parametrize(
    "text", ["", "8080", ":8080", "localhost", "::1:8080", "[::1]", "a:b", "a:65536", "a b:1", "a:1/x"]
)
def test_what_is_no_place_to_listen_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        host_and_port(text)
