"""The money for a remote detector, in a small file of the data folder.  The sums are `core/monthly_cap`'s."""

import json
import os
from datetime import datetime
from pathlib import Path

from doorstep.core.monthly_cap import MonthlyCap, Spending

FILE_NAME = "remote-spending.json"


class Purse:
    """What may still be spent.  One process has it at a time, and one thread pays; any thread may ask the rest.

    A file that cannot be read or written means that nothing is spent, since nobody knows what was.
    """

    def __init__(self, folder: Path, cap_usd: float, price_usd: float) -> None:
        """Of calls that cost nothing nobody keeps count: with a price of 0 no file is read or written."""
        self._path = folder / FILE_NAME
        self.price_usd = max(0.0, price_usd)
        self.cap_usd = max(0.0, cap_usd)
        self._broken = ""
        kept = self._read() if self.price_usd > 0.0 else None
        self._cap = MonthlyCap(cap_usd, price_usd, kept)

    @property
    def words(self) -> str:
        """Why nothing is paid, for the owner."""
        return self._broken or (
            "What the remote detector may cost this month is spent; raise detection.monthly_cap_usd, or wait."
        )

    def affords(self, at: datetime) -> bool:
        """Whether one more call may be paid."""
        return not self._broken and self._cap.affords(at)

    def spent_usd(self, at: datetime) -> float:
        """In this month."""
        return self._cap.spent_usd(at)

    def pay(self, at: datetime) -> bool:
        """Pay one call.  Blocks for a disk write once in some hundred calls."""
        if self._broken:
            return False
        if self._cap.pay(at):
            return True
        wanted = self._cap.to_set_aside(at)
        if wanted is None or not self._keep(wanted):
            return False
        self._cap.set_aside(wanted)
        return self._cap.pay(at)

    def _read(self) -> Spending | None:
        try:
            document = json.loads(self._path.read_bytes())
            return Spending(str(document["month"]), int(document["billionths_of_usd"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError):
            self._broken = f"{self._path} cannot be read, so the remote detector is not paid; remove that file."
            return None

    def _keep(self, wanted: Spending) -> bool:
        """Written whole, synced and renamed: it survives a power cut before the money is spent."""
        part = self._path.with_suffix(".part")
        content = json.dumps({"month": wanted.month, "billionths_of_usd": wanted.billionths})
        try:
            with part.open("w", encoding="ascii") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError:
            return False
        return True
