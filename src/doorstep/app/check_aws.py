"""Tries the cloud half of the settings, each identity also at what it must not do: for `doorstep check --aws`.

The rest of the settings is `check`'s.  What is sent to try it lies under `running/check`, which the bucket deletes, or
with [store] delete = "sweeper" this.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from doorstep.app.check_queue import queue_finding
from doorstep.app.finding import Finding
from doorstep.core.cloud_settings import S3Settings
from doorstep.core.errors import BlobMissing, DoorstepError, StoreRefused, StoreUnavailable
from doorstep.core.off_site_key import PROBES, SEALED
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
NOTHING_TO_OPEN = "Not tried: nothing could be sent that it might open. Mend that first."
AWAY = "{}: check [store] endpoint and region, and the network."
NOBODY_TO_ASK = "Not tried: the bucket's server has to be reached first."
READ_BY_RECORDER = "The config names no keys for it: clips in the bucket are read with the recorder's."
NOTHING_PLAYS = (
    "WARNING: nothing can be played from the bucket: the config names no keys of a viewer, and the recorder's may not "
    "read. Set viewer_access_key_id and viewer_secret_access_key_file in [aws]: see docs/guide/aws.md."
)
CANNOT_TIDY = (
    '{} With [store] delete = "sweeper" nothing that was deleted here goes there: give the recorder\'s keys '
    's3:DeleteObject and s3:ListBucket, or set it to "lifecycle" and give the bucket a rule.'
)
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
        for step in (probe.put, probe.recorder, probe.viewer, probe.tidying, probe.clocks):
            for finding in await asyncio.to_thread(_all, step):
                yield finding
            if probe.is_away:
                yield Finding("keys and clock", ok=True, detail=NOBODY_TO_ASK)
                break
    if settings.detection.sign == "aws":
        yield await asyncio.to_thread(_detector, settings, clock)
    if aws.motion_queue:
        yield await asyncio.to_thread(queue_finding, aws)


def _all(step: Callable[[], Iterator[Finding]]) -> list[Finding]:
    return list(step())


class _Denied(StoreRefused):
    """The server said that these keys may not do it."""


class _Probe:
    """Two small objects in one bucket, and what each identity may do with them.  Each method blocks for seconds.

    `is_away` once `put` found nobody who could be asked anything.
    """

    def __init__(self, settings: S3Settings, clock: Clock) -> None:
        from doorstep.stores.s3 import S3Store  # noqa: PLC0415 - what most do without
        from doorstep.stores.s3_client import S3Client  # noqa: PLC0415 - as above

        self._settings = settings
        self._clock = clock
        self._key = "/".join((*PROBES, f"{secrets.token_hex(8)}.txt"))
        self._spare = f"{self._key}.spare"
        self._lies_there = False
        self._may: dict[str, list[str]] = {}  # what each identity was found to do
        self.is_away = False
        self._store = S3Store(settings, clock, answer_seconds=ANSWER_SECONDS)
        self._recorder = S3Client(settings, settings.recorder, ANSWER_SECONDS)
        self._viewer = S3Client(settings, settings.viewer, ANSWER_SECONDS) if settings.viewer else None

    def put(self) -> Iterator[Finding]:
        """Whether the recorder may send."""
        try:
            self._store.put(self._key, PROBE)
            self._store.put(self._spare, PROBE)
            self._lies_there = True
        except StoreUnavailable as error:
            self.is_away = error.setting == "endpoint"
            is_silent = self.is_away and not isinstance(error, StoreRefused)
            yield Finding("bucket", ok=False, detail=AWAY.format(error.happened) if is_silent else str(error))
        except DoorstepError as error:
            yield Finding("bucket", ok=False, detail=str(error))
        else:
            where = f"{self._settings.bucket} takes what is sent under {self._settings.prefix}/"
            yield Finding("bucket", ok=True, detail=f"{where}{' sealed' if self._settings.seal_key else ''}.")

    def recorder(self) -> Iterator[Finding]:
        """What the recorder may do beside that; no fault, since other servers may know no such rights."""
        must_not = _SWEEPER_MUST_NOT if self._settings.sweeps else _RECORDER_MUST_NOT
        yield from self._limits("recorder", self._recorder, must_not)

    def viewer(self) -> Iterator[Finding]:
        """Whether a link of the viewer opens a part of what was sent, and what else the viewer may do."""
        if self._viewer is None:
            reads = "read" in self._may.get("recorder", ("read",))
            yield Finding("viewer", ok=True, detail=READ_BY_RECORDER if reads else NOTHING_PLAYS)
            return
        yield self._opened() if self._lies_there else Finding("viewer", ok=False, detail=NOTHING_TO_OPEN)
        yield from self._limits("viewer", self._viewer, _VIEWER_MUST_NOT)

    def tidying(self) -> Iterator[Finding]:
        """Whether the recorder may delete what was sent, and see that it is gone, where that is Doorstep's to do."""
        if not (self._settings.sweeps and self._lies_there):
            return
        try:
            for key in (self._key, self._spare):
                self._store.delete(key)
            left = self._left()
        except DoorstepError as error:
            yield Finding("deleting", ok=False, detail=CANNOT_TIDY.format(error))
            return
        words = "What was sent is still there once it was deleted: something locks it, or keeps it."
        yield Finding(
            "deleting", not left, words if left else "The keys delete what was sent, and see that it is gone."
        )

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

    def _opened(self) -> Finding:
        try:
            return Finding("viewer", ok=True, detail=self._read())
        except BlobMissing:
            return Finding("viewer", ok=False, detail="It may read, but what was sent just now is not there.")
        except DoorstepError as error:
            return Finding("viewer", ok=False, detail=str(error))

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

    def _left(self) -> bool:
        from doorstep.stores.s3_error import s3_errors  # noqa: PLC0415 - what most do without

        client = self._recorder()
        with s3_errors():
            return bool(_list(client, self._settings.bucket, f"{self._settings.prefix}/{self._key}").get("Contents"))

    def _limits(self, who: str, client: Callable[[], Any], must_not: Mapping[str, _Verb]) -> Iterator[Finding]:
        key = f"{self._settings.prefix}/{self._key}{SEALED if self._settings.seal_key else ''}"
        try:
            may = [word for word, verb in must_not.items() if _may(client, verb, self._settings.bucket, key)]
        except DoorstepError as error:
            yield Finding(f"limits of the {who}", ok=False, detail=str(error))
            return
        self._may[who] = may
        words = TOO_MUCH.format(" and ".join(may)) if may else f"The keys cannot {' or '.join(must_not)}."
        yield Finding(f"limits of the {who}", ok=True, detail=words)


