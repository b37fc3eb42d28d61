"""What a month in AWS costs: the formula, with the list prices of `core/prices.py`.  Pure; nobody asks Amazon.

The prices were read from third parties in 2026-11 (docs/reference/costs.md names them), not from a bill: for
us-east-1, in US dollars, without tax and before any free tier.  Other regions are up to a third dearer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from doorstep.core.monthly_cap import PER_USD
from doorstep.core.prices import (
    DAYS_A_MONTH,
    DETECT_SECONDS,
    GB,
    HTTP_API_REQUEST_USD,
    LAMBDA_GIB_SECOND_USD,
    LAMBDA_REQUEST_USD,
    S3_GB_MONTH_USD,
    S3_GET_USD,
    S3_PUT_USD,
    SQS_REQUEST_USD,
    mailed_by_ses,
    read_from_s3,
)

SECONDS_A_DAY = 86_400
MIB_A_GIB = 1024
LOG_GB_USD = 0.50
ECR_GB_MONTH_USD = 0.10
DETECT_IMAGE_GB = 0.35
MAIL_SECONDS, MAIL_MB = 1.5, 256
MOTION_SECONDS, MOTION_MB = 0.3, 256
PART_SECONDS, PART_MB = 0.02, 256
"""A part of a running event wakes the function that mails, which sees that it is none of its business."""
LOG_BYTES = 600
"""What a call leaves in the log."""
MAIL_BYTES = 200_000
LONGEST_POLL_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Usage:
    """What is assumed of one home.  `looks` are pictures sent to the detector, of one camera on one day."""

    cameras: int = 1
    events: int = 20
    """Of one camera on one day."""
    clip_seconds: float = 30.0
    kbit: float = 2000.0
    """Of one camera's stream, thousands of bits a second."""
    parts_a_clip: int = 30
    """Objects sent while an event runs, about one a second."""
    looks: int = 600
    watched: float = 0.25
    """How many times a clip is fetched from the bucket again, to be played."""
    receivers: int = 1
    keep_days: int = 30
    undelete_days: int = 30
    memory_mb: int = 1769
    detects: bool = True
    mails: bool = True
    motion: bool = True
    polls: bool = True

    @property
    def clips_a_month(self) -> float:
        """Of all cameras."""
        return self.cameras * self.events * DAYS_A_MONTH

    @property
    def clip_gb(self) -> float:
        """One clip."""
        return self.clip_seconds * self.kbit * 1000 / 8 / GB

    @property
    def looks_a_month(self) -> float:
        """Of all cameras."""
        return self.cameras * self.looks * DAYS_A_MONTH


@dataclass(frozen=True, slots=True)
class Cost:
    """One line of the estimate: what for, and dollars a month."""

    what: str
    usd: float


def look_usd(memory_mb: int = 1769, seconds: float = DETECT_SECONDS) -> float:
    """One picture asked of the detector."""
    return _run(memory_mb, seconds)


def monthly(usage: Usage) -> Sequence[Cost]:
    """Every line that is used, in dollars a month, before any free tier."""
    lines = [_kept(usage), _put(usage), _fetched(usage)]
    if usage.detects:
        lines.append(Cost(f"detection, {usage.looks_a_month:,.0f} looks", _detecting(usage)))
    if usage.mails:
        lines.append(Cost(f"mail, {usage.clips_a_month * usage.receivers:,.0f} mails", _mailing(usage)))
    if usage.motion:
        lines.append(Cost(f"motion, {usage.clips_a_month:,.0f} reports", _motion(usage)))
    if usage.motion and usage.polls:
        polls = DAYS_A_MONTH * SECONDS_A_DAY / LONGEST_POLL_SECONDS
        lines.append(Cost(f"asking the queue, {polls:,.0f} times", polls * SQS_REQUEST_USD))
    return lines


def total(lines: Sequence[Cost]) -> float:
    """Dollars a month."""
    return sum(line.usd for line in lines)


def in_words(usage: Usage) -> list[str]:
    """The estimate as lines for whoever is about to deploy, its assumptions first."""
    lines = monthly(usage)
    return [
        f"Assumed: {usage.cameras} camera(s), each with {usage.events} events a day, and {usage.looks} looks;",
        f"an event of {usage.clip_seconds:g} s at {usage.kbit / 1000:g} Mbit/s,",
        f"kept for {usage.keep_days} days, and {usage.undelete_days} more until nobody can bring them back.",
        *(f"  {line.usd:8.2f} USD  {line.what}" for line in lines),
        f"  {total(lines):8.2f} USD  a month, by list prices that third parties told in 2026-11, before any free tier.",
    ]


def _kept(usage: Usage) -> Cost:
    gb = usage.cameras * usage.events * usage.clip_gb * (usage.keep_days + usage.undelete_days)
    parts = usage.cameras * usage.events * usage.clip_gb * (7 + 1) if usage.parts_a_clip else 0.0
    image = DETECT_IMAGE_GB * ECR_GB_MONTH_USD if usage.detects else 0.0
    what = f"storage, {gb + parts:.0f} GB" + (" and the detector's image" if usage.detects else "")
    return Cost(what, (gb + parts) * S3_GB_MONTH_USD + image)


def _put(usage: Usage) -> Cost:
    """A clip and its two pictures, the parts of it while it ran, and the mark that somebody was told."""
    puts = usage.clips_a_month * (3 + usage.parts_a_clip + (2 if usage.mails else 0))
    return Cost(f"sending, {puts:,.0f} objects", puts * S3_PUT_USD)


def _fetched(usage: Usage) -> Cost:
    plays = usage.clips_a_month * usage.watched
    return Cost(f"watching, {plays:,.0f} clips", plays * read_from_s3(round(usage.clip_gb * GB)) / PER_USD)


def _detecting(usage: Usage) -> float:
    return usage.looks_a_month * (look_usd(usage.memory_mb) + _logged())


def _mailing(usage: Usage) -> float:
    mails = usage.clips_a_month * mailed_by_ses(MAIL_BYTES, usage.receivers) / PER_USD
    calls = usage.clips_a_month * (_run(MAIL_MB, MAIL_SECONDS) + _logged() + 4 * S3_GET_USD)
    parts = usage.clips_a_month * usage.parts_a_clip * (_run(PART_MB, PART_SECONDS) + _logged())
    return mails + calls + parts


def _motion(usage: Usage) -> float:
    return usage.clips_a_month * (
        HTTP_API_REQUEST_USD + _run(MOTION_MB, MOTION_SECONDS) + _logged() + 2 * SQS_REQUEST_USD
    )


def _run(memory_mb: int, seconds: float) -> float:
    return LAMBDA_REQUEST_USD + memory_mb / MIB_A_GIB * seconds * LAMBDA_GIB_SECOND_USD


def _logged() -> float:
    return LOG_BYTES / GB * LOG_GB_USD
