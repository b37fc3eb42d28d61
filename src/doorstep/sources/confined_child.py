"""One camera in a process of its own: reads or only looks, and tells the parent.  Forked by the nursery's process.

Everything here runs beside hostile bytes: nothing of the house may be reachable from it.
"""

import array
import os
import queue
import resource
import socket
import struct
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import NoReturn

from doorstep.core.errors import DoorstepError, MediaInvalid, SourceError, SourceLost
from doorstep.core.media import StreamItem
from doorstep.media.decode import looking
from doorstep.media.frame import DecodedFrame
from doorstep.media.shared_frame import Lender
from doorstep.ports import KEY_FRAME, Frame, Wish
from doorstep.sources.records import (
    Kind,
    ReaderBug,
    RecordBuffer,
    SharedPicture,
    end_record,
    item_of,
    item_record,
    picture_record,
    piece_of,
    piece_record,
    record,
)
from doorstep.sources.redaction import redacted
from doorstep.sources.sandbox import confine
from doorstep.sources.source_spec import SourceSpec, allowance_of, spec_from_json
from doorstep.sources.threaded import BlockingSource

PONG = struct.Struct("<dQ")
_LEAVE_SECONDS = 0.3  # from the parent's hanging up until the process goes, whatever it is doing
_MOST_ITEMS_WAITING = 64


ReaderOf = Callable[[SourceSpec], BlockingSource]
"""Makes the source of a spec, with a clock of its own; `app` names it."""


def live(connection: socket.socket, reader_of: ReaderOf) -> NoReturn:
    """Read the spec that comes over the connection, confine this process, read the camera, and end the process."""
    line = _Line(connection)
    try:
        spec = line.spec()
        missing = confine(allowance_of(spec))
        line.send(record(Kind.READY, ", ".join(missing).encode()))
        end = _run(line, spec, reader_of)
        line.send(end_record(end))
    except (DoorstepError, OSError) as error:
        line.send(end_record(SourceLost(f"The camera's reader could not begin: {error}")))
    os._exit(0)


def _run(line: "_Line", spec: SourceSpec, reader_of: ReaderOf) -> SourceError | ReaderBug:
    """Until the stream is over; why it is."""
    tap, stop = RemoteTap(line), threading.Event()
    packets: queue.Queue[StreamItem] = queue.Queue(_MOST_ITEMS_WAITING)
    threading.Thread(target=_listen, args=(line, tap, stop, packets), daemon=True).start()
    try:
        items = looking(_queued(packets), tap) if spec.look_only else reader_of(spec).read(tap, stop)
        for item in items:
            if not spec.look_only:
                line.send(*item_record(item))
    except SourceError as error:
        return error
    except MediaInvalid as error:
        return SourceLost(f"The camera's video cannot be understood: {error}.")
    except MemoryError:  # the sandbox's bound
        return SourceLost("This camera's video needs more memory than its reader may have; lower its resolution.")
    except BaseException:  # noqa: BLE001 - nothing is swallowed: the parent raises and logs it
        text = traceback.format_exc()
        # FFmpeg's errors repeat the address that was opened, password and all.
        return ReaderBug(text.replace(spec.address, redacted(spec.address)) if spec.address else text)
    return SourceLost("The camera's stream stopped; it will be opened again.")


def _queued(packets: "queue.Queue[StreamItem]") -> Iterator[StreamItem]:
    while True:
        yield packets.get()


class _Line:
    """The connection to the parent; sends from any thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._buffer = RecordBuffer()

    def spec(self) -> SourceSpec:
        for kind, payload in self.records():
            if kind is Kind.SPEC:
                return spec_from_json(bytes(payload))
        os._exit(0)

    def records(self) -> Iterator[tuple[Kind, memoryview]]:
        """Until the parent hangs up."""
        while True:
            yield from self._buffer.records()
            try:
                count = self._connection.recv_into(self._buffer.room())
            except OSError:
                return
            if count == 0:
                return
            self._buffer.filled(count)

    def send(self, head: bytes, body: bytes = b"", descriptor: int | None = None) -> None:
        """All of it; ends the process when nobody listens any more."""
        beside = [] if descriptor is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        try:
            with self._sending:
                sent = self._connection.sendmsg([head, body], beside)
                if sent < len(head) + len(body):
                    self._connection.sendall(memoryview(head + body)[sent:])
        except OSError:
            os._exit(0)


class RemoteTap:
    """A `ports.FrameTap` whose other half, with the wishes, is in the parent.

    The parent says when a picture is wanted, as soon as it knows: at the latest with the packet before.  A wish is
    fulfilled by one picture.
    """

    def __init__(self, line: _Line) -> None:
        self._line = line
        self.wanted: Wish = False
        self.lender = Lender()

    def wants(self, at: float) -> Wish:
        """By the parent's last word; `at` is not asked about, for that would be two changes of process a packet."""
        del at
        return self.wanted

    def put(self, frame: Frame) -> None:
        """Copy the picture to where the parent sees it."""
        if not isinstance(frame, DecodedFrame) or not self.wanted:
            return  # what a decoder holds back may have been asked for more than once
        try:
            loan = self.lender.lend(frame)
        except (OSError, MediaInvalid):
            return  # no memory, or too many are looked at: looking is lossy, and the wish stays
        self.wanted = False
        for piece in self.lender.given_up():  # before the picture, for which there may be no place beside them
            self._line.send(piece_record(Kind.GIVEN_UP, piece))
        picture = SharedPicture(frame.at, frame.captured_at, loan.shape, loan.piece, loan.descriptor is not None)
        self._line.send(picture_record(picture), descriptor=loan.descriptor)


def _listen(line: _Line, tap: RemoteTap, stop: threading.Event, packets: "queue.Queue[StreamItem]") -> None:
    """What the parent says, in a thread of its own; ends the process soon after it hangs up."""
    for kind, payload in line.records():
        match kind:
            case Kind.WANTED:
                tap.wanted = True
            case Kind.KEY_FRAME_WANTED:
                tap.wanted = KEY_FRAME
            case Kind.UNWANTED:
                tap.wanted = False
            case Kind.RETURNED:
                tap.lender.returned(piece_of(payload))
            case Kind.PING:
                line.send(record(Kind.PONG, _vital_signs()))
            case Kind.FORMAT | Kind.PACKET:
                packets.put(item_of(kind, payload))
            case _:
                break
    stop.set()
    threading.Event().wait(_LEAVE_SECONDS)
    os._exit(0)


def _vital_signs() -> bytes:
    """Processor seconds of this process, and how often its other threads went to sleep: who hangs does not."""
    whole, own = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_THREAD)
    return PONG.pack(whole.ru_utime + whole.ru_stime, max(0, whole.ru_nvcsw - own.ru_nvcsw))
