"""What an answer of HTTP that is no yes means for an alert: later, or never (RFC 9110, 15).  Asking: others."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from doorstep.core.errors import NotifierRefused, NotifierUnavailable


def refusal(name: str, status: int, wait: float = 0.0) -> NotifierUnavailable | NotifierRefused:
    """In plain words; `name` is what the owner calls the other end, `wait` the seconds that it asks for."""
    match status:
        case 408 | 425 | 429:
            return NotifierUnavailable(f"{name} asks to try again later (answer {status}).", wait)
        case _ if status >= 500:
            return NotifierUnavailable(f"{name} is in trouble (answer {status}).", wait)
        case 401 | 403:
            words = f"{name} does not accept Doorstep's key or secret (answer {status})."
        case 404 | 410:
            words = f"{name} knows no such receiver (answer {status}). Check its address."
        case _ if 300 <= status < 400:
            words = f"{name} sends Doorstep to another place (answer {status}), where it does not go."
        case _:
            words = f"{name} refuses the alert (answer {status})."
    return NotifierRefused(words)


def retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Retry-After (RFC 9110, 10.2.3), as seconds; 0 where it says nothing that can be read.  Names in small letters."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    with suppress(ValueError, TypeError, OverflowError):
        until = parsedate_to_datetime(said)
        return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())
    return 0.0
