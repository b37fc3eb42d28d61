"""What [notify.push] may say."""

from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from doorstep.core.errors import ConfigInvalid
from doorstep.core.notify_settings import PushSettings


def loaded(tmp_path: Path, text: str) -> PushSettings:
    path = tmp_path / "doorstep.toml"
    path.write_text(f"[notify.push]\n{text}\n", encoding="utf-8")
    return load_settings(path, {}).notify.push


def test_without_it_only_the_push_services_of_browsers_are_sent_to(tmp_path: Path) -> None:
    assert loaded(tmp_path, "") == PushSettings(contact="", services=())


def test_contact_and_own_services(tmp_path: Path) -> None:
    text = 'contact = "me@example.org"\nservices = ["https://push.example.org", "https://10.0.0.7:8443/push/"]'
    services = ("https://push.example.org/", "https://10.0.0.7:8443/push/")
    assert loaded(tmp_path, text) == PushSettings("me@example.org", services)
    assert loaded(tmp_path, 'contact = "https://example.org/contact"').contact == "https://example.org/contact"


@pytest.mark.parametrize(
    "text",
    [
        'contact = "me"',
        'contact = "http://example.org"',
        'services = ["http://push.example.org/"]',
        'services = ["push.example.org"]',
        'services = ["https://user:word@push.example.org/"]',
        'services = ["https://push.example.org/?x=1"]',
        'service = ["https://push.example.org/"]',
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigInvalid) as raised:
        loaded(tmp_path, text)
    assert "notify.push" in str(raised.value)
    assert "word@" not in str(raised.value)
