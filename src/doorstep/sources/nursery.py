"""Where children that read cameras are born and die, seen from Doorstep.  What they say is for `confined`.

One process (`nursery_process`) is started with an empty environment and forked for each camera, which costs
milliseconds and shares most memory.  Addresses go to the child alone, over its own connection.
"""

import array
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import structlog

from doorstep.core.errors import SourceLost
from doorstep.ports import Clock
from doorstep.sources.nursery_process import BIRTH, BORN, DIED, READY, STILLBORN, WORD
from doorstep.sources.sandbox import Measure

log = structlog.get_logger()

_BEGIN = (
    "import sys; sys.path[:0] = sys.argv[3:]; "
    "from doorstep.sources.nursery_process import main; main(int(sys.argv[1]), sys.argv[2])"
)
# One thread until it is forked, one pool of memory in each child; nothing else of our environment.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "16777216",  # else each large packet gives its pages back and faults them in again
    "MALLOC_MMAP_THRESHOLD_": "16777216",
    "LC_ALL": "C.UTF-8",
}
_START_SECONDS = 30.0  # a small computer loads the codecs from a slow card
_BIRTH_SECONDS = 10.0
_STEP_SECONDS = 0.2
_LEAVE_SECONDS = 0.5
_END_SECONDS = 2.0
_NOT_BORN = "The process that reads this camera could not be started; is the machine out of memory?"


class Child:
    """One camera's process.  `connection` is the caller's, who ends with `leave`."""

    def __init__(self, nursery: "Nursery", number: int, connection: socket.socket) -> None:
        self.connection = connection
        self.gone = threading.Event()
        self.status: int | None = None
        """How it ended, as of waitpid(2), once `gone` is set; None where nobody knows."""
        self.pid = 0
        self.number = number
        self.born = threading.Event()
        self.handle: int | None = None
        self._nursery = nursery

    def leave(self) -> None:
        """Hang up and return; the process ends within half a second, or is killed then.  Idempotent."""
        self.connection.close()
        self._nursery.let_go(self)

    def kill(self) -> None:
        """At once.  From the nursery's thread."""
        if self.handle is not None:
            try:
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
            except ProcessLookupError:
                return


class Nursery:
    """One for each server.  Thread-safe; starts its process when the first camera needs it, and again if it died."""

    def __init__(self, clock: Clock, *, readers: str, import_from: Sequence[Path] = ()) -> None:
        """`readers` names a `confined_child.ReaderOf` as module:function; `import_from` are folders of more code."""
        self._clock = clock
        own = Path(__file__).resolve().parents[2]
        self._arguments = (readers, *(str(path) for path in (own, *import_from)))
        self._lock = threading.Lock()
        self._run: _Run | None = None
        self._closed = False
        self._told_missing = False

    def birth(self, stop: threading.Event, code: Sequence[str] = ()) -> Child | None:
        """A child that waits for its camera; None when `stop` was set meanwhile.  Raises SourceLost.

        `code` are modules that it will import: loaded before, it shares them with its like.
        """
        with self._lock:
            if self._closed:
                msg = "Doorstep is ending."
                raise SourceLost(msg)
            if self._run is None or self._run.over.is_set():
                self._run = _Run(self._arguments, self._clock)
            run = self._run
        if not self._wait(run.ready, run, stop, _START_SECONDS):
            return None
        child = run.begin(self, code)
        try:
            alive = self._wait(child.born, run, stop, _BIRTH_SECONDS)
        except SourceLost:
            child.leave()
            raise
        if not alive:
            child.leave()
            return None
        if not child.pid:
            child.leave()
            raise SourceLost(_NOT_BORN)
        return child

    def let_go(self, child: Child) -> None:
        """See that it goes."""
        run = self._run
        if run is not None:
            run.let_go(child)

    def tell_missing(self, said: bytes) -> None:
        """Log once what the sandbox lacks on this machine, by a child's own word; says nothing if it is whole."""
        missing = [measure.value for measure in Measure if measure.value.encode() in said]
        with self._lock:
            first, self._told_missing = bool(missing) and not self._told_missing, self._told_missing or bool(missing)
        if first:
            log.warning("cameras are read in a weaker sandbox on this machine", missing=missing)

    @property
    def pids(self) -> Sequence[int]:
        """Of its process and of all children that live; for measuring."""
        run = self._run
        return run.pids if run is not None and not run.over.is_set() else ()

    def close(self) -> None:
        """End every child and the nursery's process; waits two seconds at most.  Idempotent."""
        with self._lock:
            self._closed = True
            run, self._run = self._run, None
        if run is not None:
            run.close()

    def _wait(self, event: threading.Event, run: "_Run", stop: threading.Event, seconds: float) -> bool:
        """Whether it came before `stop`.  Raises SourceLost when it does not come at all."""
        until = self._clock.monotonic() + seconds
        while not event.wait(_STEP_SECONDS):
            if stop.is_set():
                return False
            if run.over.is_set() or self._clock.monotonic() > until:
                raise SourceLost(_NOT_BORN)
        return True


