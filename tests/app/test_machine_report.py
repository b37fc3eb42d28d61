"""`doorstep check --report` on made-up Pis: what it finds, what it survives, and what is never in it."""

import json
import os
import socket
import time
from pathlib import Path
from threading import Timer

import pytest

from doorstep.app import report_choices
from doorstep.app.machine_files import MachineFiles, MachinePrograms
from doorstep.app.report import Asked, machine_report
from doorstep.app.report_processes import Watch
from doorstep.clock import SystemClock
from doorstep.config.load import load_settings
from doorstep.core.machine_report import MachineReport, as_json, as_text
from doorstep.core.settings import Settings
from fakes.made_up_pi import MAC, PI_4, PI_5, SERIAL, ZERO_2_W, Board, MadeUpPi

SECRETS = (
    *("Pa55word-of-camera", "viewer-anna", "192.0.2.10", "Annas Haustuer", "annas-haustuer", "annas-garden"),
    *("Str3amKey", "smtp-Pa55", "mail.example.org", "anna@example.org", "hook.example.net", "H00kSecret"),
    *("broker.example.com", "mqtt-Pa55", "house-of-anna", "door.anna.example", "secret-folder", "annas-laptop"),
    *("k3y-in-environment", SERIAL, MAC, "nas.example.net", "Kiosk Anna", "kiosk-anna"),
)

CONFIG = """
[server]
names = ["door.anna.example"]
address = "https://door.anna.example"
[[camera]]
id = "annas-haustuer"
name = "Annas Haustuer"
source = "rtsp://viewer-anna:${CAM}@192.0.2.10/stream1"
zones = [{ name = "Kiosk Anna", polygon = [[0.1, 0.4], [0.9, 0.4], [0.9, 1.0]] }]
[[camera]]
id = "annas-garden"
name = "Annas garden"
source = "picamera://?size=1280x720&fps=15"
[notify.email]
smtp = "smtps://anna:smtp-Pa55@mail.example.org"
from = "anna@example.org"
to = ["anna@example.org"]
[[notify.webhook]]
name = "kiosk-anna"
url = "https://hook.example.net/Str3amKey"
secret = "H00kSecret-that-is-long-enough"
[notify.mqtt]
url = "mqtt://anna:mqtt-Pa55@broker.example.com"
prefix = "house-of-anna"
"""

ANSWERS = {
    "status": {
        "version": "0.2.0",
        "seeing": False,
        "problems": [
            {"key": "camera:annas-haustuer", "what": "192.0.2.10 refuses viewer-anna", "since": "2026-11-22T10:00:00Z"},
            {"key": "notifier:webhook:kiosk-anna", "what": "Kiosk Anna fails", "since": "2026-11-22T11:00:00Z"},
            {"key": "annas-laptop:strange", "what": "x", "since": "2026-11-22T11:00:00Z"},
        ],
    },
    "cameras": [{"id": "annas-haustuer", "name": "Annas Haustuer", "state": "refused", "reason": "viewer-anna"}],
}


def settings_in(folder: Path) -> Settings:
    """Of somebody with secrets everywhere."""
    (folder / "doorstep.toml").write_text(CONFIG, encoding="utf-8")
    data = folder / "home" / "anna" / "secret-folder"
    data.mkdir(parents=True)
    environment = {"CAM": "Pa55word-of-camera"}
    return load_settings(folder / "doorstep.toml", environment, data=data)


def report_of(pi: MadeUpPi, asked: Asked, seconds: float = 0.2) -> MachineReport:
    files, programs = MachineFiles(pi.root), MachinePrograms(str(pi.programs), seconds=5)
    return machine_report(asked, files, programs, Watch(SystemClock(), seconds, ticks_a_second=100))


def nothing_asked(folder: Path) -> Asked:
    return Asked(None, folder / "no data")


@pytest.mark.parametrize("board", [PI_5, PI_4, ZERO_2_W], ids=["Pi 5", "Pi 4", "Zero 2 W"])
def test_a_pi_is_told_as_it_is(tmp_path: Path, board: Board) -> None:
    told = as_json(report_of(MadeUpPi(tmp_path, board), nothing_asked(tmp_path)))
    assert told["Machine"]["board"] == board.model
    assert told["Machine"]["architecture of the packages"] == "arm64"
    assert told["Machine"]["cores"] == 4
    assert told["Memory"]["MemTotal, MiB"] == board.memory_kb // 1024
    assert told["Memory"]["limits of memory work (cgroup)"] == board.memory_limits
    assert told["Power and heat"]["temperatures"] == ["cpu-thermal 51.2 °C"]
    assert told["Power and heat"]["throttled"] == ["0x50000", "under-voltage has happened", "it was throttled"]
    assert "power supply" in str(told["Power and heat"]["remedy"])
    assert told["Cameras and encoders"]["hardware encoder for H.264"] == (board is not PI_5)
    assert told["Cameras and encoders"]["libcamera lists"] == ["0: imx708 4608x2592"]
    assert str(told["Disks"]["system"]).startswith("SD card, ext4, rw,noatime,commit=600")
    assert told["Disks"]["in memory (tmpfs)"] == [f"/dev/shm {board.tmpfs_kb // 1024} MiB"]  # noqa: S108 - told of, not written
    assert told["Packages"]["Debian packages"] == ["python3-picamera2 0.3.31-1", "libcamera0.6 0.6.0+rpt20251202-1"]
    assert told["Kernel"]["hardware watchdog"] == ["Broadcom BCM2835 Watchdog timer"]


