"""The detector as an HTTP service: one route, the contract of `vision/remote_answer`.  Looking: `detect_desk`."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from doorstep.app.detect_desk import DeskFull, DetectDesk, Seen
from doorstep.app.http import COMMON, KEEP_ALIVE_SECONDS, Uvicorn, listen
from doorstep.core.errors import ConfigInvalid, DetectorUnavailable, MediaInvalid
from doorstep.core.settings import ServerSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.supervisor import keep_running
from doorstep.ports import Clock, Detector
from doorstep.vision.remote_answer import as_document
from doorstep.web.problems import Refusal, add_problems

MOST_BYTES = 5_000_000
BODY_SECONDS = 10.0
LOOK_SECONDS = 10.0
MOST_CONNECTIONS = 64
LEAST_TOKEN = 16
_TYPES = {"image/jpeg", "image/webp"}


@dataclass(frozen=True, slots=True)
class DetectServerSettings:
    """Where it listens and the token it asks for; without one it answers this machine alone."""

    host: str = "127.0.0.1"
    port: int = 8090
    token: str = field(default="", repr=False)


def check_door(settings: DetectServerSettings) -> None:
    """Raises ConfigInvalid where anybody on the network could use this detector, or guess its token."""
    if settings.token and len(settings.token) < LEAST_TOKEN:
        msg = f"The token is too short; use {LEAST_TOKEN} characters or more, such as `openssl rand -hex 16` gives."
        raise ConfigInvalid(msg)
    if not settings.token and not _is_loopback(settings.host):
        msg = f"{settings.host} is open to the network: give --token-file, or listen on 127.0.0.1."
        raise ConfigInvalid(msg)


def create_detect_app(detector: Detector, looks: ThreadPoolExecutor, clock: Clock, token: str) -> FastAPI:
    """`POST /detect` (and `/`), a JPEG or WebP as its body, `?least=` the least score; `GET /healthz`."""
    desk = DetectDesk(detector, looks, clock)

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(keep_running("detector", desk.run, clock, HealthBoard(clock)))
            yield
            running.cancel()

    app = FastAPI(title="Doorstep detector", openapi_url=None, docs_url=None, redoc_url=None, lifespan=living)

    async def detect(request: Request) -> Response:
        _admit(request, token)
        least = _least(request, detector.thresholds.keep)
        seen = await _look(desk, await _body(request), least)
        return JSONResponse(as_document(seen.detections, detector.name, seen.milliseconds))

    async def alive(_: Request) -> Response:
        return JSONResponse({"model": detector.name})

    app.add_route("/detect", detect, methods=["POST"])
    app.add_route("/", detect, methods=["POST"])
    app.add_route("/healthz", alive, methods=["GET"])
    add_problems(app)
    return app


async def serve_detector(
    settings: DetectServerSettings, detector: Detector, clock: Clock, stopped: asyncio.Event, say: Callable[[str], None]
) -> None:
    """Answer until `stopped`; says first where.  Raises ConfigInvalid."""
    check_door(settings)
    with (
        listen(ServerSettings(host=settings.host, port=settings.port)) as door,
        ThreadPoolExecutor(1, thread_name_prefix="look") as looks,
    ):
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        app = create_detect_app(detector, looks, clock, settings.token)
        options = COMMON | {"lifespan": "on", "limit_concurrency": MOST_CONNECTIONS}
        server = Uvicorn(uvicorn.Config(app, timeout_keep_alive=KEEP_ALIVE_SECONDS, **options))
        say(f"listening on http://{host}:{door.getsockname()[1]}/detect")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve([door]))
            await stopped.wait()
            server.should_exit = True


def _admit(request: Request, token: str) -> None:
    """The type keeps out web pages of others as well: with it they must ask first, and nobody answers that."""
    told = request.headers.get("authorization", "").encode("utf-8", "replace")
    if token and not hmac.compare_digest(told, f"Bearer {token}".encode()):
        raise Refusal(401, "token", "Give this detector's token.", {"WWW-Authenticate": 'Bearer realm="Doorstep"'})
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise Refusal(400, "invalid", "Send a picture as image/jpeg or image/webp.")


def _least(request: Request, otherwise: float) -> float:
    told = request.query_params.get("least")
    try:
        least = otherwise if told is None else float(told)
    except ValueError:
        least = -1.0
    if not 0.0 <= least <= 1.0:
        raise Refusal(400, "invalid", "least: it must be a number from 0 to 1.")
    return max(least, 0.01)


async def _body(request: Request) -> bytes:
    declared = request.headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdigit() and len(declared) < 10 and int(declared) <= MOST_BYTES):
        raise _too_large()
    taken = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                taken += piece
                if len(taken) > MOST_BYTES:
                    raise _too_large()
    except TimeoutError:
        raise Refusal(408, "slow", "The picture did not come in time.", {"Connection": "close"}) from None
    return bytes(taken)


def _too_large() -> Refusal:
    return Refusal(400, "too-large", "A picture may have at most 5 MB.", {"Connection": "close"})


async def _look(desk: DetectDesk, content: bytes, least: float) -> Seen:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await desk.look(content, least)
    except DeskFull:
        raise Refusal(429, "busy", "Too many pictures wait already.", {"Retry-After": "1"}) from None
    except MediaInvalid as error:
        raise Refusal(400, "invalid", str(error)) from None
    except DetectorUnavailable as error:
        raise Refusal(503, "detector-unavailable", str(error), {"Retry-After": "5"}) from None
    except TimeoutError:
        raise Refusal(503, "slow", "The model takes too long.", {"Retry-After": "5"}) from None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
