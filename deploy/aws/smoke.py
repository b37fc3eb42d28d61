"""`make smoke-aws`: tries what was deployed, as the box, as a viewer and as a stranger.  For a person with an account.

One line for each thing; what is expected stands in docs/guide/aws.md.  It costs some thousandths of a dollar, leaves
one clip of a second and its mark, and sends one mail.
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from deploy.aws.account import Account, AwsRefused
from deploy.aws.choices import Choices, choices_of, smoke_words
from deploy.aws.home import HomeInvalid
from deploy.aws.own_folder import MOTION_TOKEN, SNIPPET

from doorstep.app.check_aws import aws_findings
from doorstep.app.finding import Finding
from doorstep.clock import SystemClock
from doorstep.config.load import load_settings
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.clip_words import METADATA, ClipWords
from doorstep.core.errors import DoorstepError
from doorstep.core.event import EventId
from doorstep.core.settings import Settings
from doorstep.stores.s3_client import S3Client

CLOCK = SystemClock()
CAMERA = "smoke-test"
CLIP = b"\0\0\0\x08free"
"""An MP4 without video: nobody looks into it but a player."""
SECONDS_BETWEEN = 2.0
ANSWER_SECONDS = 30.0
ACCEPTED, DENIED, UNKNOWN = range(200, 300), (401, 403), 404


@dataclass(frozen=True, slots=True)
class Deployed:
    """What was deployed, and how it is reached."""

    choices: Choices
    settings: Settings
    outputs: Mapping[str, str]
    wait_seconds: float


def main(given: Sequence[str] | None = None, outputs: Mapping[str, str] | None = None) -> int:
    """0 when all is well, 1 otherwise.  `outputs` of the stack are asked for unless they are given."""
    try:
        choices = choices_of(smoke_words(), given)
        deployed = _deployed(choices, outputs)
        fine = True
        for finding in findings(deployed):
            print(f"{'ok   ' if finding.ok else 'FAULT'} {finding.what}: {finding.detail}", flush=True)
            fine = fine and finding.ok
    except (AwsRefused, HomeInvalid, DoorstepError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print("All is well." if fine else "Something does not work: see the lines with FAULT.")
    return 0 if fine else 1


def findings(deployed: Deployed) -> Iterator[Finding]:
    """Everything, each as soon as it is known."""
    yield from _as_list(deployed.settings)
    if deployed.outputs.get("DetectUrl"):
        yield _stranger("detector", "POST", deployed.outputs["DetectUrl"])
    if address := deployed.outputs.get("MotionUrl"):
        yield _stranger("motion", "POST", f"{address}{CAMERA}")
        yield _motion(f"{address}{CAMERA}", deployed.choices.folder.read(MOTION_TOKEN), deployed.choices.home.box_url)
    s3 = deployed.settings.store.s3
    if s3 is None:
        yield Finding("clip", ok=False, detail=f"{SNIPPET} in the folder names no bucket.")
        return
    writer, reader = S3Client(s3, s3.recorder), S3Client(s3, s3.viewer)
    at = CLOCK.now()
    key = f"{CAMERA}/{at:%Y/%m/%d/%Y%m%d_%H%M%S}.mp4"
    yield _tried("clip", lambda: _put_clip(writer(), s3.bucket, f"{s3.prefix}/{key}", at))
    yield _stranger("bucket", "GET", _address(reader(), s3.bucket, f"{s3.prefix}/{key}"))
    yield _signed_by_recorder(writer(), s3.bucket, f"{s3.prefix}/{key}")
    if deployed.choices.home.sends_mail:
        mark = f"{s3.prefix}/told/{key}.json"
        to = deployed.choices.home.mail_to
        yield _tried("mail", lambda: _mail_noted(reader(), s3.bucket, mark, to, deployed.wait_seconds))


def _deployed(choices: Choices, outputs: Mapping[str, str] | None) -> Deployed:
    found = outputs if outputs is not None else Account(choices.region).outputs(choices.home.stack_name)
    if found is None:
        msg = f"There is no stack {choices.home.stack_name} in {choices.region}: run `make deploy-aws` first."
        raise AwsRefused(msg)
    settings = load_settings(choices.folder.path / SNIPPET, os.environ)
    return Deployed(choices, settings, found, choices.words.wait)


def _as_list(settings: Settings) -> list[Finding]:
    """What `doorstep check --aws` says."""

    async def all_of_them() -> list[Finding]:
        return [finding async for finding in aws_findings(settings, CLOCK)]

    return asyncio.run(all_of_them())


def _put_clip(s3: Any, bucket: str, key: str, at: datetime) -> str:  # noqa: ANN401 - botocore's client
    """As the box does: the words beside it are what the mail is made of."""
    words = ClipWords(EventId("smoke-test"), CameraId(CAMERA), "Smoke test", at, 1.0, (Cause.PERSON,))
    s3.put_object(Bucket=bucket, Key=key, Body=CLIP, ContentType="video/mp4", Metadata={METADATA: words.text()})
    return f"{key} is in the bucket."


def _mail_noted(s3: Any, bucket: str, mark: str, to: str, seconds: float) -> str:  # noqa: ANN401 - as above
    """Until the function has noted that it told."""
    until = CLOCK.monotonic() + seconds
    state, why = "", "the function was not called, or cannot read the bucket"
    while CLOCK.monotonic() < until:
        told = _mark(s3, bucket, mark)
        state, why = told.get("state", state), told.get("why") or why
        if state == "sent":
            return f"The function mailed {to}. Look whether it arrived."
        threading.Event().wait(SECONDS_BETWEEN)
    msg = f"Nobody was told within {seconds:.0f} s ({why}). See the log of the function, and its queue of failures."
    raise AwsRefused(msg)


def _mark(s3: Any, bucket: str, key: str) -> dict[str, str]:  # noqa: ANN401 - as above
    """Nothing while there is none, which S3 calls forbidden to who may not list."""
    from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # noqa: PLC0415 - beside its use

    try:
        found: dict[str, str] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in {"403", "404", "AccessDenied", "NoSuchKey"}:
            raise
        return {}
    return found


def _motion(address: str, token: str, box_url: str) -> Finding:
    """With the token, as whoever reports motion; a box has no such camera, and its saying so proves the way."""
    status = _status("POST", address, {"Authorization": f"Bearer {token}"})
    if box_url and status == UNKNOWN:
        return Finding("motion", ok=True, detail=f"The report reached {box_url}, which knows no camera {CAMERA}.")
    if status in ACCEPTED:
        return Finding("motion", ok=True, detail=f"{CAMERA} was reported (HTTP {status}).")
    return Finding("motion", ok=False, detail=f"The report was not taken (HTTP {status}). See the function's log.")


def _stranger(what: str, method: str, address: str) -> Finding:
    """Somebody without keys or token."""
    status = _status(method, address, {})
    if status in DENIED:
        return Finding(f"stranger at the {what}", ok=True, detail=f"is turned away (HTTP {status}).")
    return Finding(f"stranger at the {what}", ok=False, detail=f"is not turned away (HTTP {status}).")


def _signed_by_recorder(s3: Any, bucket: str, key: str) -> Finding:  # noqa: ANN401 - botocore's client
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=60)
    status = _status("GET", link, {})
    opens = "opens nothing" if status in DENIED else "opens the clip"
    return Finding("link of the recorder", ok=status in DENIED, detail=f"{opens} (HTTP {status}).")


def _address(s3: Any, bucket: str, key: str) -> str:  # noqa: ANN401 - as above
    """Without a signature."""
    signed = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=60)
    return str(signed).partition("?")[0]


def _status(method: str, address: str, headers: Mapping[str, str]) -> int:
    """0 where nobody answers."""
    try:
        return httpx.request(method, address, headers=dict(headers), timeout=ANSWER_SECONDS).status_code
    except httpx.HTTPError:
        return 0


def _tried(what: str, act: Callable[[], str]) -> Finding:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - beside its use

    try:
        return Finding(what, ok=True, detail=act())
    except AwsRefused as error:
        return Finding(what, ok=False, detail=str(error))
    except ClientError as error:
        return Finding(what, ok=False, detail=f"S3 refuses ({error.response.get('Error', {}).get('Code', '')}).")
    except BotoCoreError as error:
        return Finding(what, ok=False, detail=f"S3 cannot be reached ({type(error).__name__}).")


if __name__ == "__main__":
    sys.exit(main())
