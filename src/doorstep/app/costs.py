"""Makes the ledger of what others are paid, and the words with which each part of the server writes into it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from secrets import token_hex

from doorstep.app.ground import Ground
from doorstep.catalog.sql_calls import SqlCallRecords
from doorstep.core import prices
from doorstep.core.cloud_settings import AwsSettings
from doorstep.core.event import EventId
from doorstep.core.monthly_cap import PER_USD, billionths
from doorstep.core.paid_call import Payee
from doorstep.core.remote_use import CallTold, RemoteCall
from doorstep.core.settings import DetectionSettings, Settings
from doorstep.pipeline.cost_ledger import CostLedger
from doorstep.pipeline.off_site_clips import OnFetched
from doorstep.pipeline.off_site_tidying import PARTS_STAY
from doorstep.pipeline.way_out import Postage
from doorstep.stores.s3_sending import PART_BYTES

REQUESTS_A_ROW = 100


def make_costs(ground: Ground) -> CostLedger:
    """Nothing runs yet."""
    records = SqlCallRecords(ground.engine)
    caps = dict(ground.settings.aws.monthly_caps_usd)
    return CostLedger(
        records, caps, ground.health, ground.clock, lambda: token_hex(8), ground.clock_watch.may_expire_by_age
    )


def pays_for_uploads(ledger: CostLedger, settings: Settings) -> Callable[[str, int, EventId | None], None]:
    """Called with what was sent ("clip", "picture", "part"), its bytes and its event.  From any thread."""
    is_known = _is_amazons(settings)

    def sent(operation: str, size: int, event: EventId | None) -> None:
        if not is_known:
            return
        days = PARTS_STAY.days if operation == "part" else settings.retention.days
        requests = 1 if size <= PART_BYTES else 2 + -(-size // PART_BYTES)
        ledger.note(Payee.S3, operation, prices.sent_to_s3(size, days, requests), size, event)

    return sent


def pays_for_fetching(ledger: CostLedger, settings: Settings) -> OnFetched:
    """Counts what is played from the bucket, beside what has the cap of the bucket.  From any thread."""
    is_known = _is_amazons(settings)

    def fetched(operation: str, size: int, event: EventId | None) -> None:
        if is_known:
            ledger.note(Payee.S3_READ, operation, prices.read_from_s3(size), size, event)

    return fetched


def _is_amazons(settings: Settings) -> bool:
    """Nobody here knows what others ask."""
    s3 = settings.store.s3
    return s3 is not None and (not s3.endpoint or s3.endpoint.endswith(".amazonaws.com"))


def postage(ledger: CostLedger, settings: Settings) -> Postage:
    """What sending copies costs, and whether more may be sent this month."""
    return Postage(pays_for_uploads(ledger, settings), partial(ledger.affords, Payee.S3))


def pays_for_motion(ledger: CostLedger) -> Callable[[str], None]:
    """Called with each request to the queue of motion, on the event loop.

    A queue is asked every 20 s for ever: a row for each hundred requests, so that they do not outnumber all others.
    """
    waiting: Counter[str] = Counter()

    def asked(operation: str) -> None:
        waiting[operation] += 1
        count = waiting[operation]
        if count >= REQUESTS_A_ROW:
            del waiting[operation]
            ledger.note(Payee.SQS, operation, prices.asked_sqs(count), count=count)

    return asked


def priced(detection: DetectionSettings, aws: AwsSettings) -> DetectionSettings:
    """A detector in Lambda has its list price, and the cap of [aws] where it has none of its own."""
    cap = detection.monthly_cap_usd or aws.monthly_caps_usd.get(Payee.LAMBDA, 0.0)
    if detection.sign != "aws" or cap == 0:
        return detection
    price = detection.price_per_call_usd or prices.looked_in_lambda() / PER_USD
    return replace(detection, price_per_call_usd=price, monthly_cap_usd=cap)


def pays_for_looks(ledger: CostLedger, settings: Settings) -> Callable[[CallTold], CallTold]:
    """Wraps who is told of each picture that a remote detector was sent.  From any thread."""
    in_lambda = settings.detection.sign == "aws"
    payee, usual = (Payee.LAMBDA, prices.looked_in_lambda()) if in_lambda else (Payee.DETECTOR, 0)

    def wrapped(told: CallTold) -> CallTold:
        def tell(call: RemoteCall) -> None:
            spent = billionths(call.cost_usd) or usual
            if spent:
                ledger.note(payee, "look", spent, call.sent_bytes)
            told(call)

        return tell

    return wrapped
