"""The machine's own part of `doorstep check --report`: board, system, heat, memory, kernel.  Processes: beside this."""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterator

from doorstep.app.machine_files import MachineFiles, MachinePrograms
from doorstep.core.machine_report import ReportLine, ReportSection
from doorstep.core.machine_texts import cpu_names, figures_in, os_name, package_versions, printable
from doorstep.core.throttling import throttled_word, throttling_remedy, throttling_words
from doorstep.sources.landlock import Landlock

MEGABYTE = 1024 * 1024
PACKAGES = (
    *("python3-picamera2", "python3-libcamera", "libcamera[0-9]*", "libcamera-ipa", "rpicam-apps*", "libcamera-apps*"),
    *("ffmpeg", "raspi-firmware", "linux-image-rpi-*", "systemd", "systemd-timesyncd", "chrony", "doorstep"),
)
_FIRMWARE_BITS = "sys/devices/platform/soc/soc:firmware/get_throttled"
_FREQUENCIES = "sys/devices/system/cpu/cpu0/cpufreq"


def system_section(files: MachineFiles, programs: MachinePrograms) -> ReportSection:
    """Board, processor, system; whether the userland is of 64 bits, as a 64-bit kernel may run one of 32."""
    board, processor, revision = cpu_names(files.text("proc/cpuinfo"), files.text("proc/device-tree/model"))
    name, codename = os_name(files.text("etc/os-release"))
    asked = programs.printed("dpkg", "--print-architecture")
    lines = [
        ReportLine("board", board or None),
        ReportLine("board's revision", revision or None),
        ReportLine("system", f"{name} ({codename})" if codename not in name else name or None),
        ReportLine("kernel", printable(f"{platform.system()} {platform.release()}")),
        ReportLine("machine as the kernel calls it", platform.machine()),
        ReportLine("architecture of the packages", printable(asked) if asked else None),
        ReportLine("bits of this program", struct.calcsize("P") * 8),
        ReportLine("Python", f"{platform.python_implementation()} {sys.version.split()[0]}"),
        ReportLine("processor", processor or None),
    ]
    return ReportSection("Machine", (*lines, *_cpu_lines(files)))


def _cpu_lines(files: MachineFiles) -> Iterator[ReportLine]:
    cores = len([name for name in files.names("sys/devices/system/cpu", "cpu") if name[3:].isdecimal()])
    yield ReportLine("cores", cores or os.cpu_count())
    now, least, most = (
        files.figure(f"{_FREQUENCIES}/{name}") for name in ("scaling_cur_freq", "scaling_min_freq", "scaling_max_freq")
    )
    words = [
        f"{figure // 1000} MHz {what}" for figure, what in ((now, "now"), (least, "least"), (most, "most")) if figure
    ]
    yield ReportLine("frequency", ", ".join(words) or None)
    yield ReportLine("governor", printable(files.line(f"{_FREQUENCIES}/scaling_governor")) or None)
    yield ReportLine("load of 1, 5 and 15 minutes", " ".join(files.line("proc/loadavg").split()[:3]) or None)
    up = files.line("proc/uptime").partition(".")[0]
    yield ReportLine("hours since it started", round(int(up) / 3600, 1) if up.isdecimal() else None)


def power_section(files: MachineFiles, programs: MachinePrograms) -> ReportSection:
    """Heat, fan, and what the Pi's firmware says of its power; `vcgencmd` needs the group video."""
    warm = []
    for zone in files.names("sys/class/thermal", "thermal_zone"):
        degrees = files.figure(f"sys/class/thermal/{zone}/temp")
        if degrees is not None:
            warm.append(f"{printable(files.line(f'sys/class/thermal/{zone}/type'))} {degrees / 1000:.1f} °C")
    cooling = [f"sys/class/thermal/{name}" for name in files.names("sys/class/thermal", "cooling_device")]
    fans = [
        f"step {files.line(f'{place}/cur_state')} of {files.line(f'{place}/max_state')}"
        for place in cooling
        if "fan" in files.line(f"{place}/type")
    ]
    told = [programs.printed("vcgencmd", "get_throttled") or "", files.line(_FIRMWARE_BITS)]
    word = next((found for found in map(throttled_word, told) if found is not None), None)
    throttled = None if word is None else (f"0x{word:x}", *throttling_words(word))
    remedy = throttling_remedy(word or 0)
    return ReportSection(
        "Power and heat",
        (
            ReportLine("temperatures", tuple(warm)),
            ReportLine("fan", tuple(fans)),
            ReportLine("throttled", throttled),
            *([ReportLine("remedy", remedy)] if remedy else []),
        ),
    )


def memory_section(files: MachineFiles) -> ReportSection:
    """Memory and swap; and whether the kernel can bound a service's memory, which a Pi's may have switched off."""
    figures = figures_in(files.text("proc/meminfo"))
    names = ("MemTotal", "MemAvailable", "SwapTotal", "SwapFree", "CmaTotal", "CmaFree")
    swaps = [_swap_kind(line) for line in files.text("proc/swaps").splitlines()[1:] if line.split()]
    controllers = files.line("sys/fs/cgroup/cgroup.controllers").split()
    return ReportSection(
        "Memory",
        (
            *(ReportLine(f"{name}, MiB", figures[name] // MEGABYTE) for name in names if name in figures),
            ReportLine("swap lies in", tuple(swaps)),
            ReportLine("limits of memory work (cgroup)", "memory" in controllers if controllers else None),
        ),
    )


def _swap_kind(line: str) -> str:
    """proc_swaps(5): its file or device and its type."""
    name, kind = [*line.split(), "", ""][:2]
    return "memory, compressed (zram)" if name.startswith("/dev/zram") else "file" if kind == "file" else "partition"


def kernel_section(files: MachineFiles) -> ReportSection:
    """What the sandbox of the children needs, and the watchdog that starts a Pi anew which hangs."""
    landlock = Landlock.of_this_kernel(ctypes.CDLL(None, use_errno=True))
    modules = files.line("sys/kernel/security/lsm")
    actions = files.line("proc/sys/kernel/seccomp/actions_avail")
    watchdogs = [
        printable(files.line(f"sys/class/watchdog/{name}/identity")) for name in files.names("sys/class/watchdog")
    ]
    return ReportSection(
        "Kernel",
        (
            ReportLine("Landlock's version", landlock.version if landlock else 0),
            ReportLine("security modules", printable(modules) or None),
            ReportLine("seccomp filters", bool(actions)),
            ReportLine("hardware watchdog", tuple(each for each in watchdogs if each)),
        ),
    )


def package_section(programs: MachinePrograms) -> ReportSection:
    """Of Debian's packages those that matter to cameras, time and service."""
    asked = programs.printed("dpkg-query", "-W", "-f=${db:Status-Abbrev} ${Package} ${Version}\\n", *PACKAGES)
    if asked is None:
        return ReportSection("Packages", (ReportLine("Debian packages", None),))
    found = package_versions(asked)
    lines = [ReportLine("Debian packages", tuple(f"{name} {version}" for name, version in found.items()))]
    if "python3-picamera2" not in found:
        lines.append(ReportLine("python3-picamera2", "not installed; a Pi camera needs it"))
    return ReportSection("Packages", tuple(lines))
