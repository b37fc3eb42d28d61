"""Writes http.md from the API's own description (OpenAPI) and its table of permissions: `make docs-pages`.

A test holds it.  What an answer means beyond its fields stands in pages written by hand, which the head names.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from doorstep.core.access import READ_SCOPES, SCOPES_OF_ROLE, Role, Scope
from doorstep.web.permissions import KEYED, PERMISSIONS, SOCKET, AnyOf, Need, Openness
from fakes.house import House

HEAD = """\
# The HTTP interface

Made from the server's own description (`GET /api/v1/openapi.json`, OpenAPI 3.1) by `make docs-pages`; do not edit it by
hand. How to use it, with examples: [automations](../guide/automations.md). What stands behind it in words:
[clips](clips.md), [live](live.md), [telling](telling.md), [explanations](explanations.md).

A script sends `Authorization: Bearer TOKEN`; a browser has its session's cookie. Bodies are JSON, at most a few kB,
with `Content-Type: application/json`. Times are RFC 3339 in UTC. Whoever has no right to a camera or event gets the
same 404 as for one that does not exist. A refusal is `application/problem+json` (RFC 9457): `type`, `title`,
`status`, `detail`, and `code`, a word that stays the same for scripts.

"""
OPEN = {
    Openness.PUBLIC: "nobody's leave",
    Openness.SIGNED_IN: "a sign-in or token",
    Openness.PEERS: "an address of `ingest_from`",
}
SMALL_WORDS = ("of ", "for ", "by ", "in ", "at ", "to ")
JSON = "application/json"
Document = Mapping[str, Any]


def page() -> str:
    """The whole page."""
    with House() as house:
        document: Document = house.get("/api/v1/openapi.json").json()
    return "\n".join([HEAD + _scopes(), *_routes(document), *_shapes(document["components"]["schemas"])])


def _scopes() -> str:
    lines = ["## Who may what", "", "| scope of a token | also the right of |", "| --- | --- |"]
    for scope in Scope:
        roles = [role.value for role in Role if scope in SCOPES_OF_ROLE[role] or Scope.ADMIN in SCOPES_OF_ROLE[role]]
        lines.append(f"| `{scope.value}` | {', '.join(roles) or 'nobody but a token'} |")
    read = ", ".join(f"`{scope.value}`" for scope in Scope if scope in READ_SCOPES or scope is Scope.STATUS_READ)
    return "\n".join([*lines, "", f'"Any to read" below is one of {read}. `admin` opens everything.', ""])


def _routes(document: Document) -> Iterator[str]:
    yield "## Routes\n"
    rows = sorted(PERMISSIONS, key=lambda row: (_group(row[1]), row[1], row[0]))
    for group, routes in groupby(rows, lambda row: _group(row[1])):
        yield f"### {group}\n"
        yield "| route | asks for | takes | answers | |"
        yield "| --- | --- | --- | --- | --- |"
        for method, path in routes:
            yield _row(method, path, document["paths"].get(path, {}).get(method.lower(), {}))
        yield ""


def _group(path: str) -> str:
    first = path.removeprefix("/api/v1/").split("/")[0]
    return first if path.startswith("/api/v1/") else "outside /api/v1"


def _row(method: str, path: str, told: Document) -> str:
    need = _need(PERMISSIONS[(method, path)])
    keyed = ", or a play key" if (method, path) in KEYED else ""
    words = " ".join((told.get("description") or _silent(method, path)).split())
    cells = (f"`{method} {path}`", need + keyed, _takes(told), _answers(told), words)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _silent(method: str, path: str) -> str:
    if method == SOCKET:
        return "A WebSocket: fragments of MP4 for Media Source Extensions."
    if path == "/{path:path}":
        return "The page and its parts."
    return ""


def _need(need: Need) -> str:
    match need:
        case AnyOf():
            names = sorted(f"`{scope.value}`" for scope in need.scopes)
            return names[0] if len(names) == 1 else "any to read"
        case Openness():
            return OPEN[need]


def _takes(told: Document) -> str:
    named = [_parameter(one) for one in told.get("parameters", ()) if one["in"] != "path"]
    body = told.get("requestBody", {}).get("content", {})
    if JSON in body:
        named.append(_kind(body[JSON].get("schema", {})))
    elif body:
        named.append(f"`{next(iter(body))}`")
    return ", ".join(named)


def _parameter(one: Document) -> str:
    return f"`{one['name']}`" + (" (header)" if one["in"] == "header" else "")


def _answers(told: Document) -> str:
    found = []
    for code, answer in told.get("responses", {}).items():
        if code == "default":
            continue
        content = answer.get("content", {})
        kind = _kind(content[JSON].get("schema", {})) if JSON in content else ", ".join(f"`{one}`" for one in content)
        found.append(f"{code} {kind}".strip())
    return "; ".join(found)


def _shapes(schemas: Mapping[str, Document]) -> Iterator[str]:
    yield "## Shapes\n"
    yield "More fields may come; these keep their names.\n"
    for name, shape in sorted(schemas.items()):
        if name in {"HTTPValidationError", "ValidationError"}:
            continue
        yield f"### {name}\n"
        if words := " ".join(str(shape.get("description", "")).split()):
            yield f"{words}\n"
        if "enum" in shape:
            yield _kind(shape) + "\n"
        if shape.get("properties"):
            yield "| field | is | |"
            yield "| --- | --- | --- |"
            needed = shape.get("required", ())
            yield from (_field(field, kind, needed) for field, kind in shape["properties"].items())
            yield ""


def _field(name: str, kind: Document, needed: Sequence[str]) -> str:
    words = " ".join(str(kind.get("description", "")).split())
    kept = "" if name in needed else "may be left out" if "default" not in kind or kind["default"] is None else ""
    default = f"`{_json(kind['default'])}` if left out" if not kept and name not in needed else kept
    cells = (f"`{name}`", _kind(kind), ". ".join(part for part in (words.rstrip("."), default) if part))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _json(value: object) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _kind(kind: Document) -> str:
    """In words; a shape is a link to where it stands."""
    if "$ref" in kind:
        name = kind["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if parts := kind.get("anyOf", kind.get("oneOf")):
        return " or ".join(dict.fromkeys(_kind(one) for one in parts))
    if choices := kind.get("enum", [kind["const"]] if "const" in kind else []):
        return ", ".join(f"`{one}`" for one in choices)
    return _plain_kind(kind)


def _plain_kind(kind: Document) -> str:
    """Of what has a type and is no choice."""
    match kind.get("type"), kind.get("additionalProperties"):
        case "array", _:
            return f"list of {_many(kind)}"
        case "object", Mapping() as inner if inner:
            return f"object of {_kind(inner)}"
    words = {
        "object": "object",
        "string": {"date-time": "time", "binary": "bytes"}.get(str(kind.get("format")), "text"),
        "integer": f"whole number{_bounds(kind)}",
        "number": f"number{_bounds(kind)}",
        "boolean": "true or false",
        "null": "null",
    }
    return words.get(str(kind.get("type")), "anything")


def _many(kind: Document) -> str:
    """Of what a list is; one of a fixed length says each of its places by the first."""
    places = kind.get("prefixItems")
    return f"{len(places)} of: {_kind(places[0])}" if places else _kind(kind.get("items", {}))


def _bounds(kind: Document) -> str:
    least = kind.get("minimum", kind.get("exclusiveMinimum"))
    most = kind.get("maximum", kind.get("exclusiveMaximum"))
    if least is None and most is None:
        return ""
    return f" ({'' if least is None else f'{least:g}'} to {'' if most is None else f'{most:g}'})".replace(
        "( to", "(up to"
    ).replace(" to )", " or more)")
