"""Tries the cloud half of the settings, each identity also at what it must not do: for `doorstep check --aws`.

The rest of the settings is `check`'s.  What is sent to try it lies under `running/check`, which the bucket deletes.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from doorstep.app.finding import Finding
from doorstep.core.cloud_settings import AwsSettings, S3Settings
from doorstep.core.errors import BlobMissing, DoorstepError, StoreRefused, StoreUnavailable
from doorstep.core.off_site_key import RUNNING, SEALED
from doorstep.core.settings import Settings
from doorstep.ports import Clock

PROBE = b"doorstep check\n"
PART = 4
PARTIAL = 206
LINK_SECONDS = 60
ANSWER_SECONDS = 15.0
MOST_SKEW_SECONDS = 300.0
"""Fifteen minutes are what Amazon bears with; the box's clock is wrong long before."""

_NO_RIGHT = frozenset({"403", "AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden"})
_GONE = frozenset({"404", "NoSuchKey", "NotFound"})
NO_QUEUE = "There is no such queue: check aws.motion_queue."
NO_RIGHT_TO_QUEUE = "The recorder's keys may not read this queue: check its policy."
QUEUE_ELSE = "The queue does not answer as it should ({}): check aws.motion_queue, aws.region and the keys."
QUEUE_WORDS = {
    "AWS.SimpleQueueService.NonExistentQueue": NO_QUEUE,
    "QueueDoesNotExist": NO_QUEUE,
    "AccessDenied": NO_RIGHT_TO_QUEUE,
    "AccessDeniedException": NO_RIGHT_TO_QUEUE,
}
NO_LIBRARY = "Motion from the cloud needs boto3, which is not installed: pip install 'doorstep[aws]'."
TOO_MUCH = (
    "WARNING: the keys may also {}, and so may whoever takes this machine. "
    "Give them the policy that stands in docs/guide/aws.md."
)

_Verb = Callable[[Any, str, str], object]
"""What somebody tries with a client of boto3, a bucket and a key there."""


async def aws_findings(settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    """All that lies in the cloud, each as soon as it is known."""
    bucket, aws = settings.store.s3, settings.aws
    if bucket is None and not aws.motion_queue and settings.detection.sign != "aws":
        yield Finding("cloud", ok=False, detail='The config names nothing there: [store] kind = "s3", or [aws].')
        return
    if bucket is not None:
        probe = _Probe(bucket, clock)
        for step in (probe.put, probe.recorder, probe.viewer, probe.clocks):
            for finding in await asyncio.to_thread(_all, step):
                yield finding
    if settings.detection.sign == "aws":
        yield await asyncio.to_thread(_detector, settings, clock)
    if aws.motion_queue:
        yield await asyncio.to_thread(_queue, aws)


def _all(step: Callable[[], Iterator[Finding]]) -> list[Finding]:
    return list(step())


class _Denied(StoreRefused):
    """The server said that these keys may not do it."""


class _Probe:
    """One small object in one bucket, and what each identity may do with it.  Each method blocks for seconds."""

    def __init__(self, settings: S3Settings, clock: Clock) -> None:
        from doorstep.stores.s3 import S3Store  # noqa: PLC0415 - what most do without
        from doorstep.stores.s3_client import S3Client  # noqa: PLC0415 - as above

        self._settings = settings
        self._clock = clock
        self._key = f"{RUNNING}/check/{secrets.token_hex(8)}.txt"
        self._store = S3Store(settings, clock, answer_seconds=ANSWER_SECONDS)
        self._recorder = S3Client(settings, settings.recorder, ANSWER_SECONDS)
        self._viewer = S3Client(settings, settings.viewer, ANSWER_SECONDS) if settings.viewer else None

    def put(self) -> Iterator[Finding]:
        """Whether the recorder may send."""
        try:
            self._store.put(self._key, PROBE)
        except DoorstepError as error:
            yield Finding("bucket", ok=False, detail=str(error))
        else:
            where = f"{self._settings.bucket} takes what is sent under {self._settings.prefix}/"
            yield Finding("bucket", ok=True, detail=f"{where}{' sealed' if self._settings.seal_key else ''}.")

    def recorder(self) -> Iterator[Finding]:
        """What the recorder may do beside that; no fault, since other servers may know no such rights."""
        yield from self._limits("recorder", self._recorder, _RECORDER_MUST_NOT)

    def viewer(self) -> Iterator[Finding]:
        """Whether a link of the viewer opens a part of what was sent, and what else the viewer may do."""
        if self._viewer is None:
            detail = "The config names no keys for it: clips in the bucket are read with the recorder's."
            yield Finding("viewer", ok=True, detail=detail)
            return
        try:
            yield Finding("viewer", ok=True, detail=self._read())
        except BlobMissing:
            yield Finding("viewer", ok=False, detail="It may read, but what was sent just now is not there.")
        except DoorstepError as error:
            yield Finding("viewer", ok=False, detail=str(error))
        yield from self._limits("viewer", self._viewer, _VIEWER_MUST_NOT)

    def clocks(self) -> Iterator[Finding]:
        """By what the server says to a stranger, which is right whatever this machine's clock shows."""
        try:
            address = str(self._recorder().meta.endpoint_url)
            told = _fetched(address, {}).headers.get("date", "")
            ahead = (self._clock.now() - parsedate_to_datetime(told)).total_seconds()
        except DoorstepError as error:
            yield Finding("clock", ok=False, detail=str(error))
        except ValueError:
            yield Finding("clock", ok=False, detail="The bucket's server does not tell the time; it may be none.")
        else:
            words = f"This machine is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the bucket's server."
            wrong = abs(ahead) > MOST_SKEW_SECONDS
            yield Finding("clock", not wrong, f"{words} Set it, or switch NTP on." if wrong else words)

    def _read(self) -> str:
        link = self._store.link(self._key, LINK_SECONDS, "")
        if link is None:  # sealed: only this machine opens it
            found, wanted = self._store.read(self._key, 0, len(PROBE)), PROBE
        else:
            answer = _fetched(link, {"Range": f"bytes=0-{PART - 1}"})
            if answer.status_code != PARTIAL:
                msg = f"The bucket's server does not open its own link (HTTP {answer.status_code}): check the keys."
                raise StoreRefused(msg)
            found, wanted = answer.content, PROBE[:PART]
        if found != wanted:
            msg = "What comes back is not what was sent: something on the way to the bucket changes it."
            raise StoreUnavailable(msg)
        return "It opens what is sealed." if link is None else "A link of its keys opens a part of what was sent."

    def _limits(self, who: str, client: Callable[[], Any], must_not: Mapping[str, _Verb]) -> Iterator[Finding]:
        key = f"{self._settings.prefix}/{self._key}{SEALED if self._settings.seal_key else ''}"
        try:
            may = [word for word, verb in must_not.items() if _may(client, verb, self._settings.bucket, key)]
        except DoorstepError as error:
            yield Finding(f"limits of the {who}", ok=False, detail=str(error))
            return
        words = TOO_MUCH.format(" and ".join(may)) if may else f"The keys cannot {' or '.join(must_not)}."
        yield Finding(f"limits of the {who}", ok=True, detail=words)


def _list(client: Any, bucket: str, key: str) -> object:  # noqa: ANN401 - botocore's
    return client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)


