"""Cuts clips at random out of streams of every kind, and has readers that are not ours say what is in them.

python tests/mp4/ten_thousand_clips.py --count 10000
"""

import argparse
import asyncio
import io
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import av
from starlette.applications import Starlette
from starlette.requests import Request

from doorstep.core.clip_file import Clip
from doorstep.core.errors import SpanUnavailable
from doorstep.core.event import Event
from doorstep.web.clip_body import clip_response
from fakes.ffprobe import probed
from fakes.footage import CAMERA, number_of, seconds
from fakes.numbered_house import NumberedFilm, NumberedHouse, Shown, expected, made, shown_of
from fakes.strict_movie import strict_tracks

UNEVEN = (20, 33, 40, 80, 200, 600)
FILMS = {
    "plain": NumberedFilm(),
    "sound": NumberedFilm(sound=True),
    "b-frames": NumberedFilm(b_frames=2, gop=30, sound=True),
    "uneven": NumberedFilm(b_frames=3, gop=20, paces=UNEVEN, pictures=120),
    "long-gop": NumberedFilm(gop=240, pictures=240, b_frames=2),
    "long-gop-uneven": NumberedFilm(gop=90, pictures=180, paces=(25, 50, 140), sound=True),
    "hevc": NumberedFilm(codec="libx265", gop=30, b_frames=2),
    "hevc-uneven": NumberedFilm(codec="libx265", gop=60, b_frames=3, paces=UNEVEN, pictures=120, sound=True),
    "taller": NumberedFilm(height=64, b_frames=1),
}
HOUSES = (
    ("sound", "sound", "b-frames"),
    ("uneven", "long-gop", "uneven"),
    ("plain", "taller", "plain"),
    ("long-gop-uneven",),
    ("hevc", "hevc", "hevc-uneven"),
    ("b-frames", "hevc", "long-gop"),
)
PAUSES = (0.7, 6.0, 2.0)
APP = Starlette()
LEAST, MOST = 0.02, 25.0


@dataclass
class Figures:
    """What was found over all clips."""

    clips: int = 0
    pictures: int = 0
    nothing_there: int = 0
    of_recordings: int = 0
    ranges: int = 0
    probed: int = 0
    bytes: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cutting:
    """One clip to judge: what was asked, the bytes, and the pictures that must be in them."""

    house: str
    asked: str
    data: bytes
    wanted: Sequence[Shown]
    probe: bool


def houses(folder: Path) -> dict[str, NumberedHouse]:
    """Every house of HOUSES, its films made once."""
    films = {name: made(folder / f"{name}.mp4", film) for name, film in FILMS.items()}
    return {"+".join(names): NumberedHouse([films[name] for name in names], PAUSES) for names in HOUSES}


def judge(cutting: Cutting, folder: Path) -> str:
    """What is wrong with a clip; empty where nothing is."""
    wanted = [one.number for one in cutting.wanted]
    times = [(one.tick - cutting.wanted[0].tick) / one.timescale for one in cutting.wanted]
    try:
        tracks = strict_tracks(cutting.data)
        found, heard = _played(cutting.data)
    except (AssertionError, av.FFmpegError, KeyError) as error:
        return f"{cutting.house} {cutting.asked}: {error!r}"
    numbers = [number for number, _ in found]
    late = max((abs(one - at) for (_, one), at in zip(found, times, strict=False)), default=0.0)
    if numbers != wanted or late > 0.001:
        return f"{cutting.house} {cutting.asked}: {numbers} late by {late}, not {wanted}"
    # FFmpeg plays none of a sound that lies within one access unit behind the one that only leads in.
    length = times[-1] + (cutting.wanted[-1].end_tick - cutting.wanted[-1].tick) / cutting.wanted[-1].timescale
    audible = any(track.durations[0] < length * track.timescale for track in tracks if track.kind == b"soun")
    if (audible and not heard) or (heard and len(tracks) == 1):
        return f"{cutting.house} {cutting.asked}: {len(tracks)} tracks, {heard} pieces of sound"
    if cutting.probe:
        path = folder / f"{id(cutting)}.mp4"
        path.write_bytes(cutting.data)
        streams = probed(path, "-show_streams", "-count_packets")["streams"]
        path.unlink()
        if [int(one["nb_read_packets"]) for one in streams] != [len(track.samples) for track in tracks]:
            return f"{cutting.house} {cutting.asked}: ffprobe counts {streams}"
    return ""


def _played(data: bytes) -> tuple[list[tuple[int, float]], int]:
    """Number and time of every picture that a player shows, and how many pieces of sound it plays."""
    with av.open(io.BytesIO(data), "r") as container:
        pictures = [(number_of(frame), frame.time or 0.0) for frame in container.decode(video=0)]
    with av.open(io.BytesIO(data), "r") as container:
        heard = sum(1 for _ in container.decode(audio=0)) if container.streams.audio else 0
    return pictures, heard


