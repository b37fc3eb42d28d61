"""What AWS does at a Function URL with IAM: the signature of each request is worked out anew, by the book alone.

Source: AWS General Reference, "Create a signed AWS API request" (Signature Version 4), without a library.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from doorstep.ports import Clock
from fakes.lambda_runtime import FrontRequest

LATEST = timedelta(minutes=5)
FORBIDDEN = "Forbidden"
WRONG = "The request signature we calculated does not match the signature you provided."
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, "
    r"SignedHeaders=(?P<names>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class SignatureCheck:
    """An `Admit` of `lambda_runtime`: who has one of these keys (id to secret) comes in, at the time of `clock`.

    `tokens` are what the sessions of temporary keys must show besides.
    """

    secrets: Mapping[str, str]
    clock: Clock
    region: str
    service: str = "lambda"
    tokens: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, request: FrontRequest) -> str | None:
        """Why not, in the words of AWS."""
        told = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        at = request.headers.get("x-amz-date", "")
        if told is None or not at:
            return FORBIDDEN
        secret = self.secrets.get(told["key"])
        if secret is None or (told["region"], told["service"]) != (self.region, self.service):
            return "The security token included in the request is invalid."
        if request.headers.get("x-amz-security-token") != self.tokens.get(told["key"]):
            return "The security token included in the request is invalid."
        if "host" not in told["names"].split(";"):
            return FORBIDDEN
        if not hmac.compare_digest(_signature(request, told, secret, at), told["signature"]):
            return WRONG
        return self._out_of_time(at)

    def _out_of_time(self, at: str) -> str | None:
        now = self.clock.now()
        signed = datetime.strptime(at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if signed < now - LATEST:
            return f"Signature expired: {at} is now earlier than {now - LATEST:%Y%m%dT%H%M%SZ}"
        if signed > now + LATEST:
            return f"Signature not yet current: {at} is still later than {now + LATEST:%Y%m%dT%H%M%SZ}"
        return None


def _signature(request: FrontRequest, told: re.Match[str], secret: str, at: str) -> str:
    names = told["names"].split(";")
    canonical = "\n".join(
        (
            request.method,
            quote(request.path or "/", safe="/~"),  # as it came, so what is encoded is encoded twice
            "&".join(sorted(request.query.split("&"))) if request.query else "",
            *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in names),
            "",
            told["names"],
            hashlib.sha256(request.body).hexdigest(),
        )
    )
    scope = f"{told['day']}/{told['region']}/{told['service']}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
