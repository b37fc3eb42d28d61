"""Rows as years of a house leave them, where a short trial would leave none: texts of all kinds, and nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

Field = int | str | None

ODD = "Grüße 'von' \"drüben\" \\ 雨 🐈\u200d⬛\nzweite Zeile\t\u202e;--"
LARGEST = 2**63 - 1


def add_odd_rows(catalog: Path) -> int:
    """Into a catalog of 0.1.0 that has an event, beside the server that has it open; how many."""
    with closing(sqlite3.connect(catalog, timeout=30)) as database, database:
        found = database.execute("SELECT site, id, camera, started_at FROM events LIMIT 1").fetchone()
        rows = _rows(*map(str, found))
        for table, fields in rows:
            names, marks = ", ".join(f'"{name}"' for name in fields), ", ".join("?" for _ in fields)
            words = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608 - names of our own
            database.execute(words, tuple(fields.values()))
    return len(rows)


def _rows(site: str, event: str, camera: str, at: str) -> list[tuple[str, dict[str, Field]]]:
    delivery: dict[str, Field] = {
        "site": site, "id": "d1", "alert_id": "a1", "event_id": event, "camera": camera, "cause": "person", "at": at,
        "title": ODD, "text": "", "link": "", "channel": "e-mail", "state": "accepted", "attempts": 1, "next_at": at,
        "outcome": ODD, "boot": None, "booted_at": None, "told_to": None, "acknowledged_at": at, "is_test": None,
    }  # fmt: skip
    call: dict[str, Field] = {
        "site": site, "id": "c1", "at": at, "payee": "s3", "operation": "PutObject", "billionths": LARGEST, "size": 0,
        "event_id": event, "count": 1,
    }  # fmt: skip
    return [
        ("deliveries", delivery),
        ("deliveries", delivery | {"id": "d2", "state": "failed", "told_to": ODD, "opened_at": at, "is_test": 1}),
        ("calls", call),
        ("calls", call | {"id": "c2", "event_id": None, "billionths": 0, "count": 2**31 - 1}),
        ("gaps", {"site": site, "camera": camera, "starts_at": at, "ends_at": at, "reason": ODD}),
        ("gaps", {"site": site, "camera": camera, "starts_at": at, "ends_at": at, "reason": ""}),
        ("audit", {"site": site, "id": "u1", "at": at, "who": ODD, "address": "::1", "verb": "watched", "way": "mse"}),
        (
            "shares",
            {
                "site": site, "id": "s1", "secret_hash": "x", "event_id": event, "camera": camera, "made_by": "Kim",
                "created_at": at, "expires_at": "2199-01-01 00:00:00.000000", "opened": 7,
            },
        ),
        ("preferences", {"site": site, "person": "kim", "body": "{}"}),
        (
            "uploads",
            {
                "site": site, "event_id": "gone", "camera": camera, "key": ODD, "asked_at": at, "next_at": at,
                "state": "done", "attempts": 3, "begun": None, "unsure": 0, "size": LARGEST, "sealed": 1, "done_at": at,
                "outcome": "", "place": None,
            },
        ),
    ]  # fmt: skip
