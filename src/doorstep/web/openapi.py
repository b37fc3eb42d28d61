"""The description of the API: FastAPI's, plus problem documents, the two ways to sign in, and each route's scope."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from doorstep.web.gate import resource
from doorstep.web.permissions import PERMISSIONS, AnyOf, Openness
from doorstep.web.shapes import ProblemDocument

router = resource("openapi")


@router.get("/openapi.json", response_class=JSONResponse, response_model=None)
async def get_openapi(request: Request) -> JSONResponse:
    """This document."""
    app: FastAPI = request.app
    return JSONResponse(describe(app))


def describe(app: FastAPI) -> dict[str, Any]:  # Any: a JSON document
    """The OpenAPI document of the app."""
    document = app.openapi()
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = ProblemDocument.model_json_schema()
    components["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "doorstep", "description": "__Host-doorstep under TLS"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _describe_need(operation, method.upper(), path)
    return document


def _describe_need(operation: dict[str, Any], method: str, path: str) -> None:
    match PERMISSIONS[(method, path)]:
        case AnyOf() as need:
            operation["security"] = [{"session": []}, {"token": []}]
            operation["x-doorstep-scopes"] = sorted(need.scopes)
        case Openness.SIGNED_IN:
            operation["security"] = [{"session": []}, {"token": []}]
        case Openness.PUBLIC | Openness.PEERS:
            operation["security"] = []