def test_an_opened_sandbox_is_named_with_the_way_to_find_who_opened_it(tmp_path: Path) -> None:
    pi = MadeUpPi(tmp_path, PI_5)
    pi.has_program("systemctl", "echo LoadState=loaded; echo ProtectSystem=no; echo User=annas-user; echo UMask=0077")
    told = as_json(report_of(pi, nothing_asked(tmp_path)))["Units"]
    assert told["opened in its sandbox"] == ["ProtectSystem"]
    assert "systemctl cat doorstep.service" in str(told["remedy"])
    pi.has_program("systemctl", "echo LoadState=not-found; echo ProtectSystem=no")
    assert "opened in its sandbox" not in as_json(report_of(pi, nothing_asked(tmp_path)))["Units"]


def test_processes_are_watched_for_a_while(tmp_path: Path) -> None:
    pi, data = MadeUpPi(tmp_path, PI_5), tmp_path / "data"
    data.mkdir()
    (data / "lock").touch()
    inode = (data / "lock").stat().st_ino
    pi.runs(inode, ticks=100, voluntary=1000)
    later = Timer(0.3, lambda: pi.runs(inode, ticks=120, voluntary=1200))
    later.start()
    told = as_json(report_of(pi, Asked(None, data), seconds=1.5))["Processes"]
    later.join()
    assert told["memory of those that tell it (PSS), MiB"] == 200.0
    assert told["of the others (resident), MiB"] == 150.0
    each = told["each"]
    assert isinstance(each, list)
    assert [words.partition(":")[0] for words in each] == ["server", "nursery", "child of the nursery"]
    assert "2 threads" in each[0]
    assert "3 files open" in each[0]
    assert float(each[0].partition(": ")[2].partition(" ")[0]) > 0
    assert told["limits (cgroup)"] == ["memory.max 629145600"]


def test_no_secret_of_the_house_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "annas-laptop.anna.example")
    monkeypatch.setenv("DOOR_KEY", "k3y-in-environment")
    settings = settings_in(tmp_path)
    pi = MadeUpPi(tmp_path / "pi", PI_4)
    (settings.server.data / "lock").touch()
    inode = (settings.server.data / "lock").stat().st_ino
    pi.runs(inode, ticks=1, voluntary=1, busy_thread="annas-garden")
    pi.says("sys/class/video4linux/video0/name", "Annas garden: annas-laptop 192.0.2.10")
    pi.says("proc/self/mountinfo", "24 1 179:2 / / rw,noatime - ext4 /dev/mmcblk0p2 rw,username=viewer-anna\n")
    found = report_of(pi, Asked(settings, settings.server.data, ANSWERS))
    for text in (as_text(found), json.dumps(as_json(found), ensure_ascii=False)):
        assert [secret for secret in SECRETS if secret.lower() in text.lower()] == []
        assert "anna" not in text.lower().replace("(left out)", "")
    told = as_json(found)
    assert told["Switched on"]["cameras"] == ["1: rtsp, zones", "2: picamera 1280x720 at 15"]
    assert told["Switched on"]["channels"] == ["mail", "1 webhooks", "MQTT"]
    assert told["Server"]["problems"] == [
        "packets of camera 1, since 2026-11-22T10:00:00",
        "notifier, since 2026-11-22T11:00:00",
        "other, since 2026-11-22T11:00:00",
    ]


def test_every_text_that_the_owner_chose_is_known_as_private(tmp_path: Path) -> None:
    private = report_choices.private_words(settings_in(tmp_path))
    for secret in ("Pa55word-of-camera", "viewer-anna", "192.0.2.10", "Annas garden", "smtp-Pa55", "house-of-anna"):
        assert secret not in private.taken_from(f"it says {secret} here")


def test_the_camera_that_a_server_has_open_is_not_asked(tmp_path: Path) -> None:
    pi = MadeUpPi(tmp_path / "pi", PI_4)
    pi.has_program("rpicam-hello", f"/usr/bin/touch {tmp_path}/opened")
    settings = settings_in(tmp_path)
    told = as_json(report_of(pi, Asked(settings, settings.server.data, ANSWERS)))
    assert "not asked" in str(told["Cameras and encoders"]["libcamera lists"])
    assert not (tmp_path / "opened").exists()


def test_programs_that_are_missing_or_hang_cost_a_line(tmp_path: Path) -> None:
    pi = MadeUpPi(tmp_path, ZERO_2_W)
    pi.has_program("rpicam-hello", "exec sleep 60")
    (pi.programs / "vcgencmd").unlink()
    (pi.programs / "dpkg-query").unlink()
    files, programs = MachineFiles(pi.root), MachinePrograms(str(pi.programs) + ":/usr/bin:/bin", seconds=0.5)
    began = time.monotonic()
    told = as_json(machine_report(nothing_asked(tmp_path), files, programs, Watch(SystemClock(), 0.1)))
    assert time.monotonic() - began < 30
    assert "not asked" in str(told["Cameras and encoders"]["libcamera lists"])
    assert told["Power and heat"]["throttled"] == ["0x50000", "under-voltage has happened", "it was throttled"]


def test_a_machine_that_tells_nothing_has_a_report_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    files, programs = MachineFiles(tmp_path / "empty"), MachinePrograms(str(tmp_path / "empty"))
    told = as_json(machine_report(nothing_asked(tmp_path), files, programs, Watch(SystemClock(), 0.1)))
    assert told["Machine"]["board"] is None
    assert told["Processes"] == {"running": "no Doorstep runs with these settings"}
    assert told["Packages"] == {"Debian packages": None}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_a_folder_that_may_not_be_looked_at_costs_a_line(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    found = report_of(MadeUpPi(tmp_path / "pi", PI_5), Asked(settings_in(tmp_path), closed / "data"))
    closed.chmod(0o700)
    assert as_json(found)["Machine"]["board"] == PI_5.model
