"""What `doorstep recover` tells: for a frightened owner in plain words, for scripts as JSON."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from doorstep.core.off_site_key import CopyKind
from doorstep.core.recovery_plan import BrokenOffEvent, RecoveryPlan
from doorstep.pipeline.bucket_recovery import NotSaved, Outcome, RebuiltClips, SavedCopy
from doorstep.pipeline.recovered_notes import KeptClip

MOST_NAMED = 20
"""Objects that could not be used and are named; --json names each."""

LONGEST_SHOWN = 120
WORTH_TELLING = 0.5
"""Seconds that are missing: less is the rest of a picture."""


def row(outcome: Outcome) -> dict[str, object]:
    """One outcome for scripts."""
    match outcome:
        case SavedCopy(key, size, already):
            return {"saved": key, "bytes": size, "already": already}
        case RebuiltClips(event, clips, damaged, already):
            files = [_clip_row(clip) for clip in clips]
            told = {"rebuilt": event.event, "camera": event.camera, "files": files, "parts": len(event.parts)}
            return {**told, "damaged": list(damaged), "already": already}
        case NotSaved(key, why):
            return {"not_saved": key, "why": why}


def lines(plan: RecoveryPlan, outcomes: Sequence[Outcome], folder: str) -> Iterator[str]:
    """For people: what was rebuilt and how far it reaches, what could not be used, and what there is now."""
    rebuilt = [one for one in outcomes if isinstance(one, RebuiltClips)]
    for one in sorted(rebuilt, key=_reaches_to):
        yield from _rebuilt_lines(one)
    lost = [one for one in outcomes if isinstance(one, NotSaved)]
    for failed in lost[:MOST_NAMED]:
        yield f"FAULT    {shown(failed.key)}: {shown(failed.why)}"
    if len(lost) > MOST_NAMED:
        yield f"FAULT    and {len(lost) - MOST_NAMED} more; --json names each"
    if plan.strangers:
        named = ", ".join(shown(key) for key in plan.named_strangers)
        yield f"note     {_many(plan.strangers, 'object')} there not called as Doorstep calls them: left alone" + (
            f", such as {named}" if named else ""
        )
    yield _last_line(outcomes, rebuilt, len(lost), folder)


def is_well(outcomes: Sequence[Outcome]) -> bool:
    """Whether everything could be used."""
    return not any(isinstance(one, NotSaved) or (isinstance(one, RebuiltClips) and one.damaged) for one in outcomes)


def shown(text: str) -> str:
    """What stands in a bucket, on one line that a terminal only shows."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    return plain if len(plain) <= LONGEST_SHOWN else plain[:LONGEST_SHOWN] + "…"


def _reaches_to(one: RebuiltClips) -> datetime:
    return one.clips[-1].ends_at


def _rebuilt_lines(one: RebuiltClips) -> Iterator[str]:
    for clip in one.clips:
        missing = ""
        if clip.missing_seconds >= WORTH_TELLING:
            missing = f"; {clip.missing_seconds:.1f} seconds are missing in {_many(clip.holes, 'place')}"
        yield f"REBUILT  {clip.key}: from {_time(clip.starts_at)} to {_clock(clip.ends_at)}{missing}{_parts(one.event)}"
    for why in one.damaged:
        yield f"FAULT    {one.event.event}: {shown(why)}"


def _parts(event: BrokenOffEvent) -> str:
    return f" (of {_many(len(event.parts), 'part')})"


def _last_line(outcomes: Sequence[Outcome], rebuilt: Sequence[RebuiltClips], lost: int, folder: str) -> str:
    saved = [one for one in outcomes if isinstance(one, SavedCopy)]
    clips = sum(one.key.endswith(CopyKind.CLIP) for one in saved)
    size = sum(one.size for one in saved) + sum(clip.size for one in rebuilt for clip in one.clips)
    parts = [f"{_many(clips, 'clip')} and {_many(len(saved) - clips, 'picture')} saved"]
    if rebuilt:
        newest = max(clip.ends_at for one in rebuilt for clip in one.clips)
        parts.append(f"{_many(len(rebuilt), 'event')} rebuilt, the newest reaches to {_clock(newest)}")
    if lost:
        parts.append(f"{_many(lost, 'object')} could not be used")
    already = sum(one.already for one in saved) + sum(one.already for one in rebuilt)
    again = f"; {already} of it lay there already" if already else ""
    return f"{', '.join(parts)}: {size / 1e6:.1f} MB in {folder}{again}"


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _time(at: datetime) -> str:
    """In this machine's own zone."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def _clock(at: datetime) -> str:
    return f"{at.astimezone():%H:%M:%S %Z}".rstrip()


def _clip_row(clip: KeptClip) -> dict[str, object]:
    return {
        "file": clip.key,
        "bytes": clip.size,
        "starts_at": _rfc3339(clip.starts_at),
        "ends_at": _rfc3339(clip.ends_at),
        "missing_seconds": clip.missing_seconds,
    }


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
