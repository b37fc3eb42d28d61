"""What the guide says about channels can be copied into a config as it stands there."""

import re
from pathlib import Path

import pytest

from doorstep.config.load import load_settings

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide"
SECRET = "0123456789abcdef0123456789abcd"
FILES = {"anna-pushover.url": f"pover://u{SECRET}@t{SECRET}", "webhook.secret": SECRET}
OF_WHICH_ONE_IS_CHOSEN = {"https.md"}
"""Pages whose blocks are ways beside each other; those of the others stand in one config."""
CAMERA = '[[camera]]\nid = "front-door"\nname = "Front door"\nsource = "demo://"\n'


@pytest.mark.parametrize("page", ["being-told.md", "channels.md", "mqtt.md", "doorbell.md", "health.md", "https.md"])
def test_a_page_can_be_copied(page: str, tmp_path: Path) -> None:
    text = (GUIDE / page).read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if block.startswith("[")]
    assert blocks
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    secrets = dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), SECRET) | {"PING": "https://ping.example.org/door"}
    path = tmp_path / "doorstep.toml"
    for copied in [[block] for block in blocks] if page in OF_WHICH_ONE_IS_CHOSEN else [blocks]:
        path.write_text("\n".join([CAMERA, *copied]), encoding="utf-8")
        load_settings(path, secrets)


def test_the_readme_can_be_copied(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    path = tmp_path / "doorstep.toml"
    path.write_text(block, encoding="utf-8")
    load_settings(path, dict.fromkeys(re.findall(r"\$\{(\w+)\}", block), SECRET))
