"""Which clips were told already: one small object beside each, written on conditions, so that one alone tells it.

Events of a bucket come more than once, in any order and at the same time; no other service is needed to join them.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from doorstep.aws.clients import code_of
from doorstep.core.errors import StoreUnavailable
from doorstep.core.off_site_key import TOLD

CLAIM_HOLDS = timedelta(minutes=15)
"""No function runs longer: an older claim is of one that died."""

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409", "OperationAborted"})


class MarkState(StrEnum):
    """CLAIMED while somebody tells it, SENT for good, FAILED until the next try."""

    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to tell one clip.  With `in_doubt` somebody who died, or heard no answer, may have told it before."""

    key: str
    in_doubt: bool = False


class ToldMarks:
    """Of one bucket.  Each method raises StoreUnavailable where the bucket does not answer; try again later then."""

    def __init__(self, s3: Any, bucket: str, prefix: str, caller: str) -> None:  # noqa: ANN401 - botocore's client
        """`caller` is the id of the invocation, which is the same in each of Lambda's tries of one event."""
        self._s3 = s3
        self._bucket = bucket
        self._prefix = prefix
        self._caller = caller

    def claim(self, clip: str, now: datetime) -> Claim | None:
        """The right to tell the clip, None where it was told.  Raises StoreUnavailable, too, while another tells it."""
        key = self._key(clip)
        if self._put(Claim(key), MarkState.CLAIMED, now, IfNoneMatch="*"):
            return Claim(key)
        told, etag = self._read(key)
        state, is_own = told.get("state"), told.get("by") == self._caller
        if state == MarkState.SENT:
            return None
        if is_own and told.get("at") == now.isoformat():
            return Claim(key)  # the library tried again what had come to pass
        dead = state == MarkState.CLAIMED and (is_own or _is_old(told.get("at"), now))
        claim = Claim(key, in_doubt=dead or told.get("in_doubt") is True)
        if (dead or state != MarkState.CLAIMED) and self._put(claim, MarkState.CLAIMED, now, IfMatch=etag):
            return claim
        msg = "Another run tells this clip just now; this one looks again later."
        raise StoreUnavailable(msg)

    def sent(self, claim: Claim, now: datetime) -> None:
        """It was told: nobody tells it again."""
        self._put(claim, MarkState.SENT, now)

    def failed(self, claim: Claim, now: datetime, why: str) -> None:
        """It was not told; the next try may begin at once.  `why` is the reason, in plain words."""
        self._put(claim, MarkState.FAILED, now, why)

    def _key(self, clip: str) -> str:
        inside = clip.removeprefix(f"{self._prefix}/") if self._prefix else clip
        return "/".join(part for part in (self._prefix, TOLD, f"{inside}.json") if part)

    def _put(self, claim: Claim, state: MarkState, now: datetime, why: str = "", **condition: str) -> bool:
        """False where the condition does not hold."""
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # noqa: PLC0415

        mark = {"state": state, "at": now.isoformat(), "by": self._caller, "why": why, "in_doubt": claim.in_doubt}
        where = {"Bucket": self._bucket, "Key": claim.key}
        try:
            self._s3.put_object(**where, Body=json.dumps(mark).encode(), ContentType="application/json", **condition)
        except (BotoCoreError, ClientError) as error:
            if condition and code_of(error) in _TAKEN:
                return False
            raise _unreachable(error) from error
        return True

    def _read(self, key: str) -> tuple[dict[str, object], str]:
        """What the mark says, and its version, without the quotes of HTTP: a Ceph cluster takes it only so."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=key)
            body, etag = found["Body"].read(4096), str(found["ETag"]).strip('"')
        except (BotoCoreError, ClientError) as error:
            raise _unreachable(error) from error
        try:
            told = json.loads(body)
        except ValueError:
            told = None
        return (told if isinstance(told, dict) else {}), etag


def _is_old(at: object, now: datetime) -> bool:
    try:
        return now - datetime.fromisoformat(str(at)) > CLAIM_HOLDS
    except (ValueError, TypeError):
        return True


def _unreachable(error: BaseException) -> StoreUnavailable:
    return StoreUnavailable(f"The bucket did not take or give the mark of a clip ({code_of(error)}).")
