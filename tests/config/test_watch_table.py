"""Who watches over Doorstep, in the config file."""

from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from doorstep.core.errors import ConfigInvalid
from doorstep.core.notify_settings import WatchSettings

CAMERA = '[[camera]]\nid = "porch"\nname = "Porch"\nsource = "demo://"\n'


def loaded(folder: Path, table: str) -> WatchSettings:
    path = folder / "doorstep.toml"
    path.write_text(f"{CAMERA}[watch]\n{table}", encoding="utf-8")
    return load_settings(path, {"PING": "https://ping.example.org/a-secret"}).watch


def test_nobody_is_asked_and_nothing_tested_by_default(tmp_path: Path) -> None:
    assert loaded(tmp_path, "") == WatchSettings()
    assert WatchSettings().ping == ""


def test_the_address_of_the_ping_is_a_secret(tmp_path: Path) -> None:
    (tmp_path / "ping").write_text("https://ping.example.org/a-secret\n", encoding="utf-8")
    for table in ('ping = "${PING}"\nping_every = 30', 'ping_file = "ping"\nping_every = 30'):
        watch = loaded(tmp_path, table)
        assert (watch.ping, watch.ping_every) == ("https://ping.example.org/a-secret", 30)
        assert "a-secret" not in repr(watch)


def test_the_nightly_test_has_a_time_and_a_camera(tmp_path: Path) -> None:
    watch = loaded(tmp_path, 'test_at = "03:30"\ntest_camera = "porch"')
    assert (watch.test_at, watch.test_camera) == (210, "porch")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('ping = "ftp://ping.example.org"', "must be a web address"),
        ('ping = "https://"', "must be a web address"),
        ('ping = "https://a:b/"', "must be a web address"),
        ('ping = "http://169.254.169.254/"', "clouds keep credentials"),
        ('ping = "http://0xa9fea9fe/"', "clouds keep credentials"),
        ('ping = "http://2852039166/"', "clouds keep credentials"),
        ('ping = "http://metadata.goog./"', "clouds keep credentials"),
        ("ping_every = 1", "ping_every"),
        ('test_at = "3:30"\ntest_camera = "porch"', "must be a time of day"),
        ('test_at = "03:30"', "test_camera"),
        ('test_at = "03:30"\ntest_camera = "garden"', "must be the id of a camera"),
    ],
)
def test_what_cannot_be_is_refused_without_quoting_it(tmp_path: Path, table: str, words: str) -> None:
    with pytest.raises(ConfigInvalid, match=words):
        loaded(tmp_path, table)
