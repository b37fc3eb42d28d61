"""A machine for `deploy/pi/install.sh`: its files, and stand-ins for the programs that would change it."""

import hashlib
import shutil
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "deploy" / "pi" / "install.sh"
REAL = (
    *(
        "sh",
        "sed",
        "tr",
        "head",
        "tail",
        "cut",
        "awk",
        "grep",
        "cat",
        "sha256sum",
        "basename",
        "dirname",
        "mkdir",
        "mv",
    ),
    *("sleep", "rm", "timeout"),
)
PACKAGE = "doorstep_0.2.0+deb12_arm64.deb"
OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
DPKG = """case $1 in
--print-architecture) echo arm64 ;;
--compare-versions) [ "$2" != "$4" ] && [ "$(printf '%s\\n%s\\n' "$2" "$4" | /usr/bin/sort -V | head -n 1)" = "$2" ] ;;
esac"""
DPKG_DEB = """case $3 in
Package) echo doorstep ;; Architecture) echo arm64 ;; Version) echo 0.2.0+deb12 ;; Installed-Size) echo 358400 ;;
esac"""
SETUP = "Make your account (within 10 minutes): http://192.0.2.20:8080/setup#CodeCodeCodeCodeCodeCode"


class BareDebian:
    """A Pi 4 of 4 GB with Bookworm, the package beside its checksums, and nothing installed."""

    def __init__(self, folder: Path) -> None:
        self.root, self.programs, self.folder = folder / "root", folder / "programs", folder / "a folder"
        self.calls = folder / "calls"
        for made in (self.root, self.programs, self.folder):
            made.mkdir()
        for name in REAL:
            (self.programs / name).symlink_to(str(shutil.which(name)))
        self._files()
        self._programs()

    def says(self, path: str, text: str) -> None:
        """One file of it."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def has_program(self, name: str, script: str) -> None:
        """In place of whatever was called so; its calls are noted."""
        program = self.programs / name
        program.unlink(missing_ok=True)
        program.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.calls}"\n{script}\n', encoding="utf-8")
        program.chmod(0o755)

    def install(self, *words: str, package: str = PACKAGE) -> subprocess.CompletedProcess[str]:
        """Run the script there; nobody is at its terminal."""
        environment = {"PATH": str(self.programs), "INSTALL_ROOT": str(self.root), "INSTALL_SETUP_SECONDS": "5"}
        return subprocess.run(
            ["/bin/sh", str(SCRIPT), *words, package],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def changes(self) -> list[str]:
        """What was called of that which changes the machine."""
        called = self.calls.read_text(encoding="utf-8").splitlines() if self.calls.exists() else []
        asked = ("apt-get ", "doorstep ", "systemctl enable", "systemctl restart")
        return [line.replace(f"{self.folder}/", "") for line in called if line.startswith(asked)]

    def _files(self) -> None:
        (self.folder / PACKAGE).write_bytes(b"a package")
        digest = hashlib.sha256(b"a package").hexdigest()
        (self.folder / "SHA256SUMS").write_text(f"{'0' * 64}  other.whl\n{digest}  {PACKAGE}\n", encoding="utf-8")
        self.says("etc/os-release", OS_RELEASE)
        self.says("proc/meminfo", "MemTotal:        3884000 kB\nMemFree: 1 kB\n")
        self.says("proc/mounts", "/dev/mmcblk0p2 / ext4 rw,noatime 0 0\n")
        self.says("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
        self.says("run/systemd/system/x", "")
        self.says("usr/bin/python3", "#!/bin/sh\nexit 0\n")
        (self.root / "usr/bin/python3").chmod(0o755)

    def _programs(self) -> None:
        self.has_program("id", "echo 0")
        self.has_program("uname", "echo aarch64")
        self.has_program("dpkg", DPKG)
        self.has_program("dpkg-deb", DPKG_DEB)
        self.has_program("dpkg-query", "exit 1")
        self.has_program("df", "printf 'Filesystem 1024-blocks Used Available\\nx 30000000 1 25000000\\n'")
        self.has_program("apt-get", "exit 0")
        self.has_program("apt-cache", "exit 0")
        self.has_program("doorstep", "exit 0")
        self.has_program("systemctl", "case $1 in show) echo abc123 ;; is-active) exit 3 ;; esac")
        self.has_program("journalctl", f"[ $1 != _SYSTEMD_INVOCATION_ID=abc123 ] || echo '{SETUP}'")
