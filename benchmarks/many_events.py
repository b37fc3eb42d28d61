"""A house of 100,000 events: a day of the timeline, and the first page of the grid, as a browser asks for them.

    python -m benchmarks.many_events [--rounds 20] [--events 100000]

One camera has 1,000 events on each of 100 days, and every minute of the newest day recorded.  The app answers as it is
served, without a network; the catalog is SQLite on a disk.  The floor is a plain SELECT of the same rows, all columns,
into Python.  Goals: the day 100 ms, the first page of 60 events 200 ms, each in 95 of 100 rounds.
"""

import argparse
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

from benchmarks.figures import Figure, interleaved, of_rounds, percentile, ratio, tell
from benchmarks.house import folder_of_our_own
from sqlalchemy import Engine

from doorstep.catalog.engine import open_engine, writing
from doorstep.catalog.rows import event_row
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.upgrade import upgrade
from doorstep.core.event import Cause, Event, EventId, Recording
from doorstep.core.gap import Gap
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.recorded_span import RecordedSpan
from doorstep.web.asgi import create_app
from fakes.house import FRONT, House

DAY_GOAL, PAGE_GOAL = 0.100, 0.200
A_DAY = 1000
"""Events of the camera on each day."""

SHARE = 0.95
HEAP = 2000
CAUSES = (Cause.PERSON, Cause.MOTION, Cause.PRESS)


def filled(engine: Engine, catalog: SqlCatalog, now: datetime, count: int) -> None:
    """The newest event is the newest day's last.  Events in heaps: one by one it takes a quarter of an hour."""
    step = timedelta(days=1) / A_DAY
    for first in range(0, count, HEAP):
        with writing(engine) as session:
            numbers = range(first, min(count, first + HEAP))
            session.add_all(event_row(event_at(number, now - step * (number + 1))) for number in numbers)
    for minute in range(24 * 60):
        begin = now - timedelta(minutes=minute + 1)
        key = f"continuous/{FRONT}/2026/11/21/{minute}.mp4"
        catalog.save_span(RecordedSpan(key, FRONT, begin, begin + timedelta(minutes=1), 4_000_000))
    for number in range(24):
        begin = now - timedelta(hours=number, minutes=30)
        catalog.add_gap(Gap(FRONT, begin, begin + timedelta(seconds=20), "The camera did not answer."))


def event_at(number: int, start: datetime) -> Event:
    """Told to somebody, with pictures and an own file."""
    end = start + timedelta(seconds=20)
    stages = (Stage.CAPTURED, Stage.SEEN, Stage.DECIDED, Stage.SENT, Stage.ACCEPTED)
    return Event(
        EventId(f"{FRONT}-{number}"),
        FRONT,
        start,
        start,
        ended_at=end,
        causes=(CAUSES[number % len(CAUSES)],),
        score=0.9,
        pre_roll_seconds=5.0,
        recording=Recording(f"{number}.mp4", start, end, 4_000_000),
        has_still=True,
        ledger=tuple(LedgerEntry(stage, start + timedelta(seconds=0.2)) for stage in stages),
    )


class Floor:
    """The same rows by plain SQLite, all columns, into Python."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        newest = self._connection.execute("SELECT started_at FROM events ORDER BY started_at DESC LIMIT ?", [A_DAY])
        self._since = newest.fetchall()[-1][0]
        self._site = self._connection.execute("SELECT site FROM events LIMIT 1").fetchone()[0]

    def page(self) -> None:
        """Sixty-one events: one more than shown tells that there is another page."""
        self._all("SELECT * FROM events WHERE site = ? ORDER BY started_at DESC, id DESC LIMIT 61", self._site)

    def day(self) -> None:
        """Events, minute files and gaps."""
        of_day = (self._site, FRONT, self._since)
        self._all("SELECT * FROM events WHERE site = ? AND camera = ? AND started_at >= ?", *of_day)
        self._all("SELECT * FROM spans WHERE site = ? AND camera = ? AND starts_at >= ?", *of_day)
        self._all("SELECT * FROM gaps WHERE site = ? AND camera = ? AND starts_at >= ?", *of_day)

    def _all(self, query: str, *values: str) -> None:
        if not self._connection.execute(query, values).fetchall():
            msg = f"nothing found by: {query}"
            raise SystemExit(msg)


class Asked:
    """The app over that catalog, asked as a browser does."""

    def __init__(self, house: House, catalog: SqlCatalog) -> None:
        self._house = house
        self._app = create_app(replace(house.parts, catalog=catalog))
        self._headers = house.owner()

    def day(self) -> None:
        """The newest 24 hours."""
        self._ask(f"/api/v1/cameras/{FRONT}/timeline?events=brief", A_DAY)

    def page(self) -> None:
        """What the grid asks for first."""
        self._ask("/api/v1/events?limit=60", 60)

    def _ask(self, path: str, events: int) -> None:
        answer = self._house.ask("GET", path, self._headers, app=self._app)
        if answer.status_code != HTTPStatus.OK or len(answer.json()["events"]) < events - 1:
            msg = f"{path} answered {answer.status_code}"
            raise SystemExit(msg)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--events", type=int, default=100_000)
    chosen = options.parse_args()
    with folder_of_our_own() as folder, House() as house:
        path = folder / "catalog.db"
        engine = open_engine(f"sqlite:///{path}")
        upgrade(engine)
        catalog = SqlCatalog(engine)
        filled(engine, catalog, house.clock.now(), chosen.events)
        asked, floor = Asked(house, catalog), Floor(path)
        works = {"day": asked.day, "day floor": floor.day, "page": asked.page, "page floor": floor.page}
        taken = interleaved(works, chosen.rounds, time.perf_counter)
        used = interleaved({"day": asked.day, "page": asked.page}, chosen.rounds, time.process_time)
        engine.dispose()
    for name, goal in (("day", DAY_GOAL), ("page", PAGE_GOAL)):
        told(f"many events, {name}", taken[name], taken[f"{name} floor"], goal)
        tell(of_rounds(f"many events, {name}, CPU with the asker's own", used[name], "s"))


def told(name: str, ours: Sequence[float], floor: Sequence[float], goal: float) -> None:
    """Seconds of 95 of 100 rounds against the goal, and the ratio to the floor."""
    bounds = min(ours), max(ours)
    tell(Figure(f"{name}, p95", percentile(ours, SHARE), *bounds, "s", len(ours), goal))
    tell(of_rounds(f"{name}, median", ours, "s"))
    tell(ratio(f"{name}, to plain SQLite", ours, floor, "x"))


if __name__ == "__main__":
    main()
