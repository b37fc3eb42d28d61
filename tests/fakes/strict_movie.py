"""A reader of classic MP4 that forgives nothing and shares no line with ours, in the manner of qt-faststart.

Walks every box, wants `ftyp moov mdat` and nothing else, and finds each sample by stsc, stsz and stco alone
(ISO/IEC 14496-12, 8.7).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts"})


class NotStrict(AssertionError):
    """Where the file breaks a rule."""


@dataclass(frozen=True, slots=True)
class StrictTrack:
    """`samples` are (offset, length) in the file, in decode order; `keys` counts from 0."""

    kind: bytes
    timescale: int
    samples: tuple[tuple[int, int], ...]
    durations: tuple[int, ...]
    offsets: tuple[int, ...]
    keys: frozenset[int]
    edits: tuple[tuple[int, int], ...]
    shown: int


def strict_tracks(data: bytes) -> list[StrictTrack]:
    """The tracks of a whole file.  Raises NotStrict."""
    top = list(_boxes(data, 0, len(data)))
    _rule([kind for kind, *_ in top] == [b"ftyp", b"moov", b"mdat"], "ftyp, moov and mdat, moov first, nothing else")
    (_, _, _), (_, begin, end), (_, media, media_end) = top
    tree = dict(_flat(data, begin, end))
    _rule(len(tree[b"mvhd"]) == 1, "one mvhd")
    movie_shown = _header_numbers(data, tree[b"mvhd"][0])[1]
    tracks = [_track(data, *place) for place in tree[b"trak"]]
    _rule(max(track.shown for track in tracks) == movie_shown, "the movie is as long as its longest track")
    pieces = sorted(piece for track in tracks for piece in track.samples)
    at = media
    for offset, length in pieces:
        _rule(offset == at, f"samples lie one behind the other: {offset} instead of {at}")
        at += length
    _rule(at == media_end, "mdat holds the samples and nothing else")
    return tracks


def _track(data: bytes, begin: int, end: int) -> StrictTrack:
    tree = dict(_flat(data, begin, end))
    _rule(all(len(places) == 1 for places in tree.values()), "each box of a track once")
    table = {kind: places[0] for kind, places in tree.items()}
    timescale, media_ticks = _header_numbers(data, table[b"mdhd"])
    durations = _runs(data, table[b"stts"], signed=False)
    sizes = _sizes(data, table[b"stsz"])
    offsets = _runs(data, table[b"ctts"], signed=True) if b"ctts" in table else (0,) * len(sizes)
    keys = (
        frozenset(n - 1 for n in _numbers(data, table[b"stss"])) if b"stss" in table else frozenset(range(len(sizes)))
    )
    _rule(len(durations) == len(sizes) == len(offsets), "all tables count the same samples")
    _rule(sum(durations) == media_ticks, "mdhd is as long as its samples")
    _rule(all(0 <= key < len(sizes) for key in keys), "stss names samples that there are")
    edits = _edits(data, table[b"elst"])
    (shown,) = struct.unpack_from(">Q", data, table[b"tkhd"][0] + 28)
    _rule(data[table[b"tkhd"][0]] == 1 and sum(lasts for lasts, _ in edits) == shown, "tkhd is as long as its edits")
    kind = data[table[b"hdlr"][0] + 8 :][:4]
    return StrictTrack(kind, timescale, _places(data, table, sizes), durations, offsets, keys, edits, shown)


def _places(data: bytes, table: dict[bytes, tuple[int, int]], sizes: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    chunks = _numbers(data, table[b"stco"]) if b"stco" in table else _numbers(data, table[b"co64"], "Q")
    begin, end = table[b"stsc"]
    (count,) = struct.unpack_from(">I", data, begin + 4)
    _rule(end == begin + 8 + 12 * count, "stsc is as long as it says")
    rows = [struct.unpack_from(">III", data, begin + 8 + 12 * row) for row in range(count)]
    _rule(bool(rows) and rows[0][0] == 1 and all(row[2] == 1 for row in rows), "stsc begins with the first chunk")
    _rule(all(one[0] < two[0] for one, two in pairwise(rows)), "stsc rises")
    found: list[tuple[int, int]] = []
    for number, (first, per_chunk, _) in enumerate(rows):
        last = rows[number + 1][0] if number + 1 < count else len(chunks) + 1
        for chunk in range(first, last):
            at = chunks[chunk - 1]
            for size in sizes[len(found) : len(found) + per_chunk]:
                found.append((at, size))
                at += size
    _rule(len(found) == len(sizes), "the chunks hold all samples")
    return tuple(found)


def _boxes(data: bytes, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, and where the content lies."""
    while begin < end:
        _rule(end - begin >= 8, "a box has eight bytes")
        size, kind = struct.unpack_from(">I4s", data, begin)
        head = 8
        if size == 1:
            (size,), head = struct.unpack_from(">Q", data, begin + 8), 16
        _rule(head <= size <= end - begin, f"{kind!r} ends within what holds it")
        yield kind, begin + head, begin + size
        begin += size


