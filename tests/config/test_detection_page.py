"""The keys that docs/reference/detection.md shows are those that [detection] has, each at its default."""

import re
import tomllib
from pathlib import Path

from doorstep.config.load import load_settings
from doorstep.config.schema import Detection

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "detection.md"


def shown() -> str:
    """The block of keys as it would be copied."""
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(block)


def test_the_page_shows_every_key_at_its_default() -> None:
    keys = tomllib.loads(shown())["detection"]
    defaults = {name: field.default for name, field in Detection.model_fields.items() if name != "token_file"}
    assert keys == defaults
    assert "token_file = " in shown()


def test_the_keys_can_be_copied(tmp_path: Path) -> None:
    path = tmp_path / "doorstep.toml"
    path.write_text(shown(), encoding="utf-8")
    assert load_settings(path, {}).detection == load_settings(None, {}).detection