class _Run:
    """One life of the nursery's process, and the thread that hears what it says."""

    def __init__(self, arguments: Sequence[str], clock: Clock) -> None:
        """Raises SourceLost."""
        self._clock = clock
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-I", "-c", _BEGIN, str(theirs.fileno()), *arguments]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code, no shell
                command,
                env=_ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except OSError as error:
            self._control.close()
            raise SourceLost(_NOT_BORN) from error
        finally:
            theirs.close()
        self.ready = threading.Event()
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._children: dict[int, Child] = {}
        self._leaving: dict[int, float] = {}
        self._born = 0
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._thread = threading.Thread(target=self._hear, name="nursery", daemon=True)
        self._thread.start()

    @property
    def pids(self) -> Sequence[int]:
        with self._lock:
            return (self._process.pid, *(child.pid for child in self._children.values() if child.pid))

    def begin(self, nursery: Nursery, code: Sequence[str]) -> Child:
        """Ask for a birth.  Raises SourceLost."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            self._born += 1
            child = self._children[self._born] = Child(nursery, self._born, ours)
            beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()]))]
            try:
                self._control.sendmsg([WORD.pack(BIRTH, child.number, 0), " ".join(code).encode()], beside)
            except OSError:
                del self._children[child.number]
                ours.close()
                raise SourceLost(_NOT_BORN) from None
        return child

    def let_go(self, child: Child) -> None:
        with self._lock:
            if self._children.get(child.number) is child and not self.over.is_set():
                self._leaving.setdefault(child.number, self._clock.monotonic() + _LEAVE_SECONDS)
                os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        with self._lock:
            over = self.over.is_set()
            if not over:
                self._control.shutdown(socket.SHUT_RDWR)
        self._thread.join(_END_SECONDS)

    # ---------------------------------------------------------------------------------------------- in its thread

    def _hear(self) -> None:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        try:
            while self._take_word(poll):
                self._kill_the_late()
        finally:
            self._end()

    def _take_word(self, poll: select.poll) -> bool:
        """Whatever comes next; False when the process is gone."""
        timeout = None if not self._leaving else 100.0
        ready = {descriptor for descriptor, _ in poll.poll(timeout)}
        if self._wake in ready:
            os.eventfd_read(self._wake)
        if self._control.fileno() not in ready:
            return True
        try:
            message, beside, _, _ = self._control.recvmsg(WORD.size, socket.CMSG_SPACE(4), socket.MSG_CMSG_CLOEXEC)
        except OSError:
            return False
        if len(message) != WORD.size:
            return False
        handles = array.array("i")
        for _, _, content in beside:
            handles.frombytes(content[:4])
        letter, number, value = WORD.unpack(message)
        self._take(letter, number, value, handles[0] if handles else None)
        return True

    def _take(self, letter: bytes, number: int, value: int, handle: int | None) -> None:
        if letter == READY:
            self.ready.set()
            return
        with self._lock:
            child = self._children.get(number)
            if child is None:
                return
            if letter == BORN:
                child.pid, child.handle = value, handle
                child.born.set()
            elif letter in {STILLBORN, DIED}:
                self._forget(child, value if letter == DIED else None)

    def _forget(self, child: Child, status: int | None) -> None:
        self._children.pop(child.number, None)
        self._leaving.pop(child.number, None)
        if child.handle is not None:
            os.close(child.handle)
            child.handle = None
        child.status = status
        child.gone.set()
        child.born.set()

    def _kill_the_late(self) -> None:
        now = self._clock.monotonic()
        with self._lock:
            for number, deadline in self._leaving.items():
                if now >= deadline:
                    self._children[number].kill()

    def _end(self) -> None:
        """The process is gone or told to go; its children die with it."""
        with self._lock:
            self.over.set()
            self._control.close()
            os.close(self._wake)
            for child in list(self._children.values()):
                child.kill()
                self._forget(child, None)
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
