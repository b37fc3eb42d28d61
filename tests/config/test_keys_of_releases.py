"""A config of a version that was released is read by this one: each of its keys is known, or has another name now.

Who renames one adds a row to `core/renamed_keys.py`; reading, rewriting and `doorstep check` go by it.
"""

from pathlib import Path

import pytest

from doorstep.config.judge import _all_keys
from doorstep.config.load import load_settings
from doorstep.core.errors import ConfigInvalid
from doorstep.core.releases import RELEASES
from doorstep.core.renamed_keys import RENAMED, name_of_now

RELEASED = Path(__file__).with_name("released")
KEPT = sorted(RELEASED.glob("*.txt"))


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.stem)
def test_every_key_of_it_is_known(kept: Path) -> None:
    known = set(_all_keys())
    keys = kept.read_text(encoding="utf-8").split()
    assert [key for key in keys if ".".join(name_of_now(tuple(key.split(".")), RENAMED)) not in known] == []


def test_the_keys_of_every_release_before_this_one_are_kept() -> None:
    assert [kept.stem for kept in KEPT] == [version for version, _ in RELEASES[:-1]]


def test_a_key_of_a_version_to_come_is_named_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    config = tmp_path / "doorstep.toml"
    config.write_text('# mine\n[server]\nlisten = "127.0.0.1:1"\nteleport = true\n', encoding="utf-8")
    with pytest.raises(ConfigInvalid) as caught:
        load_settings(config, {})
    assert str(caught.value).startswith(f"{config}, line 4: server.teleport: unknown key; the nearest that is known")
    assert str(caught.value).endswith("Take it out, or install the newer Doorstep that knows it")
