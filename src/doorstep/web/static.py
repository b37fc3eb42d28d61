"""The built web app, read whole at start: what is not in it cannot be asked for.  Building it lives in /web."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from doorstep.web.gate import GatedRoute
from doorstep.web.problems import not_found

INDEX = "index.html"
_ASSETS = "assets/"
# Best first.  RFC 9110, 8.4.1, and RFC 7932 for br.
_CODINGS = (("br", ".br"), ("gzip", ".gz"))
_TYPES = {".webmanifest": "application/manifest+json", ".js": "text/javascript", ".svg": "image/svg+xml"}
_NOT_BUILT = "The web app is not part of this installation; the API under /api/v1 works without it."


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes by content coding, "" for plain."""

    media_type: str
    bodies: dict[str, bytes]
    etag: str

    def best_for(self, headers: Headers) -> str:
        """The smallest coding that the browser takes."""
        accepted = {
            token.partition(";")[0].strip()
            for token in headers.get("accept-encoding", "").lower().split(",")
            if token.replace(" ", "").partition(";q=")[2] not in ("0", "0.0", "0.00", "0.000")
        }
        return next((coding for coding, _ in _CODINGS if coding in accepted and coding in self.bodies), "")


class WebApp:
    """Every file under `dist` by its path, but for links that lead outside; empty when there is no such folder."""

    def __init__(self, dist: Path) -> None:
        base = dist.resolve()
        files = {
            str(path.relative_to(dist)): path
            for path in (dist.rglob("*") if dist.is_dir() else ())
            if path.is_file() and path.resolve().is_relative_to(base)
        }
        codings = tuple(suffix for _, suffix in _CODINGS)
        self._assets = {name: _asset(path, files, name) for name, path in files.items() if not name.endswith(codings)}

    @property
    def is_built(self) -> bool:
        """Whether there is an app to show."""
        return INDEX in self._assets

    def at(self, path: str) -> tuple[str, Asset] | None:
        """The file of a path, or the app's page for a path that looks like one of its pages."""
        if path in self._assets:
            return path, self._assets[path]
        is_page = "." not in path.rpartition("/")[2] and not path.startswith(_ASSETS)
        return (INDEX, self._assets[INDEX]) if is_page and self.is_built else None


def _asset(path: Path, files: dict[str, Path], name: str) -> Asset:
    bodies = {"": path.read_bytes()}
    for coding, suffix in _CODINGS:
        if f"{name}{suffix}" in files:
            bodies[coding] = files[f"{name}{suffix}"].read_bytes()
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(media_type, bodies, hashlib.sha256(bodies[""]).hexdigest()[:16])


class PageRoute(GatedRoute):
    """Everything but the API, whose unknown addresses are problems and no pages."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As its path says, but never under /api."""
        if scope["path"] == "/api" or scope["path"].startswith("/api/"):
            return Match.NONE, {}
        return super().matches(scope)


async def show_page(request: Request) -> Response:
    """A file of the app.  Names with a hash are kept for ever, everything else is asked for again."""
    app: WebApp = request.app.state.web_app
    path: str = request.path_params["path"]
    found = app.at(path or INDEX)
    if found is None:
        if app.is_built or "." in path:
            raise not_found()
        return PlainTextResponse(_NOT_BUILT)
    name, asset = found
    coding = asset.best_for(request.headers)
    etag = f'"{asset.etag}{coding}"'
    headers = {
        "ETag": etag,
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=31536000, immutable" if name.startswith(_ASSETS) else "no-cache",
    }
    if coding:
        headers["Content-Encoding"] = coding
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(asset.bodies[coding], headers=headers, media_type=asset.media_type)


def page_route() -> PageRoute:
    """The last route: whatever no other one takes."""
    return PageRoute(
        "/{path:path}", show_page, methods=["GET", "HEAD"], response_class=Response, include_in_schema=False
    )
