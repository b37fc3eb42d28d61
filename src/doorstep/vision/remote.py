"""A `ports.Detector` on another machine, over HTTP.  Falling back to the local model lives in `remote_fallback`."""

import queue
import random
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx
import stamina

from doorstep.core.breaker import Breaker
from doorstep.core.detection import Detection, Thresholds
from doorstep.core.errors import DetectorUnavailable
from doorstep.core.remote_use import CallTold, Outcome, RemoteCall
from doorstep.ports import Clock, Frame
from doorstep.vision.remote_address import Resolve, looked_up, parsed, reached_at
from doorstep.vision.remote_answer import Answer, parse_answer, refusal_words
from doorstep.vision.remote_line import DNS_SECONDS, Line
from doorstep.vision.remote_purse import Purse

MOST_SENT_BYTES = 5_000_000
MOST_LINES = 4
_TRANSIENT = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
_WAIT = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}

YOLOX_THRESHOLDS = Thresholds(open=0.35, keep=0.22)


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """Where the detector is and what it is sent; the picture is a JPEG of at most `side` pixels a side.

    `answer_seconds` bounds a look: waiting, trying again, all of it.
    """

    endpoint: str = field(repr=False)
    thresholds: Thresholds = YOLOX_THRESHOLDS
    answer_seconds: float = 0.5
    side: int = 640
    quality: int = 85
    token: str = field(default="", repr=False)


class _Unanswered(Exception):
    """A call failed; `again` where the next may do better, `leave_alone` seconds where it asked for that."""

    def __init__(self, why: str, outcome: Outcome, *, again: bool = False, leave_alone: float = 0.0) -> None:
        super().__init__(why)
        self.outcome = outcome
        self.again = again
        self.leave_alone = leave_alone


@dataclass(slots=True)
class _Call:
    """One try: what is sent over which line, whether it was paid, and until when anybody waits for it."""

    line: Line
    picture: bytes
    least: float
    until: float
    paid: bool = False


def to_nobody(_call: RemoteCall) -> None:
    """Who keeps no ledger."""


