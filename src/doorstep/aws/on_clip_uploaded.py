"""Tells by mail of each clip that arrives in the bucket: once, with its still, and with a link that works.

What Lambda calls is `handler`.  What it cannot do now it raises: Lambda tries twice more, then the event goes to the
dead letters.  Which identity may do what: the stack.
"""

import asyncio
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from doorstep.aws.clients import client, code_of
from doorstep.aws.clip_mail import ClipLink, clip_alert, said_in_doubt, words_of_key
from doorstep.aws.lambda_context import Context
from doorstep.aws.log_lines import say
from doorstep.aws.s3_event import MadeObject, made_objects
from doorstep.aws.secret_parameter import SecretParameter
from doorstep.aws.told_marks import Claim, ToldMarks
from doorstep.aws.viewer_links import ViewerLinks
from doorstep.clock import SystemClock
from doorstep.core.cause import Cause
from doorstep.core.clip_words import METADATA, ClipWords, clip_words
from doorstep.core.errors import ConfigInvalid, DoorstepError, NotifierUnavailable, StoreUnavailable
from doorstep.core.notify_settings import EmailSettings
from doorstep.notifiers.ses import SesNotifier
from doorstep.ports import Clock

SHORTEST_SECONDS = 20.0
"""With less left nothing is begun: a mail that leaves in the last moment leaves a mark that nobody can read."""

MOST_STILL_BYTES = 4 * 1024 * 1024
_UNHEARD = frozenset({"ReadTimeoutError", "ConnectionClosedError"})
"""Of botocore: what was asked had left, and no answer came."""

_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_UPWARDS = re.compile(r"(?:^|/)(?:\.|%2e){2}(?:[/?#]|$)", re.ASCII | re.IGNORECASE)
"""Of an address: a browser leaves the folder there."""


@dataclass(frozen=True, slots=True)
class ClipMailSettings:
    """From the function's environment; `page` is where links of the house must lead, empty where it has none."""

    email: EmailSettings
    prefix: str
    viewer_parameter: str
    link_seconds: float
    zone: tzinfo
    page: str = ""


