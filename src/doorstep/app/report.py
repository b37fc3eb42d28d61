"""Puts together what `doorstep check --report` tells of a machine: for whoever cannot look at it himself.

No section takes longer than SECTION_SECONDS, and one that cannot be had does not keep the others back.
"""

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import TimeoutError as NotInTime
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from doorstep import __version__
from doorstep.app.machine_files import MachineFiles, MachinePrograms
from doorstep.app.report_cameras import camera_section
from doorstep.app.report_choices import choice_section, has_own_camera, private_words, server_section
from doorstep.app.report_disks import disk_section
from doorstep.app.report_machine import kernel_section, memory_section, package_section, power_section, system_section
from doorstep.app.report_processes import Watch, running_section
from doorstep.clock import HARDWARE_CLOCK, TIMESYNC_DONE, synchronised
from doorstep.core.machine_report import MachineReport, ReportLine, ReportSection, without_private
from doorstep.core.settings import Settings
from doorstep.core.unit_sandbox import NEEDED, SHUT, opened
from doorstep.own_threads import OwnThreads

SECTION_SECONDS = 30.0
LIBRARIES = ("av", "numpy", "onnxruntime", "aiortc", "sqlalchemy", "uvicorn", "pydantic", "boto3", "psycopg")
UNITS = ("doorstep.service", "doorstep-publish.service")
_UNIT_WORDS = ("ActiveState", "SubState", "NRestarts", "Result")


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom: the settings, None where they cannot be read; the data folder; and what a running server answered."""

    settings: Settings | None
    data: Path
    answers: Mapping[str, object] | None = None


def machine_report(asked: Asked, files: MachineFiles, programs: MachinePrograms, watch: Watch) -> MachineReport:
    """Blocks for as long as the processes are watched, and for some seconds more; a strange machine raises nothing."""
    held = asked.answers is not None and has_own_camera(asked.settings)
    makers: Mapping[str, Callable[[], ReportSection]] = {
        "Doorstep": version_section,
        "Machine": lambda: system_section(files, programs),
        "Power and heat": lambda: power_section(files, programs),
        "Memory": lambda: memory_section(files),
        "Disks": lambda: disk_section(files, asked.settings),
        "Kernel": lambda: kernel_section(files),
        "Clock": lambda: clock_section(files),
        "Cameras and encoders": lambda: camera_section(files, programs, held=held),
        "Packages": lambda: package_section(programs),
        "Units": lambda: unit_section(programs),
        "Switched on": lambda: choice_section(asked.settings),
        "Server": lambda: server_section(asked.answers, asked.settings),
        "Processes": lambda: running_section(files, asked.data, watch),
    }
    sections = tuple(_in_time(title, maker) for title, maker in makers.items())
    return without_private(MachineReport(sections), private_words(asked.settings))


def _in_time(title: str, maker: Callable[[], ReportSection]) -> ReportSection:
    """A disk of the network that is away hangs whoever asks about it."""
    try:
        return OwnThreads("report").submit(maker).result(SECTION_SECONDS)
    except (NotInTime, OSError, ValueError):
        return ReportSection(title, (ReportLine("found out", told=False),))


def version_section() -> ReportSection:
    """Doorstep's own version, and those of the libraries that differ between machines."""
    versions = []
    for name in LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions.append(f"{name} {importlib.metadata.version(name)}")
    lines = [ReportLine("version", __version__), ReportLine("libraries", tuple(versions))]
    return ReportSection("Doorstep", (*lines, ReportLine("FFmpeg of PyAV", _ffmpeg())))


def _ffmpeg() -> str | None:
    try:
        import av  # noqa: PLC0415 - not there on a small camera
    except ImportError:
        return None
    return str(getattr(av, "ffmpeg_version_info", "")) or None


def clock_section(files: MachineFiles) -> ReportSection:
    """As `clock.py` sees it; without the time zone, which tells where somebody lives."""
    return ReportSection(
        "Clock",
        (
            ReportLine("synchronised", synchronised()),
            ReportLine("set by systemd-timesyncd since the start", files.exists(str(TIMESYNC_DONE))),
            ReportLine("real-time clock", files.exists(str(HARDWARE_CLOCK))),
        ),
    )


def unit_section(programs: MachinePrograms) -> ReportSection:
    """How systemd sees Doorstep, what of its sandbox somebody opened, and whether it feeds the hardware's watchdog."""
    lines = []
    for unit in UNITS:
        printed = programs.printed("systemctl", "show", unit, *(f"--property={word}" for word in _UNIT_WORDS))
        told = [line for line in (printed or "").splitlines() if line.partition("=")[0] in _UNIT_WORDS]
        lines.append(ReportLine(unit, " ".join(sorted(told)) or None))
    lines += _sandbox(programs)
    watchdog = programs.printed("systemctl", "show", "--property=RuntimeWatchdogUSec", "--value")
    return ReportSection(
        "Units", (*lines, ReportLine("watchdog of the machine", (watchdog or "").strip()[:20] or None))
    )


def _sandbox(programs: MachinePrograms) -> Iterator[ReportLine]:
    """Nothing where there is no such unit: then there is no sandbox that could have been opened."""
    asked = ("LoadState", *SHUT, *NEEDED)
    shown = programs.printed("systemctl", "show", UNITS[0], *(f"--property={name}" for name in asked)) or ""
    if "LoadState=loaded" in shown.splitlines():
        found = tuple(opened(shown))
        yield ReportLine("opened in its sandbox", found)
        if found:
            yield ReportLine("remedy", f"`systemctl cat {UNITS[0]}` shows which file opens it; take those lines out.")
