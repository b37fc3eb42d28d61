"""The settings as JSON: what is asked for, and what is answered.  The routes: `settings`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr

from doorstep.core.settings_edit import SettingsPreview

PathPart = Annotated[str, Field(min_length=1, max_length=200)] | Annotated[int, Field(ge=0, le=10_000)]
Version = Annotated[str, Field(max_length=64)]


class WantedChange(BaseModel):
    """The key at `path` shall have this value; null takes it out."""

    model_config = ConfigDict(extra="forbid", strict=True)

    path: list[PathPart] = Field(min_length=1, max_length=8)
    value: JsonValue


class WantedSecret(BaseModel):
    """What `${secret}` shall mean."""

    model_config = ConfigDict(extra="forbid")

    secret: str = Field(max_length=100)
    value: SecretStr = Field(max_length=5000)


class Wanted(BaseModel):
    """Changes of the file that is `version`."""

    model_config = ConfigDict(extra="forbid")

    version: Version
    changes: list[WantedChange | WantedSecret] = Field(max_length=100)


class WantedPreview(Wanted):
    """The same; with `restore` of going back to a version that was kept."""

    changes: list[WantedChange | WantedSecret] = Field(default=[], max_length=100)
    restore: Annotated[str, Field(max_length=100)] | None = None


class WantedRestore(BaseModel):
    """What the file is now."""

    model_config = ConfigDict(extra="forbid")

    version: Version


class FaultShape(BaseModel):
    """What is wrong with a key."""

    path: list[str | int]
    what: str


class SettingsShape(BaseModel):
    """The file as it may be shown; `secrets` are where something is hidden, `restart` what waits for one."""

    version: str
    writable: bool
    why_not: str
    fault: str
    path: str
    values: dict[str, JsonValue]
    cameras: list[dict[str, JsonValue]]
    secrets: list[list[str | int]]
    secret_names: list[str]
    restart: list[str]
    restart_seconds: float


class KeyShape(BaseModel):
    """One key of the file and what it means, in English; `kind` says what it takes."""

    path: list[str]
    kind: str
    default: JsonValue
    help: str
    choices: list[str | int]
    least: float | None
    most: float | None
    at_once: bool


class KeysShape(BaseModel):
    """All of them, but those of cameras and other tables of which there may be several."""

    keys: list[KeyShape]


class DiffLineShape(BaseModel):
    """`kind` is same, gone or new."""

    kind: str
    text: str


class PreviewShape(BaseModel):
    """What would be."""

    diff: list[DiffLineShape]
    faults: list[FaultShape]
    restart: list[str]


class ChangedShape(BaseModel):
    """It was written; `trouble` says why the house does not use it, empty where it does."""

    version: str
    restart: list[str]
    trouble: str


class VersionShape(BaseModel):
    """One state of the file; `who` is empty where it was edited outside of Doorstep."""

    id: str
    at: str
    who: str
    what: str
    current: bool


class VersionsShape(BaseModel):
    """Newest first."""

    versions: list[VersionShape]


class AnewShape(BaseModel):
    """About how long nothing is recorded or told."""

    seconds: float


def preview_shape(preview: SettingsPreview) -> PreviewShape:
    """As its JSON."""
    return PreviewShape(
        diff=[DiffLineShape(kind=line.kind, text=line.text) for line in preview.diff],
        faults=[FaultShape(path=list(fault.path), what=fault.what) for fault in preview.faults],
        restart=list(preview.restart),
    )
