"""The units of `deploy`: what root hands over for them lies where no service writes, also after the guide's moves."""

import re
import subprocess
from pathlib import Path

import pytest

from faults.older_doorstep import older_file, why_not

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy").rglob("*.service"))
PAGES = sorted([*(ROOT / "docs" / "guide").glob("*.md"), *(ROOT / "deploy").rglob("*.md")])
HANDED_OVER = re.compile(r"^\W*(?:LoadCredential=[^:\s]*:|EnvironmentFile=-?)(/\S+)", re.MULTILINE)
GUIDE = ROOT / "docs" / "guide" / "upgrade.md"
MOVED = (
    "deploy/systemd/doorstep-publish.service",
    *(f"deploy/nginx-rtmp/doorstep-{name}.service" for name in ("rtmp", "rtmps")),
)
OF_0_1_0 = (
    "publish-to",
    "publish.env",
    "motion-token",
    "nginx-rtmp/nginx.conf",
    "nginx-rtmp/stunnel.conf",
    "rtmps.crt",
    "rtmps.key",
)


@pytest.mark.parametrize("path", [*UNITS, *PAGES], ids=lambda path: path.name)
def test_root_hands_over_nothing_out_of_the_folder_that_the_service_writes(path: Path) -> None:
    """A link in it would have systemd hand over any file of the machine."""
    named = HANDED_OVER.findall(path.read_text("utf-8"))
    assert [file for file in named if file.startswith("/etc/doorstep/")] == []
    if path in UNITS and path.name != "doorstep-rtmp.service":
        assert named


@pytest.mark.skipif(why_not() != "", reason=why_not())
def test_the_guides_lines_move_what_the_units_of_0_1_0_name(tmp_path: Path) -> None:
    units = tmp_path / "etc" / "systemd" / "system"
    units.mkdir(parents=True)
    (tmp_path / "etc" / "default").mkdir()
    for path in MOVED:
        (units / Path(path).name).write_text(older_file(path))
    for name in OF_0_1_0:
        (tmp_path / "etc" / "doorstep" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc" / "doorstep" / name).write_text(name)
    for line in moving_lines():
        words = re.sub(r"(?<![\w|-])/etc/", f"{tmp_path}/etc/", line.removeprefix("sudo "))
        subprocess.run(["sh", "-c", words], check=True, timeout=60)
    assert list((tmp_path / "etc" / "doorstep").iterdir()) == []
    for path in MOVED:
        now = directives((ROOT / path).read_text("utf-8"))
        assert directives((units / Path(path).name).read_text()) == now
        for file in re.findall(r"/etc/[\w./-]+", "\n".join(now)):
            assert (tmp_path / file.removeprefix("/")).is_file() or file.endswith("README.md"), file


def moving_lines() -> list[str]:
    section = GUIDE.read_text("utf-8").partition("### What else lay")[2].partition("\n## ")[0].replace("\\\n", "")
    return [line.strip() for line in section.splitlines() if line.startswith("    sudo ")]


def directives(unit: str) -> list[str]:
    """What it says to systemd, without comments."""
    return [line for line in unit.splitlines() if line and not line.startswith("#")]
