"""One identity at one S3 server: how boto3 is told where it is and how to speak.  What is said lives in `s3`."""

from ipaddress import ip_address
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from doorstep.core.cloud_settings import AccessKey, S3Settings
from doorstep.stores.s3_answer import BoundedAnswers
from doorstep.stores.s3_error import s3_errors
from doorstep.stores.s3_part import SentPart

CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 60.0
CONNECTIONS = 16


class S3Client:
    """A client of boto3, made by the first call that needs it.  Thread-safe.

    The library tries nothing twice: who sends keeps how far it came, and waits as the outbox says.
    """

    def __init__(self, settings: S3Settings, key: AccessKey, answer_seconds: float = ANSWER_SECONDS) -> None:
        """`answer_seconds` is how long the other end may take for an answer, or for a piece of one."""
        self._settings = settings
        self._key = key
        self._answer_seconds = answer_seconds
        self._making = Lock()
        self._made: Any = None  # botocore makes its classes at run time

    def __call__(self) -> Any:  # noqa: ANN401 - as above
        """Raises StoreRefused without the library, or where the settings make no address."""
        with self._making:
            if self._made is None:
                with s3_errors():
                    self._made = self._make()
            return self._made

    def _make(self) -> Any:  # noqa: ANN401 - as above
        import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra, which most do without
        from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

        endpoint = endpoint_of(self._settings.endpoint)
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": _style(endpoint, self._settings.bucket)},
            # What is sent is summed up as every server checks it (`s3_sending`); a sum in a trailer is Amazon's alone.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=min(CONNECT_SECONDS, self._answer_seconds),
            read_timeout=self._answer_seconds,
            retries={"total_max_attempts": 1},
            max_pool_connections=CONNECTIONS,
            tcp_keepalive=True,
        )
        made = boto3.session.Session().client(
            "s3",
            region_name=self._settings.region or ("us-east-1" if endpoint else None),
            endpoint_url=endpoint or None,
            aws_access_key_id=self._key.key_id or None,
            aws_secret_access_key=self._key.secret or None,
            config=config,
        )
        endpoint_of_library = made._endpoint  # noqa: SLF001 - it takes no session of ours
        endpoint_of_library.http_session = BoundedAnswers(endpoint_of_library.http_session, self._answer_seconds)
        made.meta.events.register("before-call.s3", _stays)
        made.meta.events.register("before-send.s3", _leaves)
        return made


def _style(endpoint: str, bucket: str) -> str:
    """How the bucket stands in an address.  By itself the library names Amazon's global host in a presigned link, which
    leads on to the region's own, where the signature is good no more; and a dot in a host is in no certificate.
    """
    return "path" if endpoint or "." in bucket else "virtual"


def endpoint_of(written: str) -> str:
    """What the owner wrote as an address: TLS, unless it says http or is of this machine or network; empty stays so."""
    if not written or "://" in written:
        return written
    scheme = "http" if _is_near(urlsplit(f"//{written}").hostname or "") else "https"
    return f"{scheme}://{written}"


def _is_near(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost"


def _stays(context: Any, **_: Any) -> None:  # noqa: ANN401 - botocore's event
    """No redirect is followed: the region is the owner's, and a server that always redirects would be asked forever."""
    context.setdefault("s3_redirect", {})["redirected"] = True


def _leaves(request: Any, **_: Any) -> None:  # noqa: ANN401 - botocore's event
    """The body was read to be signed; what is read from here on leaves the house."""
    if isinstance(request.body, SentPart):
        request.body.leave()
