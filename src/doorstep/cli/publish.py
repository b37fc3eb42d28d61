"""`doorstep publish`: sends this machine's camera to another one; what a Pi Zero runs."""

import os
from pathlib import Path
from typing import Annotated

import typer

from doorstep.core.errors import ConfigInvalid
from doorstep.core.zone import Point, Zone

TOKEN, SECRET = "DOORSTEP_MOTION_TOKEN", "DOORSTEP_MOTION_SECRET"

ToOption = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="ADDRESS",
        help="rtmps://HOST/live/KEY; ${NAME} in it stands for a variable of the environment.",
        envvar="DOORSTEP_PUBLISH_TO",
        show_default=False,
    ),
]
ToFileOption = Annotated[
    Path | None,
    typer.Option("--to-file", metavar="FILE", help="A file with the address instead, so that nobody sees its key."),
]
FromOption = Annotated[
    str,
    typer.Option(
        "--from", metavar="ADDRESS", help="picamera://?size=640x480, v4l2:///dev/video0, file:///FILE or demo://"
    ),
]
MaskOption = Annotated[
    list[str] | None,
    typer.Option(
        "--mask", metavar="CORNERS", help="Corners of what nobody shall see, '0,0 0.3,0 0.3,0.5'; may be repeated."
    ),
]
RotationOption = Annotated[
    int, typer.Option("--rotation", metavar="DEGREES", help="Turn the picture clockwise: 0, 90, 180 or 270.")
]
MotionOption = Annotated[
    str | None,
    typer.Option("--motion", metavar="ADDRESS", help="Tell motion to https://HOST, then /api/v1/cameras/ID/motion."),
]
TokenOption = Annotated[
    Path | None, typer.Option("--motion-token-file", metavar="FILE", help=f"Its token; or in the variable {TOKEN}.")
]
SecretOption = Annotated[
    Path | None, typer.Option("--motion-secret-file", metavar="FILE", help=f"A secret to sign with; or in {SECRET}.")
]
CooldownOption = Annotated[
    float, typer.Option("--motion-cooldown", metavar="SECONDS", help="Between two reports, at least.", min=1.0)
]
InsecureOption = Annotated[
    bool, typer.Option("--insecure", help="Allow clear text (rtmp://, http://) to a public address.")
]

SETTINGS = {"allow_extra_args": True}
"""For typer: by itself it would quote an address that was written without --to, key and all."""


def publish(
    context: typer.Context,
    *,
    to: ToOption = None,
    to_file: ToFileOption = None,
    source: FromOption = "picamera://",
    mask: MaskOption = None,
    rotation: RotationOption = 0,
    motion: MotionOption = None,
    motion_token_file: TokenOption = None,
    motion_secret_file: SecretOption = None,
    motion_cooldown: CooldownOption = 60.0,
    insecure: InsecureOption = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log lines as JSON.")] = False,
) -> None:
    """Send this machine's camera to a Doorstep, or to any RTMP server, until stopped."""
    import asyncio  # noqa: PLC0415 - 10 MB and its time, which --help does without

    from doorstep.app.publish import Publication, run  # noqa: PLC0415 - and TLS, as above
    from doorstep.cli.logs import configure_logs  # noqa: PLC0415 - structlog, as above
    from doorstep.cli.memory import keep_little, share_heaps  # noqa: PLC0415 - ctypes
    from doorstep.publish.destination import parse_destination  # noqa: PLC0415 - as above
    from doorstep.publish.motion_post import MotionTarget  # noqa: PLC0415 - as above

    if context.args:
        msg = "publish: there is a word that belongs to no option; the address stands behind --to"
        raise ConfigInvalid(msg)
    share_heaps()
    keep_little()
    configure_logs(as_json=log_json)
    target = None
    if motion is not None:
        token = _secret(motion_token_file, "--motion-token-file", TOKEN)
        target = MotionTarget(motion, token, _secret(motion_secret_file, "--motion-secret-file", SECRET), insecure)
    publication = Publication(
        source=source,
        to=parse_destination(_address(to, to_file), os.environ),
        insecure=insecure,
        motion=target,
        cooldown=motion_cooldown,
        masks=tuple(map(_polygon, mask or ())),
        rotation=_quarter_turns(rotation),
    )
    asyncio.run(run(publication))


def _address(to: str | None, to_file: Path | None) -> str:
    from doorstep.publish.destination import read_secret  # noqa: PLC0415 - as above

    if to_file is not None:
        return read_secret(to_file, "--to-file")
    if to is None:
        msg = "--to: say where to publish, such as rtmps://HOST/live/KEY; or name a file that holds it with --to-file"
        raise ConfigInvalid(msg)
    return to


def _secret(path: Path | None, option: str, variable: str) -> str:
    from doorstep.publish.destination import read_secret  # noqa: PLC0415 - as above

    return read_secret(path, option) if path is not None else os.environ.get(variable, "")


def _polygon(text: str) -> tuple[Point, ...]:
    try:
        corners = [corner.split(",") for corner in text.split()]
        return Zone("mask", tuple((float(x), float(y)) for x, y in corners)).polygon
    except ValueError:
        msg = "--mask: write at least three corners in parts of the picture, from 0 to 1: '0,0 0.3,0 0.3,0.5'"
        raise ConfigInvalid(msg) from None


def _quarter_turns(rotation: int) -> int:
    if rotation not in {0, 90, 180, 270}:
        msg = "--rotation: must be 0, 90, 180 or 270"
        raise ConfigInvalid(msg)
    return rotation
