"""Signs requests to a detector that is a function in AWS: Signature Version 4, by botocore.  Who sends: `remote`.

Source: AWS General Reference, "Signing AWS API requests"; the body's hash is part of what is signed.
"""

import threading
from collections.abc import Generator
from typing import Any

import httpx

from doorstep.core.cloud_settings import AccessKey
from doorstep.core.errors import ConfigInvalid, DetectorUnavailable
from doorstep.extras import how_to_add
from doorstep.ports import Clock

SERVICE = "lambda"
EXTRA_IS_MISSING = f'detection.sign = "aws" needs boto3, which is not installed. {how_to_add("aws")}'
NO_KEYS = "no keys for AWS were found; write access_key_id and secret_access_key into [aws]"
_TIME = "%Y%m%dT%H%M%SZ"
_ALGORITHM = "AWS4-HMAC-SHA256"


class AwsSignature(httpx.Auth):
    """Thread-safe.  Without a key of its own: what boto3 finds, the machine's role included, renewed in time."""

    requires_request_body = True

    def __init__(self, key: AccessKey, region: str, clock: Clock, service: str = SERVICE) -> None:
        """Loads the library.  Raises ConfigInvalid where it is not installed."""
        try:
            from botocore.auth import SigV4Auth  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra, which most do without
            from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
            from botocore.credentials import ReadOnlyCredentials  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
        except ImportError as error:
            raise ConfigInvalid(EXTRA_IS_MISSING) from error
        self._signer, self._request, self._credentials = SigV4Auth, AWSRequest, ReadOnlyCredentials
        self._key = key
        self._region = region
        self._clock = clock
        self._service = service
        self._finding = threading.Lock()
        self._found: Any = None  # botocore's Credentials

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Each try is signed anew, with the time of now.  Raises DetectorUnavailable where there are no keys."""
        self._sign(request, self._own() if self._key else self._looked_for())
        yield request

    def _sign(self, request: httpx.Request, keys: Any) -> None:  # noqa: ANN401 - botocore's named tuple
        """The steps of botocore's `add_auth`, which asks the clock itself and writes what it signs into a log."""
        signed = self._request(method=request.method, url=str(request.url), data=request.content)
        signed.context["timestamp"] = self._clock.now().strftime(_TIME)
        told = {"X-Amz-Date": signed.context["timestamp"]}
        told |= {"X-Amz-Security-Token": keys.token} if keys.token else {}
        # The host as it is asked for: the address of the request is a number by now.
        own = {name: request.headers[name] for name in ("Host", "Content-Type") if name in request.headers}
        for name, value in (own | told).items():
            signed.headers[name] = value
        signer = self._signer(keys, self._service, self._region)
        text = signer.string_to_sign(signed, signer.canonical_request(signed))
        names = signer.signed_headers(signer.headers_to_sign(signed))
        parts = (f"Credential={signer.scope(signed)}", f"SignedHeaders={names}")
        request.headers.update(told)
        request.headers["Authorization"] = (
            f"{_ALGORITHM} {', '.join(parts)}, Signature={signer.signature(text, signed)}"
        )

    def _own(self) -> Any:  # noqa: ANN401 - as above
        return self._credentials(self._key.key_id, self._key.secret, None)

    def _looked_for(self) -> Any:  # noqa: ANN401 - as above
        """Blocks, at first for a second or two.  Raises DetectorUnavailable."""
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]  # noqa: PLC0415 - as above
        from botocore.session import Session  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

        try:
            with self._finding:
                self._found = self._found or Session().get_credentials()
            if self._found is not None:
                return self._found.get_frozen_credentials()
        except BotoCoreError as error:
            raise DetectorUnavailable(NO_KEYS) from error
        raise DetectorUnavailable(NO_KEYS)
