"""Values of `core` as rows of `tables`, and back.  No queries."""

from dataclasses import replace
from datetime import datetime

from doorstep.catalog.tables import (
    CauseRow,
    DeliveryRow,
    EventRow,
    ExplanationRow,
    GapRow,
    LedgerJson,
    SpanRow,
    ToldRow,
)
from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.clock_state import Guess
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.detection import Box
from doorstep.core.event import Cause, Event, EventId, Recording
from doorstep.core.explanation import Explanation, Verdict
from doorstep.core.explanation_json import BROKEN, explanation_of, explanation_text
from doorstep.core.gap import Gap
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.site import SiteName, named_at
from doorstep.core.track import Direction


def event_row(event: Event) -> EventRow:
    """The row of an event and those of its causes."""
    recording = event.recording
    return EventRow(
        id=event.id,
        camera=event.camera,
        started_at=event.started_at,
        last_seen_at=event.last_seen_at,
        ended_at=event.ended_at,
        causes=[
            CauseRow(event_id=event.id, cause=cause.value, position=position)
            for position, cause in enumerate(dict.fromkeys(event.causes))
        ],
        score=event.score,
        pre_roll_seconds=event.pre_roll_seconds,
        recording_key=recording.key if recording else None,
        recording_starts_at=recording.starts_at if recording else None,
        recording_ends_at=recording.ends_at if recording else None,
        recording_size=recording.size if recording else None,
        has_still=event.has_still,
        ledger=[_ledger_json(entry) for entry in event.ledger],
        deleted_at=event.deleted_at,
        recording_in_minutes=(recording is not None and recording.in_minutes) or None,
        unfinished=event.unfinished,
        box=list(event.box.corners) if event.box else None,
        zone=event.zone or None,
        direction=event.direction.value if event.direction else None,
        is_test=event.is_test or None,
        boot=event.guess.boot if event.guess else None,
        booted_at=event.guess.booted_at if event.guess else None,
    )


def event_of(row: EventRow) -> Event:
    """The event that the row was made from."""
    return Event(
        id=EventId(row.id),
        camera=CameraId(row.camera),
        started_at=row.started_at,
        last_seen_at=row.last_seen_at,
        ended_at=row.ended_at,
        causes=tuple(Cause(cause.cause) for cause in row.causes),
        score=row.score,
        pre_roll_seconds=row.pre_roll_seconds,
        recording=_recording_of(row),
        has_still=row.has_still,
        ledger=tuple(_ledger_entry(entry) for entry in row.ledger),
        deleted_at=row.deleted_at,
        unfinished=bool(row.unfinished),
        guess=guess_of(row),
        box=Box(*row.box) if row.box else None,
        zone=row.zone or "",
        direction=Direction(row.direction) if row.direction else None,
        is_test=bool(row.is_test),
    )


def event_elsewhere(row: EventRow) -> Event:
    """The event of another box as it is called here; nothing that is stored here has its recording's key."""
    event, site = event_of(row), SiteName(row.site)
    recording = event.recording and replace(event.recording, key=f"@{site}/{event.recording.key}")
    id_, camera = EventId(named_at(event.id, site)), CameraId(named_at(event.camera, site))
    return replace(event, id=id_, camera=camera, recording=recording, guess=None)


def guess_of(row: ToldRow) -> Guess | None:
    """By what the row's times were told; None where they are known."""
    return None if row.boot is None or row.booted_at is None else Guess(row.boot, row.booted_at)


def told_by(row: ToldRow, guess: Guess | None) -> None:
    """Mark the row."""
    row.boot = None if guess is None else guess.boot
    row.booted_at = None if guess is None else guess.booted_at


def _recording_of(row: EventRow) -> Recording | None:
    key, starts_at, ends_at, size = (
        row.recording_key,
        row.recording_starts_at,
        row.recording_ends_at,
        row.recording_size,
    )
    if key is None or starts_at is None or ends_at is None or size is None:
        return None
    return Recording(key, starts_at, ends_at, size, bool(row.recording_in_minutes))


def _ledger_json(entry: LedgerEntry) -> LedgerJson:
    return LedgerJson(stage=entry.stage.value, at=entry.at.isoformat(), channel=entry.channel, cost_usd=entry.cost_usd)


def _ledger_entry(entry: LedgerJson) -> LedgerEntry:
    return LedgerEntry(Stage(entry["stage"]), datetime.fromisoformat(entry["at"]), entry["channel"], entry["cost_usd"])


def delivery_row(delivery: Delivery) -> DeliveryRow:
    """The row of a delivery; the alert's snapshot is not kept."""
    alert = delivery.alert
    return DeliveryRow(
        id=delivery.id,
        alert_id=alert.id,
        event_id=alert.event or "",
        camera=alert.camera or "",
        cause=alert.cause.value if alert.cause else "",
        at=alert.at,
        title=alert.title,
        text=alert.text,
        link=alert.link,
        channel=delivery.channel,
        state=delivery.state.value,
        attempts=delivery.attempts,
        next_at=delivery.next_at,
        outcome=delivery.outcome,
        told_to=delivery.told_to or None,
        acknowledged_at=delivery.acknowledged_at,
        opened_at=delivery.opened_at,
        is_test=alert.is_test or None,
    )


def delivery_of(row: DeliveryRow) -> Delivery:
    """The delivery that the row was made from, without its snapshot."""
    return Delivery(
        alert=Alert(
            id=AlertId(row.alert_id),
            event=EventId(row.event_id) if row.event_id else None,
            camera=CameraId(row.camera) if row.camera else None,
            cause=Cause(row.cause) if row.cause else None,
            at=row.at,
            title=row.title,
            text=row.text,
            link=row.link,
            is_test=bool(row.is_test),
        ),
        channel=row.channel,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        next_at=row.next_at,
        outcome=row.outcome,
        told_to=row.told_to or "",
        acknowledged_at=row.acknowledged_at,
        opened_at=row.opened_at,
    )


def explanation_row(explanation: Explanation) -> ExplanationRow:
    """The row of an explanation."""
    verdict = explanation.verdict.value if explanation.verdict else None
    return ExplanationRow(event_id=explanation.event, body=explanation_text(explanation), verdict=verdict)


def explained(row: ExplanationRow) -> Explanation | None:
    """The explanation that the row was made from; None for a row that nobody can read, as if there were none."""
    try:
        return explanation_of(row.body, Verdict(row.verdict) if row.verdict else None)
    except BROKEN:
        return None


def gap_row(gap: Gap) -> GapRow:
    """The row of a gap."""
    return GapRow(camera=gap.camera, starts_at=gap.starts_at, ends_at=gap.ends_at, reason=gap.reason)


def gap_of(row: GapRow) -> Gap:
    """The gap that the row was made from."""
    return Gap(CameraId(row.camera), row.starts_at, row.ends_at, row.reason)


def span_row(span: RecordedSpan) -> SpanRow:
    """The row of a minute file."""
    return SpanRow(
        key=span.key,
        camera=span.camera,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        size=span.size,
        whole=span.whole,
    )


def span_of(row: SpanRow) -> RecordedSpan:
    """The minute file that the row was made from."""
    return RecordedSpan(row.key, CameraId(row.camera), row.starts_at, row.ends_at, row.size, row.whole)
