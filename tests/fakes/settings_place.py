"""A config file in a folder of a test, and the house's settings over it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from doorstep.app.settings_file import SettingsPlace, TomlSettings
from doorstep.config.load import load_settings
from doorstep.core.audit import AuditEntry
from doorstep.core.reload import reload_of
from doorstep.core.settings import Settings
from fakes.clock import FakeClock

CONFIG = """\
# The house
[events]
pre_roll = 5   # seconds

# The door
[[camera]]
id = "porch"
name = "Porch"
source = "rtsp://me:hunter22@192.0.2.5/stream1"  # was rtsp://root:oldword@192.0.2.4/1

[[camera]]
id = "yard"
name = "Yard"
source = "demo://"

[[notify.webhook]]
name = "own"
url = "https://hooks.example.org/T0/secretpath"
secret = "sixteen-letters-and-more"
"""
SECRETS = ("hunter22", "oldword", "secretpath", "sixteen-letters")


@dataclass
class PlacedSettings:
    """The file, its folder and data folder; `running` are what reloads would compare with."""

    folder: Path
    text: str = CONFIG
    exists: bool = True
    environment: dict[str, str] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    noted: list[AuditEntry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.path.parent.mkdir(exist_ok=True)
        if self.exists:
            self.path.write_text(self.text, encoding="utf-8")
            self.path.chmod(0o640)
        self.running = Settings()
        place = SettingsPlace(
            self.path, self.load, self.data, text="" if self.exists else self.text, environment=self.environment
        )
        self.file = TomlSettings(place, self.data, self.clock, self.waits)

    @property
    def path(self) -> Path:
        return self.folder / "etc" / "doorstep.toml"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def secrets(self) -> Path:
        return self.path.with_name("secrets.toml")

    def load(self) -> Settings:
        return load_settings(self.path, self.environment, data=self.data, only_built=True)

    def waits(self, wanted: Settings) -> Sequence[str]:
        return reload_of(self.running, wanted).needs_restart

    def everything_kept(self) -> str:
        """All that lies in the folder of versions."""
        kept = self.data / "config-versions"
        return "".join(path.read_text() for path in kept.iterdir()) if kept.exists() else ""

    @staticmethod
    def is_root() -> bool:
        return os.geteuid() == 0
