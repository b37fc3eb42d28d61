"""What becomes of each delivery, in a file in memory: it survives the end of the process, and no disk delays it.

Rows are written behind, and a process may end before they are.  What is only here then is taken up by the next start.
A file in memory is gone with a reboot; then the rows are all there is.
"""

import errno
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from doorstep.core.clock_state import Dating
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.delivery_json import BROKEN, delivery_line, delivery_of
from doorstep.core.redating import dated_delivery

log = structlog.get_logger()

MOST_BYTES = 1 << 20
MOST_OVER = 1000
"""As many outcomes stay as rows may be on their way behind them."""
NAME = "alerts"


class AlertJournal:
    """Used on the event loop: a note takes microseconds.  One that cannot be written is, with all others, at the next.

    A note says how a delivery stands in the very order of what happened: `on its way` before it leaves, the outcome
    before anything else is begun.
    """

    def __init__(self, folder: Path | None) -> None:
        """`folder` is made where it is not there yet; it must be ours alone.  None is for a machine without one."""
        self._path = (folder or Path()) / NAME
        self._size, self._most = 0, MOST_BYTES
        self._kept: dict[str, Delivery] = {}
        self._file = -1
        self._is_open, self._is_troubled = False, False
        if folder is None:
            return
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            there = folder.lstat()
            if not stat.S_ISDIR(there.st_mode) or there.st_uid != os.getuid() or there.st_mode & 0o077:
                log.warning("alerts are not noted: their folder is not ours alone", folder=str(folder))
                return
            self._kept = self._read()
        except OSError as error:
            self._say_unwritten(error)
            return
        self._is_open = True
        self._rewrite()

    def deliveries(self) -> Sequence[Delivery]:
        """As a former run left them."""
        return tuple(self._kept.values())

    def note(self, delivery: Delivery) -> None:
        """As it stands from now on."""
        if not self._is_open:
            return
        self._kept.pop(delivery.id, None)  # what changed last comes last
        self._kept[delivery.id] = bare = replace(delivery, alert=replace(delivery.alert, snapshot=b""))
        if self._file < 0 or self._size > self._most:
            self._rewrite()
            return
        try:
            self._append([bare])
        except OSError as error:
            self._say_unwritten(error)

    def forget(self, stored: Iterable[Delivery]) -> None:
        """Rows say this of these deliveries: who is noted just so, and is not due any more, goes.

        One that is noted otherwise stays, for its row is behind.
        """
        for row in stored:
            if row.state is not DeliveryState.DUE and self._kept.get(row.id) == row:
                del self._kept[row.id]
        if self._is_open:
            self._rewrite()

    def redate(self, dating: Dating) -> None:
        """The clock was set for the first time: the next run must not find these too old."""
        self._kept = {key: dated_delivery(one, dating) for key, one in self._kept.items()}
        if self._is_open:
            self._rewrite()

    def close(self) -> None:
        """Free the file; nothing is noted any more."""
        self._is_open = False
        self._free()

    def _read(self) -> dict[str, Delivery]:
        found: dict[str, Delivery] = {}
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return found
        for line in lines:
            try:
                delivery = delivery_of(line)
            except BROKEN:  # the last one may be half a line
                continue
            found.pop(delivery.id, None)
            found[delivery.id] = delivery
        return found

    def _rewrite(self) -> None:
        over = [key for key, one in self._kept.items() if one.state is not DeliveryState.DUE]
        for key in over[:-MOST_OVER]:
            del self._kept[key]
        fresh = self._path.with_suffix(".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._free()
        try:
            self._file, self._size = os.open(fresh, flags, 0o600), 0
            self._append(self._kept.values())
            fresh.replace(self._path)
        except OSError as error:
            self._say_unwritten(error)
            return
        self._most = max(MOST_BYTES, 2 * self._size)  # as many may be due that all of them are more
        if self._is_troubled:
            log.info("alerts are noted in memory again")
        self._is_troubled = False

    def _append(self, deliveries: Iterable[Delivery]) -> None:
        lines = "".join(f"{delivery_line(delivery)}\n" for delivery in deliveries).encode()
        self._size += len(lines)
        if os.write(self._file, lines) < len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _say_unwritten(self, error: OSError) -> None:
        if not self._is_troubled:
            log.warning("alerts are not noted in memory; it is tried again with each", reason=error.strerror)
        self._is_troubled = True
        self._free()

    def _free(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
