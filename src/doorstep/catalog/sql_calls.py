"""The rows of calls that cost money, in an SQL database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, delete, func, select

from doorstep.catalog.engine import reading, writing
from doorstep.catalog.tables import CallRow
from doorstep.core.event import EventId
from doorstep.core.paid_call import CallTotal, PaidCall, Payee


class SqlCallRecords:
    """Thread-safe; implements `ports.CallRecords`.  Raises CatalogUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save_calls(self, calls: Sequence[PaidCall]) -> None:
        """Insert all or none; one that is there already stays."""
        with writing(self._engine) as session:
            for call in calls:
                session.merge(_row(call))

    def calls(self, since: datetime, until: datetime) -> Sequence[CallTotal]:
        """What was called in that time: a sum for each payee and operation."""
        sums = (func.sum(CallRow.count), func.sum(CallRow.size), func.sum(CallRow.billionths))
        statement = select(CallRow.payee, CallRow.operation, *sums).where(CallRow.at >= since, CallRow.at < until)
        with reading(self._engine) as session:
            rows = session.execute(
                statement.group_by(CallRow.payee, CallRow.operation).order_by(CallRow.payee, CallRow.operation)
            )
            return [CallTotal(Payee(row[0]), row[1], int(row[2]), int(row[3]), int(row[4])) for row in rows]

    def calls_of(self, event_id: EventId) -> Sequence[PaidCall]:
        """What one event cost, oldest first."""
        with reading(self._engine) as session:
            rows = session.scalars(select(CallRow).where(CallRow.event_id == event_id).order_by(CallRow.at, CallRow.id))
            return [_call(row) for row in rows]

    def first_call(self) -> datetime | None:
        """When the oldest row is from."""
        with reading(self._engine) as session:
            return session.scalar(select(CallRow.at).order_by(CallRow.at).limit(1))

    def forget_calls(self, before: datetime) -> int:
        """Remove older ones; how many there were."""
        with writing(self._engine) as session:
            gone = session.scalars(delete(CallRow).where(CallRow.at < before).returning(CallRow.id))
            return len(list(gone))


def _row(call: PaidCall) -> CallRow:
    return CallRow(
        id=call.id,
        at=call.at,
        payee=call.payee.value,
        operation=call.operation,
        billionths=call.billionths,
        size=call.size,
        event_id=call.event,
        count=call.count,
    )


def _call(row: CallRow) -> PaidCall:
    event = EventId(row.event_id) if row.event_id is not None else None
    return PaidCall(row.id, row.at, Payee(row.payee), row.operation, row.billionths, row.size, event, row.count)
