"""How many bytes the hub carried this month, counted from the kernel's own counters; what a provider's bill goes by."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from doorstep.hub_machine.refused import HubRefused
from doorstep.hub_machine.whole_file import write_whole

NAME: Final = "traffic.json"
MONTHS_KEPT: Final = 13
_LONGEST: Final = 8192
_VERSION: Final = 1
_DEFAULT: Final = "00000000"


@dataclass(frozen=True, slots=True)
class Counters:
    """What an interface received and sent since the start of the machine `boot`."""

    received: int
    sent: int
    boot: str = ""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes of each month (2026-11), and the counters when they were last looked at."""

    months: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    last: Counters | None = None

    def month(self, now: float) -> tuple[int, int]:
        """Received and sent in the month of this moment, in UTC."""
        return self.months.get(month_of(now), (0, 0))


def month_of(now: float) -> str:
    """The name of a moment's month."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m}"


def counted(traffic: Traffic, seen: Counters, now: float) -> Traffic:
    """With what went since the last look, in the month of now; the first look ever counts from there.

    Counters that began anew (another start, another interface) count whole.
    """
    if traffic.last is None:
        return Traffic(traffic.months, seen)
    last = traffic.last
    is_anew = seen.boot != last.boot or seen.received < last.received or seen.sent < last.sent
    base = Counters(0, 0) if is_anew else last
    received, sent = traffic.month(now)
    grown = (received + seen.received - base.received, sent + seen.sent - base.sent)
    months = {**traffic.months, month_of(now): grown}
    return Traffic({name: months[name] for name in sorted(months)[-MONTHS_KEPT:]}, seen)


def counters_in(devices: str, routes: str, boot: str) -> Counters | None:
    """Of the interface of the default route; of all but the loopback where none is.  From proc_net(5)'s dev and route.

    None where nothing can be told.
    """
    rows = {
        name.strip(): numbers.split() for name, _, numbers in (line.partition(":") for line in devices.splitlines())
    }
    known = {name: row for name, row in rows.items() if len(row) >= 16 and name != "lo"}
    outer = {line.split()[0] for line in routes.splitlines()[1:] if line.split()[1:2] == [_DEFAULT]}
    chosen = [row for name, row in known.items() if name in outer] or list(known.values())
    if not chosen:
        return None
    return Counters(sum(int(row[0]) for row in chosen), sum(int(row[8]) for row in chosen), boot)


def counters_now(boot: str, proc: Path = Path("/proc")) -> Counters | None:
    """Of this machine."""
    try:
        devices = (proc / "net" / "dev").read_text(encoding="ascii", errors="replace")
        routes = (proc / "net" / "route").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return counters_in(devices, routes, boot)


def read_traffic(folder: Path) -> Traffic:
    """Of the file in the state folder; a file that is not ours counts as none, for it is only a count."""
    try:
        with (folder / NAME).open("rb") as file:
            parts: Any = json.loads(file.read(_LONGEST))
        months = {str(name): (int(both[0]), int(both[1])) for name, both in parts["months"].items()}
        last = parts["last"]
        seen = None if last is None else Counters(int(last["received"]), int(last["sent"]), str(last["boot"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        return Traffic()
    return Traffic(months, seen)


def write_traffic(folder: Path, traffic: Traffic) -> None:
    """Raises HubRefused; the count of before is kept then."""
    last = traffic.last and {"received": traffic.last.received, "sent": traffic.last.sent, "boot": traffic.last.boot}
    parts = {"v": _VERSION, "months": traffic.months, "last": last}
    write_whole(folder / NAME, json.dumps(parts) + "\n")


def bytes_this_month(folder: Path, now: float) -> int:
    """Both ways together; 0 where nothing was counted."""
    with suppress(HubRefused, ValueError, OverflowError):
        return sum(read_traffic(folder).month(now))
    return 0