@dataclass(slots=True)
class ClipMail:
    """Tells clips; one for all calls of one instance of the function."""

    settings: ClipMailSettings
    clock: Clock
    s3: Any  # botocore's client, whose class is made at run time
    notifier: SesNotifier
    links: ViewerLinks | None

    def tell(self, made: MadeObject, caller: str) -> str:
        """One word for what came of it: "told", "known", "gone", or "other" for no visit.  Raises DoorstepError."""
        words = self._words(made)
        if words is None:
            return "gone"
        if words.causes == (Cause.SAVED,):  # somebody at home kept it, and knows
            return "other"
        marks = ToldMarks(self.s3, made.bucket, self.settings.prefix, caller)
        claim = marks.claim(made.key, self.clock.now())
        if claim is None:
            return "known"
        try:
            self._send(made, words, claim)
        except Exception as error:
            if not _may_have_arrived(error):  # else it stays claimed, and the next try says that it may be the second
                with suppress(StoreUnavailable):
                    marks.failed(claim, self.clock.now(), _reason(error))
            raise
        try:
            marks.sent(claim, self.clock.now())
        except StoreUnavailable as error:  # it was told: who tries again would tell it twice
            say("clip told, and no mark of it", key=made.key, reason=str(error))
        return "told"

    def _send(self, made: MadeObject, words: ClipWords, claim: Claim) -> None:
        now = self.clock.now()
        link = self._link(made, words, now)
        alert = clip_alert(made.key, words, link, self.settings.zone, now)
        alert = replace(alert, snapshot=self._still(made, words))
        asyncio.run(self.notifier.send(said_in_doubt(alert) if claim.in_doubt else alert))

    def _words(self, made: MadeObject) -> ClipWords | None:
        """What stands beside the clip, None where the clip is gone."""
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # noqa: PLC0415

        try:
            found = self.s3.head_object(Bucket=made.bucket, Key=made.key)
        except (BotoCoreError, ClientError) as error:
            if code_of(error) in _MISSING:
                return None
            msg = f"The bucket says nothing of a clip ({code_of(error)})."
            raise StoreUnavailable(msg) from error
        words = clip_words(str(found.get("Metadata", {}).get(METADATA, "")))
        if words is None:
            say("clip without readable words", key=made.key)
            words = words_of_key(made.key.removeprefix(f"{self.settings.prefix}/"))
        return replace(words, sealed=words.sealed or made.key.endswith(".enc"))

    def _still(self, made: MadeObject, words: ClipWords) -> bytes:
        """The best still, empty where there is none that could be shown."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

        if words.sealed:
            return b""
        try:
            found = self.s3.get_object(Bucket=made.bucket, Key=f"{made.key.removesuffix('.mp4')}.jpg")
            with found["Body"] as body:
                picture: bytes = body.read(MOST_STILL_BYTES + 1)
        except (BotoCoreError, ClientError) as error:
            if code_of(error) in _MISSING:
                return b""
            msg = f"The bucket does not give the still of a clip ({code_of(error)})."
            raise StoreUnavailable(msg) from error
        return picture if len(picture) <= MOST_STILL_BYTES and picture.startswith(b"\xff\xd8") else b""

    def _link(self, made: MadeObject, words: ClipWords, now: datetime) -> ClipLink | None:
        """The page's own link before one that is signed here; what is sealed has no other.

        One that leads elsewhere is not told: whoever has the recorder's keys may write any beside a clip.
        """
        if _leads_below(words.link, self.settings.page):
            return ClipLink(words.link)
        if words.sealed or self.links is None:
            return None
        return self.links.link(made.bucket, made.key, now)


def _leads_below(link: str, page: str) -> bool:
    """Whether it opens something of that page, which may have a path; never where there is none."""
    inside = link.removeprefix(f"{page.rstrip('/')}/")
    return bool(page) and inside != link and not _UPWARDS.search(inside)


def handler(event: object, context: Context) -> dict[str, int]:
    """Tell of each clip of the event; how many were told, known before, gone, or no clips.

    Raises NotifierUnavailable once all were tried, when one of them was not told.
    """
    mail = _clip_mail()
    counts, wrong = dict.fromkeys(("told", "known", "gone", "other"), 0), []
    for made in made_objects(event):
        if not made.is_clip(mail.settings.prefix):
            counts["other"] += 1
            continue
        try:
            outcome = _in_time(mail, made, context)
        except Exception as error:  # noqa: BLE001 - an entry point; one bad record does not lose the others
            wrong.append(_reason(error))
            say("clip not told", key=made.key, reason=_reason(error))
        else:
            counts[outcome] += 1
            say("clip", key=made.key, outcome=outcome)
    if wrong:
        msg = f"{len(wrong)} of the clips could not be told: {'; '.join(sorted(set(wrong)))}"
        raise NotifierUnavailable(msg)
    return counts


def _in_time(mail: ClipMail, made: MadeObject, context: Context) -> str:
    """As `ClipMail.tell`, while there is time for it."""
    if context.get_remaining_time_in_millis() < 1000 * SHORTEST_SECONDS:
        msg = "No time is left for this clip in this call."
        raise NotifierUnavailable(msg)
    return mail.tell(made, context.aws_request_id)


def _may_have_arrived(error: Exception) -> bool:
    """Whether the mail was sent and nobody knows what came of it: SES did not say no, it said nothing."""
    return isinstance(error, NotifierUnavailable) and type(error.__cause__).__name__ in _UNHEARD


def _reason(error: Exception) -> str:
    """Plain words; of a bug its kind alone, for its own words may hold anything."""
    return str(error) if isinstance(error, DoorstepError) else f"a fault of its own, {type(error).__name__}"


def settings_of(environment: Mapping[str, str]) -> ClipMailSettings:
    """Raises ConfigInvalid for what is missing or cannot be."""
    sender, to = environment.get("DOORSTEP_MAIL_FROM", ""), environment.get("DOORSTEP_MAIL_TO", "")
    receivers = tuple(part.strip() for part in to.split(",") if part.strip())
    if not sender or not receivers:
        msg = "DOORSTEP_MAIL_FROM and DOORSTEP_MAIL_TO must say from whom mail comes and to whom it goes."
        raise ConfigInvalid(msg)
    seconds = environment.get("DOORSTEP_LINK_SECONDS", "3600")
    if not seconds.isdecimal() or not 60 <= int(seconds) <= 7 * 86400:
        msg = "DOORSTEP_LINK_SECONDS must be between 60 and 604800, the longest that S3 signs for."
        raise ConfigInvalid(msg)
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION", "")
    return ClipMailSettings(
        EmailSettings("", sender, receivers, region),
        environment.get("DOORSTEP_PREFIX", "doorstep").strip("/"),
        environment.get("DOORSTEP_VIEWER_PARAMETER", ""),
        float(seconds),
        _zone(environment.get("DOORSTEP_TIMEZONE", "UTC")),
        environment.get("DOORSTEP_ADDRESS", ""),
    )


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        say("unknown time zone, mails tell UTC", zone=name)
        return UTC


@cache
def _clip_mail() -> ClipMail:
    """Made at the first call, so that what is missing is told as that call's error."""
    settings, clock = settings_of(os.environ), SystemClock()
    parameter = settings.viewer_parameter
    links = ViewerLinks(SecretParameter(parameter, clock), settings.link_seconds) if parameter else None
    return ClipMail(settings, clock, client("s3"), SesNotifier(settings.email), links)
