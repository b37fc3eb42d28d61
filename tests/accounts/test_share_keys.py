"""Links to events: what is kept of their secrets, how they end, and what a storm of openings costs."""

from datetime import timedelta

import pytest

from doorstep.accounts.secret import hash_of
from doorstep.accounts.share_keys import COUNTED_SECONDS, ShareKeys
from doorstep.catalog.memory_shares import MemoryShareRecords
from doorstep.core.camera import CameraId
from doorstep.core.event import Event, EventId
from doorstep.core.share import BY_MAIL, Share
from fakes.clock import FakeClock

CLOCK = FakeClock()
RING = Event(EventId("ring"), CameraId("front-door"), CLOCK.now(), CLOCK.now())


class CountingRecords(MemoryShareRecords):
    """Says what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[tuple[Share, str]] = []

    def save_share(self, share: Share, secret_hash: str) -> None:
        self.saved.append((share, secret_hash))
        super().save_share(share, secret_hash)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def records() -> CountingRecords:
    return CountingRecords()


@pytest.fixture
def keys(records: CountingRecords, clock: FakeClock) -> ShareKeys:
    return ShareKeys(records, clock, lambda: (), lambda _token: None)


def test_only_the_hash_of_a_secret_is_kept(keys: ShareKeys, records: CountingRecords) -> None:
    share, secret = keys.make(RING, BY_MAIL, 24)
    assert len(secret) == 43  # 32 bytes in base64url (RFC 4648, 5)
    assert secret not in repr(records.saved)
    assert records.saved == [(share, hash_of(secret))]
    assert keys.make(RING, BY_MAIL, 24)[1] != secret


def test_who_opens_a_link_again_and_again_is_counted_once_a_minute(
    keys: ShareKeys, records: CountingRecords, clock: FakeClock
) -> None:
    _, secret = keys.make(RING, BY_MAIL, 24)
    for _ in range(1000):
        keys.count(secret, "192.0.2.1")
    assert len(records.saved) == 2
    counted = keys.count(secret, "192.0.2.2")
    assert counted is not None
    assert counted.opened == 2
    clock.advance(COUNTED_SECONDS)
    again = keys.count(secret, "192.0.2.1")
    assert again is not None
    assert again.opened == 3


def test_a_link_that_was_ended_does_not_come_back_when_it_is_counted(keys: ShareKeys, records: CountingRecords) -> None:
    share, secret = keys.make(RING, BY_MAIL, 24)
    assert keys.end(share.id)
    assert keys.count(secret, "192.0.2.1") is None
    assert records.shares() == []


def test_a_link_that_is_over_is_remembered_for_a_week(
    keys: ShareKeys, records: CountingRecords, clock: FakeClock
) -> None:
    _, secret = keys.make(RING, BY_MAIL, 1)
    clock.advance(timedelta(hours=1, days=7).total_seconds())
    assert keys.opened_by(secret) is None
    assert keys.forget() == 0
    clock.advance(1)
    assert keys.forget() == 1
    assert records.shares() == []
