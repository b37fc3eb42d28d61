"""Rows that were told by a guess, put right once the clock is set.  Who asks for it is `sql`."""

from datetime import datetime

from sqlalchemy import Engine, select

from doorstep.catalog.engine import reading, writing
from doorstep.catalog.rows import guess_of, told_by
from doorstep.catalog.tables import DeliveryRow, EventRow, GapRow, LedgerJson, SpanRow, ToldRow
from doorstep.core.clock_state import NOTICED_STEP, Dating, Guess

_TIMES: dict[type[ToldRow], tuple[str, ...]] = {
    EventRow: ("started_at", "last_seen_at", "ended_at", "recording_starts_at", "recording_ends_at", "deleted_at"),
    DeliveryRow: ("at", "next_at", "acknowledged_at", "opened_at"),
    GapRow: ("starts_at", "ends_at"),
    SpanRow: ("starts_at", "ends_at"),
}
_AT_ONCE = 500
"""Rows in one transaction: a month without a clock has many, and other writers want their turn."""


def redate(engine: Engine, truth: Guess, *, known: bool) -> None:
    """Each row says by what it was told, so work that is cut short is no harm, and is taken up with the next call."""
    for table in _TIMES:
        _redate_table(engine, table, truth, known=known)


def _redate_table(engine: Engine, table: type[ToldRow], truth: Guess, *, known: bool) -> None:
    near = table.booted_at.between(truth.booted_at - NOTICED_STEP, truth.booted_at + NOTICED_STEP)
    some = select(table).where(table.boot == truth.boot, *([] if known else [~near])).limit(_AT_ONCE)
    with reading(engine) as session:  # nobody writes for nothing: that would wear out an SD card
        left = session.scalar(some.with_only_columns(table.boot).limit(1)) is not None
    while left:
        with writing(engine) as session:
            rows = list(session.scalars(some))
            for row in rows:
                _redate_row(row, truth, known=known)
        left = len(rows) == _AT_ONCE


def _redate_row(row: ToldRow, truth: Guess, *, known: bool) -> None:
    dating = (guess_of(row) or truth).dating_by(truth)
    for name in _TIMES[type(row)]:
        told: datetime | None = getattr(row, name)
        if told is not None:
            setattr(row, name, dating.dated(told))
    if isinstance(row, EventRow):
        row.ledger = [_redated(entry, dating) for entry in row.ledger]
    told_by(row, None if known else truth)


def _redated(entry: LedgerJson, dating: Dating) -> LedgerJson:
    return {**entry, "at": dating.dated(datetime.fromisoformat(entry["at"])).isoformat()}
