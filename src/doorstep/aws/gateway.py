"""A call as API Gateway's HTTP API brings it to a function (payload format 2.0), and the answers that it takes back."""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

PROBLEM_TYPE = "application/problem+json"

Answer = dict[str, Any]  # JSON


class Refusal(Exception):
    """Ends a call with a problem document; `detail` is one plain sentence."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})

    def answer(self) -> Answer:
        """The document of RFC 9457, section 3.1, with `code` for programs."""
        document = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        return answer(self.status, document, {"Content-Type": PROBLEM_TYPE, **self.headers})


@dataclass(frozen=True, slots=True)
class Call:
    """One request; headers in small letters, `place` is the last part of the path behind `/motion/`, or empty."""

    method: str
    place: str
    headers: Mapping[str, str] = field(repr=False)  # they hold tokens
    body: bytes = b""


def call_of(event: object, most_bytes: int) -> Call:
    """Raises Refusal for what is no such call, or has a larger body."""
    if not isinstance(event, Mapping) or event.get("version") != "2.0":
        raise Refusal(400, "invalid", "This function is called by an HTTP API, with payload format 2.0.")
    http = event.get("requestContext", {}).get("http", {})
    parameters = event.get("pathParameters") or {}
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    return Call(str(http.get("method", "")), str(parameters.get("camera", "")), headers, _body(event, most_bytes))


def answer(status: int, document: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Answer:
    """As API Gateway passes it on."""
    told = {"Content-Type": "application/json", "Cache-Control": "no-store", **(headers or {})}
    return {"statusCode": status, "headers": told, "body": json.dumps(document), "isBase64Encoded": False}


def _body(event: Mapping[str, Any], most_bytes: int) -> bytes:
    text = event.get("body") or ""
    if not isinstance(text, str) or len(text) > 2 * most_bytes:
        raise Refusal(413, "too-large", f"A report of motion may have at most {most_bytes} bytes.")
    try:
        body = b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except (binascii.Error, ValueError) as error:
        raise Refusal(400, "invalid", "The request could not be read.") from error
    if len(body) > most_bytes:
        raise Refusal(413, "too-large", f"A report of motion may have at most {most_bytes} bytes.")
    return body
