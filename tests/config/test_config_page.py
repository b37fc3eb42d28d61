"""docs/reference/config.md is what the schema says, and tells truly what waits for a restart."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from doorstep.config.edit import edited
from doorstep.config.load import load_settings
from doorstep.config.reference import settings_keys
from doorstep.core.reload import reload_of
from doorstep.core.settings_edit import KeyKind, SettingsChange, SettingsKey

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "config.md"
OTHER: dict[str, Any] = {
    "server.listen": "127.0.0.1:1",
    "server.data": "/elsewhere",
    "server.names": ["door.example.org"],
    "server.address": "https://door.example.org",
    "server.timezone": "Europe/Berlin",
    "server.ingest_from": ["192.0.2.0/24"],
    "server.trusted_proxies": ["192.0.2.0/24"],
    "events.close_after": 11,
    "events.post_roll": 4,
    "events.pre_roll": 6,
    "events.record_on": ["press"],
    "events.alert_on": ["press"],
    "detection.labels": ["person", "cat"],
    "buffer.directory": "/elsewhere",
    "retention.max_bytes": "1 GB",
    "buffer.max_bytes": "1 GB",
    "live.interfaces": ["eth0"],
    "live.stun": ["stun:stun.example.org"],
    "notify.push.contact": "me@example.org",
    "notify.push.services": ["https://push.example.org/"],
    "chime.sound": "own",
    "watch.ping": "https://ping.example.org/x",
    "catalog.site": "hut",
}


AROUND = {
    "notify.email": '[notify.email]\nsmtp = "smtp://mail"\nfrom = "a@example.org"\nto = ["b@example.org"]\n',
    "notify.mqtt": '[notify.mqtt]\nurl = "mqtt://broker"\n',
}


def generator() -> Any:
    specification = importlib.util.spec_from_file_location("make_config", PAGE.with_name("make_config.py"))
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_page_is_what_the_schema_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == generator().page(), "python docs/reference/make_config.py"


def test_every_key_is_there_with_a_meaning() -> None:
    rows = re.findall(r"^\| `", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    keys = settings_keys()
    assert len(rows) == len(keys)
    assert all(key.help for key in keys)


def other_value(key: SettingsKey) -> Any:
    """One that is right and not the default, None where there is none so simple."""
    name = ".".join(key.path)
    if name in OTHER:
        return OTHER[name]
    default = key.default
    match key.kind:
        case KeyKind.SWITCH:
            return not default
        case KeyKind.NUMBER | KeyKind.WHOLE if isinstance(default, int | float):
            return default + 1 if key.most is None or default + 1 <= key.most else default - 1
        case _:
            return None


@pytest.mark.parametrize(
    "key",
    [key for key in settings_keys() if not key.in_list and other_value(key) is not None],
    ids=lambda key: ".".join(key.path),
)
def test_what_the_page_says_of_a_restart_is_what_a_reload_does(key: SettingsKey, tmp_path: Path) -> None:
    path, around = tmp_path / "doorstep.toml", AROUND.get(".".join(key.path[:-1]), "")
    path.write_text(around, encoding="utf-8")
    running = load_settings(path, {})
    path.write_text(edited(around, [SettingsChange(key.path, other_value(key))]), encoding="utf-8")
    wanted = load_settings(path, {})
    if wanted != running:  # else the key means something beside another one only
        waits = reload_of(running, wanted).needs_restart
        assert (not waits) is key.at_once, waits
