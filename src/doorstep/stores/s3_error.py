"""What went wrong with a bucket, in plain words and as one of our errors.  No key, signature or address is in them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from doorstep.core.errors import DoorstepError, StoreForbidden, StoreFull, StoreRefused, StoreUnavailable
from doorstep.extras import how_to_add

EXTRA_IS_MISSING = f"Recordings in a bucket need boto3, which is not installed. {how_to_add('aws')}"


@dataclass(frozen=True, slots=True)
class _Words:
    """What happened, what the owner of a config does of it, and which setting that is about."""

    happened: str
    remedy: str
    setting: str = ""

    def said(self, kind: type[StoreUnavailable], shown: str = "") -> StoreUnavailable:
        """As an error; `shown` is what the server called it, if anything."""
        happened = f"{self.happened} ({shown})" if shown else self.happened
        return kind(f"{happened}: {self.remedy}.", setting=self.setting, happened=happened)


_KEYS = _Words(
    "The bucket's server does not accept the keys", "check the keys of the recorder and the viewer in [aws]", "keys"
)
_EXPIRED = _Words("The keys for the bucket have expired", "make new ones and set them in [aws]", "keys")
_NO_KEYS = _Words("No keys for the bucket were found", "set them in [aws]", "keys")
_RIGHTS = _Words("The keys may not do this with the bucket", "check their policy, and [store] bucket and prefix")
_BUCKET = _Words("The bucket is gone or was never there", "check [store] bucket, or make it", "bucket")
_ELSEWHERE = _Words("The bucket is in another region", "set [store] region to where it is", "region")
_CLOCK = _Words("The bucket's server says that the clock of this machine is wrong", "sending goes on once it is set")
_BUSY = _Words("The bucket's server is busy or in trouble", "it is tried again later")
_FULL = _Words("There is no space left for the bucket", "free some, or raise its quota")
_SETTING = _Words(
    "The bucket's server refuses what was asked of it", "check [store] storage_class, encryption and kms_key"
)
_STRANGE = _Words("What answers in the bucket's place is no S3 server", "check [store] endpoint", "endpoint")
_UNTRUSTED = _Words("The bucket's server cannot be trusted", "check [store] endpoint and the clock", "endpoint")
_NO_REGION = _Words("The bucket cannot be asked", "set [store] region", "region")
_NO_ADDRESS = _Words("The bucket cannot be asked", "check [store] bucket, region and endpoint", "endpoint")
_AWAY = _Words("The bucket cannot be reached", "it is tried again later", "endpoint")

_WORDS = (
    (_KEYS, ("InvalidAccessKeyId", "InvalidClientTokenId", "InvalidSecurity", "InvalidToken", "SignatureDoesNotMatch")),
    (_KEYS, ("AccountProblem", "NotSignedUp", "UnrecognizedClientException")),
    (_EXPIRED, ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired")),
    (_RIGHTS, ("AccessDenied", "AllAccessDisabled", "Forbidden", "InvalidObjectState", "401", "403")),
    (_BUCKET, ("NoSuchBucket", "InvalidBucketName")),
    (_ELSEWHERE, ("AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect")),
    (_ELSEWHERE, ("301", "307", "308", "Redirect", "TemporaryRedirect")),
)
_REFUSED = {code: words for words, codes in _WORDS for code in codes}
_SKEWED = frozenset({"RequestExpired", "RequestTimeTooSkewed"})
_NO_SPACE = frozenset({"QuotaExceeded", "InsufficientStorage", "StorageFull", "XMinioStorageFull", "507"})
_LATER = frozenset(
    {
        *(
            "BadDigest",
            "ConditionalRequestConflict",
            "IncompleteBody",
            "OperationAborted",
            "RequestTimeout",
            "SlowDown",
        ),
        *("RequestLimitExceeded", "RequestThrottled", "Throttling", "ThrottlingException", "TooManyRequests"),
        *("XAmzContentSHA256Mismatch", "KMS.ThrottlingException", "408", "409", "425", "429"),
    }
)
MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
TAKEN = frozenset({"412", "PreconditionFailed"})
VANISHED = frozenset({"NoSuchUpload"})
SPOILT = frozenset({"EntityTooSmall", "InvalidPart", "InvalidPartOrder"})
"""What was sent in parts can never be completed."""
BEHIND_THE_END = frozenset({"416", "InvalidRange"})
_WHY_AWAY = {
    "ConnectTimeoutError": "no answer in time",
    "EndpointConnectionError": "nobody answers at its address",
    "ProxyConnectionError": "the proxy does not answer",
    "ReadTimeoutError": "no answer in time",
}
"""What the library's errors mean, by their names; all others are a line that broke."""
_PLAIN_CODE = re.compile(r"[A-Za-z0-9.]{1,48}")


