"""The process out of which every camera's child is forked: a bare Python with the codecs loaded, and no secret.

It never sees an address or a byte of video, of a camera only what code it needs: it forks, and tells the parent who was
born and who died.  It has one thread, so that forking is safe, and ends when the parent hangs up.
"""

import array
import gc
import importlib
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from typing import NoReturn

from doorstep.sources.confined_child import ReaderOf, live
from doorstep.sources.sandbox import die_with_parent, keep_only
from doorstep.sources.spent_pages import give_back_start

WORD = struct.Struct("<cIi")
"""A letter of those below, the number of the child as the parent counts them, and a process id or wait status.

Behind that of a birth stand the names of the modules that the child will need beyond those of every child.
"""
MOST_CODE_BYTES = 1024

_EARLY = ("av", "encodings.idna", "socket", "traceback", "doorstep.media.decode")
READY, BIRTH, BORN, STILLBORN, DIED = b"R", b"B", b"b", b"s", b"d"


def main(control: int, reader: str) -> None:
    """Fork a child for each connection that comes over the socket `control`, until that is closed.

    `reader` names the function that makes sources: `package.module:function`.
    """
    module, _, name = reader.partition(":")
    reader_of: ReaderOf = getattr(importlib.import_module(module), name)
    _load(_EARLY)
    with socket.socket(fileno=control) as parent:
        _Nursery(parent, reader_of).run()


def _load(modules: Sequence[str]) -> None:
    """What children would load late, each into memory of its own."""
    for module in modules:
        try:
            importlib.import_module(module)
        except (ImportError, OSError):
            continue  # the child that wants it says so
    gc.collect()
    gc.freeze()  # so that collecting garbage in a child does not copy all of this process's pages
    give_back_start()


class _Nursery:
    def __init__(self, parent: socket.socket, reader_of: ReaderOf) -> None:
        self._parent = parent
        self._reader_of = reader_of
        self._numbers: dict[int, int] = {}

    def run(self) -> None:
        woken, wakes = socket.socketpair()
        woken.setblocking(False)
        wakes.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then hangs up
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._parent, select.POLLIN)
        poll.register(woken, select.POLLIN)
        self._tell(READY, 0, os.getpid())
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if woken.fileno() in ready:
                woken.recv(4096)
            self._bury()
            if self._parent.fileno() in ready and not self._listen():
                signal.set_wakeup_fd(-1)  # its socket goes now, and children that end meanwhile would complain of that
                return

    def _listen(self) -> bool:
        """One word of the parent; False when it is gone."""
        message, beside, _, _ = self._parent.recvmsg(
            WORD.size + MOST_CODE_BYTES, socket.CMSG_SPACE(4), socket.MSG_CMSG_CLOEXEC
        )
        if not message:
            return False
        _, number, _ = WORD.unpack_from(message)
        if new := [name for name in message[WORD.size :].decode().split() if name not in sys.modules]:
            _load(new)
        descriptors = array.array("i")
        for _, _, content in beside:
            descriptors.frombytes(content[:4])
        connection = socket.socket(fileno=descriptors[0])
        try:
            self._bear(number, connection)
        finally:
            connection.close()
        return True

    def _bear(self, number: int, connection: socket.socket) -> None:
        own = os.getpid()
        try:
            child = os.fork()
        except OSError as error:
            self._tell(STILLBORN, number, error.errno or 0)
            return
        if child == 0:
            _grow_up(own, connection, self._reader_of)
        self._numbers[child] = number
        handle = os.pidfd_open(child)
        try:
            self._tell(BORN, number, child, handle)
        finally:
            os.close(handle)

    def _bury(self) -> None:
        while self._numbers:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            self._tell(DIED, self._numbers.pop(child, 0), status)

    def _tell(self, letter: bytes, number: int, value: int, descriptor: int | None = None) -> None:
        beside = [] if descriptor is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        try:
            self._parent.sendmsg([WORD.pack(letter, number, value)], beside)
        except OSError:
            os._exit(0)  # the parent is gone, and the children go with this process


def _grow_up(parent: int, connection: socket.socket, reader_of: ReaderOf) -> NoReturn:
    """In the child: nothing of the nursery stays but the connection."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        die_with_parent(parent)
        keep_only(connection.fileno())
        live(connection, reader_of)
    finally:
        os._exit(1)
