"""What `--to` may say, and that its key is seen nowhere."""

from pathlib import Path

import pytest

from doorstep.core.errors import ConfigInvalid
from doorstep.publish.destination import Destination, parse_destination, read_secret


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rtmp://hub.local/live/abc", Destination(False, "hub.local", 1935, "live", "abc")),
        ("rtmps://hub.example/live/abc", Destination(True, "hub.example", 443, "live", "abc")),
        ("rtmps://hub.example:1936/live/abc?a=b", Destination(True, "hub.example", 1936, "live", "abc?a=b")),
        ("rtmp://[fd00::5]:1937/live/a/b%20c", Destination(False, "fd00::5", 1937, "live", "a/b c")),
    ],
)
def test_addresses(text: str, expected: Destination) -> None:
    assert parse_destination(text, {}) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hub/live/geheim",
        "http://hub/live/geheim",
        "rtmp:///live/geheim",
        "rtmp://hub/geheim",
        "rtmp://hub/live/",
        "rtmp://hub:99999/live/geheim",
        "rtmp://me:geheim@hub/live/x",
        "rtmp://hub/live/${NOBODY}",
        "rtmp://[fd00/live/geheim",
    ],
)
def test_what_is_refused_is_not_repeated(text: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        parse_destination(text, {})
    assert "geheim" not in str(refused.value)
    assert str(refused.value).startswith("--to: ")


def test_the_key_comes_from_the_environment_and_is_shown_nowhere() -> None:
    to = parse_destination("rtmps://hub.example/live/${KEY}", {"KEY": "geheim"})
    assert to.key == "geheim"
    assert "geheim" not in f"{to} {to!r} {to.url}"
    assert str(to) == "rtmps://hub.example/live"


def test_a_secret_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "to"
    path.write_text("rtmp://hub/live/geheim\nmore\n")
    assert read_secret(path, "--to-file") == "rtmp://hub/live/geheim"
    path.write_text("\n")
    with pytest.raises(ConfigInvalid, match="--to-file"):
        read_secret(path, "--to-file")
    with pytest.raises(ConfigInvalid, match="--to-file"):
        read_secret(tmp_path / "absent", "--to-file")
