"""One call that costs money, and what many of them came to.  Prices and caps are the rules of other modules."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from doorstep.core.event import EventId


class Payee(StrEnum):
    """Who is paid."""

    S3 = "s3"
    S3_READ = "s3-read"
    """What is fetched from the bucket to be played, apart from what is sent: it has no cap and uses up none."""
    LAMBDA = "lambda"
    SES = "ses"
    SQS = "sqs"
    DETECTOR = "detector"
    """A remote detector with a price that is not in AWS."""


@dataclass(frozen=True, slots=True)
class PaidCall:
    """What was asked of whom, when, for which event if for one; `billionths` of a dollar, as far as is known.

    `count` is more than 1 where calls were too many to keep one by one.
    """

    id: str
    at: datetime
    payee: Payee
    operation: str
    billionths: int
    size: int = 0
    event: EventId | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class CallTotal:
    """What the calls of one operation came to: how many, bytes, billionths of a dollar."""

    payee: Payee
    operation: str
    count: int
    size: int
    billionths: int
