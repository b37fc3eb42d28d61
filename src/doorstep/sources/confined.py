"""A camera that is read by a child without secrets, as a `ports.Source`.  Whose words they are: `records`.

Nothing that a child says is trusted.  Births and deaths live in `nursery`, the child's side in `confined_child`.
"""

import os
import signal
import threading
from collections.abc import AsyncGenerator, Generator, Iterator

from doorstep.core.errors import MediaInvalid, SourceCrashed, SourceEnded, SourceLost
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.ports import Clock, FrameTap
from doorstep.sources.child_wire import ChildWire, WantedPictures, signs_of
from doorstep.sources.nursery import Child, Nursery
from doorstep.sources.pulse import Pulse, Verdict
from doorstep.sources.records import Kind, ReaderBug, end_of, item_of
from doorstep.sources.source_spec import SourceSpec, code_of
from doorstep.sources.stream_order import StreamOrder
from doorstep.sources.threaded import threaded

_STATUS_SECONDS = 1.0
_STREAM = frozenset({Kind.FORMAT, Kind.PACKET, Kind.AUDIO})
_WORDS = {
    signal.SIGSEGV: "segmentation fault",
    signal.SIGABRT: "abort",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "arithmetic error",
    signal.SIGILL: "illegal instruction",
    signal.SIGSYS: "forbidden system call",
    signal.SIGKILL: "killed, perhaps for want of memory",
}


class ReaderBroke(RuntimeError):
    """A fault in Doorstep's own code inside a child; the text is its traceback, without secrets."""


class ConfinedSource:
    """A `ports.Source` over a child of the nursery.  Raises SourceCrashed where the child crashed, hung or lied."""

    def __init__(self, nursery: Nursery, spec: SourceSpec, *, name: str, clock: Clock) -> None:
        """`name` is the camera's id; the spec's address is told to the child alone."""
        self._nursery = nursery
        self._spec = spec
        self._name = name
        self._clock = clock

    def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        """As the port says."""
        return threaded(lambda stop: self.read(tap, stop), f"confined {self._name}")

    def read(self, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        """The same, blocking; notices `stop` within a quarter of a second."""
        child = self._nursery.birth(stop, code_of(self._spec))
        if child is None:
            return
        try:
            talk = _Conversation(child, self._nursery, tap, self._clock)
            talk.say(Kind.SPEC, self._spec.to_json())
            yield from talk.items(stop)
        except SourceEnded as error:
            if self._spec.address.startswith("file:"):
                raise
            raise SourceLost(str(error)) from None  # a camera has no end, whatever its reader says
        except MediaInvalid as error:
            msg = f"The process that reads this camera broke its word ({error}) and was ended."
            raise SourceCrashed(msg) from error
        finally:
            child.leave()


class _Conversation:
    """One connection's talk with its child, in the camera's thread."""

    def __init__(self, child: Child, nursery: Nursery, tap: FrameTap, clock: Clock) -> None:
        self._child = child
        self._nursery = nursery
        self._clock = clock
        self._wire = ChildWire(child.connection)
        self._order = StreamOrder()
        self._pictures = WantedPictures(tap, self._wire, clock)
        self._pulse = Pulse(clock.monotonic())
        self._ready = False

    def say(self, kind: Kind, payload: bytes = b"") -> None:
        """A word to the child."""
        self._wire.say(kind, payload)

    def items(self, stop: threading.Event) -> Iterator[StreamItem]:
        """What it reads, checked, until it ends.  Raises SourceError, MediaInvalid, ReaderBroke."""
        try:
            while not stop.is_set():
                for kind, payload in self._wire.records():
                    if kind in _STREAM:
                        yield self._item(kind, payload)
                    else:
                        self._word(kind, payload)
                if self._wire.hung_up:
                    raise why_gone(self._child)
                if not self._wire.receive():
                    self._silence()
        finally:
            self._wire.close()

    def _item(self, kind: Kind, payload: memoryview) -> StreamItem:
        now = self._clock.monotonic()
        self._pulse.heard(now)
        item = self._order.check(item_of(kind, payload), now)
        if isinstance(item, VideoFormat):
            self._pictures.begin(item)
        elif isinstance(item, Packet):
            self._pictures.ask(item)
        return item

    def _word(self, kind: Kind, payload: memoryview) -> None:
        match kind:
            case Kind.PICTURE:
                self._pictures.take(payload)
            case Kind.GIVEN_UP:
                self._pictures.forget(payload)
            case Kind.PONG:
                if self._pulse.answered(signs_of(payload), self._clock.monotonic()) is Verdict.HANGS:
                    raise hangs()
            case Kind.READY if not self._ready:
                self._ready = True
                self._nursery.tell_missing(bytes(payload))
            case Kind.END:
                end = end_of(payload)
                if isinstance(end, ReaderBug):
                    raise ReaderBroke(end.traceback)
                raise end
            case _:
                msg = f"a child does not say {kind.name} now"
                raise MediaInvalid(msg)

    def _silence(self) -> None:
        match self._pulse.silent(self._clock.monotonic()):
            case Verdict.PING:
                self.say(Kind.PING)
            case Verdict.HANGS:
                raise hangs()
            case Verdict.WAIT:
                pass


def hangs() -> SourceCrashed:
    """What is said of a child that does not come back from a call."""
    return SourceCrashed("The reader of this camera hung in a call of the video library and was ended.")


def why_gone(child: Child) -> SourceLost:
    """What is said of a child that is gone without a word."""
    child.gone.wait(_STATUS_SECONDS)
    status = child.status
    if status is None:
        return SourceLost("Doorstep's processes that read cameras ended; they are started again.")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        what = f"{_WORDS.get(signal.Signals(number), 'signal')}, signal {number}"
    else:
        what = f"exit {os.waitstatus_to_exitcode(status)}"
    return SourceCrashed(f"The video of this camera crashed its reader ({what}).")