class Campaign:
    """Cuts and judges; two threads decode while the loop cuts."""

    def __init__(self, folder: Path, seed: int, probe_every: int) -> None:
        self._folder = folder
        self._chance = Random(seed)
        self._probe_every = probe_every
        self._houses = houses(folder)
        self.figures = Figures()

    async def run(self, count: int) -> Figures:
        """So many clips that show something."""
        waiting: list[Future[str]] = []
        with ThreadPoolExecutor(2) as judges:
            while self.figures.clips < count and not self.figures.wrong:
                cutting = await self._cut()
                if cutting is not None:
                    waiting.append(judges.submit(judge, cutting, self._folder))
                if len(waiting) > 16:
                    self._take(waiting.pop(0).result())
            for one in waiting:
                self._take(one.result())
        return self.figures

    def _take(self, wrong: str) -> None:
        if wrong:
            self.figures.wrong.append(wrong)

    async def _cut(self) -> Cutting | None:
        name = self._chance.choice(list(self._houses))
        house = self._houses[name]
        clip, asked, wanted = await (self._of_span(house) if self._chance.random() < 0.8 else self._of_recording(house))
        if clip is None or not wanted:
            self.figures.nothing_there += 1
            if bool(wanted) != (clip is not None):
                self._take(f"{name} {asked}: {'no clip' if wanted else 'a clip'} of {len(wanted)} pictures")
            return None
        if (clip.starts_at, clip.ends_at) != (wanted[0].begins_at, wanted[-1].ends_at):
            self._take(f"{name} {asked}: told {clip.starts_at} to {clip.ends_at}")
        data = await self._fetched(clip, f"{name} {asked}")
        self.figures.clips += 1
        self.figures.pictures += len(wanted)
        self.figures.bytes += len(data)
        probe = self.figures.clips % self._probe_every == 0
        self.figures.probed += probe
        return Cutting(name, asked, data, wanted, probe)

    async def _of_span(self, house: NumberedHouse) -> tuple[Clip | None, str, list[Shown]]:
        runs = [shown_of(connection) for connection in house.connections]
        start, end = self._span(runs[0][0].begins_at, runs[-1][-1].ends_at)
        try:
            clip = await house.clips.of_span(CAMERA, start, end)
        except SpanUnavailable:
            clip = None
        return clip, f"{start} to {end}", expected(runs, start, end)

    async def _of_recording(self, house: NumberedHouse) -> tuple[Clip | None, str, list[Shown]]:
        formats = [house.camera.format_of(connection[0].segment) for connection in house.connections]
        chosen = self._chance.choice(formats)
        event, shown = house.recorded([place for place, fmt in enumerate(formats) if fmt == chosen])
        start, end = self._span(shown[0].begins_at, shown[-1].ends_at)
        end = max(end, start + seconds(0.02))
        self.figures.of_recordings += 1
        try:
            clip = await house.clips.of_event(_between(event, start, end))
        except SpanUnavailable:
            clip = None
        return clip, f"recorded {start} to {end}", expected([shown], start, end)

    def _span(self, first: datetime, last: datetime) -> tuple[datetime, datetime]:
        """Anywhere, a little outside too; short ones are as likely as long ones."""
        start = first + timedelta(
            microseconds=self._chance.randrange(-1_000_000, round((last - first) / seconds(1e-6)))
        )
        return start, start + seconds(LEAST * (MOST / LEAST) ** self._chance.random())

    async def _fetched(self, clip: Clip, asked: str) -> bytes:
        """The whole, and again out of ranges of random lengths; the same to the last bit."""
        whole = await _answered(clip, None)
        cuts = sorted({0, clip.size, *(self._chance.randrange(clip.size) for _ in range(self._chance.randrange(1, 5)))})
        parts = [await _answered(clip, (one, two)) for one, two in pairwise(cuts)]
        self.figures.ranges += len(parts)
        if len(whole) != clip.size or b"".join(parts) != whole:
            self._take(f"{asked}: the ranges {cuts} are not the whole")
        return whole


def _between(event: Event, start: datetime, end: datetime) -> Event:
    assert event.recording is not None
    return replace(event, recording=replace(event.recording, starts_at=start, ends_at=end))


async def _answered(clip: Clip, part: tuple[int, int] | None) -> bytes:
    """What the web sends for the whole clip, or for one range of it, as an ASGI server gets it."""
    headers = [(b"range", f"bytes={part[0]}-{part[1] - 1}".encode())] if part else []
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
    scope["app"] = APP
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        await asyncio.Event().wait()

    await clip_response(Request(scope), clip, "attachment")(scope, receive, send)
    told = dict(sent[0]["headers"])
    body = b"".join(message["body"] for message in sent[1:])
    assert sent[0]["status"] == (206 if part else 200), sent[0]
    assert int(told[b"content-length"]) == len(body)
    return body


def campaign(folder: Path, count: int, seed: int, probe_every: int) -> Figures:
    """So many clips; the first that is wrong ends it."""
    return asyncio.run(Campaign(folder, seed, probe_every).run(count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--probe-every", type=int, default=50)
    chosen = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = campaign(Path(folder), chosen.count, chosen.seed, chosen.probe_every)
    figures = {name: getattr(found, name) for name in Figures.__dataclass_fields__}
    print(json.dumps(figures | {"seconds": round(time.monotonic() - began, 1)}))
    sys.exit(bool(found.wrong))


if __name__ == "__main__":
    main()
