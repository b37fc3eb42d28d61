from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from doorstep.core.errors import ConfigInvalid


def test_a_broker_is_read_with_its_password_from_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "doorstep.toml"
    file.write_text('[notify.mqtt]\nurl = "mqtts://me:${PW}@broker.example"\nca = "ca.pem"\n', encoding="utf-8")
    mqtt = load_settings(file, {"PW": "hunter2"}).notify.mqtt
    assert mqtt is not None
    assert (mqtt.url, mqtt.ca, mqtt.prefix) == ("mqtts://me:hunter2@broker.example", tmp_path / "ca.pem", "doorstep")
    assert "hunter2" not in repr(mqtt)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "is missing"),
        ('url = "http://broker"', "must begin with mqtt"),
        ('url = "mqtt://169.254.169.254"', "must name a broker"),
        ('url = "mqtt://b"\nprefix = "a/#"', "beginning of a topic"),
        (f'url = "mqtt://b"\nprefix = "{"a" * 10_000}"', "beginning of a topic"),
    ],
)
def test_what_is_no_broker_is_refused(tmp_path: Path, line: str, words: str) -> None:
    file = tmp_path / "doorstep.toml"
    file.write_text(f"[notify.mqtt]\npictures = true\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigInvalid, match=words):
        load_settings(file, {})
