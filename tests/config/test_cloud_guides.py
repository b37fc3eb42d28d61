"""What the guides say about what lies outside the house can be copied into a config as it stands there."""

import re
from base64 import b64encode
from pathlib import Path

import pytest

from doorstep.config.load import load_settings

ROOT = Path(__file__).parents[2]
SECRET = "0123456789abcdef0123456789abcd"
SEAL_KEY = b64encode(bytes(range(32))).decode()
CAMERA = '[[camera]]\nid = "front-door"\nname = "Front door"\nsource = "demo://"\n'
BLOCKS = [
    pytest.param(block, id=f"{page}-{number}")
    for page in ("guide/aws.md", "guide/share.md", "guide/several-boxes.md", "reference/costs.md")
    for number, block in enumerate(
        re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
    )
]


def load(folder: Path, text: str) -> object:
    """Beside a camera, unless the block has one, and the files that it may name."""
    (folder / "seal.key").write_text(SEAL_KEY, encoding="utf-8")
    path = folder / "doorstep.toml"
    path.write_text(text if "[[camera]]" in text else f"{CAMERA}\n{text}", encoding="utf-8")
    return load_settings(path, dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), SECRET))


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_a_guide_can_be_copied(block: str, tmp_path: Path) -> None:
    load(tmp_path, block)


def test_each_guide_has_a_block() -> None:
    assert len(BLOCKS) >= 6
