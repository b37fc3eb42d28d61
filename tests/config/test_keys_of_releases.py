"""A config of a version that was released is read by this one: no key of it was renamed or taken away.

Who has to rename one brings the older name to the newer, line by line and with its comments, before it takes the key
out of the schema; until then there is nothing to bring up.
"""

from pathlib import Path

import pytest

from doorstep.config.judge import _all_keys
from doorstep.config.load import load_settings
from doorstep.core.errors import ConfigInvalid
from doorstep.core.releases import RELEASES

RELEASED = Path(__file__).with_name("released")
KEPT = sorted(RELEASED.glob("*.txt"))


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.stem)
def test_every_key_of_it_is_known(kept: Path) -> None:
    known = set(_all_keys())
    assert [key for key in kept.read_text(encoding="utf-8").split() if key not in known] == []


def test_the_keys_of_every_release_before_this_one_are_kept() -> None:
    assert [kept.stem for kept in KEPT] == [version for version, _ in RELEASES[:-1]]


def test_a_key_of_a_version_to_come_is_named_with_its_line(tmp_path: Path) -> None:
    config = tmp_path / "doorstep.toml"
    config.write_text('# mine\n[server]\nlisten = "127.0.0.1:1"\nteleport = true\n', encoding="utf-8")
    with pytest.raises(ConfigInvalid, match=r"line 4: server\.teleport: unknown key"):
        load_settings(config, {})
