"""What each part of the server writes into the ledger of costs."""

import asyncio
from datetime import UTC, datetime

from doorstep.app.costs import pays_for_fetching, pays_for_looks, pays_for_motion, pays_for_uploads, priced
from doorstep.catalog.memory_calls import MemoryCallRecords
from doorstep.core import prices
from doorstep.core.cloud_settings import AwsSettings, S3Settings
from doorstep.core.event import EventId
from doorstep.core.monthly_cap import PER_USD
from doorstep.core.paid_call import Payee
from doorstep.core.remote_use import Outcome, RemoteCall
from doorstep.core.settings import DetectionSettings, Settings, StoreSettings
from doorstep.pipeline.cost_ledger import CostLedger
from doorstep.pipeline.health import HealthBoard
from fakes.clock import FakeClock

VISIT = EventId("visit")
CALL = RemoteCall(datetime(2026, 11, 16, tzinfo=UTC), "detector", 60_000, 80, 0.0, Outcome.ANSWERED)
LAMBDA = DetectionSettings(sign="aws", endpoint="https://function.example.org/")


def bucket(endpoint: str = "") -> Settings:
    return Settings(store=StoreSettings("s3", s3=S3Settings("our-door", endpoint=endpoint, region="eu-central-1")))


class Counted:
    def __init__(self) -> None:
        self.calls: list[tuple[Payee, str, int, int]] = []
        clock = FakeClock()
        self.ledger = CostLedger(MemoryCallRecords(), {}, HealthBoard(clock), clock, lambda: "id")
        self.ledger.note = self.note  # type: ignore[method-assign]

    def note(
        self, payee: Payee, operation: str, billionths: int, size: int = 0, event: EventId | None = None, count: int = 1
    ) -> None:
        del event
        self.count = count
        self.calls.append((payee, operation, billionths, size))


def test_a_clip_costs_its_month_and_a_part_its_week() -> None:
    counted = Counted()
    sent = pays_for_uploads(counted.ledger, bucket())
    sent("clip", 4_000_000, VISIT)
    sent("part", 250_000, VISIT)
    sent("clip", 80_000_000, VISIT)
    assert [call[2] for call in counted.calls] == [
        prices.sent_to_s3(4_000_000, 30.0),
        prices.sent_to_s3(250_000, 7.0),
        prices.sent_to_s3(80_000_000, 30.0, requests=12),
    ]


def test_what_is_fetched_is_counted_and_neither_has_the_buckets_cap_nor_uses_it_up() -> None:
    clock, records = FakeClock(), MemoryCallRecords()
    ledger = CostLedger(records, {Payee.S3: 0.001}, HealthBoard(clock), clock, lambda: str(clock.monotonic()))
    fetched = pays_for_fetching(ledger, bucket())
    for size in (4_000_000, 100_000_000):
        fetched("link", size, VISIT)
        clock.advance(1)
    (fetches,) = (one for one in asyncio.run(ledger.costs()) if one.payee is Payee.S3_READ)
    spent = prices.read_from_s3(4_000_000) + prices.read_from_s3(100_000_000)
    assert (fetches.calls, fetches.spent_usd, fetches.cap_usd) == (2, spent / PER_USD, None)
    assert fetches.forecast_usd > fetches.spent_usd
    assert ledger.affords(Payee.S3)
    pays_for_uploads(ledger, bucket())("clip", 100_000_000, VISIT)
    assert not ledger.affords(Payee.S3)
    assert ledger.affords(Payee.S3_READ)


def test_what_another_service_asks_nobody_knows() -> None:
    counted = Counted()
    pays_for_uploads(counted.ledger, bucket("https://store.example.org"))("clip", 4_000_000, VISIT)
    pays_for_fetching(counted.ledger, bucket("https://store.example.org"))("link", 4_000_000, VISIT)
    assert counted.calls == []
    pays_for_uploads(counted.ledger, bucket("https://s3.eu-central-1.amazonaws.com"))("clip", 4_000_000, VISIT)
    assert len(counted.calls) == 1


def test_a_queue_that_is_asked_for_ever_makes_a_row_of_a_hundred_requests() -> None:
    counted = Counted()
    asked = pays_for_motion(counted.ledger)
    for _ in range(250):
        asked("ReceiveMessage")
    asked("DeleteMessage")
    assert counted.calls == [(Payee.SQS, "ReceiveMessage", prices.asked_sqs(100), 0)] * 2
    assert counted.count == 100


def test_a_look_in_lambda_has_its_list_price_also_without_a_cap() -> None:
    counted = Counted()
    told: list[RemoteCall] = []
    pays_for_looks(counted.ledger, Settings(detection=LAMBDA))(told.append)(CALL)
    assert counted.calls == [(Payee.LAMBDA, "look", prices.looked_in_lambda(), 60_000)]
    assert told == [CALL]


def test_a_detector_of_ones_own_is_paid_nothing() -> None:
    counted = Counted()
    pays_for_looks(counted.ledger, Settings())(lambda _call: None)(CALL)
    assert counted.calls == []


def test_the_cap_of_lambda_is_kept_by_the_price_list_where_no_other_is_told() -> None:
    aws = AwsSettings(monthly_caps_usd={Payee.LAMBDA: 2.0})
    settled = priced(LAMBDA, aws)
    assert (settled.monthly_cap_usd, settled.price_per_call_usd) == (2.0, prices.looked_in_lambda() / PER_USD)
    own = DetectionSettings(sign="aws", price_per_call_usd=0.1, monthly_cap_usd=5.0)
    assert priced(own, aws) == own
    assert priced(LAMBDA, AwsSettings()) == LAMBDA
    assert priced(DetectionSettings(), aws) == DetectionSettings()
