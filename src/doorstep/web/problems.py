"""Every error as a problem document (RFC 9457).  Plain words and a code; never a stack, an input or a secret."""

import math
from collections.abc import Mapping
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from doorstep.core.errors import (
    AccessDenied,
    BlobMissing,
    CatalogUnavailable,
    DoorstepError,
    SpanUnavailable,
    StoreUnavailable,
)

PROBLEM_TYPE = "application/problem+json"

# One document for what is not there and for what is not yours: nobody learns which (RFC 9110, 15.5.5).
NOT_FOUND = (404, "not-found", "There is nothing here that you may see.")

_WORDS_OF_STATUS = {
    400: ("invalid", "The request could not be read."),
    404: NOT_FOUND[1:],
    405: ("wrong-method", "This address does not take that method."),
    413: ("too-large", "A request may send at most 64 KiB."),
}


class Refusal(Exception):
    """Ends a request with a problem document; `detail` is one plain sentence."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers


def not_found() -> Refusal:
    """For what does not exist or may not be known to exist."""
    return Refusal(*NOT_FOUND)


def too_often(detail: str, wait: float) -> Refusal:
    """For who asks more often than he may; in `wait` seconds he may again (RFC 6585, 4)."""
    return Refusal(429, "too-often", detail, {"Retry-After": str(math.ceil(wait))})


def problem(
    status: int,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> JSONResponse:
    """The document of RFC 9457, section 3.1, with `code` for programs and `errors` for single fields."""
    document: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        document["errors"] = errors
    return JSONResponse(document, status, headers=dict(headers or {}), media_type=PROBLEM_TYPE)


def unexpected() -> JSONResponse:
    """For a bug: what it was stands in the log."""
    return problem(500, "unexpected", "Something went wrong in Doorstep. The log says what.")


def too_large() -> JSONResponse:
    """For a body beyond the bound."""
    return problem(413, *_WORDS_OF_STATUS[413])


def add_problems(app: Starlette) -> None:
    """Answer every expected error of the app with its document."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(DoorstepError, _expected)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, Refusal):
        raise error
    return problem(error.status, error.code, error.detail, error.headers)


async def _http(_: Request, error: Exception) -> JSONResponse:
    """Starlette's own: unknown address, wrong method, unreadable body."""
    if not isinstance(error, HTTPException):
        raise error
    phrase = HTTPStatus(error.status_code).phrase
    code, detail = _WORDS_OF_STATUS.get(error.status_code, (phrase.lower().replace(" ", "-"), f"{phrase}."))
    return problem(error.status_code, code, detail, error.headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    """A field is missing or wrong.  What was sent is not repeated: it may be a password."""
    if not isinstance(error, RequestValidationError):
        raise error
    fields = [
        {"where": ".".join(str(part) for part in fault["loc"][1:]) or "body", "what": str(fault["msg"])}
        for fault in error.errors()
    ]
    detail = "; ".join(f"{field['where']}: {field['what']}" for field in fields) + "."
    return problem(400, "invalid", detail, errors=fields)


async def _expected(_: Request, error: Exception) -> JSONResponse:
    retry = {"Retry-After": "5"}
    match error:
        case SpanUnavailable():
            return problem(404, "nothing-recorded", str(error))
        case BlobMissing():
            return problem(404, "recording-gone", "This recording is no longer there.")
        case StoreUnavailable():
            return problem(503, "store-unavailable", "The recordings cannot be reached just now. Try again.", retry)
        case CatalogUnavailable():
            return problem(503, "catalog-unavailable", "The list of events cannot be read just now. Try again.", retry)
        case AccessDenied():
            return problem(403, "denied", str(error))
        case _:
            return unexpected()
