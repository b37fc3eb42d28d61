"""A Raspberry Pi as its files and programs tell of it, below a folder.  Written from the documented formats, not copied
from a machine: proc(5) and its pages, Linux' Documentation/, and the Raspberry Pi documentation.  None was tried.
"""

from dataclasses import dataclass
from pathlib import Path

SERIAL = "10000000abcdef42"
MAC = "d8:3a:dd:12:34:56"
SERVER, CHILD, NURSERY = 700, 702, 701


@dataclass(frozen=True)
class Board:
    """What differs between them."""

    model: str
    revision: str
    memory_kb: int
    governor: str
    most_khz: int
    nodes: tuple[str, ...]
    tmpfs_kb: int
    memory_limits: bool = True


_ENCODERS = ("bcm2835-codec-decode", "bcm2835-codec-encode", "bcm2835-codec-isp")
PI_5 = Board(
    *("Raspberry Pi 5 Model B Rev 1.0", "d04170", 8_245_000, "ondemand", 2_400_000),
    *(("rp1-cfe-csi2_ch0", "pispbe-input", "rpi-hevc-dec"), 4_122_000),
)
PI_4 = Board(
    *("Raspberry Pi 4 Model B Rev 1.4", "c03114", 3_884_000, "ondemand", 1_800_000),
    *((*_ENCODERS, "unicam-image"), 1_942_000),
    memory_limits=False,
)
ZERO_2_W = Board(
    *("Raspberry Pi Zero 2 W Rev 1.0", "902120", 427_000, "ondemand", 1_000_000),
    *((*_ENCODERS, "unicam-image"), 213_000),
    memory_limits=False,
)


