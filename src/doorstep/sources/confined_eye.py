"""Decodes in a child what somebody else reads, such as video that cameras push: for taps only, never for recording."""

import os
import select
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable

from doorstep.core.errors import MediaInvalid, SourceCrashed, SourceError, SourceLost
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.ports import Clock, FrameTap
from doorstep.sources.child_wire import ChildWire, WantedPictures
from doorstep.sources.confined import hangs, why_gone
from doorstep.sources.nursery import Child, Nursery
from doorstep.sources.records import Kind, ReaderBug, end_of, item_record
from doorstep.sources.source_spec import LOOK_ONLY

_MOST_WAITING_BYTES = 16 * 2**20
_SEND_SECONDS = 5
_POLL_MILLISECONDS = 200
_AGAIN_SECONDS = 2.0
_CRASHES_THAT_FAULT, _WITHIN_SECONDS, _FAULTED_SECONDS = 3, 600.0, 300.0


class ConfinedEye:
    """Shows a tap the pictures of a stream that is offered item by item.  `offer` and `close` never block.

    Who falls behind misses pictures, up to the next key frame.  A child that crashes is started again, after three
    crashes in ten minutes only five minutes later; `crashed` is told each time why, from the eye's thread.
    """

    def __init__(
        self, nursery: Nursery, tap: FrameTap, *, name: str, clock: Clock, crashed: Callable[[str], None]
    ) -> None:
        self._nursery = nursery
        self._tap = tap
        self._clock = clock
        self._crashed = crashed
        self._crashes: deque[float] = deque(maxlen=_CRASHES_THAT_FAULT)
        self._queue = _Waiting()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"eye {name}", daemon=True)
        self._thread.start()

    def offer(self, item: StreamItem) -> None:
        """The next item of the stream, in order; sound is left.  From any one thread."""
        if not isinstance(item, AudioPacket):
            self._queue.put(item)

    def close(self) -> None:
        """End thread and child, both within a second.  Idempotent."""
        self._stop.set()
        self._queue.wake()

    # ------------------------------------------------------------------------------------------------ in its thread

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._stop.wait(self._look())
        finally:
            self._queue.close()

    def _look(self) -> float:
        """With one child, until it is gone; how long to wait for the next."""
        child = None
        try:
            child = self._nursery.birth(self._stop)
            if child is not None:
                self._show(child)
        except (SourceCrashed, MediaInvalid) as error:
            self._crashed(str(error))
            now = self._clock.monotonic()
            self._crashes.append(now)
            often = len(self._crashes) == _CRASHES_THAT_FAULT and now - self._crashes[0] < _WITHIN_SECONDS
            return _FAULTED_SECONDS if often else _AGAIN_SECONDS
        except SourceError:
            return _AGAIN_SECONDS
        finally:
            if child is not None:
                child.leave()
        return _AGAIN_SECONDS

    def _show(self, child: Child) -> None:
        wire = ChildWire(child.connection)
        # Blocking, for who is late is told to drop; a child that takes nothing for so long hangs.
        child.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", _SEND_SECONDS, 0))
        pictures = WantedPictures(self._tap, wire, self._clock)
        wire.say(Kind.SPEC, LOOK_ONLY.to_json())
        self._queue.begin_anew()
        poll = select.poll()
        poll.register(child.connection, select.POLLIN)
        poll.register(self._queue.descriptor, select.POLLIN)
        try:
            while not self._stop.is_set():
                ready = {descriptor for descriptor, _ in poll.poll(_POLL_MILLISECONDS)}
                if self._queue.descriptor in ready:
                    self._send(child, pictures)
                if child.connection.fileno() in ready and wire.receive():
                    self._hear(child, wire, pictures)
        finally:
            wire.close()

    def _send(self, child: Child, pictures: WantedPictures) -> None:
        for item in self._queue.take():
            if isinstance(item, VideoFormat):
                pictures.begin(item)
            elif isinstance(item, Packet):
                pictures.ask(item)
            head, body = item_record(item)
            try:
                child.connection.sendall(head + body)
            except BlockingIOError:
                raise hangs() from None
            except OSError:
                return  # it is gone: what it left to be read says why

    def _hear(self, child: Child, wire: ChildWire, pictures: WantedPictures) -> None:
        for kind, payload in wire.records():
            match kind:
                case Kind.PICTURE:
                    pictures.take(payload)
                case Kind.GIVEN_UP:
                    pictures.forget(payload)
                case Kind.READY:
                    self._nursery.tell_missing(bytes(payload))
                case Kind.END:
                    end = end_of(payload)
                    raise SourceLost(end.traceback) if isinstance(end, ReaderBug) else end
                case _:
                    msg = f"a child that only looks does not say {kind.name}"
                    raise MediaInvalid(msg)
        if wire.hung_up:
            raise why_gone(child)


class _Waiting:
    """What was offered and not sent yet: bounded, and always decodable from its first item on."""

    def __init__(self) -> None:
        self.descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._lock = threading.Lock()
        self._items: list[VideoFormat | Packet] = []
        self._bytes = 0
        self._format: VideoFormat | None = None
        self._told: VideoFormat | None = None
        self._until_key = True
        self._open = True

    def put(self, item: VideoFormat | Packet) -> None:
        with self._lock:
            if isinstance(item, VideoFormat):
                self._drop()
                self._format = item
                return
            if self._bytes > _MOST_WAITING_BYTES:
                self._drop()
            if self._format is None or (self._until_key and not item.key):
                return
            if self._until_key and self._told is not self._format:
                self._items.append(self._format)
                self._told = self._format
            self._until_key = False
            self._items.append(item)
            self._bytes += len(item.data)
        self.wake()

    def take(self) -> list[VideoFormat | Packet]:
        with self._lock:
            os.eventfd_read(self.descriptor)
            items, self._items, self._bytes = self._items, [], 0
        return items

    def begin_anew(self) -> None:
        """Somebody new takes, who knows no format yet."""
        with self._lock:
            self._drop()

    def wake(self) -> None:
        with self._lock:
            if self._open:
                os.eventfd_write(self.descriptor, 1)

    def close(self) -> None:
        with self._lock:
            self._open = False
            os.close(self.descriptor)

    def _drop(self) -> None:
        self._items, self._bytes, self._until_key, self._told = [], 0, True, None
