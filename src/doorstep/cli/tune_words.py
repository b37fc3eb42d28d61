"""What `doorstep tune` found, in words for the owner and as JSON for scripts."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from doorstep.app.tuning import Tuned
from doorstep.core.replay import ReplayedEvent
from doorstep.core.replay_comparison import RealEvent, Row

if TYPE_CHECKING:
    from rich.table import Table

Json = dict[str, object]

RARE_SECONDS = 2.0
"""Key frames farther apart than this show too little of a short visit."""

MOST_TIMES = 10
"""Events that are named by their times; of more the number is told."""

MOST_ALIKE = 2
"""Settings that are shown although they change nothing."""

HEADINGS = ("Setting", "Events", "Alerts", "Not a person", "Missed", "New")


def before_table(found: Tuned) -> Iterator[str]:
    """What was there to look at, and what of it a replay can say."""
    yield _what_there_was(found)
    yield _how_it_looked(found)
    if not found.record_always:
        yield "Only events are recorded: whom a setting would have seen between them, nobody can say."
    yield from _flaws(found)
    yield _what_was_told(found)
    if found.comparison.unseen:
        times = _real_times(found.comparison.unseen, found.zone)
        yield f"Judged by none: by these pictures not even your own settings tell of {times}."


def cells(row: Row) -> tuple[str, ...]:
    """One line of the table."""
    return (row.tried.words, *map(str, row.counts))


def rich_table(found: Tuned) -> "Table":
    """For a terminal."""
    from rich.table import Table  # noqa: PLC0415 - 3 MiB, and every verb's module is loaded by a server too

    table = Table()
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == HEADINGS[0] else "right")
    for row in _shown(found):
        table.add_row(*cells(row), style="bold" if row is found.comparison.present else "")
    return table


def plain_table(found: Tuned) -> Iterator[str]:
    """For a file."""
    lines = [HEADINGS, *(cells(row) for row in _shown(found))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    for first, *numbers in lines:
        right = "  ".join(text.rjust(width) for text, width in zip(numbers, widths[1:], strict=True))
        yield f"{first.ljust(widths[0])}  {right}"


def behind_table(found: Tuned) -> Iterator[str]:
    """Which events differ, by time, and which setting to take."""
    shown = _shown(found)
    alike = ", ".join(row.tried.words for row in found.comparison.others if row not in shown)
    if alike:
        yield f"No difference here: {alike}."
    for row in found.comparison.others:
        parts = [f"misses {_real_times(row.missed, found.zone)}"] if row.missed else []
        parts += [f"spares {_real_times(row.spared, found.zone)}"] if row.spared else []
        parts += [f"also tells of {_new_times(row.added, found.zone)}"] if row.added else []
        if parts:
            yield f"{row.tried.words}: {'; '.join(parts)}."
    if any(not row.tried.can_be_set for row in shown):
        yield "open and keep are scores that belong to the model: no line of the config sets them yet."
    yield from _advice(found)


def json_rows(found: Tuned) -> Iterator[Json]:
    """First what was there, then one object a setting."""
    yield _summary(found)
    for row in _rows(found):
        yield {
            "setting": row.tried.words,
            "present": row is found.comparison.present,
            "best": row is found.comparison.best,
            "change": _change_json(row) if row.tried.can_be_set else None,
            "events": row.events,
            "told": row.told,
            "not_a_person": row.told_of_nobody,
            "missed": [_real_json(one) for one in row.missed],
            "spared": [_real_json(one) for one in row.spared],
            "added": [{"at": one.event.started_at.isoformat(), "score": one.event.score} for one in row.added],
        }


def _rows(found: Tuned) -> Sequence[Row]:
    return (found.comparison.present, *found.comparison.others)


def _shown(found: Tuned) -> Sequence[Row]:
    """Of many, those alone that make a difference."""
    present, others = found.comparison.present, found.comparison.others
    if len(others) > MOST_ALIKE:
        others = tuple(row for row in others if row.spared or row.counts != present.counts)
    return (present, *others)


def _what_there_was(found: Tuned) -> str:
    hours, looked = found.hours, found.looked
    span = f"{_time(hours.since, found.zone)} to {_time(hours.until, found.zone)}"
    minutes = looked.recorded.total_seconds() / 60
    pieces = _count(looked.pieces, "piece")
    return f"{hours.camera}, {span}: {minutes:.1f} minutes of video in {pieces}."


def _how_it_looked(found: Tuned) -> str:
    looked = found.looked
    if not looked.moments:
        return "Not one key frame could be looked at."
    words = (
        f"{_count(len(looked.moments), 'picture')} of it, one every {looked.seconds_between:.1f} s (the key frames);"
        f" {found.model} looked at the {looked.looks:,} in which something moved or somebody was. Live it looks"
        f" {found.looks_per_second:g} times a second and sees more: compare the settings with each other."
    )
    if looked.seconds_between > RARE_SECONDS:
        words += " So rare, they miss short visits: set the camera's key frame interval to 1 s."
    if found.remote:
        words += " Live another machine looks; this one looked here, and may be more or less sure."
    return words


def _flaws(found: Tuned) -> Iterator[str]:
    flaws = found.looked.flaws
    if flaws.damaged:
        files = _count(len(flaws.damaged), "recording")
        yield f"{files} damaged, used as far as whole: `doorstep fsck` says more."
    if flaws.gone:
        yield f"{_count(len(flaws.gone), 'recording')} gone by now: too old, or deleted."
    if flaws.pictures:
        yield f"{_count(flaws.pictures, 'picture')} damaged, left out."


def _what_was_told(found: Tuned) -> str:
    hours, marked = found.hours, found.comparison.marked
    told, events = sum(one.told for one in hours.real), _count(len(hours.real), "event")
    were = "was" if len(hours.real) == 1 else "were"
    words = f"There {were} {events}, and you were told of {told}"
    if hours.none_sent and hours.real:
        words = f"There {were} {events}. No alert was sent: with a channel you would have been told of {told}"
    words += f'; you marked {marked} of these "Not a person".' if told else "."
    return words + (
        f" {_count(hours.others, 'event')} by the doorbell or from outside left out." if hours.others else ""
    )


def _advice(found: Tuned) -> Iterator[str]:
    comparison = found.comparison
    best, before = comparison.best, comparison.present.told_of_nobody
    if best is not None:
        spared = f"{before - best.told_of_nobody} of {_count(before, 'alert')}"
        yield f'Better: {best.tried.words}. It spares {spared} of "Not a person", and misses nobody.'
        if best.tried.by_time:
            yield "But it goes by time alone: whoever comes soon after somebody else is not told of either."
        yield from _how_to_set(best, found.hours.camera)
    elif not comparison.marked:
        yield 'Nothing in these hours is marked "Not a person". Mark such alerts in the page, and this can say more.'
    elif not before:
        yield "By these pictures your own settings tell of nobody that you marked, so there is nothing to better."
    else:
        yield "No setting tried here tells less often of nobody without missing somebody."


def _how_to_set(row: Row, camera: str) -> Iterator[str]:
    """What to write where; another config says itself where it differs."""
    for change in row.tried.changes:
        if change.lines:
            whose = f' with id = "{camera}"' if change.place == "[[camera]]" else ""
            yield f"Write into the config, below {change.place}{whose}, in place of what it says there now:"
            yield from (f"    {line}" for line in change.lines)
    yield "Then start Doorstep anew. Nothing is changed yet."


def _change_json(row: Row) -> list[Json]:
    return [{"table": change.place, "lines": change.lines} for change in row.tried.changes]


def _summary(found: Tuned) -> Json:
    hours, looked = found.hours, found.looked
    return {
        "camera": hours.camera,
        "since": hours.since.isoformat(),
        "until": hours.until.isoformat(),
        "recorded_seconds": round(looked.recorded.total_seconds(), 3),
        "pieces": looked.pieces,
        "key_frames": len(looked.moments),
        "seconds_between": round(looked.seconds_between, 3),
        "looks": looked.looks,
        "model": found.model,
        "told": sum(one.told for one in hours.real),
        "none_sent": hours.none_sent,
        "not_a_person": found.comparison.marked,
        "others": hours.others,
        "unseen": [_real_json(one) for one in found.comparison.unseen],
        "damaged": looked.flaws.damaged,
        "gone": looked.flaws.gone,
        "damaged_pictures": looked.flaws.pictures,
    }


def _real_json(one: RealEvent) -> Json:
    return {"event": one.id, "at": one.started_at.isoformat(), "score": one.score}


def _real_times(events: Sequence[RealEvent], zone: tzinfo) -> str:
    return _listed([_seen(one.started_at, one.score, zone) for one in events])


def _new_times(events: Sequence[ReplayedEvent], zone: tzinfo) -> str:
    return _listed([_seen(one.event.started_at, one.event.score, zone) for one in events])


def _listed(times: Sequence[str]) -> str:
    more = len(times) - MOST_TIMES
    return ", ".join(times[:MOST_TIMES]) + (f" and {more:,} more" if more > 0 else "")


def _seen(at: datetime, score: float | None, zone: tzinfo) -> str:
    return _time(at, zone) + (f" ({score:.2f})" if score is not None else "")


def _time(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
