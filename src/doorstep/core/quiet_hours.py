"""Times of day, and whether it is quiet now by the owner's clock.  What beats quiet hours: `alert_policy`."""

import re
from collections.abc import Sequence
from datetime import datetime, time, tzinfo

from doorstep.core.alert_preferences import QuietHours

A_WEEK = 7
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


def time_of_day(text: str) -> time:
    """By the clock on the wall, of "HH:MM" and nothing else: a zone of its own would make it another kind of time.

    Raises ValueError.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        msg = 'must be a time of day such as "22:30"'
        raise ValueError(msg)
    return time(int(found[1]), int(found[2]))


def is_quiet(hours: Sequence[QuietHours], now: datetime, zone: tzinfo) -> bool:
    """Whether one of them holds at `now` (aware), read off the clock on the wall in `zone`.

    An hour that comes twice in autumn is quiet twice, and hours that begin in the one that spring leaves out begin
    right after it.  Nothing is remembered, so a clock that jumps is right again as soon as it shows the right time.
    """
    return any(_holds(one, now.astimezone(zone)) for one in hours)


def _holds(hours: QuietHours, local: datetime) -> bool:
    today, yesterday, at = local.weekday(), (local.weekday() - 1) % A_WEEK, local.time()
    if hours.begins < hours.ends:
        return today in hours.weekdays and hours.begins <= at < hours.ends
    return (today in hours.weekdays and at >= hours.begins) or (yesterday in hours.weekdays and at < hours.ends)
