"""API Gateway's HTTP API on loopback, in front of one function: a route with parts in braces, a throttle, a time-out.

    with http_api(function, "POST /motion/{camera}") as front:
        httpx.post(f"{front.address}/motion/front-door", json={...})

As there: what fits no route is 404, a storm 429, a function that raises 500, one that does not answer in `seconds` 503
(API Gateway Developer Guide, "Quotas for HTTP APIs", "Throttle requests"), and headers come in small letters.
"""

import base64
import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from fakes.lambda_runtime import FrontRequest, FunctionError, LambdaFunction, PayloadTooLarge, http_event
from fakes.push_service import QuietServer

INTEGRATION_SECONDS = 30.0


@dataclass
class HttpApi:
    """Where it is (`http://127.0.0.1:PORT`), what came in, and with which status each went; `at_most` throttles.

    `break_off` is a number of calls to come whose answers are lost on the way, though the function gave them.
    """

    address: str = ""
    at_most: int | None = None
    break_off: int = 0
    requests: list[FrontRequest] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@contextmanager
def http_api(function: LambdaFunction, route: str, seconds: float = INTEGRATION_SECONDS) -> Iterator[HttpApi]:
    """Until the block ends; each request is taken in a thread of its own."""
    api = HttpApi()
    method, _, path = route.partition(" ")
    fits = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))
    calls = ThreadPoolExecutor(4)

    def answer(request: FrontRequest) -> tuple[int, dict[str, str], bytes]:
        api.requests.append(request)
        found = fits.fullmatch(request.path)
        if found is None or request.method != method:
            return _plain(404, "Not Found")
        if api.at_most is not None and len(api.requests) > api.at_most:
            return _plain(429, "Too Many Requests")
        event = http_event(request, route) | {"pathParameters": found.groupdict()}
        return _asked(calls.submit(function.invoke, event), seconds)

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            address = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, content = answer(FrontRequest(self.command, address.path, address.query, headers, body))
            api.statuses.append(status)
            self.close_connection = True
            if api.break_off:
                api.break_off -= 1
                return
            self.send_response_only(status)
            for name, value in {**more, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = QuietServer(("127.0.0.1", 0), Door)
    api.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        calls.shutdown()


def _asked(call: "Future[Any]", seconds: float) -> tuple[int, dict[str, str], bytes]:
    try:
        return _answer(call.result(seconds))
    except TimeoutError:
        return _plain(503, "Service Unavailable")
    except PayloadTooLarge:
        return _plain(413, "Request Entity Too Large")
    except FunctionError:
        return _plain(500, "Internal Server Error")


def _answer(returned: Any) -> tuple[int, dict[str, str], bytes]:
    body = returned["body"]
    content = base64.b64decode(body) if returned.get("isBase64Encoded") else body.encode()
    return int(returned["statusCode"]), dict(returned["headers"]), content


def _plain(status: int, words: str) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps({"message": words}).encode()
