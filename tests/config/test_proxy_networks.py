"""Whose forwarding headers may be believed: somebody's, never everybody's."""

from pathlib import Path

import pytest

from doorstep.core.settings_edit import SettingsChange, SettingsRefused
from fakes.settings_place import PlacedSettings

PATH = ("server", "trusted_proxies")


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "127.0.0.1/0"])
def test_everybody_is_no_proxy(tmp_path: Path, network: str) -> None:
    placed = PlacedSettings(tmp_path)
    with pytest.raises(SettingsRefused, match="everybody"):
        placed.file.change(placed.file.read().version, [SettingsChange(PATH, ["192.0.2.1", network])], "Ann")


def test_addresses_and_networks_are(tmp_path: Path) -> None:
    placed = PlacedSettings(tmp_path)
    placed.file.change(placed.file.read().version, [SettingsChange(PATH, ["192.0.2.1", "fd00::/64"])], "Ann")
    assert placed.load().server.trusted_proxies == ("192.0.2.1/32", "fd00::/64")
