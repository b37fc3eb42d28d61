"""Instants and durations as the API reads and writes them: RFC 3339, seconds.  Strict, with plain words."""

import re
from datetime import UTC, datetime, timedelta

from doorstep.web.problems import Refusal

# RFC 3339, 5.6.  An unencoded + arrives as a space, which is read as what it was.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+\- ]\d\d:\d\d)", re.ASCII | re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)
_NUMBER = re.compile(r"\d+(\.\d+)?(e\+?\d+)?", re.ASCII | re.IGNORECASE)

_UNTRUE = timedelta(seconds=2)
"""By so much a camera's clock, which dates the end of what is recorded, may be ahead of ours."""


def rfc3339(at: datetime) -> str:
    """In UTC, to the millisecond, with Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rfc3339_or_none(at: datetime | None) -> str | None:
    """The same for what may not have happened."""
    return None if at is None else rfc3339(at)


def parse_instant(text: str, name: str) -> datetime:
    """An instant in UTC.  Raises Refusal."""
    if _INSTANT.fullmatch(text):
        try:
            return datetime.fromisoformat(text.upper().replace(" ", "+")).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise Refusal(400, "bad-time", f'"{name}" must be a time like 2025-11-21T14:02:00Z.')


def parse_optional_instant(text: str | None, name: str) -> datetime | None:
    """The same for what may be absent."""
    return None if text is None else parse_instant(text, name)


def parse_duration(text: str, longest: float) -> timedelta:
    """Seconds: a plain decimal number above 0 and up to `longest`.  Raises Refusal."""
    seconds = float(text) if _NUMBER.fullmatch(text) else 0.0
    if seconds > longest:
        raise Refusal(400, "bad-duration", f'"duration" may be at most {longest:.0f} seconds.')
    if not _SECONDS.fullmatch(text):
        raise Refusal(400, "bad-duration", '"duration" must be a number of seconds, such as 60.')
    if seconds <= 0:
        raise Refusal(400, "bad-duration", '"duration" must be more than 0 seconds.')
    return timedelta(seconds=seconds)


def parse_span(
    duration: str | None, start: str | None, end: str | None, now: datetime, longest: float
) -> tuple[datetime, datetime]:
    """What a clip shall show: two of duration, start and end, where a missing end is `now`.  Raises Refusal."""
    if duration is not None and start is not None and end is not None:
        raise Refusal(400, "bad-span", 'Give only two of "duration", "start" and "end".')
    if duration is None and start is None:
        raise Refusal(400, "bad-span", 'Say which part you want: "duration" in seconds, or "start" and "end".')
    length = None if duration is None else parse_duration(duration, longest)
    first = parse_optional_instant(start, "start")
    last = parse_optional_instant(end, "end")
    if first is None:
        last = last or now
        _refuse_the_future(last, now)
        return _later(last, -(length or timedelta())), last
    if last is None:
        last = now if length is None else _later(first, length)
    _refuse_the_future(last, now)
    if first >= last:
        raise Refusal(400, "bad-span", '"start" must lie before "end".')
    if (last - first).total_seconds() > longest:
        raise Refusal(400, "bad-span", f"A clip may be at most {longest:.0f} seconds long.")
    return first, last


def _later(at: datetime, by: timedelta) -> datetime:
    """Raises Refusal where the calendar ends before that."""
    try:
        return at + by
    except OverflowError:
        raise Refusal(400, "bad-span", "No clip lies there.") from None


def _refuse_the_future(last: datetime, now: datetime) -> None:
    if last > now + _UNTRUE:
        raise Refusal(400, "bad-span", "A clip cannot end in the future.")