def _list(client: Any, bucket: str, key: str) -> Any:  # noqa: ANN401 - botocore's
    return client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)


def _delete(client: Any, bucket: str, key: str) -> object:  # noqa: ANN401 - botocore's
    """Of what is not there: who may, is told that it went."""
    return client.delete_object(Bucket=bucket, Key=f"{key}.none")


def _spare_of(key: str) -> str:
    """As the store calls it: what is sealed is called so last."""
    return f"{key.removesuffix(SEALED)}.spare{SEALED if key.endswith(SEALED) else ''}"


def _read(client: Any, bucket: str, key: str) -> object:  # noqa: ANN401 - botocore's
    return client.get_object(Bucket=bucket, Key=key)


_RECORDER_MUST_NOT: Mapping[str, _Verb] = {
    "read": _read,
    "list": _list,
    # Of what does lie there: some servers say to whoever asks that what is not there went.
    "delete": lambda client, bucket, key: client.delete_object(Bucket=bucket, Key=_spare_of(key)),
}
_SWEEPER_MUST_NOT: Mapping[str, _Verb] = {"read": _read}
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
    except (httpx.HTTPError, httpx.InvalidURL):
        msg = "The bucket cannot be reached as browsers do: check [store] endpoint."
        raise StoreUnavailable(msg) from None


def _detector(settings: Settings, clock: Clock) -> Finding:
    """Asked once, though it has a price: who asks for this check agrees to a thousandth of a cent."""
    from doorstep.app.remote_detection import try_remote  # noqa: PLC0415 - what most do without

    free = replace(settings.detection, price_per_call_usd=0.0, monthly_cap_usd=0.0)
    try:
        return Finding("detector", ok=True, detail=try_remote(free, settings.server.data, clock, settings.aws))
    except DoorstepError as error:
        return Finding("detector", ok=False, detail=str(error))
