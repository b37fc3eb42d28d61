"""The contract of `ports.AuditLog`, held by the one in SQL and the one in memory."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from doorstep.catalog.memory_audit import MemoryAuditLog
from doorstep.catalog.sql_audit import SqlAuditLog
from doorstep.core.audit import WATCHED, AuditEntry, AuditFilter
from doorstep.core.camera import CameraId
from doorstep.ports import AuditLog
from fakes.catalogs import KINDS, new_engine

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
DOOR, YARD = CameraId("front-door"), CameraId("yard")
SECOND = timedelta(seconds=1)


@pytest.fixture(params=[*KINDS, "memory"])
def audit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AuditLog]:
    if request.param == "memory":
        yield MemoryAuditLog()
        return
    with new_engine(request.param, tmp_path) as engine:
        yield SqlAuditLog(engine)


def entry(number: int, at: datetime | None = None, camera: CameraId | None = DOOR) -> AuditEntry:
    when = NOON + number * SECOND if at is None else at
    return AuditEntry(f"id-{number}", when, "Anna Groß", "2001:db8::1", WATCHED, camera, "mse")


def test_an_entry_comes_back_as_it_was(audit: AuditLog) -> None:
    plain = AuditEntry("id-1", NOON, "", "", "restored a backup")
    whole = replace(entry(2), until=NOON + 5 * SECOND)
    audit.save_entries([plain, whole])
    assert audit.entries(None, 10) == ([whole, plain], None)


def test_who_still_watches_has_no_end_until_it_is_told(audit: AuditLog) -> None:
    audit.save_entries([entry(1)])
    over = replace(entry(1), until=NOON + 90 * SECOND)
    audit.save_entries([over])
    assert audit.entries(None, 10) == ([over], None)


def test_nothing_is_kept_of_nothing(audit: AuditLog) -> None:
    audit.save_entries([])
    assert audit.entries(None, 10) == ([], None)


def test_pages_are_newest_first_without_one_twice_or_missing_also_within_one_instant(audit: AuditLog) -> None:
    audit.save_entries([entry(number, NOON + number // 3 * SECOND) for number in range(10)])
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(10):
        page, cursor = audit.entries(cursor, 3)
        seen += [one.id for one in page]
        if cursor is None:
            break
    assert seen == [f"id-{number}" for number in reversed(range(10))]


@pytest.mark.parametrize("cursor", ["", "nonsense", "\u00e4", "MjAyNi0xMS0yMXxpZA=="])
def test_behind_a_cursor_that_no_page_gave_out_there_is_nothing(audit: AuditLog, cursor: str) -> None:
    audit.save_entries([entry(1)])
    assert audit.entries(cursor, 10) == ((), None)


def test_of_some_cameras_only_theirs_is_shown(audit: AuditLog) -> None:
    audit.save_entries([entry(1, camera=DOOR), entry(2, camera=YARD), entry(3, camera=None)])
    assert [one.id for one in audit.entries(None, 10, frozenset({DOOR}))[0]] == ["id-1"]
    assert audit.entries(None, 10, frozenset()) == ([], None)
    assert len(audit.entries(None, 10)[0]) == 3


def test_some_are_found_by_who_by_camera_and_by_verb(audit: AuditLog) -> None:
    ben = replace(entry(2, camera=YARD), who="Ben", verb="made a backup")
    audit.save_entries([entry(1), ben, replace(entry(3), who="Ben"), entry(4, camera=None)])

    def found(**wanted: Any) -> list[str]:
        return [one.id for one in audit.entries(None, 10, None, AuditFilter(**wanted))[0]]

    assert found() == ["id-4", "id-3", "id-2", "id-1"]
    assert found(who="Ben") == ["id-3", "id-2"]
    assert found(who="ben") == []
    assert found(camera=YARD) == ["id-2"]
    assert found(verbs=frozenset({WATCHED})) == ["id-4", "id-3", "id-1"]
    assert found(verbs=frozenset({WATCHED, "made a backup"}), who="Ben", camera=DOOR) == ["id-3"]
    assert found(verbs=frozenset()) == []


def test_pages_of_some_go_on_where_they_ended(audit: AuditLog) -> None:
    audit.save_entries([replace(entry(number), who=("Ann", "Ben")[number % 2]) for number in range(10)])
    first, cursor = audit.entries(None, 3, None, AuditFilter("Ben"))
    rest, last = audit.entries(cursor, 3, None, AuditFilter("Ben"))
    assert [one.id for one in (*first, *rest)] == ["id-9", "id-7", "id-5", "id-3", "id-1"]
    assert last is None


def test_what_is_too_old_goes(audit: AuditLog) -> None:
    audit.save_entries([entry(number) for number in range(5)])
    assert audit.forget_entries(NOON + 2 * SECOND, 100) == 2
    assert [one.id for one in audit.entries(None, 10)[0]] == ["id-4", "id-3", "id-2"]
    assert audit.forget_entries(NOON + 2 * SECOND, 100) == 0


@pytest.mark.parametrize("most", [0, 1, 3, 5, 6])
def test_of_too_many_the_oldest_go(audit: AuditLog, most: int) -> None:
    audit.save_entries([entry(number, NOON) for number in range(5)])
    assert audit.forget_entries(NOON - SECOND, most) == max(0, 5 - most)
    assert [one.id for one in audit.entries(None, 10)[0]] == ["id-4", "id-3", "id-2", "id-1", "id-0"][:most]
