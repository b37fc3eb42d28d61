"""A span as a ZIP: every gapless part of it, in files of whole GOPs that each play alone, and a manifest.

The format of the ZIP is `mp4.archive`'s, that of the files `mp4.gop_file`'s.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from zlib import crc32

from doorstep.core.clip import ClipPlan
from doorstep.core.clip_file import Clip
from doorstep.core.gap import Gap
from doorstep.mp4.archive import Archive, Entry
from doorstep.mp4.gop_file import GopFile, gop_files, name_of
from doorstep.pipeline.clip_footage import Pieces
from doorstep.pipeline.clip_span import AskedSpan

MANIFEST = "manifest.json"
UNTOLD = "Nothing was recorded, for no reason that was written down."
SHORTEST_TOLD = 0.05
"""Seconds: less is the rest of a picture, and no gap."""


def archive_clip(
    span: AskedSpan,
    plans: Sequence[ClipPlan],
    behind: Pieces,
    gaps: Sequence[Gap],
    hold: Callable[[], Callable[[], None]],
) -> Clip:
    """The clip of all plans, of which there is at least one, in the order of time."""
    files = [(part, file) for part, plan in enumerate(plans, 1) for file in _files(plan, behind)]
    taken = {MANIFEST}
    names = [name_of(file.starts_at, taken) for _, file in files]
    manifest = _manifest(span, plans, [(name, *one) for name, one in zip(names, files, strict=True)], gaps)
    ends_at = max(file.ends_at for _, file in files)
    contents: list[bytes | GopFile] = [manifest, *(file for _, file in files)]
    archive = Archive(
        [
            Entry(MANIFEST, len(manifest), ends_at, lambda: crc32(manifest)),
            *(_entry(name, file, behind) for name, (_, file) in zip(names, files, strict=True)),
        ]
    )
    return Clip(
        camera=span.camera,
        name=f"{plans[0].starts_at:%Y%m%d_%H%M%S}.zip",
        size=archive.size,
        starts_at=plans[0].starts_at,
        ends_at=ends_at,
        read=partial(_read, archive, contents, behind),
        media_type="application/zip",
        codec=behind.format_of(plans[0].runs[0].segment).codec,
        parts=len(plans),
        missing_seconds=span.missing(plans),
        hold=hold,
        in_memory=behind.in_memory,
    )


def _files(plan: ClipPlan, behind: Pieces) -> list[GopFile]:
    return gop_files(behind.format_of(plan.runs[0].segment), plan)


def _entry(name: str, file: GopFile, behind: Pieces) -> Entry:
    @cache
    def crc() -> int:
        return file.crc(behind.read)

    return Entry(name, file.size, file.starts_at, crc)


def _read(
    archive: Archive, contents: Sequence[bytes | GopFile], behind: Pieces, offset: int, length: int
) -> Iterator[bytes]:
    for piece in archive.pieces(offset, length):
        if isinstance(piece, bytes):
            yield piece
            continue
        content = contents[piece.index]
        if isinstance(content, bytes):
            yield content[piece.offset : piece.offset + piece.length]
            continue
        for one in content.pieces(piece.offset, piece.length):
            # Whoever unpacks it finds a changed byte by the entry's own checksum, and has all the others.
            yield one if isinstance(one, bytes) else behind.read(one, verify=False)


def _manifest(
    span: AskedSpan, plans: Sequence[ClipPlan], files: Sequence[tuple[str, int, GopFile]], gaps: Sequence[Gap]
) -> bytes:
    """What was asked for, what each file shows, and where nothing was recorded: JSON, times as RFC 3339 in UTC."""
    told = {
        "camera": span.camera,
        "asked": {"starts_at": _instant(span.start), "ends_at": _instant(span.end)},
        "clips": [
            {
                "name": name,
                "part": part,
                "starts_at": _instant(file.starts_at),
                "ends_at": _instant(file.ends_at),
                "bytes": file.size,
            }
            for name, part, file in files
        ],
        "gaps": [
            {"starts_at": _instant(start), "ends_at": _instant(end), "reason": _reason(start, end, gaps)}
            for start, end in _holes(span, plans)
        ],
    }
    return (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()


def _holes(span: AskedSpan, plans: Sequence[ClipPlan]) -> Iterator[tuple[datetime, datetime]]:
    until = span.start
    for plan in sorted(plans, key=lambda one: one.starts_at):
        if (plan.starts_at - until).total_seconds() > SHORTEST_TOLD:
            yield until, plan.starts_at
        until = max(until, plan.ends_at)
    if (span.end - until).total_seconds() > SHORTEST_TOLD:
        yield until, span.end


def _reason(start: datetime, end: datetime, gaps: Sequence[Gap]) -> str:
    """Of the written gap that covers most of a hole."""
    covered = [(min(end, gap.ends_at) - max(start, gap.starts_at), gap.reason) for gap in gaps]
    longest, reason = max(covered, key=lambda one: one[0], default=(end - end, UNTOLD))
    return reason if longest > end - end else UNTOLD


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
