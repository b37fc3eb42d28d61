"""What programs that are told read of an alert: the same keys whichever way it comes.  Ways: `notifiers`."""

from datetime import UTC

from doorstep.core.alert import Alert


def alert_fields(alert: Alert) -> dict[str, object]:
    """All but its picture, as JSON knows it; `at` is RFC 3339, to the millisecond, in UTC.

    The same alert gives the same fields.  `event`, `camera` and `cause` are None in a word about Doorstep itself.
    """
    return {
        "id": alert.id,
        "event": alert.event,
        "camera": alert.camera,
        "cause": alert.cause.value if alert.cause else None,
        "at": alert.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "title": alert.title,
        "text": alert.text,
        "link": alert.link,
        "urgent": alert.is_urgent,
        "test": alert.is_test,
    }
