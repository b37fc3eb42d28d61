"""What `status`, `boxes`, `certificates` and `traffic` print: words for a person, or JSON for a script.  Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from doorstep.hub_machine.box import Box
from doorstep.hub_machine.reach import Reach
from doorstep.hub_machine.traffic import Traffic

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class ToldBox:
    """One box as it is told; `state` is connected, away, waiting (for a box to come with the code) or new."""

    name: str
    host: str
    port: int
    state: str
    paired_at: str | None
    code_until: str | None


def told_box(box: Box, *, is_served: bool, now: float) -> ToldBox:
    """Without its secret and keys."""
    ticket = box.ticket if box.ticket is not None and box.ticket.is_open(now) else None
    waits = "waiting" if ticket else "new"
    state = ("connected" if is_served else "away") if box.key is not None else waits
    paired_at = None if box.paired_at is None else moment(box.paired_at)
    return ToldBox(box.name, box.host, box.port, state, paired_at, None if ticket is None else moment(ticket.until))


def boxes_words(boxes: Sequence[ToldBox]) -> str:
    """A line for each."""
    words = {
        "connected": "connected",
        "away": "paired, not connected now",
        "waiting": "waits for a box to come with its code",
        "new": "never paired: run sudo doorstep-hub pair",
    }
    lines = [f"{box.name:<12} https://{box.host}  {words[box.state]}" for box in boxes]
    return "\n".join(lines) or "This hub has no box. Run: sudo doorstep-hub pair (or pair NAME for another)"


def certificates_words(found: Mapping[str, Reach], now: float) -> str:
    """A line for each host."""
    return "\n".join(f"{host:<40} {_certificate(reach, now)}" for host, reach in sorted(found.items()))


def _certificate(reach: Reach, now: float) -> str:
    if reach.certificate_ends is None:
        return f"none. {reach.why}"
    left = int((reach.certificate_ends - now) // _DAY)
    ends = f"{moment(reach.certificate_ends)[:10]}"
    return f"over since {ends}. {reach.why}" if left < 0 else f"good until {ends} ({left} days)"


def traffic_words(traffic: Traffic) -> str:
    """A line a month, the newest first."""
    lines = [
        f"{month}   received {bytes_words(received):>9}   sent {bytes_words(sent):>9}"
        for month, (received, sent) in sorted(traffic.months.items(), reverse=True)
    ]
    return "\n".join(lines) or "Nothing was counted yet; it is each minute."


def bytes_words(count: int) -> str:
    """As fits the size; decimal, as providers bill them."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"


def as_json(parts: object) -> str:
    """One object for a script."""
    return json.dumps(parts, indent=2)


def boxes_parts(boxes: Sequence[ToldBox]) -> Sequence[Mapping[str, object]]:
    """For `as_json`."""
    return [asdict(box) for box in boxes]


def moment(seconds: float) -> str:
    """In UTC, RFC 3339."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
