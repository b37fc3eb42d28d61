"""AWS Lambda on this machine: the real `awslambdaric` as a child process, fed by a small Runtime API of our own.

    with lambda_function("doorstep.aws.detect.handler", {"DOORSTEP_MODEL": str(path)}) as function:
        answer = function.invoke({"any": "event"})          # what the handler returned; FunctionError where it raised
        with function_url(function) as url:
            httpx.post(f"{url.address}/detect?least=0.3", content=picture, headers={"Content-Type": "image/jpeg"})

As in AWS: nothing runs before the first event (`function.start()` begins earlier); one child takes one event at a time,
and another event waits for it; a child that crashed, hung or failed its import is gone, and the next event starts one
anew; events and answers are JSON of at most 6 MB; the child sees no environment but Lambda's and what it is given.
`function.log` is what it printed, `function.starts` how often one was started, `function.cold_seconds` how long the
last one took to be ready.  An event can be given again (`invoke` twice) as S3 does; who wants retries does them.

`function_url` and `http_api` are the HTTP fronts: a request becomes an event of payload format 2.0, and what the
handler returned becomes the answer.  `admit` stands for IAM (`fakes.signed_requests.SignatureCheck`).

Sources: AWS Lambda Developer Guide, "Lambda runtime API" (2018-06-01), "Invoking Lambda function URLs" (payloads);
API Gateway Developer Guide, "AWS Lambda proxy integrations for HTTP APIs" (payload format version 2.0).
"""

import base64
import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

MOST_BYTES = 6_291_556
"""Of an event or an answer, as JSON (Lambda quotas, synchronous invocation)."""

START_SECONDS = 300.0
"""Lambda gives ten; a machine that others use too, or that is emulated, needs longer."""

REGION = "eu-central-1"
_API = "/2018-06-01/runtime"
_NAME = "doorstep-test"


class FunctionError(Exception):
    """The handler raised, its module could not be imported, or its process ended; as `X-Amz-Function-Error` says."""

    def __init__(self, kind: str, message: str, stack: tuple[str, ...] = ()) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.stack = stack


class FunctionTimedOut(FunctionError):
    """It did not answer in its seconds, and its process was ended."""


class PayloadTooLarge(Exception):
    """The event is larger than Lambda takes: it answers 413 and runs nothing."""


@dataclass(slots=True)
class _Invocation:
    event: bytes
    deadline: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer: "Future[bytes]" = field(default_factory=Future)


