"""The options that every verb shares, and the settings they lead to."""

import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from doorstep.core.settings import Settings
from doorstep.core.site import site_of

DEFAULT_CONFIG = Path("/etc/doorstep/doorstep.toml")

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="The config file (TOML).", envvar="DOORSTEP_CONFIG", show_default=str(DEFAULT_CONFIG)
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", help="The folder for recordings and the catalog, instead of server.data.", envvar="DOORSTEP_DATA"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")]
CameraOption = Annotated[
    list[str] | None, typer.Option("--camera", help="Only this camera, by its id; may be repeated. Without: all.")
]


def settings_of(config: Path | None, data: Path | None, listen: str | None = None, *, demo: bool = False) -> Settings:
    """The settings that these options mean.  Raises ConfigInvalid, also for what this version would ignore."""
    from doorstep.config.load import demo_settings, load_settings  # noqa: PLC0415 - pydantic, which --help does without

    named = named_config(config, demo=demo)
    if named is not None:
        return load_settings(named, os.environ, data=data, listen=listen, only_built=True)
    own = own_config(data, demo=demo)
    if is_file(own):
        return load_settings(own, os.environ, data=own.parent, listen=listen, only_built=True)
    if demo:
        return demo_settings(data=data, listen=listen, environment=os.environ)
    return load_settings(None, os.environ, data=data, listen=listen, only_built=True)


def named_config(config: Path | None, *, demo: bool = False) -> Path | None:
    """The config file that was named, or the one at its usual place; None where there is neither, and for the demo."""
    if demo:
        return None
    return DEFAULT_CONFIG if config is None and is_file(DEFAULT_CONFIG) else config


def own_config(data: Path | None, *, demo: bool = False) -> Path:
    """Where the page keeps the settings while no config file is named: in the data folder."""
    from doorstep.config.load import demo_settings, load_settings  # noqa: PLC0415 - as above

    made = demo_settings(data=data, environment=os.environ) if demo else load_settings(None, os.environ, data=data)
    return made.server.data / DEFAULT_CONFIG.name


def is_file(path: Path) -> bool:
    """Also where we may not look: then there is none for us."""
    try:
        return path.is_file()
    except OSError:
        return False


def model_folders(data: Path) -> list[Path]:
    """Where models lie: the folder that DOORSTEP_MODELS names, then the data folder's own."""
    named = os.environ.get("DOORSTEP_MODELS")
    return [*([Path(named)] if named else []), data / "models"]


def known_cameras(named: list[str] | None, settings: Settings) -> list[str] | None:
    """The cameras that --camera named, None for all; a name that the config does not know is wrong usage.

    A command given --data alone knows no cameras; a running server still does.  Those of other boxes are in no config.
    """
    if settings.cameras:
        refuse_unknown(
            [name for name in named or () if site_of(name) is None],
            [camera.id for camera in settings.cameras],
            "--camera",
        )
    return named or None


def refuse_unknown(named: Sequence[str], known: Sequence[str], hint: str) -> None:
    """Cameras that are not among the known ones are wrong usage; `hint` is the parameter that named them."""
    for name in named:
        if name not in known:
            message = f"there is no camera {name!r}{nearest_to(name, known)}"
            raise typer.BadParameter(message, param_hint=hint)


def nearest_to(name: str, known: Sequence[str]) -> str:
    """`; did you mean …?`, or the known names where none is near."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(known) or 'none'}"