@contextmanager
def s3_errors(*expected: tuple[frozenset[str], Exception]) -> Iterator[None]:
    """Map the library's errors to ours; what is `expected` is raised where the server answers with one of its codes."""
    try:
        from botocore import exceptions as wrong  # type: ignore[import-untyped]  # noqa: PLC0415 - see s3_client
        from botocore.parsers import ResponseParserError  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
        from urllib3 import exceptions as cut  # noqa: PLC0415 - as above
    except ImportError as error:
        raise StoreRefused(EXTRA_IS_MISSING) from error
    try:
        yield
    except wrong.ClientError as error:
        code = _code_of(error)
        raise next((ours for codes, ours in expected if code in codes), None) or _answered(error, code) from None
    except (wrong.NoCredentialsError, wrong.PartialCredentialsError, wrong.CredentialRetrievalError):
        raise _NO_KEYS.said(StoreRefused) from None
    except wrong.SSLError:
        raise _UNTRUSTED.said(StoreRefused, "by its certificate") from None
    except wrong.NoRegionError:
        raise _NO_REGION.said(StoreRefused, "no region is named") from None
    except (wrong.ParamValidationError, wrong.InvalidRegionError, ValueError):
        raise _NO_ADDRESS.said(StoreRefused, "these make no address") from None
    except ResponseParserError:
        raise _STRANGE.said(StoreUnavailable, "its answer cannot be read") from None
    except (wrong.BotoCoreError, wrong.HTTPClientError, cut.HTTPError) as error:
        raise _unreachable(error) from None


def strange_answer() -> StoreUnavailable:
    """That somebody said yes who is no S3 server: nothing lies there."""
    return _STRANGE.said(StoreUnavailable, "an answer without what S3 says")


def cut_short() -> StoreUnavailable:
    """That the line broke in the middle of what was read."""
    return StoreUnavailable("The bucket's server broke off in the middle of an answer: it is tried again later.")


def _code_of(error: Any) -> str:  # noqa: ANN401 - botocore's, made at run time
    """What the server calls it; for a HEAD, which has no body, the status of HTTP."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _answered(error: Any, code: str) -> StoreUnavailable:  # noqa: ANN401 - as above
    """By the code that the server names, else by the status of HTTP; its message may hold keys."""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    shown = code if _PLAIN_CODE.fullmatch(code) else str(status)
    if words := _REFUSED.get(code):
        return words.said(StoreForbidden if words == _RIGHTS else StoreRefused, shown)
    if code in _SKEWED:
        return _CLOCK.said(StoreUnavailable, shown)
    if code in _NO_SPACE or status == 507:
        return _FULL.said(StoreFull, shown)
    if code in _LATER or status in {408, 409, 425, 429} or status >= 500:
        return _BUSY.said(StoreUnavailable, shown)
    if status < 400:
        return _STRANGE.said(StoreUnavailable, shown)
    by_status = _REFUSED.get(str(status)) if code == shown == str(status) else None
    return (by_status or _SETTING).said(StoreRefused, shown)


def _unreachable(error: Any) -> DoorstepError:  # noqa: ANN401 - as above
    """No answer; or our own error, which the library wrapped because it came while the body was read."""
    inner = getattr(error, "kwargs", {}).get("error")
    if isinstance(inner, DoorstepError):
        return inner
    name = type(error).__name__
    return _AWAY.said(StoreUnavailable, _WHY_AWAY.get(name, "the line broke"))