class MadeUpPi:
    """Its root folder, and the folder of its programs."""

    def __init__(self, folder: Path, board: Board) -> None:
        self.root = folder / "root"
        self.programs = folder / "programs"
        self.programs.mkdir(parents=True)
        self._board = board
        self._system()
        self._power()
        self._memory()
        self._video()
        self.has_program("dpkg", "echo arm64")
        self.has_program("vcgencmd", "echo throttled=0x50000")
        self.has_program("rpicam-hello", _LIST_CAMERAS)
        self.has_program("dpkg-query", _PACKAGES)

    def says(self, path: str, text: str) -> None:
        """One file of it."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def has_program(self, name: str, script: str) -> None:
        """In place of whatever was called so."""
        program = self.programs / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)

    def runs(self, inode: int, *, ticks: int, voluntary: int, busy_thread: str = "python3") -> None:
        """A server that holds the file, its nursery, and a child; anew with more ticks for a later look."""
        self.says("proc/locks", f"1: FLOCK  ADVISORY  WRITE {SERVER} 00:2d:{inode} 0 EOF\n")
        commands = {
            SERVER: "/opt/doorstep/bin/python\0/opt/doorstep/bin/doorstep\0run\0--data\0/home/anna/secret-folder\0",
            NURSERY: "python\0-c\0from doorstep.sources.nursery_process import main\0",
            CHILD: "python\0-c\0from doorstep.sources.nursery_process import main\0",
        }
        for process, parent in ((SERVER, 1), (NURSERY, SERVER), (CHILD, NURSERY)):
            place = f"proc/{process}"
            stat = (
                f"{process} (doorstep) S {parent} 1 1 0 -1 4194304 9 0 0 0 {ticks} {ticks // 2} 0 0 20 0 2 0 99 0 0\n"
            )
            status = f"Name:\tdoorstep\nvoluntary_ctxt_switches:\t{voluntary}\nnonvoluntary_ctxt_switches:\t7\n"
            self.says(f"{place}/stat", stat)
            self.says(f"{place}/cmdline", commands[process])
            self.says(f"{place}/status", "Name:\tdoorstep\nVmRSS:\t  153600 kB\n")
            if process != CHILD:  # it may not be looked into
                self.says(f"{place}/smaps_rollup", "Rss: 9 kB\nPss:              102400 kB\n")
            self.says(f"{place}/cgroup", "0::/system.slice/doorstep.service\n")
            for thread, name in ((process, "doorstep"), (process + 50, busy_thread)):
                self.says(f"{place}/task/{thread}/stat", stat.replace("(doorstep)", f"({name})"))
                self.says(f"{place}/task/{thread}/status", status)
            for descriptor in range(3):
                self.says(f"{place}/fd/{descriptor}", "")

    def _system(self) -> None:
        board = self._board
        self.says("proc/device-tree/model", f"{board.model}\0")
        cores = "".join(f"processor\t: {core}\nBogoMIPS\t: 108.00\n\n" for core in range(4))
        ends = f"Revision\t: {board.revision}\nSerial\t\t: {SERIAL}\nModel\t\t: {board.model}\n"
        self.says("proc/cpuinfo", cores + ends)
        self.says("proc/cmdline", f"smsc95xx.macaddr={MAC} root=PARTUUID=1234 rootwait\n")
        self.says("etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\n')
        self.says("proc/loadavg", "0.52 0.58 0.59 1/211 4242\n")
        self.says("proc/uptime", "7200.11 20000.00\n")
        for core in range(4):
            self.says(f"sys/devices/system/cpu/cpu{core}/cpufreq/scaling_governor", board.governor + "\n")
        for name, figure in (("cur", board.most_khz), ("min", 600_000), ("max", board.most_khz)):
            self.says(f"sys/devices/system/cpu/cpu0/cpufreq/scaling_{name}_freq", f"{figure}\n")
        self.says(
            "proc/self/mountinfo",
            "24 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw,commit=600,errors=remount-ro\n"
            f"25 24 0:22 / /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw,size={board.tmpfs_kb}k\n"
            "26 24 0:55 / /mnt/nas rw - cifs //nas.example.net/door rw,username=anna,addr=192.0.2.77\n",
        )
        self.says("sys/devices/mmcblk0/device/type", "SD\n")
        numbers = self.root / "sys/dev/block"
        numbers.mkdir(parents=True)
        (numbers / "179:2").symlink_to(self.root / "sys/devices/mmcblk0")

    def _power(self) -> None:
        self.says("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n")
        self.says("sys/class/thermal/thermal_zone0/temp", "51250\n")
        self.says("sys/class/watchdog/watchdog0/identity", "Broadcom BCM2835 Watchdog timer\n")
        self.says("sys/devices/platform/soc/soc:firmware/get_throttled", "50000\n")

    def _memory(self) -> None:
        total = self._board.memory_kb
        self.says("proc/meminfo", f"MemTotal: {total} kB\nMemAvailable: {total // 2} kB\nSwapTotal: 524284 kB\n")
        self.says("proc/swaps", "Filename Type Size Used Priority\n/var/swap file 524284 0 -2\n")
        limits = "cpuset cpu io memory pids" if self._board.memory_limits else "cpuset cpu io pids"
        self.says("sys/fs/cgroup/cgroup.controllers", limits + "\n")
        self.says("sys/fs/cgroup/system.slice/doorstep.service/memory.max", "629145600\n")

    def _video(self) -> None:
        for number, name in enumerate(self._board.nodes, 10):
            self.says(f"sys/class/video4linux/video{number}/name", name + "\n")
        self.says("dev/media0", "")
        if _ENCODERS[1] in self._board.nodes:
            self.says("dev/video11", "")


_LIST_CAMERAS = r"""/bin/cat <<'END'
Available cameras
-----------------
0 : imx708 [4608x2592 10-bit RGGB] (/base/axi/pcie@120000/rp1/i2c@88000/imx708@1a)
    Modes: 'SRGGB10_CSI2P' : 1536x864 [120.13 fps - (768, 432)/3072x1728 crop]
END"""

_PACKAGES = r"""/bin/cat <<'END'
ii  python3-picamera2 0.3.31-1
ii  libcamera0.6 0.6.0+rpt20251202-1
un  libcamera-apps
END"""
