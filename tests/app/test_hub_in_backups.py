"""A hub is left out of every backup: a house that is restored elsewhere must not take the place of one that runs."""

from pathlib import Path

import pytest

from doorstep.app.backup import make_backup
from doorstep.app.folders import catalog_url
from doorstep.app.report_choices import choice_section
from doorstep.app.restore import restore_backup
from doorstep.backup.backup_file import open_backup
from doorstep.backup.passphrase import Passphrase
from doorstep.catalog.engine import open_engine
from doorstep.catalog.upgrade import upgrade
from doorstep.core.settings import HubSettings, ServerSettings, Settings
from fakes.kept_hub import PAIRING, SECRET, keep

WORDS = "correct horse battery staple"
LEFT_OUT = "the way through the hub (join it anew: `sudo doorstep-hub pair` there)"


def house(data: Path) -> None:
    data.mkdir(mode=0o700)
    engine = open_engine(catalog_url(data))
    upgrade(engine)
    engine.dispose()
    keep(data)


def hub_line(settings: Settings) -> object:
    return next(line.told for line in choice_section(settings).lines if line.what == "hub")


@pytest.mark.parametrize("passphrase", [None, Passphrase(WORDS, work=10)], ids=["plain", "sealed"])
def test_no_backup_has_the_key_of_the_hub_and_a_restore_says_so(tmp_path: Path, passphrase: Passphrase | None) -> None:
    data, made, new = tmp_path / "data", tmp_path / "house.backup", tmp_path / "new"
    house(data)
    manifest = make_backup(data, None, made, passphrase, replace=False)
    assert [one.key for one in manifest.left_out if "hub" in one.key] == [LEFT_OUT]
    with open_backup(made, lambda: WORDS) as backup:
        assert not any(SECRET.encode() in content for content in backup.files.values())
    restored = restore_backup(made, new, tmp_path / "doorstep.toml", lambda: WORDS)
    assert f"bring back {LEFT_OUT}" in restored.notes
    assert not (new / "hub").exists()


def test_the_report_says_whether_and_never_which(tmp_path: Path) -> None:
    settings = Settings(server=ServerSettings(data=tmp_path))
    assert hub_line(settings) == "none"
    keep(tmp_path)
    assert hub_line(settings) == "joined"
    assert PAIRING.host not in str(choice_section(settings))
    assert hub_line(Settings(server=ServerSettings(data=tmp_path), hub=HubSettings(enabled=False))) == "switched off"