class LambdaFunction:
    """One function; see the module.  Thread-safe."""

    def __init__(
        self, handler: str, environment: Mapping[str, str], seconds: float, python: Sequence[str] = (sys.executable,)
    ) -> None:
        self.handler = handler
        self.seconds = seconds
        self.starts = 0
        self.cold_seconds = 0.0
        self._environment = dict(environment)
        self._python = tuple(python)
        self._turn = threading.Lock()
        self._sandbox: _Sandbox | None = None
        self._said: list[str] = []

    @property
    def log(self) -> str:
        """What all its children printed so far."""
        return "".join(self._said)

    @property
    def pid(self) -> int | None:
        """Of the child that is ready or busy; None where there is none."""
        sandbox = self._sandbox
        return None if sandbox is None or sandbox.is_over else sandbox.pid

    def start(self) -> None:
        """Have a child ready; nothing where there is one.  Raises FunctionError where its import fails."""
        with self._turn:
            self._started()

    def invoke(self, event: object) -> Any:
        """What the handler returned for this event.  Raises FunctionError, FunctionTimedOut, PayloadTooLarge."""
        content = json.dumps(event).encode()
        if len(content) > MOST_BYTES:
            raise PayloadTooLarge
        with self._turn:
            answer = self._asked(self._started(), content)
        if len(answer) > MOST_BYTES:
            kind = "Function.ResponseSizeTooLarge"
            raise FunctionError(kind, f"Response payload size exceeded maximum allowed payload size ({MOST_BYTES}).")
        return json.loads(answer)

    def end(self) -> None:
        """End the child, as AWS does when it likes; the next event starts another."""
        with self._turn:
            self._dropped()

    def _asked(self, sandbox: "_Sandbox", content: bytes) -> bytes:
        invocation = _Invocation(content, time.time() + self.seconds)
        sandbox.give(invocation)
        try:
            return invocation.answer.result(self.seconds)
        except TimeoutError:
            self._dropped()
            kind, words = "Sandbox.Timedout", f"Task timed out after {self.seconds:.2f} seconds"
            raise FunctionTimedOut(kind, words) from None
        except FunctionError:
            if sandbox.is_over:
                self._dropped()
            raise

    def _started(self) -> "_Sandbox":
        if self._sandbox is None or self._sandbox.is_over:
            self._dropped()
            began = time.monotonic()
            self._sandbox = _Sandbox(self._python, self.handler, self._environment, self._said)
            self.starts += 1
            try:
                self._sandbox.wait_ready()
            except FunctionError:
                self._dropped()
                raise
            self.cold_seconds = time.monotonic() - began
        return self._sandbox

    def _dropped(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()


@contextmanager
def lambda_function(
    handler: str,
    environment: Mapping[str, str] | None = None,
    *,
    seconds: float = 60.0,
    python: Sequence[str] = (sys.executable,),
) -> Iterator[LambdaFunction]:
    """`handler` as in Lambda ("package.module.function"); `seconds` is its timeout, which no start counts against.

    A handler of a test's own is found with `{"PYTHONPATH": folder}`.  `python` begins the child's command line.
    """
    function = LambdaFunction(handler, environment or {}, seconds, python)
    try:
        yield function
    finally:
        function.end()


class _Sandbox:
    """One child and the Runtime API that it alone talks to."""

    def __init__(self, python: Sequence[str], handler: str, environment: Mapping[str, str], said: list[str]) -> None:
        self._said = said
        self._events: queue.Queue[_Invocation | None] = queue.Queue()
        self._current: _Invocation | None = None
        self._failed: FunctionError | None = None
        self._asked_for_work = threading.Event()
        self._over = threading.Event()
        self._server = _Quiet(("127.0.0.1", 0), _runtime_api(self))
        poll = {"poll_interval": 0.02}
        self._serving = threading.Thread(target=self._server.serve_forever, kwargs=poll, daemon=True)
        self._serving.start()
        self._process = subprocess.Popen(
            [*python, "-m", "awslambdaric", handler],
            env=_child_environment(handler, self._server.server_address[1]) | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def wait_ready(self) -> None:
        """Until it asks for its first event.  Raises FunctionError."""
        if not self._asked_for_work.wait(START_SECONDS):
            kind = "Sandbox.Timedout"
            raise FunctionTimedOut(kind, f"The import took over {START_SECONDS:g} s.")
        if self._over.is_set():
            raise self._end()

    def give(self, invocation: _Invocation) -> None:
        self._current = invocation
        self._events.put(invocation)
        if self._over.is_set() and not invocation.answer.done():
            _fail(invocation, self._end())

    def close(self) -> None:
        """Idempotent.  Blocks until it has ended."""
        self._process.kill()
        self._watching.join()
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()

    # Called by the Runtime API, in its threads.

    def next(self) -> _Invocation | None:
        self._asked_for_work.set()
        return self._events.get()

    def told(self, path: str, body: bytes) -> bool:
        """What it posts; whether anybody waits for that."""
        if path == "/init/error":
            self._failed = _told_error(body)
            return True
        id_, _, what = path.removeprefix("/invocation/").partition("/")
        invocation = self._current
        if invocation is None or invocation.id != id_ or invocation.answer.done():
            return False
        if what == "response":
            invocation.answer.set_result(body)
        else:
            _fail(invocation, _told_error(body))
        return True

    def _watch(self) -> None:
        """In a thread of its own: what it prints, and its end."""
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            for line in pipe:
                self._said.append(line)
        self._process.wait()
        self._over.set()
        self._asked_for_work.set()
        self._events.put(None)
        if self._current is not None and not self._current.answer.done():
            _fail(self._current, self._end())

    def _end(self) -> FunctionError:
        status = self._process.poll()
        how = f"signal: {-status}" if status is not None and status < 0 else f"exit status {status}"
        return self._failed or FunctionError("Runtime.ExitError", f"Runtime exited with error: {how}")


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Whoever asked is gone."""


def _fail(invocation: _Invocation, error: FunctionError) -> None:
    with suppress(Exception):  # another thread was first
        invocation.answer.set_exception(error)


def _told_error(body: bytes) -> FunctionError:
    told = json.loads(body)
    stack = tuple(str(line) for line in told.get("stackTrace") or ())
    return FunctionError(str(told.get("errorType", "")), str(told.get("errorMessage", "")), stack)


def _child_environment(handler: str, port: int) -> dict[str, str]:
    """Lambda's own (its Developer Guide, "Defined runtime environment variables"), and nothing of this machine's."""
    search = os.pathsep.join(path for path in sys.path if path.endswith("/src"))
    return {
        "PATH": os.environ.get("PATH", ""),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": "/nonexistent",
        "PYTHONPATH": search,
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": _NAME,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "_HANDLER": handler,
    }


def _runtime_api(sandbox: _Sandbox) -> type[BaseHTTPRequestHandler]:
    class RuntimeApi(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            if self.path != f"{_API}/invocation/next":
                self._answer(404, {"errorType": "InvalidRequest"})
                return
            invocation = sandbox.next()
            if invocation is None:
                self.close_connection = True
                return
            self._answer(200, invocation.event, _invocation_headers(invocation))

        def do_POST(self) -> None:
            taken = sandbox.told(self.path.removeprefix(_API), _body_of(self))
            self._answer(202 if taken else 400, {"status": "OK"} if taken else {"errorType": "InvalidRequestID"})

        def _answer(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            _respond(self, status, {"Content-Type": "application/json", **(headers or {})}, content)

        def log_message(self, *_: object) -> None:
            pass

    return RuntimeApi


def _body_of(handler: BaseHTTPRequestHandler) -> bytes:
    """By its length, or in chunks (RFC 9112, section 7.1), as the client sends what is large."""
    if handler.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    taken = b""
    while length := int(handler.rfile.readline().partition(b";")[0], 16):
        taken += handler.rfile.read(length)
        handler.rfile.readline()
    handler.rfile.readline()
    return taken


def _invocation_headers(invocation: _Invocation) -> dict[str, str]:
    return {
        "Lambda-Runtime-Aws-Request-Id": invocation.id,
        "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
        "Lambda-Runtime-Invoked-Function-Arn": f"arn:aws:lambda:{REGION}:123456789012:function:{_NAME}",
        "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
    }


@dataclass(frozen=True, slots=True)
class FrontRequest:
    """One request at a front; headers in small letters, those that came twice joined by commas."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


Admit = Callable[[FrontRequest], str | None]
"""Why a request may not come in, in AWS's words; None where it may."""


@dataclass
class Front:
    """Where it is (`http://127.0.0.1:PORT`), and what came in, refused or not."""

    address: str = ""
    requests: list[FrontRequest] = field(default_factory=list)


@contextmanager
def function_url(function: LambdaFunction, admit: Admit | None = None) -> Iterator[Front]:
    """A Function URL: every method and path goes to the function.  Its trouble is 502, a refusal of `admit` 403."""
    with _front(function, admit, "$default", (502, {"message": "Internal Server Error"})) as front:
        yield front


@contextmanager
def http_api(function: LambdaFunction, route: str, admit: Admit | None = None) -> Iterator[Front]:
    """An HTTP API of API Gateway with one `route`, such as "POST /motion"; others are 404, its trouble is 500."""
    with _front(function, admit, route, (500, {"message": "Internal Server Error"})) as front:
        yield front


@contextmanager
def _front(
    function: LambdaFunction, admit: Admit | None, route: str, trouble: tuple[int, dict[str, str]]
) -> Iterator[Front]:
    front = Front()

    def answer(request: FrontRequest) -> tuple[int, dict[str, str], bytes]:
        front.requests.append(request)
        if route not in {"$default", f"{request.method} {request.path}"}:
            return _plain(404, {"message": "Not Found"})
        if admit is not None and (refusal := admit(request)) is not None:
            return _plain(403, {"Message": refusal})
        try:
            return _http_answer(function.invoke(http_event(request, route)))
        except PayloadTooLarge:
            return _plain(413, {"message": "Request Entity Too Large"})
        except FunctionError:
            return _plain(*trouble)

    server = _Quiet(("127.0.0.1", 0), _door(answer))
    front.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def http_event(request: FrontRequest, route: str = "$default") -> dict[str, Any]:
    """The request as an event of payload format 2.0."""
    now = datetime.now(UTC)
    cookies = [part.strip() for part in request.headers.get("cookie", "").split(";") if part.strip()]
    queries: dict[str, str] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        queries[name] = f"{queries[name]},{value}" if name in queries else value
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": unquote(request.path),
        "rawQueryString": request.query,
        "headers": {name: value for name, value in request.headers.items() if name != "cookie"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": _NAME,
            "domainName": request.headers.get("host", ""),
            "domainPrefix": _NAME,
            "http": {
                "method": request.method,
                "path": unquote(request.path),
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": route,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    event |= {"cookies": cookies} if cookies else {}
    event |= {"queryStringParameters": queries} if queries else {}
    return event | _event_body(request)


def _event_body(request: FrontRequest) -> dict[str, Any]:
    """Text of a type that is text stays so, whatever else there is comes as base64."""
    if not request.body:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_text = kind.startswith("text/") or kind.endswith("+json") or kind in {"application/json", "application/xml"}
    if is_text and "content-encoding" not in request.headers:
        with suppress(UnicodeDecodeError):
            return {"body": request.body.decode()}
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def _http_answer(returned: Any) -> tuple[int, dict[str, str], bytes]:
    """What a handler returned as an answer: as it says, or 200 and JSON where it names no status."""
    if not isinstance(returned, dict) or "statusCode" not in returned:
        body = returned if isinstance(returned, str) else json.dumps(returned)
        return 200, {"Content-Type": "application/json"}, body.encode()
    body = returned.get("body") or ""
    content = base64.b64decode(body, validate=True) if returned.get("isBase64Encoded") else body.encode()
    headers = {str(name): str(value) for name, value in (returned.get("headers") or {}).items()}
    return int(returned["statusCode"]), headers, content


def _plain(status: int, document: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()


def _door(answer: Callable[[FrontRequest], tuple[int, dict[str, str], bytes]]) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _any(self) -> None:
            body = _body_of(self)
            address = urlsplit(self.path)
            headers: dict[str, str] = {}
            for name, value in self.headers.items():
                small = name.lower()
                headers[small] = f"{headers[small]},{value}" if small in headers else value
            status, more, content = answer(FrontRequest(self.command, address.path, address.query, headers, body))
            _respond(self, status, more, content)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _any  # noqa: N815 - http.server's

        def log_message(self, *_: object) -> None:
            pass

    return Door


def _respond(handler: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], content: bytes) -> None:
    handler.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(content))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(content)
