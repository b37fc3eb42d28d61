"""The contract of `ports.ShareRecords`, held by the ones in SQL and in memory."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doorstep.catalog.engine import open_engine, sqlite_url
from doorstep.catalog.memory_shares import MemoryShareRecords
from doorstep.catalog.sql_shares import SqlShareRecords
from doorstep.catalog.upgrade import upgrade
from doorstep.core.camera import CameraId
from doorstep.core.event import EventId
from doorstep.core.share import BY_MAIL, Share
from doorstep.ports import ShareRecords

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
RING, VISIT = EventId("ring"), EventId("visit")


@pytest.fixture(params=["sql", "memory"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ShareRecords]:
    if request.param == "memory":
        yield MemoryShareRecords()
        return
    engine = open_engine(sqlite_url(tmp_path / "doorstep.sqlite"))
    upgrade(engine)
    yield SqlShareRecords(engine)
    engine.dispose()


def share(number: int, event: EventId = RING, hours: int = 24, made_by: str = "person:Anna Groß") -> Share:
    made_at = NOON + number * timedelta(seconds=1)
    return Share(f"id-{number}", event, CameraId("front-door"), made_by, made_at, made_at + hours * HOUR, number)


def test_a_share_comes_back_as_it_was_by_the_hash_of_its_secret_alone(records: ShareRecords) -> None:
    records.save_share(share(1), "hash-1")
    records.save_share(share(2, made_by=BY_MAIL), "hash-2")
    assert records.share_of("hash-1") == share(1)
    assert records.share_of("hash-2") == share(2, made_by=BY_MAIL)
    for other in ("", "hash", "hash-3", "HASH-1", "id-1", "hash-1 "):
        assert records.share_of(other) is None


def test_of_a_pin_its_hash_comes_back_and_no_word_shows_it(records: ShareRecords) -> None:
    with_pin = replace(share(1), pin_hash="hash of 1234")
    records.save_share(with_pin, "hash-1")
    assert records.share_of("hash-1") == with_pin
    assert "hash of" not in repr(with_pin)


def test_what_is_saved_again_replaces_what_was(records: ShareRecords) -> None:
    records.save_share(share(1), "hash-1")
    records.save_share(replace(share(1), opened=7), "hash-1")
    assert records.share_of("hash-1") == replace(share(1), opened=7)
    assert len(records.shares()) == 1


def test_all_are_listed_newest_first_and_those_of_one_event(records: ShareRecords) -> None:
    for number, event in ((2, RING), (3, VISIT), (1, RING)):
        records.save_share(share(number, event), f"hash-{number}")
    assert [one.id for one in records.shares()] == ["id-3", "id-2", "id-1"]
    assert [one.id for one in records.shares(RING)] == ["id-2", "id-1"]
    assert list(records.shares(EventId("nothing"))) == []


def test_one_that_is_over_is_still_known(records: ShareRecords) -> None:
    records.save_share(share(1, hours=-1), "hash-1")
    assert records.share_of("hash-1") == share(1, hours=-1)


def test_a_share_is_removed_once(records: ShareRecords) -> None:
    records.save_share(share(1), "hash-1")
    records.save_share(share(2), "hash-2")
    assert records.remove_share("id-1")
    assert not records.remove_share("id-1")
    assert records.share_of("hash-1") is None
    assert [one.id for one in records.shares()] == ["id-2"]


def test_those_that_ended_before_are_forgotten(records: ShareRecords) -> None:
    for number, hours in ((1, 1), (2, 2), (3, 3)):
        records.save_share(share(number, hours=hours), f"hash-{number}")
    assert records.forget_shares(share(2, hours=2).expires_at) == 1
    assert [one.id for one in records.shares()] == ["id-3", "id-2"]
    assert records.forget_shares(NOON) == 0
    assert records.forget_shares(NOON + 24 * HOUR) == 2
