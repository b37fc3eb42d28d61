"""What the owner adds to `doorstep.toml`, out of what was deployed.  Secrets stand in files, never here."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.aws.access_keys import Key
from deploy.aws.home import Home
from deploy.aws.own_folder import MOTION_SECRET, RECORDER_SECRET, VIEWER_SECRET

CAPS_USD = {"s3": 5.0, "lambda": 2.0, "ses": 1.0, "sqs": 1.0}


def snippet(home: Home, outputs: Mapping[str, str], recorder: Key, viewer: Key, folder: Path) -> str:
    """The tables; `outputs` are the stack's."""
    return "\n".join(_lines(home, outputs, {"": recorder.id, "viewer_": viewer.id}, folder))


def _lines(home: Home, outputs: Mapping[str, str], ids: Mapping[str, str], folder: Path) -> Iterator[str]:
    yield f"# The cloud half of {home.home}, for doorstep.toml: add these tables, then run `doorstep check --aws`."
    yield "[store]"
    yield 'kind = "s3"'
    yield _row("bucket", outputs["Bucket"])
    yield _row("prefix", home.prefix)
    yield ""
    yield "[aws]"
    yield _row("region", outputs["Region"])
    files = {"": RECORDER_SECRET, "viewer_": VIEWER_SECRET}
    for who, key_id in ids.items():
        yield _row(f"{who}access_key_id", key_id)
        yield _row(f"{who}secret_access_key_file", str(folder / files[who]))
    if home.motion:
        yield _row("motion_secret_file", str(folder / MOTION_SECRET))
    if queue := outputs.get("MotionQueue"):
        yield _row("motion_queue", queue)
    yield ""
    yield "[aws.monthly_cap_usd]"
    yield from (f"{name} = {usd}" for name, usd in CAPS_USD.items())
    if address := outputs.get("DetectUrl"):
        yield from ("", "[detection]", 'where = "remote"', _row("endpoint", address), 'sign = "aws"')


def _row(name: str, value: str) -> str:
    """A JSON string is a TOML string where nothing needs more than a backslash."""
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"