def _delete(client: Any, bucket: str, key: str) -> object:  # noqa: ANN401 - botocore's
    """Of what is not there: who may, is told that it went."""
    return client.delete_object(Bucket=bucket, Key=f"{key}.none")


_RECORDER_MUST_NOT: Mapping[str, _Verb] = {
    "read": lambda client, bucket, key: client.get_object(Bucket=bucket, Key=key),
    "list": _list,
    "delete": _delete,
}
_VIEWER_MUST_NOT: Mapping[str, _Verb] = {
    "write": lambda client, bucket, key: client.put_object(Bucket=bucket, Key=f"{key}.none", Body=PROBE),
    "list": _list,
    "delete": _delete,
}


def _may(client: Callable[[], Any], verb: _Verb, bucket: str, key: str) -> bool:
    """Whether the server lets these keys.  Raises DoorstepError where it does not say."""
    from doorstep.stores.s3_error import s3_errors  # noqa: PLC0415 - what most do without

    try:
        with s3_errors((_NO_RIGHT, _Denied()), (_GONE, BlobMissing())):
            verb(client(), bucket, key)
    except _Denied:
        return False
    except BlobMissing:
        return True
    return True


def _fetched(address: str, headers: Mapping[str, str]) -> httpx.Response:
    """As a browser would.  The address may hold a signature, so no error quotes it."""
    try:
        return httpx.get(address, headers=dict(headers), timeout=ANSWER_SECONDS, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        msg = f"The bucket cannot be reached as browsers do ({type(error).__name__}): check [store] endpoint."
        raise StoreUnavailable(msg) from None


def _detector(settings: Settings, clock: Clock) -> Finding:
    """Asked once, though it has a price: who asks for this check agrees to a thousandth of a cent."""
    from doorstep.app.remote_detection import try_remote  # noqa: PLC0415 - what most do without

    free = replace(settings.detection, price_per_call_usd=0.0, monthly_cap_usd=0.0)
    try:
        return Finding("detector", ok=True, detail=try_remote(free, settings.server.data, clock, settings.aws))
    except DoorstepError as error:
        return Finding("detector", ok=False, detail=str(error))


def _queue(settings: AwsSettings) -> Finding:
    """Takes what waits there for no time at all, so the server still gets it."""
    try:
        waits = "Something" if _messages(settings) else "Nothing"
    except DoorstepError as error:
        return Finding("motion queue", ok=False, detail=str(error))
    return Finding("motion queue", ok=True, detail=f"It can be read. {waits} waits there.")


def _messages(settings: AwsSettings) -> list[object]:
    try:
        import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra, which most do without
        from botocore import exceptions as wrong  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
        from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
    except ImportError as error:
        raise StoreRefused(NO_LIBRARY) from error
    config = Config(connect_timeout=5, read_timeout=ANSWER_SECONDS, retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": settings.recorder.key_id, "aws_secret_access_key": settings.recorder.secret}
    try:
        client = boto3.session.Session().client(
            "sqs", region_name=settings.region, config=config, **(keys if settings.recorder else {})
        )
        told = client.receive_message(QueueUrl=settings.motion_queue, VisibilityTimeout=0, WaitTimeSeconds=0)
    except wrong.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        raise StoreRefused(QUEUE_WORDS.get(code, QUEUE_ELSE).format(code)) from None
    except (wrong.BotoCoreError, ValueError) as error:
        raise StoreUnavailable(QUEUE_ELSE.format(type(error).__name__)) from None
    return list(told.get("Messages", ()))
