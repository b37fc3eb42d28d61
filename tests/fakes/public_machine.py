"""A rented machine for `deploy/ec2/set-up.sh`: a Debian whose files and programs are made up."""

import shutil
import subprocess
from pathlib import Path

from fakes.bare_debian import PACKAGE, BareDebian

SCRIPT = Path(__file__).parents[2] / "deploy" / "ec2" / "set-up.sh"
NAME = "door.example.org"
REAL = ("od", "chmod", "cp", "env")


class PublicMachine(BareDebian):
    """With SSH at port 22, nothing else that listens, and the package beside its checksums."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for name in REAL:
            (self.programs / name).symlink_to(str(shutil.which(name)))
        self.has_program("ss", "exit 0")
        self.has_program("sshd", "echo 'port 22'")

    def set_up(self, *words: str, name: str = NAME, package: str = PACKAGE) -> subprocess.CompletedProcess[str]:
        """Run the script there; nobody is at its terminal."""
        root = {"SETUP_ROOT": str(self.root), "INSTALL_ROOT": str(self.root), "INSTALL_SETUP_SECONDS": "5"}
        return subprocess.run(
            ["/bin/sh", str(SCRIPT), *words, name, package],
            cwd=self.folder,
            env={"PATH": str(self.programs), **root},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def written(self, path: str) -> str:
        """One file that the script wrote."""
        return (self.root / path.removeprefix("/")).read_text(encoding="utf-8")

    @property
    def steps(self) -> list[str]:
        """All that would change something, in its order, with the machine's folders left out."""
        called = self.calls.read_text(encoding="utf-8").splitlines() if self.calls.exists() else []
        changing = ("apt-get ", "doorstep ", "systemctl ")
        asking = ("systemctl show", "systemctl is-active")
        return [
            line.replace(f"{self.folder}/", "")
            for line in called
            if line.startswith(changing) and not line.startswith(asking)
        ]
