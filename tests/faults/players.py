"""Real players on the addresses that the owner is given: ffmpeg and libvlc, HLS and RTMP, and our own low-latency one.

python tests/faults/players.py --minutes 10
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx

from fakes.hls_player import HlsPlayer
from fakes.vlc_player import Shown, shown_by_vlc
from faults.long_play import Played, RtmpHouse, house, played_by_ffmpeg

CAMERA = "door"
LONGEST_WAIT = 2.0
MOST_LOST = 0.3
"""Of the pictures: VLC throws away those that it is late with, and a loaded machine is late."""
LEAST_SHARE = 0.9
MOST_DELAY = 2.5


@dataclass(frozen=True, slots=True)
class LowLatency:
    """What our own player got: parts, playlists, delays in seconds, and what the validator found."""

    parts: int
    loads: int
    median_delay: float
    worst_delay: float
    faults: list[str]


def addresses(home: RtmpHouse) -> Mapping[str, str]:
    """As an owner asks for them; each opens for an hour."""
    with home.server.client() as client:
        answer = client.post(f"/cameras/{CAMERA}/live/key")
        answer.raise_for_status()
        body = answer.json()
    return {"hls": body["hls"], "rtmp": body["addresses"][0]}


def low_latency(address: str, seconds: float) -> LowLatency:
    """With blocking reloads and parts; with nothing but the address."""
    with httpx.Client(timeout=60) as client:
        player = HlsPlayer(client, address)
        delays = [part.delay for part in player.parts(seconds)]
    return LowLatency(len(delays), player.loads, statistics.median(delays), max(delays), player.faults)


def ffmpeg_is_well(played: Played, seconds: float) -> bool:
    return not played.errors and not played.gaps_ms and played.seconds > LEAST_SHARE * seconds


def vlc_is_well(shown: Shown, seconds: float) -> bool:
    """Once it has begun it shows nearly all pictures of a camera with 25 of them a second."""
    enough = shown.shown + shown.lost > LEAST_SHARE * 25 * seconds
    return enough and shown.lost <= MOST_LOST * shown.shown and shown.longest_wait < LONGEST_WAIT and shown.playing


def low_latency_is_well(got: LowLatency, seconds: float) -> bool:
    return not got.faults and got.parts > LEAST_SHARE * 2.5 * seconds and got.median_delay <= MOST_DELAY


def all_at_once(home: RtmpHouse, seconds: float) -> dict[str, tuple[Any, bool]]:
    """Each player's figures, and whether they are well."""
    at = addresses(home)
    plays: dict[str, tuple[Callable[[], Any], Callable[[Any, float], bool]]] = {
        "ffmpeg hls": (lambda: played_by_ffmpeg(at["hls"], seconds), ffmpeg_is_well),
        "ffmpeg rtmp": (lambda: played_by_ffmpeg(at["rtmp"], seconds), ffmpeg_is_well),
        "vlc hls": (lambda: shown_by_vlc(at["hls"], seconds), vlc_is_well),
        "vlc rtmp": (lambda: shown_by_vlc(at["rtmp"], seconds), vlc_is_well),
        "low-latency hls": (lambda: low_latency(at["hls"], seconds), low_latency_is_well),
    }
    with ThreadPoolExecutor(len(plays)) as threads:
        running = {name: threads.submit(play) for name, (play, _) in plays.items()}
        return {name: (one.result(), plays[name][1](one.result(), seconds)) for name, one in running.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    seconds = parser.parse_args().minutes * 60
    with tempfile.TemporaryDirectory() as folder, house(Path(folder), seconds) as home:
        figures = all_at_once(home, seconds)
    print(json.dumps({name: {**asdict(one), "well": well} for name, (one, well) in figures.items()}, indent=2))
    sys.exit(not all(well for _, well in figures.values()))


if __name__ == "__main__":
    main()
