"""The mail about a clip in the bucket, in the words of every other alert.  Sending it lives in `notifiers`."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from doorstep.core.alert import MONTHS, Alert, AlertId, alert_words, late_words
from doorstep.core.camera import CameraId
from doorstep.core.cause import WEIGHTIEST_FIRST, Cause
from doorstep.core.clip_words import ClipWords
from doorstep.core.event import EventId
from doorstep.core.off_site_key import SEALED

IN_DOUBT = "This may reach you a second time, for the first try ended without a word."
IS_SEALED = "The clip is sealed: it can be watched on the page of your Doorstep only."
NO_LINK = "Watch it on the page of your Doorstep."
_STAMP = re.compile(r"(\d{8})_(\d{6})(?:_\d+)?\.mp4(?:\.enc)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ClipLink:
    """Where a clip can be watched; `until` is when that ends, None for a page that says so itself."""

    address: str
    until: datetime | None = None


def words_of_key(inside: str) -> ClipWords:
    """What the key of a clip tells (without the prefix), where nothing readable stands beside it."""
    camera, _, rest = inside.partition("/")
    stamp = _STAMP.fullmatch(rest.rpartition("/")[2])
    try:
        at = datetime.strptime("".join(stamp.groups()[:2]), "%Y%m%d%H%M%S").replace(tzinfo=UTC) if stamp else None
    except ValueError:
        at = None
    sealed = inside.endswith(SEALED)
    at = at or datetime.min.replace(tzinfo=UTC)
    return ClipWords(EventId(""), CameraId(camera[:64]), camera[:64], at, 0.0, sealed=sealed)


def clip_alert(key: str, words: ClipWords, link: ClipLink | None, zone: tzinfo, now: datetime) -> Alert:
    """The alert about the clip that lies under `key`; the same clip gives the same id."""
    started_at = words.started_at
    if started_at.year < 1970:
        title, when = f"Clip of {words.name}", ""
        started_at = now
    else:
        title, when = _told(words, started_at.astimezone(zone))
    late = late_words(started_at + timedelta(seconds=words.seconds), now)
    sentences = [f"{late}." if late else "", when, _length(words), _way(words, link, zone)]
    return Alert(
        id=AlertId(f"clip:{words.event or key}"),
        event=words.event or None,
        camera=words.camera,
        cause=_cause(words),
        at=started_at,
        title=title,
        text=" ".join(sentence for sentence in sentences if sentence),
        link=link.address if link else "",
    )


def said_in_doubt(alert: Alert) -> Alert:
    """The same, that says that it may be there already."""
    return replace(alert, text=f"{alert.text} {IN_DOUBT}")


def expiry_words(until: datetime, zone: tzinfo) -> str:
    """("works until 14:05, 22 November"); the minute is the one that is still whole."""
    local = until.astimezone(zone)
    return f"works until {local:%H:%M}, {local.day} {MONTHS[local.month - 1]}"


def _cause(words: ClipWords) -> Cause | None:
    return next((cause for cause in WEIGHTIEST_FIRST if cause in words.causes), None)


def _told(words: ClipWords, at_local: datetime) -> tuple[str, str]:
    cause = _cause(words)
    title, text = alert_words(words.name, cause or Cause.MOTION, at_local)
    if cause is None:
        return f"Clip of {words.name}", text.replace("Seen", "Recorded", 1)
    return title, text


def _length(words: ClipWords) -> str:
    seconds = round(words.seconds)
    if seconds < 2:
        return ""
    return (
        f"The clip is {seconds // 60}:{seconds % 60:02} minutes long."
        if seconds >= 60
        else (f"The clip is {seconds} seconds long.")
    )


def _way(words: ClipWords, link: ClipLink | None, zone: tzinfo) -> str:
    if link is None:
        return IS_SEALED if words.sealed else NO_LINK
    sealed = f"{IS_SEALED} " if words.sealed else ""
    return f"{sealed}The link {expiry_words(link.until, zone)}." if link.until else sealed.strip()
