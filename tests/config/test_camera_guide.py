"""Every snippet of the camera guide is a config that Doorstep reads."""

from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from doorstep.sources.address import parse_source

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / "docs" / "guide" / page for page in ("cameras.md", "zones.md")),
    ROOT / "deploy" / "nginx-rtmp" / "README.md",
]
ENVIRONMENT = {"CAM_PASSWORD": "secret", "DOOR_KEY": "5f0c2d7e9a41b386"}


def snippets(page: Path) -> list[str]:
    """Indented blocks that hold a camera or the server's table."""
    blocks = page.read_text(encoding="utf-8").split("\n\n")
    lines = [block.strip("\n").splitlines() for block in blocks]
    indented = ["\n".join(line[4:] for line in block) for block in lines if block and block[0].startswith("    ")]
    return [block for block in indented if block.startswith(("[[camera]]", "[server]"))]


ALL = [(page.name, snippet) for page in PAGES for snippet in snippets(page)]


def test_the_guide_shows_each_kind_of_camera() -> None:
    shown = "\n".join(snippet for _, snippet in ALL)
    for scheme in ("rtsp://", "rtmp-listen://", "rtmp://", "picamera://", "v4l2://", "http://"):
        assert f'"{scheme}' in shown


@pytest.mark.parametrize(("page", "snippet"), ALL)
def test_a_snippet_can_be_copied(page: str, snippet: str, tmp_path: Path) -> None:
    path = tmp_path / page
    path.write_text(snippet, encoding="utf-8")
    settings = load_settings(path, ENVIRONMENT)
    for camera in settings.cameras:
        parse_source(camera.source)