def _flat(data: bytes, begin: int, end: int) -> Iterator[tuple[bytes, list[tuple[int, int]]]]:
    """Every box below, by type; those of a trak are left to the trak."""
    found: dict[bytes, list[tuple[int, int]]] = {}
    waiting = [(begin, end)]
    while waiting:
        for kind, body, stop in _boxes(data, *waiting.pop()):
            found.setdefault(kind, []).append((body, stop))
            if kind in _CONTAINERS and kind != b"trak":
                waiting.append((body, stop))
    yield from found.items()


def _header_numbers(data: bytes, place: tuple[int, int]) -> tuple[int, int]:
    """Ticks a second and how many, of an mvhd or mdhd of either version."""
    wide = data[place[0]] == 1
    ticks, count = struct.unpack_from(">IQ" if wide else ">II", data, place[0] + (20 if wide else 12))
    return ticks, count


def _numbers(data: bytes, place: tuple[int, int], letter: str = "I") -> tuple[int, ...]:
    (count,) = struct.unpack_from(">I", data, place[0] + 4)
    _rule(place[1] == place[0] + 8 + struct.calcsize(f">{count}{letter}"), "a table is as long as it says")
    return struct.unpack_from(f">{count}{letter}", data, place[0] + 8)


def _runs(data: bytes, place: tuple[int, int], *, signed: bool) -> tuple[int, ...]:
    (count,) = struct.unpack_from(">I", data, place[0] + 4)
    _rule(place[1] == place[0] + 8 + 8 * count, "a table of runs is as long as it says")
    version = data[place[0]]
    rows = struct.iter_unpack(">Ii" if signed and version == 1 else ">II", data[place[0] + 8 : place[1]])
    return tuple(value for length, value in rows for _ in range(length))


def _sizes(data: bytes, place: tuple[int, int]) -> tuple[int, ...]:
    size, count = (int(number) for number in struct.unpack_from(">II", data, place[0] + 4))
    if size:
        return (size,) * count
    _rule(place[1] == place[0] + 12 + 4 * count, "stsz is as long as it says")
    return tuple(int(row[0]) for row in struct.iter_unpack(">I", data[place[0] + 12 : place[1]]))


def _edits(data: bytes, place: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    (count,) = struct.unpack_from(">I", data, place[0] + 4)
    _rule(data[place[0]] == 1 and place[1] == place[0] + 8 + 20 * count, "elst is as long as it says")
    rows = [struct.unpack_from(">Qqhh", data, place[0] + 8 + 20 * row) for row in range(count)]
    _rule(all(row[2:] == (1, 0) for row in rows), "every edit plays at its own speed")
    return tuple((row[0], row[1]) for row in rows)


def _rule(holds: bool, words: str) -> None:
    if not holds:
        raise NotStrict(words)
