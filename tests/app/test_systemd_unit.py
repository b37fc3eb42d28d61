"""The unit that systemd runs: what it promises about the config holds, and it shuts in what it runs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from doorstep.core.unit_sandbox import NEEDED, SHUT

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "doorstep.service"
HIGHEST_EXPOSURE = 2.5
DEVICES = {"char-video4linux rw", "char-media rw", "char-dma_heap rw", "char-alsa rw", "char-gpiochip rw"}


def values_of(key: str) -> list[str]:
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def test_a_reload_reads_the_config_where_its_owner_changes_it() -> None:
    [start] = values_of("ExecStart")
    assert start.endswith("run --config /etc/doorstep/doorstep.toml")  # a credential is a copy of the start
    assert values_of("ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert not [value for value in values_of("LoadCredential") if value.startswith("config")]


def test_it_runs_in_a_folder_that_can_be_written() -> None:
    """Else lgpio, which opens a pipe where it is started, finds no pin: `import lgpio` fails in a read-only folder."""
    assert values_of("RuntimeDirectory") == ["doorstep"]
    assert values_of("WorkingDirectory") == ["%t/doorstep"]


def test_the_page_may_write_the_settings_and_root_reads_nothing_beside_them() -> None:
    assert values_of("ReadWritePaths") == ["/etc/doorstep"]
    assert values_of("User") == values_of("Group") == ["doorstep"]
    read_by_root = values_of("EnvironmentFile") + values_of("LoadCredential")
    assert [value for value in read_by_root if "/etc/doorstep" in value] == []


def test_it_hangs_for_half_a_minute_at_most_and_the_last_minutes_outlive_it() -> None:
    assert values_of("Type") == ["notify"]
    assert values_of("WatchdogSec") == ["30"]
    assert values_of("Restart") == ["always"]
    assert values_of("RuntimeDirectoryPreserve") == ["restart"]


def test_it_may_use_what_a_doorbell_has_and_no_more() -> None:
    assert values_of("NoNewPrivileges") == ["yes"]
    assert values_of("ProtectSystem") == ["strict"]
    assert values_of("CapabilityBoundingSet") == [""]
    assert values_of("DevicePolicy") == ["closed"]
    assert set(values_of("DeviceAllow")) == DEVICES


def test_the_report_holds_it_to_each_setting_that_shuts_it_in() -> None:
    assert [name for name, allowed in SHUT.items() if not set(values_of(name)) <= allowed or not values_of(name)] == []
    said = {line.partition("=")[0] for line in UNIT.read_text(encoding="utf-8").splitlines() if "=" in line}
    shuts = {
        name for name in said if name.startswith(("Protect", "Private", "Restrict", "Lock", "NoNew", "Capability"))
    }
    assert shuts - {*SHUT, *NEEDED} == set()


def test_a_small_pi_keeps_memory_for_itself_and_for_doorstep() -> None:
    """Of 416 MiB: a quarter of its own for the last minutes, 220 for one camera, a fifth for the rest."""
    [most] = values_of("MemoryMax")
    limit = 416 * int(most.removesuffix("%")) / 100
    assert limit * 3 / 4 >= 220
    assert 416 - limit >= 80


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_it_shut() -> None:
    words = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)]
    # It parses the machine's own unit files too, whatever their order; only the last line counts.
    done = subprocess.run(
        words, capture_output=True, text=True, check=True, timeout=60, env={**os.environ, "LC_ALL": "C"}
    )
    told = done.stdout.strip().splitlines()[-1]
    assert float(told.partition("doorstep.service: ")[2].split()[0]) <= HIGHEST_EXPOSURE, told