class RemoteDetector:
    """Thread-safe.  Each try is paid for before it is sent, and told to whoever asked when it is over.

    Redirects are never followed.  Neither errors nor log lines hold the address's path or query, or the token.
    """

    def __init__(
        self,
        settings: RemoteSettings,
        purse: Purse,
        clock: Clock,
        *,
        auth: httpx.Auth | None = None,
        transport: httpx.BaseTransport | None = None,
        resolve: Resolve = looked_up,
    ) -> None:
        """`auth` signs each request (SigV4 in AWS).  Raises ConfigInvalid for an address that cannot be used."""
        self._settings = settings
        self._url = parsed(settings.endpoint)
        self._purse = purse
        self._clock = clock
        self._resolve = resolve
        self._breaker = Breaker()
        self._lock = threading.Lock()
        self._paying = threading.Lock()  # one of its own: a disk that stalls while it is held must not stop the looks
        self._all_lines = [Line(settings.answer_seconds, auth, transport) for _ in range(MOST_LINES)]
        self._lines: queue.LifoQueue[Line] = queue.LifoQueue()
        for line in self._all_lines:
            self._lines.put(line)
        self._threads = ThreadPoolExecutor(MOST_LINES, thread_name_prefix="remote-look")
        self._model = ""
        self._why = "failed just now"
        # Its own words for each try would be four lines a second; the change of state is told by `remote_fallback`.
        stamina.instrumentation.set_on_retry_hooks(())

    @property
    def host(self) -> str:
        """For the owner and the ledger."""
        return self._url.host

    @property
    def name(self) -> str:
        """The model that answered last, and where."""
        return f"{self._model or 'a model'} at {self.host}"

    @property
    def thresholds(self) -> Thresholds:
        """Of YOLOX, unless told otherwise: an answer does not say which scores its model needs."""
        return self._settings.thresholds

    @property
    def left_alone(self) -> bool:
        """Whether it failed so often that it is not asked for a while."""
        return self._breaker.is_open

    @property
    def spent_usd(self) -> float:
        """In this month."""
        return self._purse.spent_usd(self._clock.now())

    @property
    def cap_usd(self) -> float:
        """Of a month; 0 where a call costs nothing."""
        return self._purse.cap_usd if self._purse.price_usd > 0 else 0.0

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        """Persons that score at least `least`, best first, within `answer_seconds`.  Raises DetectorUnavailable."""
        return self.look(frame, least, to_nobody)

    def look(self, frame: Frame, least: float, told: CallTold) -> Sequence[Detection]:
        """The same; `told` is called in this thread for each picture that was sent, answered or not."""
        with self._lock:
            if not self._purse.affords(self._clock.now()):
                raise DetectorUnavailable(self._purse.words)
            if not self._breaker.admit(self._clock.monotonic()):
                msg = f"The remote detector at {self.host} {self._why}; it is asked again in a while."
                raise DetectorUnavailable(msg)
        try:
            answer = self._look(frame, least, told)
        except _Unanswered as error:
            with self._lock:
                self._breaker.failed(self._clock.monotonic(), random.random(), least=error.leave_alone)  # noqa: S311
                self._why = str(error)
            msg = f"The remote detector at {self.host} {error}."
            raise DetectorUnavailable(msg) from None
        with self._lock:
            self._breaker.succeeded()
        self._model = answer.model
        return [detection for detection in answer.detections if detection.score >= least]

    def close(self) -> None:
        """Cut what still runs; it may not be asked any more.  Blocks for a second at most for each call of then."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for line in self._all_lines:
            line.cut()
        with suppress(queue.Empty):  # one that is still looking up a name closes with the process
            for _ in self._all_lines:
                self._lines.get(timeout=1.0).close()

    def _look(self, frame: Frame, least: float, told: CallTold) -> Answer:
        settings = self._settings
        picture = frame.jpeg(settings.side, settings.side, settings.quality)
        if len(picture) > MOST_SENT_BYTES:
            msg = "would be sent too large a picture"
            raise _Unanswered(msg, Outcome.REFUSED)
        until = self._clock.monotonic() + settings.answer_seconds
        for attempt in stamina.retry_context(
            on=lambda error: isinstance(error, _Unanswered) and error.again and self._clock.monotonic() < until,
            attempts=2,
            timeout=settings.answer_seconds,
            wait_initial=0.02,
            wait_jitter=0.03,
        ):
            with attempt:
                return self._try(picture, least, until, told)
        raise AssertionError  # stamina raises what the last attempt raised

    def _try(self, picture: bytes, least: float, until: float, told: CallTold) -> Answer:
        """One paid call, given up when its time is over, whatever its thread does then."""
        try:
            line = self._lines.get_nowait()
        except queue.Empty:
            msg = "is busy with earlier pictures"
            raise _Unanswered(msg, Outcome.SLOW) from None
        call = _Call(line, picture, least, until)
        began_at, began = self._clock.now(), self._clock.monotonic()
        outcome = Outcome.ANSWERED
        try:
            return _result(self._submit(call), line, max(0.001, until - began))
        except _Unanswered as error:
            outcome = error.outcome
            raise
        finally:
            if call.paid:
                spent = round((self._clock.monotonic() - began) * 1000)
                told(RemoteCall(began_at, self.host, len(picture), spent, self._purse.price_usd, outcome))

    def _submit(self, call: _Call) -> "Future[Answer]":
        try:
            return self._threads.submit(self._ask, call)
        except RuntimeError:  # of concurrent.futures, after `close`
            msg = "is asked no more"
            raise _Unanswered(msg, Outcome.REFUSED) from None

    def _ask(self, call: _Call) -> Answer:
        """In a thread of its own, which gives the line back."""
        try:
            self._resolve_for(call.line)
            self._pay(call)
            status, headers, body = self._post(call.line, call.picture, call.least)
        except DetectorUnavailable as error:
            raise _Unanswered(f"cannot be used: {error}".rstrip("."), Outcome.REFUSED) from None
        except httpx.TimeoutException:
            msg = "did not answer in time"
            raise _Unanswered(msg, Outcome.SLOW) from None
        except (httpx.HTTPError, OSError) as error:
            is_stranger = "CERTIFICATE_VERIFY_FAILED" in str(error)
            msg = "shows no certificate to trust" if is_stranger else "cannot be reached, or broke off"
            raise _Unanswered(msg, Outcome.FAILED, again=True) from None
        except ValueError:
            msg = "answers what cannot be read"
            raise _Unanswered(msg, Outcome.FAILED) from None
        finally:
            self._lines.put(call.line)
        return _understood(status, headers, body)

    def _pay(self, call: _Call) -> None:
        """Then it is sent, unless nobody waits any more: a name or the purse's disk may have taken all the time."""
        with self._paying:
            paid = self._clock.monotonic() < call.until and self._purse.pay(self._clock.now())
        if self._clock.monotonic() >= call.until:
            msg = "was not asked in time"
            raise _Unanswered(msg, Outcome.SLOW)
        if not paid:
            msg = "is not paid for"
            raise _Unanswered(msg, Outcome.REFUSED)
        call.paid = True

    def _resolve_for(self, line: Line) -> None:
        now = self._clock.monotonic()
        if now - line.looked_up_at >= DNS_SECONDS:
            line.addresses = reached_at(self._url, self._resolve)
            line.looked_up_at = now

    def _post(self, line: Line, picture: bytes, least: float) -> tuple[int, httpx.Headers, bytes]:
        """To the first of its addresses that takes a connection, which is the first to be asked from then on."""
        url = self._url.copy_merge_params({"least": f"{least:.3f}"})
        for _ in line.addresses[1:]:
            try:
                return line.post(url, picture, self._headers())
            except (httpx.ConnectError, httpx.ConnectTimeout):
                line.addresses = [*line.addresses[1:], line.addresses[0]]
        return line.post(url, picture, self._headers())

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "image/jpeg", "Accept": "application/json", "User-Agent": "Doorstep"}
        return headers | ({"Authorization": f"Bearer {self._settings.token}"} if self._settings.token else {})


def _result(call: "Future[Answer]", line: Line, seconds: float) -> Answer:
    try:
        return call.result(seconds)
    except TimeoutError:
        line.cut()
        msg = "did not answer in time"
        raise _Unanswered(msg, Outcome.SLOW) from None


def _understood(status: int, headers: httpx.Headers, body: bytes) -> Answer:
    if status == HTTPStatus.OK:
        try:
            return parse_answer(body)
        except ValueError:
            msg = "answers what is no detector's answer; check detection.endpoint"
            raise _Unanswered(msg, Outcome.FAILED) from None
    if status in _WAIT:
        after = headers.get("Retry-After", "")
        seconds = float(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0.0
        msg = f"has too much to do (it answers {status})"
        raise _Unanswered(msg, Outcome.REFUSED, leave_alone=seconds)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise _Unanswered(refusal_words(status, body), Outcome.REFUSED)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        msg = f"sends Doorstep to another place (it answers {status}), which is not followed; name the detector itself"
        raise _Unanswered(msg, Outcome.REFUSED)
    msg = f"is in trouble (it answers {status})"
    raise _Unanswered(msg, Outcome.FAILED, again=status in _TRANSIENT)
